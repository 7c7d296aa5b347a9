"""The worker role: one arq worker for each queue, and a sweep that needs no Redis."""

import asyncio
import contextlib
import functools
import random
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp

from shared.db import create_engine
from shared.health import health_router
from shared.jobs import Queue, Waker, connect, connect_for_wakes, wake_released
from shared.media_urls import sign_media_urls
from shared.metrics import metrics, refreshed_by
from shared.outbound_http import outbound_http
from shared.pubsub import PubSub
from shared.security_headers import SecurityHeaders
from shared.settings import Settings
from shared.storage import Storage
from shared.tasks import cancel_all, finish, keep_running
from shared.uploads import Uploads
from shared.whatsapp.graph import CALL_SECONDS, GraphClient
from shared.whatsapp.graph_http import new_http_client
from workers.drainer import Drainer, guarded
from workers.gauges import Gauges
from workers.housekeeping import Housekeeper
from workers.idle import end_idle
from workers.ingest import Ingest
from workers.media import REMOVE_SECONDS, RENEW_SECONDS, MediaFetcher
from workers.numbers import check_numbers
from workers.queues import STOP_SECONDS, serve_queue, served_queues
from workers.receipts import ReceiptSender
from workers.send import Sender
from workers.wakes import Wakes
from workers.webhooks import WebhookSender

log = structlog.get_logger()

FINISH_SECONDS = (
    CALL_SECONDS + 2
)  # for what is under way: a message that WhatsApp has, and we do not know of, may go twice
SWEEP_SECONDS = 2.0
SILENCE_SECONDS = 15.0
IDLE_SECONDS = 30.0
NUMBERS_SECONDS = 60.0
TIDY_SECONDS = 3600.0


@contextlib.asynccontextmanager
async def running_worker(settings: Settings) -> AsyncIterator[ASGIApp]:
    """Work until the block is left; gives an ASGI app with the worker's health routes."""
    classes = served_queues(settings)
    sign_media_urls(settings)
    engine = create_engine(settings, application_name="worker")
    redis = connect(settings)
    pubsub = PubSub(settings)
    http, transfers = new_http_client(), new_http_client()
    storage = Storage(settings)
    outbound = outbound_http(settings)
    graph = GraphClient(http, settings)
    uploads = Uploads(engine, storage, graph, GraphClient(transfers, settings))
    sender = Sender(settings, engine, redis, pubsub, graph, uploads)
    receipts = ReceiptSender(settings, engine, graph)
    webhooks = WebhookSender(settings, engine, outbound)
    media = MediaFetcher(settings, engine, pubsub)
    ingest = Ingest(engine, redis, pubsub, settings)
    wakers = {queue: Waker(redis, queue) for queue in (Queue.WEBHOOKS, Queue.MEDIA)}
    wake_released(engine, wakers)
    drainers = {
        Queue.INGEST: Drainer(ingest.step, at_once=2),
        Queue.SEND: sender.drainer,
        Queue.WEBHOOKS: webhooks.drainer,
        Queue.MEDIA: media.drainer,
    }
    served = {name: drainers[queue] for name, queue in classes.items() if queue in drainers}
    stop = asyncio.Event()

    def woken(name: str, payload: bytes = b"") -> None:
        if classes[name] is Queue.INGEST:
            ingest.hand_over(payload)
        if classes[name] is Queue.SEND:
            receipts.drainer.start()
        served[name].start()

    async def sweep() -> None:
        """Find work that no wake announced: Redis was away, a worker died, or a retry has come due."""
        for name in served:
            woken(name)

    starts = {name: functools.partial(woken, name) for name in served}
    serving = [asyncio.create_task(serve_queue(settings, name, start, stop)) for name, start in starts.items()]
    wakes = connect_for_wakes(settings)
    repeating = [
        keep_running(Wakes(wakes, starts).run),
        _every(SWEEP_SECONDS, sweep),
        _every(RENEW_SECONDS, media.renew),
        _every(REMOVE_SECONDS, media.remove_deleted),
        _every(IDLE_SECONDS, lambda: end_idle(settings, engine, pubsub)),
        _every(NUMBERS_SECONDS, lambda: check_numbers(settings, engine, graph)),
        _every(TIDY_SECONDS, Housekeeper(settings, engine).tidy, first=random.uniform(0, 60)),  # noqa: S311 - no secret
    ]
    if webhooks.drainer in served.values():
        repeating.append(_every(SILENCE_SECONDS, webhooks.report_silence))
    running = [asyncio.create_task(one) for one in repeating]
    waking = [asyncio.create_task(keep_running(waker.run)) for waker in wakers.values()]
    log.info("worker_started", queues=list(served))
    state = State({"settings": settings, "engine": engine, "redis": redis})
    try:
        health = Litestar([health_router, metrics], state=state, openapi_config=None, logging_config=None)
        with refreshed_by(Gauges(engine).refresh):
            yield SecurityHeaders(health, settings.base_url)
    finally:
        stop.set()
        await finish(serving, STOP_SECONDS)
        await cancel_all(running)
        await asyncio.gather(*(one.stop(STOP_SECONDS) for one in (*drainers.values(), receipts.drainer)))
        await ingest.close()
        await asyncio.gather(
            sender.stop(FINISH_SECONDS),
            webhooks.stop(FINISH_SECONDS),
            media.stop(STOP_SECONDS),  # which anybody may fetch again
        )
        for waker in wakers.values():
            waker.stop()
        await finish(waking, STOP_SECONDS)
        await http.aclose()
        await transfers.aclose()
        storage.close()
        await outbound.close()
        await pubsub.close()
        await wakes.aclose()
        await redis.aclose()
        await engine.dispose()
        log.info("worker_stopped")


async def _every(seconds: float, act: Callable[[], Awaitable[None]], *, first: float = 0.0) -> None:
    """Do something again and again, with so much time between the end of one and the beginning of the next, and
    `first` seconds before the first.
    """
    await asyncio.sleep(first)
    while True:
        await guarded(act)
        await asyncio.sleep(seconds)
