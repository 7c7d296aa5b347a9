"""A host page of the test's own, on an origin of its own: frames side by side and nothing else, or what a test says."""

import asyncio
import contextlib
import html
import mimetypes
from collections.abc import AsyncIterator
from pathlib import Path


class Host:
    """`body` stands in the place of the frames, `policy` is a Content-Security-Policy, `folder` holds a whole site."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://localhost:{port}"
        self.frames: list[str] = []
        self.body: str | None = None
        self.policy = ""
        self.folder: Path | None = None

    def answer(self, path: str) -> bytes:
        file = None if self.folder is None else self.folder / path.lstrip("/")
        if file is not None and file.is_file():
            kind, body = mimetypes.guess_type(file.name)[0], file.read_bytes()
        elif path == "/favicon.ico":
            kind, body = "image/x-icon", b""
        else:
            kind, body = "text/html", self.page()
        policy = f"Content-Security-Policy: {self.policy}\r\n" if self.policy else ""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{policy}Content-Length: {len(body)}\r\n"
        return f"{head}Connection: close\r\n\r\n".encode() + body

    def page(self) -> bytes:
        style = "body{display:flex;height:100vh;margin:0}iframe,porthole-inbox{flex:1;min-width:0;border:0}"
        frames = (
            f'<iframe id="frame-{index}" src="{html.escape(url)}"></iframe>' for index, url in enumerate(self.frames)
        )
        body = "".join(frames) if self.body is None else self.body
        return f'<!doctype html><title>Host</title><style nonce="host">{style}</style>{body}'.encode()


@contextlib.asynccontextmanager
async def running_host() -> AsyncIterator[Host]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            if line := await reader.readline():
                writer.write(host.answer(line.split()[1].decode().partition("?")[0]))
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host = Host(server.sockets[0].getsockname()[1])
        yield host
