"""What stands for Graph in a benchmark: it takes every message, answers at once, and notes when each came.

A bare asyncio protocol: the simulator would be busier than what is measured.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import httptools
import msgspec


class _Text(msgspec.Struct):
    body: str


class _Send(msgspec.Struct):
    """A body of POST /messages; a read receipt has no text."""

    text: _Text | None = None


_decode = msgspec.json.Decoder(_Send).decode


class WhatsApp:
    """`received` has the times at which each text came, in nanoseconds."""

    def __init__(self) -> None:
        self.url = ""
        self.received: dict[str, list[int]] = {}

    def take(self, body: bytes) -> bytes:
        """The answer to a POST."""
        text = _decode(body).text
        if text is None:
            return b'{"success":true}'
        times = self.received.setdefault(text.body, [])
        times.append(time.monotonic_ns())
        wamid = f"wamid.{text.body}.{len(times)}"
        return msgspec.json.encode({"messaging_product": "whatsapp", "contacts": [], "messages": [{"id": wamid}]})


class _Connection(asyncio.Protocol):
    def __init__(self, whatsapp: WhatsApp) -> None:
        self._whatsapp = whatsapp
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by the parser. What a worker asks of its numbers is answered with nothing."""
        answer = self._whatsapp.take(self._body) if self._body else b"{}"
        self._body = b""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
        self._transport.write(head.encode() + answer)


@contextlib.asynccontextmanager
async def running_whatsapp() -> AsyncIterator[WhatsApp]:
    whatsapp = WhatsApp()
    server: Any = await asyncio.get_running_loop().create_server(lambda: _Connection(whatsapp), "127.0.0.1", 0)
    whatsapp.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield whatsapp
    finally:
        server.close()
