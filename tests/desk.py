"""Somebody in front of an iframe who sends files to a customer, and files to send."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import av
import httpx
from PIL import Image

from tests.meta_api import customer_wrote_on_phone, received
from tests.stack import Stack
from tests.waiting import eventually


class Desk:
    """Answers in one conversation."""

    def __init__(self, stack: Stack, token: str, conversation_id: str) -> None:
        self.stack = stack
        self.token = token
        self.conversation_id = conversation_id
        self.headers = {"Authorization": f"Bearer {token}"}

    def path(self, upload_id: UUID | str) -> str:
        return f"/inbox/v1/conversations/{self.conversation_id}/uploads/{upload_id}"

    async def put(
        self,
        kind: str,
        data: Any,
        *,
        upload_id: UUID | str | None = None,
        content_type: str = "",
        filename: str = "",
        base: str = "",
    ) -> httpx.Response:
        headers = self.headers | ({"Content-Type": content_type} if content_type else {})
        query = {"kind": kind, "filename": filename}
        url = f"{base}{self.path(upload_id or uuid4())}"
        return await self.stack.http.put(url, params=query, content=data, headers=headers, timeout=60)

    async def upload(self, kind: str, data: bytes, **more: Any) -> Any:
        """What is said of an upload that was taken."""
        answer = await self.put(kind, data, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    async def remove(self, upload_id: UUID | str) -> httpx.Response:
        return await self.stack.http.delete(self.path(upload_id), headers=self.headers)

    async def send(self, kind: str, content: Any, client_id: str = "") -> httpx.Response:
        reply = {"client_id": client_id or str(uuid4()), "type": kind, kind: content}
        path = f"/inbox/v1/conversations/{self.conversation_id}/messages"
        return await self.stack.http.post(path, json=reply, headers=self.headers)

    async def sent(self, kind: str, content: Any) -> Any:
        """What the page shows of a message that was queued."""
        answer = await self.send(kind, content)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    async def arrived(self, seconds: float = 20) -> Any:
        """The one message that the customer has, once nothing waits to be sent."""

        async def all_sent() -> bool:
            return await self.stack.count("outbox") == 0 and bool(await received(self.stack))

        await eventually(all_sent, seconds)
        (message,) = await received(self.stack)
        return message

    async def file(self, media_id: str) -> tuple[str, bytes]:
        """The type and the bytes of what Meta has under its id."""
        answer = await self.stack.simulator.get(f"/_sim/media/{media_id}")
        assert answer.status_code == 200, answer.text
        return answer.headers["content-type"], answer.content


async def desk_of(stack: Stack) -> Desk:
    """In a conversation with Ana, who has just written."""
    await customer_wrote_on_phone(stack)
    token = await stack.embed()
    (conversation,) = (await stack.get("/inbox/v1/conversations", token))["data"]
    return Desk(stack, token, conversation["id"])


@contextlib.asynccontextmanager
async def begun(
    desk: Desk, upload_id: UUID, size: int = 9_000_000
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which the beginning of a document of so many bytes has been sent, which has got a place."""
    place = urlsplit(desk.stack.base_url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    head = f"PUT {desk.path(upload_id)}?kind=document HTTP/1.1\r\nHost: {place.netloc}\r\n"
    head += f"Authorization: Bearer {desk.token}\r\nContent-Length: {size}\r\nExpect: 100-continue\r\n\r\n"
    writer.write(head.encode())
    try:
        await asyncio.wait_for(reader.readuntil(b"100 Continue\r\n\r\n"), 20)
        writer.write(b"%PDF-1.7")
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


def picture(form: str, mode: str, width: int = 300, height: int = 200) -> bytes:
    """An empty picture, without anything that it tells."""
    encoded = io.BytesIO()
    Image.new(mode, (width, height)).save(encoded, form)
    return encoded.getvalue()


def recording(form: str, seconds: int, codec: str = "libopus") -> bytes:
    """Noise in two channels, as a browser records it."""
    file, rate, size = io.BytesIO(), 48_000, 960
    with av.open(file, "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=rate, layout="stereo")
        for number in range(seconds * rate // size):
            frame = av.AudioFrame(format="s16", layout="stereo", samples=size)
            frame.planes[0].update((bytes(range(256)) * 32)[: frame.planes[0].buffer_size])
            frame.sample_rate, frame.pts = rate, number * size
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def film(codec: str = "h264", *, sound: bool = True) -> bytes:
    """Some black pictures as MP4."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    return file.getvalue()
