"""Gives every request an id and logs one line about it; never a token, a key or a body."""

import re
import time
from contextlib import nullcontext
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from shared import tracing
from shared.metrics import REQUEST_SECONDS

log = structlog.get_logger()

NO_ROUTE = "(no route)"
"""Stands for a path that is none of ours: it may hold a token all the same, below another path or in capitals."""

_ACCEPTABLE_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_DOORS = frozenset({"platform", "meta", "inbox", "embed"})
# Too many to log while they go well; the durable inbox is their record.
WEBHOOKS = "/webhooks/whatsapp"
_QUIET = frozenset({"/healthz", "/readyz", "/metrics", WEBHOOKS})


class RequestLog:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["state"] = {**(scope.get("state") or {}), "request_id": request_id}
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500
        is_traced = scope["path"] == WEBHOOKS or scope["path"] not in _QUIET

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with tracing.request(scope["method"]) if is_traced else nullcontext(_unsaid) as answered:
            try:
                await self._app(scope, receive, send_with_id)
                answered(_route(scope), status)
            finally:  # within the trace, which the line names
                _note(scope, status, time.perf_counter() - started)
                structlog.contextvars.unbind_contextvars("request_id")


def _unsaid(_route: str | None, _status: int) -> None:
    """What comes of a request that is in no trace."""


def _note(scope: HTTPScope, status: int, seconds: float) -> None:
    REQUEST_SECONDS.labels(_door(scope["path"]), f"{status // 100}xx").observe(seconds)
    if scope["path"] not in _QUIET or status >= 400:
        log.info(
            "request",
            method=scope["method"],
            path=_route(scope) or NO_ROUTE,
            status=status,
            ms=round(seconds * 1000, 1),
        )


def _route(scope: HTTPScope) -> str | None:
    template: str | None = scope.get("path_template")
    return template or (scope["path"] if scope["path"] in _QUIET else None)


def _door(path: str) -> str:
    door = path.removeprefix("/").partition("/")[0]
    return door if door in _DOORS else "other"


def _request_id(scope: HTTPScope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if _ACCEPTABLE_ID.fullmatch(given) else uuid4().hex
