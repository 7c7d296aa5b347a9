"""WebSockets that have not shown a good token: how long one may stay, and how many of one address there may be.

They are watched as ASGI connections, because Engine.IO keeps one that answers its pings for ever, and Socket.IO only
knows of those that ask to be let in.
"""

import asyncio
from collections import Counter

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send, WebSocketDisconnectEvent

from shared.rate_limit import network_of

log = structlog.get_logger()

HANDSHAKE_SECONDS = 10.0
MOST_WAITING = 50  # of one address, in one process
SCOPE_KEY = "porthole.handshake"

_HUNG_UP: WebSocketDisconnectEvent = {"type": "websocket.disconnect", "code": 1008}
_TRY_LATER = 1013  # https://www.iana.org/assignments/websocket/websocket.xhtml, "Try Again Later"


class Handshake:
    """A WebSocket's right to be there: until a deadline, and for as long as it likes while its iframe is admitted."""

    def __init__(self, waiting: Counter[str], address: str, receive: Receive) -> None:
        self._waiting = waiting
        self._address = address
        self._receive = receive
        self._deadline: float | None = None
        self._pending: asyncio.Timeout | None = None

    def wait(self) -> None:
        """The deadline runs: the WebSocket has just come, or its iframe has left."""
        if self._deadline is None:
            self._waiting[self._address] += 1
            self._move(asyncio.get_running_loop().time() + HANDSHAKE_SECONDS)

    def settle(self) -> None:
        """Nothing is waited for any more: the iframe is admitted, or the WebSocket is gone."""
        if self._deadline is not None:
            self._waiting[self._address] -= 1
            if not self._waiting[self._address]:
                del self._waiting[self._address]
            self._move(None)

    async def receive(self) -> ReceiveMessage:
        """What the WebSocket says next; after the deadline, that it hung up."""
        try:
            async with asyncio.timeout_at(self._deadline) as self._pending:
                return await self._receive()
        except TimeoutError:
            log.info("handshake_missed", address=self._address)
            return _HUNG_UP
        finally:
            self._pending = None

    def _move(self, deadline: float | None) -> None:
        self._deadline = deadline
        if self._pending is not None and not self._pending.expired():
            self._pending.reschedule(deadline)


class Handshakes:
    """ASGI middleware that hands each WebSocket its Handshake, in the scope under SCOPE_KEY."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._waiting: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.WEBSOCKET:
            await self._app(scope, receive, send)
            return
        address = network_of(client_address(scope))
        if self._waiting[address] >= MOST_WAITING:
            log.info("handshakes_exceeded", address=address)
            await send({"type": "websocket.close", "code": _TRY_LATER, "reason": "too many at once"})
            return
        handshake = Handshake(self._waiting, address, receive)
        scope[SCOPE_KEY] = handshake  # type: ignore[literal-required]
        handshake.wait()
        try:
            await self._app(scope, handshake.receive, send)
        finally:
            handshake.settle()


def client_address(scope: Scope) -> str:
    """The caller's address; behind a proxy that PORTHOLE_TRUSTED_PROXIES names, the one that the proxy saw."""
    host, _ = scope.get("client") or ("unknown", 0)
    return host
