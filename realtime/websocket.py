"""A WebSocket without a task: uvicorn opens it, and from then on bytes are handled where they arrive.

An ASGI app lives as long as its WebSocket, and so do its tasks, queues and the request's headers: three quarters of
what an idle iframe costs.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, cast

from litestar.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import Event
from websockets.server import ServerProtocol

from shared.metrics import SLOW_DROPPED

EXTENSION = "porthole.upgrade"
MOST_INCOMING = 10_000  # bytes of a message; an iframe has nothing to say but its token, its claim and what it does
MOST_FRAGMENTS = 100  # of a message
# Who does not read is cut off, and catches up when it comes again: at once if so many bytes wait for it, or if more
# than a few have waited for some seconds.
MOST_UNSENT = 2 * 1024 * 1024
FEW_UNSENT = 128 * 1024
SLOW_SECONDS = 5.0
CLOSE_SECONDS = 3.0

NORMAL, GOING_AWAY, POLICY = 1000, 1001, 1008  # RFC 6455, section 7.4.1


def text_frame(text: bytes) -> bytes:
    """What a server writes for a text: the same bytes for every client."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


class _HandedOver(asyncio.Transport):
    """What uvicorn's protocol has instead of a transport that is no longer its own."""

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return True


class Upgrade(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which an ASGI app may leave once the WebSocket is open: it finds this in its scope's
    extensions, under EXTENSION.
    """

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = self

    def hand_over(self, heard: Callable[[str], None], lost: Callable[[], None]) -> "tuple[WebSocket, list[str]]":
        """After the app has sent websocket.accept, and before it awaits anything: the open WebSocket, which reads once
        it is told to `resume`, and the texts that have come already. uvicorn's part in it ends, but for telling it to
        close when the server stops.
        """
        self.stop_keepalive()
        transport, self.transport = self.transport, _HandedOver()
        websocket = WebSocket(transport, self.conn, self.connections, heard, lost)
        self.connections.discard(self)
        texts: list[str] = []
        while not self.queue.empty():
            message = self.queue.get_nowait()
            if message["type"] == "websocket.receive":
                texts.append(message.get("text") or "")
        return websocket, texts


def upgrade_of(scope: Scope) -> Upgrade | None:
    """None under another server than uvicorn with this protocol."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    return extensions.get(EXTENSION)


class WebSocket(asyncio.Protocol):
    """An open WebSocket. `heard` is called with each text, `lost` once when it is gone, by whichever side."""

    __slots__ = (
        "_close_timer",
        "_connections",
        "_fragments",
        "_heard",
        "_lost",
        "_protocol",
        "_slow_timer",
        "_transport",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        protocol: ServerProtocol,
        connections: set[Any],
        heard: Callable[[str], None],
        lost: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._protocol = protocol
        self._connections = connections
        self._heard = heard
        self._lost = lost
        self._fragments: list[bytes] = []
        self._close_timer: asyncio.TimerHandle | None = None
        self._slow_timer: asyncio.TimerHandle | None = None
        connections.add(self)
        transport.set_write_buffer_limits(high=FEW_UNSENT)
        transport.set_protocol(self)
        transport.pause_reading()

    def write(self, frames: bytes) -> None:
        """Write what `text_frame` made; lost if the WebSocket is closing, or gone: uvloop would raise."""
        if self._close_timer is not None or self._transport.is_closing():
            return
        self._transport.write(frames)
        self._look_at_unsent()

    def pause(self) -> None:
        """Read no further until `resume`."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say goodbye; the connection goes when the other side has answered, or after a while."""
        if self._close_timer is not None:
            return
        with contextlib.suppress(InvalidState):
            self._protocol.send_close(code, reason)
        self._flush()
        self._close_timer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def abort(self) -> None:
        """Cut it off."""
        self._transport.abort()

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops."""
        self.close(GOING_AWAY)

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            self._handle(event)
        self._flush()
        if self._protocol.close_expected():
            self._transport.close()

    def eof_received(self) -> None:
        self._protocol.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._stop_waiting()
        if self._close_timer is not None:
            self._close_timer.cancel()
        self._lost()

    def pause_writing(self) -> None:
        """It does not read as fast as it is told; the others do not wait for it."""
        self._slow_timer = asyncio.get_running_loop().call_later(SLOW_SECONDS, self._cut_off)

    def resume_writing(self) -> None:
        self._stop_waiting()

    def _look_at_unsent(self) -> None:
        if self._slow_timer is not None and self._transport.get_write_buffer_size() > MOST_UNSENT:
            self._cut_off()

    def _cut_off(self) -> None:
        self._stop_waiting()
        SLOW_DROPPED.inc()
        self._transport.abort()

    def _stop_waiting(self) -> None:
        if self._slow_timer is not None:
            self._slow_timer.cancel()
            self._slow_timer = None

    def _handle(self, event: Event) -> None:
        assert isinstance(event, Frame)
        if event.opcode is Opcode.BINARY or len(self._fragments) == MOST_FRAGMENTS:
            self.close(POLICY, "one text at a time")
        if event.opcode not in (Opcode.TEXT, Opcode.CONT) or self._close_timer is not None:
            return  # pings and closing are answered by `websockets`
        self._fragments.append(bytes(event.data))
        if event.fin:
            text, self._fragments = b"".join(self._fragments), []
            self._heard(text.decode(errors="replace"))

    def _flush(self) -> None:
        """Write what `websockets` has to say: pongs, and goodbye."""
        output = b"".join(self._protocol.data_to_send())
        if output and not self._transport.is_closing():
            self._transport.write(output)
            self._look_at_unsent()
