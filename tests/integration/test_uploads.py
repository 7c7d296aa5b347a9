"""Files that people send from the iframe: put into a conversation, made into what WhatsApp takes, and sent."""

import io
from typing import Any
from uuid import UUID, uuid4

import av
import httpx
import pytest
from PIL import Image

from cli.simulator.media_types import sample
from tests.media import jpeg
from tests.meta_api import customer_wrote_on_phone, received
from tests.stack import Stack
from tests.waiting import eventually


class Desk:
    """Somebody in front of an iframe who answers Ana."""

    def __init__(self, stack: Stack, token: str, conversation_id: str) -> None:
        self.stack = stack
        self.conversation_id = conversation_id
        self.headers = {"Authorization": f"Bearer {token}"}

    def path(self, upload_id: UUID) -> str:
        return f"/inbox/v1/conversations/{self.conversation_id}/uploads/{upload_id}"

    async def put(
        self, kind: str, data: Any, *, upload_id: UUID | None = None, content_type: str = "", filename: str = ""
    ) -> httpx.Response:
        headers = self.headers | ({"Content-Type": content_type} if content_type else {})
        query = {"kind": kind, "filename": filename}
        return await self.stack.http.put(
            self.path(upload_id or uuid4()), params=query, content=data, headers=headers, timeout=60
        )

    async def upload(self, kind: str, data: bytes, **more: Any) -> Any:
        """What is said of an upload that was taken."""
        answer = await self.put(kind, data, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    async def send(self, kind: str, content: Any) -> httpx.Response:
        reply = {"client_id": str(uuid4()), "type": kind, kind: content}
        path = f"/inbox/v1/conversations/{self.conversation_id}/messages"
        return await self.stack.http.post(path, json=reply, headers=self.headers)

    async def sent(self, kind: str, content: Any) -> Any:
        """What the page shows of a message that was queued."""
        answer = await self.send(kind, content)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    async def arrived(self) -> tuple[Any, str, bytes]:
        """What the customer has: the message, and the type and the bytes of the file in it."""

        async def all_sent() -> bool:
            return await self.stack.count("outbox") == 0 and bool(await received(self.stack))

        await eventually(all_sent, 20)
        (message,) = await received(self.stack)
        media_id = _media_of(message)["id"]
        file = await self.stack.simulator.get(f"/_sim/media/{media_id}")
        return message, file.headers["content-type"], file.content


def _media_of(message: Any) -> Any:
    content = message[message["type"]]
    return content if message["type"] != "interactive" else content["header"][content["header"]["type"]]


@pytest.fixture
async def desk(stack: Stack) -> Desk:
    await customer_wrote_on_phone(stack)
    token = await stack.embed()
    (conversation,) = (await stack.get("/inbox/v1/conversations", token))["data"]
    return Desk(stack, token, conversation["id"])


async def test_a_large_photo_arrives_small_upright_and_without_what_it_tells(desk: Desk) -> None:
    upload = await desk.upload("image", jpeg(4000, 1000, orientation=6), filename="beach.jpg")
    assert (upload["kind"], upload["mime_type"], upload["filename"]) == ("image", "image/jpeg", "beach.jpg")
    assert (upload["width"], upload["height"], upload["state"]) == (640, 2560, "ready")
    shown = await desk.stack.http.get(upload["thumbnail_url"])
    assert Image.open(io.BytesIO(shown.content)).size == (120, 480)
    message = await desk.sent("image", {"upload_id": upload["id"], "caption": "Look"})
    assert message["media"] == {key: value for key, value in upload.items() if key != "kind"}
    arrived, mime_type, data = await desk.arrived()
    assert (arrived["image"]["caption"], mime_type) == ("Look", "image/jpeg")
    image = Image.open(io.BytesIO(data))
    assert (image.size, dict(image.getexif())) == ((640, 2560), {})
    assert data == (await desk.stack.http.get(upload["url"])).content


async def test_a_recording_of_a_browser_arrives_as_a_voice_message(desk: Desk) -> None:
    upload = await desk.upload("voice", recording("webm", 3), content_type="audio/webm;codecs=opus")
    assert (upload["kind"], upload["mime_type"], upload["duration_ms"]) == ("voice", "audio/ogg", 3000)
    assert len(upload["waveform"]) == 64
    await desk.sent("audio", {"upload_id": upload["id"], "voice": True})
    arrived, mime_type, data = await desk.arrived()
    assert (arrived["audio"]["voice"], mime_type) == (True, "audio/ogg; codecs=opus")
    with av.open(io.BytesIO(data)) as container:
        (sound,) = container.streams.audio
        assert (sound.codec.canonical_name, sound.channels, sound.rate) == ("opus", 1, 48_000)


async def test_a_document_arrives_as_it_is_and_under_its_name(desk: Desk) -> None:
    pdf = sample("document")[1]
    upload = await desk.upload("document", pdf, content_type="image/png", filename="año 2026.pdf")
    assert (upload["mime_type"], upload["pages"], upload["size"]) == ("application/pdf", 1, len(pdf))
    await desk.sent("document", {"upload_id": upload["id"]})
    arrived, mime_type, data = await desk.arrived()
    assert (arrived["document"]["filename"], mime_type, data) == ("año 2026.pdf", "application/pdf", pdf)


def recording(form: str, seconds: int, codec: str = "libopus", channels: str = "stereo") -> bytes:
    """Noise, as a browser records it."""
    file, rate, size = io.BytesIO(), 48_000, 960
    with av.open(file, "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=rate, layout=channels)
        for number in range(seconds * rate // size):
            frame = av.AudioFrame(format="s16", layout=channels, samples=size)
            frame.planes[0].update((bytes(range(256)) * 32)[: frame.planes[0].buffer_size])
            frame.sample_rate, frame.pts = rate, number * size
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
