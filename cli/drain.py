"""How a role leaves: balancers look away, requests end, and only then it stops (docs/operations.md)."""

import asyncio

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send

_BODY = msgspec.json.encode({"status": "stopping"})
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY)), (b"connection", b"close")]
_START: HTTPResponseStartEvent = {"type": "http.response.start", "status": 503, "headers": _HEADERS}
_END: HTTPResponseBodyEvent = {"type": "http.response.body", "body": _BODY, "more_body": False}


class Draining:
    """ASGI middleware around a whole role, which does nothing until `drain`. From then on /readyz says 503, and every
    answer ends its connection: a proxy that keeps some would send the next request over one that is about to close.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._begun = False

    async def drain(self, seconds: float) -> None:
        """Go on serving for so long, for those who have not looked yet."""
        self._begun = True
        await asyncio.sleep(seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._begun or scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if scope["path"] == "/readyz":
            await send(_START.copy())
            await send(_END.copy())
            return

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, send_last)
