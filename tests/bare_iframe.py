"""An iframe's socket on a bare transport: Engine.IO 4 and Socket.IO 5 over WebSocket, as far as a listener needs them.

For tests with very many iframes, where a library's client would cost more than what is tested.
"""

import asyncio
from collections.abc import Callable
from typing import cast

_MASK = b"\0\0\0\0"


class BareIframe(asyncio.Protocol):
    """`heard(payload)` is called with each Socket.IO event, such as 42["events",[...]];
    `joined` is done when the iframe is let in, and fails with ConnectionError if it is not.
    """

    transport: asyncio.Transport

    def __init__(
        self, host: str, token: str, heard: Callable[[bytes], None], lost: Callable[[], None], address: str = ""
    ) -> None:
        self._host = host
        self._greeting = b'40{"token":"' + token.encode() + b'"}'
        self._heard = heard
        self._lost = lost
        self._address = address
        self._buffer = bytearray()
        self._upgraded = False
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self) -> None:
        """Return when it is let in. Raises OSError, of which ConnectionError is one."""
        host, port = self._host.split(":")
        await asyncio.get_running_loop().create_connection(lambda: self, host, int(port))
        await self.joined

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        proxy = f"X-Forwarded-For: {self._address}\r\n" if self._address else ""
        self.transport.write(
            f"GET /realtime/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}\r\n{proxy}"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
            "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
            f"Origin: http://{self._host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        size = len(data)
        if self._upgraded and not self._buffer and size > 4 and data[1] == 126 and (data[2] << 8) + data[3] + 4 == size:
            self._hear(data[4:])  # one frame, as nearly always
            return
        self._buffer += data
        if not self._upgraded:
            head, mark, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not mark:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._fail(head[:100].decode())
                return
            self._upgraded = True
            self._buffer = bytearray(rest)
        for payload in self._frames():
            self._hear(payload)

    def _frames(self) -> list[bytes]:
        """The payloads that are complete; servers do not mask."""
        found: list[bytes] = []
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            size, head = buffer[at + 1], 2
            if size >= 126:
                head = 4 if size == 126 else 10
                if len(buffer) - at < head:
                    break
                size = int.from_bytes(buffer[at + 2 : at + head], "big")
            if len(buffer) - at < head + size:
                break
            found.append(bytes(buffer[at + head : at + head + size]))
            at += head + size
        del buffer[:at]
        return found

    def _hear(self, payload: bytes) -> None:
        if payload.startswith(b"42"):
            self._heard(payload)
        elif payload == b"2":
            self._say(b"3")
        elif payload.startswith(b"0{"):
            self._say(self._greeting)
        elif payload.startswith(b"40") and not self.joined.done():
            self.joined.set_result(None)
        elif payload.startswith(b"44"):
            self._fail(payload.decode())

    def _say(self, text: bytes) -> None:
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.transport.write(b"\x81" + size + _MASK + text)  # masked with zeros: the text as it is

    def _fail(self, why: str) -> None:
        if not self.joined.done():
            self.joined.set_exception(ConnectionError(why))

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the server hung up")
        self._lost()
