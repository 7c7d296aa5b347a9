"""A host page of the test's own, on an origin of its own: frames side by side and nothing else."""

import asyncio
import contextlib
import html
from collections.abc import AsyncIterator


class Host:
    def __init__(self, port: int) -> None:
        self.origin = f"http://localhost:{port}"
        self.frames: list[str] = []

    def page(self) -> bytes:
        style = "body{display:flex;height:100vh;margin:0}iframe{flex:1;min-width:0;border:0}"
        frames = (
            f'<iframe id="frame-{index}" src="{html.escape(url)}"></iframe>' for index, url in enumerate(self.frames)
        )
        icon = '<link rel="icon" href="data:,">'
        return f"<!doctype html><title>Host</title>{icon}<style>{style}</style>{''.join(frames)}".encode()


@contextlib.asynccontextmanager
async def running_host() -> AsyncIterator[Host]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            if await reader.readline():
                body = host.page()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
                writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host = Host(server.sockets[0].getsockname()[1])
        yield host
