"""Traces: which way a message took through the processes, and how long each part of it lasted.

There are none, and nothing of OpenTelemetry is imported, unless PORTHOLE_OTLP_ENDPOINT is set (shared/otel.py). What
another process goes on with has a W3C traceparent in its row (docs/decisions/0027-traces.md). A span never says a text,
a name, a number, an id of WhatsApp's, a token or a whole URL.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.settings import Settings, SettingsError

if TYPE_CHECKING:
    from shared.otel import Tracer

Answered = Callable[[str | None, int], None]

MOST_FOLLOWED = 100  # of the traces that meet in a batch

# OpenTelemetry, "Semantic conventions for messaging spans".
_PUBLISH = {
    "messaging.system": "redis",
    "messaging.destination.name": "pushes",
    "messaging.operation.name": "publish",
    "messaging.operation.type": "send",
}
_PROCESS = {
    "messaging.system": "postgresql",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WORD = re.compile(r"v\d+\.\d+|[a-z_]+")


class _Tracing:
    tracer: "Tracer | None" = None


_tracing = _Tracing()


@contextlib.contextmanager
def exporting(settings: Settings, role: str) -> Iterator[None]:
    """Export the traces of this process, if there are to be any. Raises SettingsError if OpenTelemetry is missing."""
    if not settings.otlp_endpoint:
        yield
        return
    try:
        from shared.otel import Tracer  # noqa: PLC0415 - a tenth of a second and ten megabytes, for those who want it
    except ImportError as error:
        raise SettingsError("PORTHOLE_OTLP_ENDPOINT needs OpenTelemetry: pip install 'porthole[otel]'") from error
    tracer = _tracing.tracer = Tracer(settings.otlp_endpoint, role)
    try:
        yield
    finally:
        _tracing.tracer = None
        tracer.close()


def traceparent() -> str | None:
    """What whoever goes on with the current work has to be told."""
    return None if _tracing.tracer is None else _tracing.tracer.traceparent()


def trace_id() -> str | None:
    """Of the current work, for a line of a log: 32 hexadecimal digits, as a collector shows it. None where nothing is
    recorded.
    """
    return None if _tracing.tracer is None else _tracing.tracer.trace_id()


@contextlib.contextmanager
def request(method: str) -> Iterator[Answered]:
    """A request that this process answers. What is given is to be called with its route, if it has one, and status."""
    tracer = _tracing.tracer
    if tracer is None:
        yield lambda _route, _status: None
        return
    known = method if method in _METHODS else "_OTHER"

    def answered(route: str | None, status: int) -> None:
        named = {} if route is None else {"http.route": route}
        tracer.note({**named, "http.response.status_code": status}, name=f"{known} {route}" if route else known)
        if status >= 500:
            tracer.fail(str(status))

    with tracer.root(known, {"http.request.method": known}):
        yield answered


@contextlib.contextmanager
def call(method: str, url: str) -> Iterator[Callable[[int], None]]:
    """A call to WhatsApp, as a part of the current work. What is given is to be called with the answer's status."""
    tracer = _tracing.tracer
    if tracer is None or not tracer.is_current():
        yield lambda _status: None
        return
    parts = urlsplit(url)
    template = "/".join(one if _WORD.fullmatch(one) else "{id}" for one in parts.path.removeprefix("/").split("/"))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    said = {"http.request.method": method, "url.template": f"/{template}", "server.address": parts.hostname or ""}

    def answered(status: int) -> None:
        tracer.note({"http.response.status_code": status})
        if status >= 400:
            tracer.fail(str(status))

    with tracer.part(f"{method} /{template}", "client", {**said, "server.port": port}):
        yield answered


@contextlib.contextmanager
def publishing(count: int) -> Iterator[None]:
    """Publishing so many events, as a part of the current work."""
    tracer = _tracing.tracer
    if tracer is None or not tracer.is_current():
        yield
        return
    with tracer.part("publish pushes", "producer", {**_PUBLISH, "messaging.batch.message_count": count}):
        yield


@contextlib.contextmanager
def processing(table: str, traceparents: Sequence[str | None], started: int | None = None) -> Iterator[None]:
    """What rows of a table were waiting for, each with the traceparent that was stored with it; it began at `started`,
    in nanoseconds since 1970, or now.
    """
    followed = [one for one in traceparents if one is not None][:MOST_FOLLOWED]
    tracer = _tracing.tracer
    if tracer is None or not followed:
        yield
        return
    of_batch: dict[str, str | int] = {
        "messaging.destination.name": table,
        "messaging.batch.message_count": len(traceparents),
    }
    with tracer.following(f"process {table}", followed, {**_PROCESS, **of_batch}, started):
        yield
