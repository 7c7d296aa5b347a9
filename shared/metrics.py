"""What a process counts, for Prometheus: GET /metrics, on every role, for whoever knows PORTHOLE_METRICS_TOKEN."""

import asyncio
import contextlib
import hmac
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotAuthorizedException, NotFoundException
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from shared.settings import Settings

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)

REQUEST_SECONDS = Histogram(
    "porthole_request_seconds",
    "How long the api took to answer, by door (platform, meta, inbox, embed, other) and the status's first digit.",
    ["door", "status"],
    buckets=_SECONDS,
)

WEBHOOKS = Counter(
    "porthole_webhooks", "WhatsApp's webhooks by their answer: accepted, or the code of the error.", ["result"]
)
BYTES_WAITING = Gauge("porthole_intake_waiting_bytes", "Bytes of webhooks that wait in this process to be stored.")
COMMIT_SECONDS = Histogram("porthole_intake_commit_seconds", "How long a commit of webhooks took.", buckets=_SECONDS)
COMMIT_SIZE = Histogram("porthole_intake_commit_webhooks", "Webhooks that shared a commit.", buckets=_SIZES)

BATCH_SECONDS = Histogram("porthole_ingest_batch_seconds", "How long a batch took to be applied.", buckets=_SECONDS)
BATCH_SIZE = Histogram("porthole_ingest_batch_webhooks", "Webhooks that were applied together.", buckets=_SIZES)
BATCHES_FAILED = Counter(
    "porthole_ingest_batches_failed",
    "Batches that were rolled back: for their data, or overtaken by others.",
    ["reason"],
)

SEND_SECONDS = Histogram(
    "porthole_send_seconds",
    "How long WhatsApp took for a message, by result: accepted, refused, not_sent, no_answer.",
    ["result"],
    buckets=_SECONDS,
)
ATTEMPTS = Counter(
    "porthole_webhook_attempts",
    "Webhooks to the business's own systems by what came of them: accepted, refused, no_answer.",
    ["result"],
)
FILES = Counter(
    "porthole_media", "Files of customers by what came of fetching them: stored, postponed, failed, gone.", ["result"]
)

CONNECTIONS = Gauge("porthole_realtime_iframes", "Iframes that are connected to this process.")
CHANNELS = Gauge("porthole_realtime_channels", "Channels that this process listens to.")
PUSHES_IN = Counter("porthole_realtime_messages_in", "Messages that this process heard on its channels.")
PUSHES_WAITING = Gauge("porthole_realtime_messages_waiting", "Messages that wait to be written to iframes.")
PACKETS_OUT = Counter("porthole_realtime_packets_out", "Packets that were written to iframes.")
BYTES_OUT = Counter("porthole_realtime_bytes_out", "Bytes of those packets.")
SLOW_DROPPED = Counter("porthole_realtime_slow_dropped", "Iframes that were cut off because they did not read.")
DELIVERY_SECONDS = Histogram(
    "porthole_realtime_delivery_seconds",
    "From the publication of a message to its being written to the iframes; clocks of machines may differ.",
    buckets=_SECONDS,
)

_refreshers: list[Callable[[], Awaitable[None]]] = []


@contextlib.contextmanager
def refreshed_by(refresh: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Call `refresh` before each answer of /metrics of this process, until the block is left. It raises nothing."""
    _refreshers.append(refresh)
    try:
        yield
    finally:
        _refreshers.remove(refresh)


@get("/metrics", include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """In Prometheus's text format. 404 while no token is set, 401 without it."""
    settings: Settings = request.app.state.settings
    if not settings.metrics_token:
        raise NotFoundException
    given = request.headers.get("authorization", "").encode("latin-1", "replace")
    if not hmac.compare_digest(given, f"Bearer {settings.metrics_token}".encode()):
        raise NotAuthorizedException("The metrics' token is missing or wrong.", headers={"WWW-Authenticate": "Bearer"})
    await asyncio.gather(*(refresh() for refresh in _refreshers))
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})
