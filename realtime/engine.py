"""Engine.IO over bare WebSockets (websocket.py): python-engineio's server, with connections of our own.

Its own ones hold four tasks and a queue each; these hold a timer. https://socket.io/docs/v4/engine-io-protocol/
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import engineio
import socketio
import structlog
from engineio.packet import CLOSE, MESSAGE, OPEN, PING, PONG, Packet
from litestar.types import Scope
from socketio.packet import CONNECT, DISCONNECT, EVENT

from realtime.websocket import MOST_INCOMING, NORMAL, POLICY, WebSocket, text_frame, upgrade_of
from shared.rate_limit import network_of
from shared.tasks import cancel_all

log = structlog.get_logger()

HANDSHAKE_SECONDS = 10.0
MOST_WAITING = 50  # of one address, in one process
MOST_UNHEARD = 20  # messages that one connection may have waiting

SOCKET_KEY = "porthole.socket"

# Socket.IO's CONNECT, DISCONNECT and EVENT. Nobody has to acknowledge anything to us, and binary packets would be kept
# until all of the parts that they promise have come.
_UNDERSTOOD = tuple(f"{MESSAGE}{kind}" for kind in (CONNECT, DISCONNECT, EVENT))
_PING = text_frame(str(PING).encode())


class Connection:
    """One iframe's Engine.IO connection, as python-engineio knows it.

    Until `admit`, and again after `expel`, it may stay only for HANDSHAKE_SECONDS, and an address has MOST_WAITING such
    connections: Engine.IO would keep one that answers its pings for ever, and Socket.IO only knows of those that ask to
    be let in.
    """

    __slots__ = (
        "_answered",
        "_deadline",
        "_heard",
        "_ping",
        "_server",
        "address",
        "closed",
        "network",
        "sid",
        "websocket",
    )

    connected = upgraded = True
    websocket: WebSocket

    def __init__(self, server: "EngineServer", sid: str, address: str) -> None:
        self._server = server
        self._heard: list[str] | None = None
        self._answered = True
        self._ping: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.sid = sid
        self.address = address
        self.network = network_of(address)
        self.closed = False
        self.expel()

    def open(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self._ping = asyncio.get_running_loop().call_later(self._server.ping_interval, self._send_ping)

    def admit(self) -> None:
        """It may stay: its iframe has shown a good token."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
            self._server.waiting[self.network] -= 1
            if not self._server.waiting[self.network]:
                del self._server.waiting[self.network]

    def expel(self) -> None:
        """It is not an iframe's any more, or not yet."""
        if self._deadline is None and not self.closed:
            self._server.waiting[self.network] += 1
            self._deadline = asyncio.get_running_loop().call_later(HANDSHAKE_SECONDS, self._miss_deadline)

    async def send(self, packet: Packet) -> None:
        """Called by python-engineio."""
        self.websocket.write(text_frame(packet.encode().encode()))

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        """Called by python-engineio."""
        if not abort:
            self.websocket.write(text_frame(str(CLOSE).encode()))
        self.websocket.close(NORMAL)

    def hear(self, text: str) -> None:
        """What the other side says. Messages are handled one after the other, and it is read no further meanwhile."""
        if text == str(PONG):
            self._answered = True
        elif text == str(CLOSE):
            self.websocket.close(NORMAL)
        elif not text.startswith(_UNDERSTOOD):
            self.websocket.close(POLICY, "unknown packet")
        elif self._heard is None:
            self._heard = [text[1:]]
            self.websocket.pause()
            self._server.start(self._handle_messages)
        elif len(self._heard) < MOST_UNHEARD:
            self._heard.append(text[1:])
        else:
            self.websocket.close(POLICY, "too many messages")

    def lose(self) -> None:
        """The WebSocket is gone."""
        self.admit()
        self.closed = True
        if self._ping is not None:
            self._ping.cancel()
        self._server.sockets.pop(self.sid, None)
        self._server.start(self._say_that_it_is_gone)

    async def _handle_messages(self) -> None:
        try:
            while self._heard and not self.closed:
                await self._server.tell("message", self.sid, self._heard.pop(0))
        finally:
            self._heard = None
            self.websocket.resume()

    async def _say_that_it_is_gone(self) -> None:
        await self._server.tell("disconnect", self.sid, self._server.reason.TRANSPORT_CLOSE)

    def _send_ping(self) -> None:
        """Engine.IO's heartbeat: a ping every interval, and an answer within the time-out."""
        self._answered = False
        self.websocket.write(_PING)
        self._ping = asyncio.get_running_loop().call_later(self._server.ping_timeout, self._look_for_answer)

    def _look_for_answer(self) -> None:
        if not self._answered:
            self.websocket.abort()
            return
        rest = max(0.0, self._server.ping_interval - self._server.ping_timeout)
        self._ping = asyncio.get_running_loop().call_later(rest, self._send_ping)

    def _miss_deadline(self) -> None:
        log.info("handshake_missed", address=self.address)
        self.admit()
        self.websocket.close(POLICY, "no iframe")


class EngineServer(engineio.AsyncServer):  # type: ignore[misc] # untyped
    """python-engineio's server. It checks requests, names connections and calls python-socketio."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, monitor_clients=False)
        self.waiting: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, act: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(act())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def shutdown(self) -> None:
        """What is being handled is cut off: it would use what is about to be closed."""
        await super().shutdown()
        await cancel_all(self._tasks)

    async def tell(self, event: str, *arguments: Any) -> None:
        """Have python-socketio handle an event; what it raises is logged there."""
        await self._trigger_event(event, *arguments, run_async=False)

    async def _handle_connect(self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None) -> Any:
        """Called by python-engineio for a request that asks for a new connection."""
        scope: Scope = environ["asgi.scope"]
        upgrade, address = upgrade_of(scope), client_address(scope)
        if upgrade is None:
            return self._bad_request("WebSocket only")
        if self.waiting[network_of(address)] >= MOST_WAITING:
            log.info("handshakes_exceeded", address=address)
            return self._bad_request("too many at once")
        await environ["asgi.send"]({"type": "websocket.accept"})
        connection = Connection(self, self.generate_id(), address)
        websocket, texts = upgrade.hand_over(connection.hear, connection.lose)
        connection.open(websocket)
        self.sockets[connection.sid] = connection
        kept = {name: environ[name] for name in ("HTTP_ORIGIN", "HTTP_HOST") if name in environ}
        await self.tell("connect", connection.sid, kept | {SOCKET_KEY: connection})
        opening = {
            "sid": connection.sid,
            "upgrades": [],
            "pingTimeout": int(self.ping_timeout * 1000),
            "pingInterval": int(self.ping_interval * 1000),
            "maxPayload": MOST_INCOMING,
        }
        await connection.send(Packet(OPEN, opening))
        websocket.resume()
        for text in texts:
            connection.hear(text)
        return ""


class SocketServer(socketio.AsyncServer):  # type: ignore[misc] # untyped
    """python-socketio's server over EngineServer."""

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer


def client_address(scope: Scope) -> str:
    """The caller's address; behind a proxy that PORTHOLE_TRUSTED_PROXIES names, the one that the proxy saw."""
    host, _ = scope.get("client") or ("unknown", 0)
    return host
