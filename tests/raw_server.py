"""A server that answers what a test tells it, byte by byte, and remembers what it was asked."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable

import msgspec


class RawRequest(msgspec.Struct):
    """`head` is all before the body, with its lines as they came."""

    head: str
    body: bytes

    @property
    def target(self) -> str:
        return self.head.split(" ", 2)[1]

    def header(self, name: str) -> str | None:
        lines = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return next((value for key, _, value in lines if key.lower() == name.lower()), None)


class RawServer:
    """`answer` makes the answer of a request; with `hang` the connection stays open after it."""

    def __init__(self) -> None:
        self.requests: list[RawRequest] = []
        self.connections = 0
        self.port = 0
        self.answer: Callable[[RawRequest], bytes] = lambda _: http_answer(b"hello")
        self.hang = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            request = RawRequest((await reader.readuntil(b"\r\n\r\n")).decode(), b"")
            request.body = await reader.readexactly(int(request.header("content-length") or 0))
            self.requests.append(request)
            writer.write(self.answer(request))
            await writer.drain()
            if self.hang:
                await reader.read()
        writer.close()


@contextlib.asynccontextmanager
async def running_raw_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    server = RawServer()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


def http_answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """An answer with its length, after which the connection closes."""
    given = {"content_length": str(len(body)), "connection": "close", **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in given.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
