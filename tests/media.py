"""Files that customers have sent, and files that mean harm."""

import base64
import hashlib
import io
import struct
import zlib
from typing import Any
from uuid import UUID

from PIL import Image
from sqlalchemy import insert, text

from cli.simulator.media_types import sample
from shared.ids import new_id
from shared.models import Contact, Conversation, Message
from shared.operations.add_media import NewMedia, add_media
from tests.factories import ACCESS_TOKEN, new_wamid
from tests.stack import Stack
from tests.waiting import eventually

Json = dict[str, Any]

PDF = sample("document")[1]


def jpeg(width: int = 900, height: int = 300, *, orientation: int = 1) -> bytes:
    """A red picture, blue in its upper left corner, that says where it was taken."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((20, 40, 220), (0, 0, width // 4, height // 4))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "at home"
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", exif=exif)
    return encoded.getvalue()


def bomb_of_pixels() -> bytes:
    """A PNG that says that it has some billions of pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def bomb_of_memory() -> bytes:
    """A progressive JPEG that is decoded small enough, but for which libjpeg wants gigabytes on the way."""
    encoded = io.BytesIO()
    Image.new("RGB", (64, 64)).save(encoded, "JPEG", progressive=True)
    data = bytearray(encoded.getvalue())
    frame = data.index(b"\xff\xc2")  # ITU-T T.81: the frame's header, with height and width from its sixth byte
    data[frame + 5 : frame + 9] = struct.pack(">HH", 40_000, 40_000)
    return bytes(data)


async def file_at_meta(stack: Stack, mime_type: str, data: bytes) -> str:
    """Meta's id of a file that it has, whatever the file really is."""
    answer = await stack.simulator.post(
        f"/v25.0/{stack.project.phone_number_id}/media",
        data={"messaging_product": "whatsapp", "type": mime_type},
        files={"file": ("file", data, mime_type)},
        headers={"Authorization": f"Bearer {ACCESS_TOKEN}"},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def customer_sent(
    stack: Stack, kind: str, mime_type: str, data: bytes, *, sha256: str | None = None, **content: Any
) -> UUID:
    """A customer's message with a file, which no worker has fetched yet; the id of the message."""
    media_id = await file_at_meta(stack, mime_type, data)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    said = {"id": media_id, "mime_type": mime_type, "sha256": sha256 or digest, **content}
    project, number = stack.project.id, stack.project.phone_number_id
    contact_id, conversation_id, message_id = new_id(), new_id(), new_id()
    async with stack.engine.begin() as connection:
        now = await connection.scalar(text("SELECT now()"))
        await connection.execute(insert(Contact).values(id=contact_id, project_id=project, profile_name="Ana"))
        await connection.execute(
            insert(Conversation).values(
                id=conversation_id,
                project_id=project,
                phone_number_id=number,
                contact_id=contact_id,
                last_active_at=now,
                last_inbound_at=now,
                last_message_id=message_id,
                messages_count=1,
            )
        )
        wamid = new_wamid()
        await connection.execute(
            insert(Message).values(
                id=message_id,
                project_id=project,
                conversation_id=conversation_id,
                phone_number_id=number,
                wamid=wamid,
                wamid_key=wamid,
                direction="inbound",
                type=kind,
                content=said,
                text="",
                preview="",
                status="received",
                sent_at=now,
            )
        )
        await add_media(connection, [NewMedia(project, number, message_id, media_id)])
    return message_id


async def media_row(stack: Stack, message_id: UUID) -> Any:
    query = text("SELECT * FROM media WHERE message_id = :id")
    async with stack.engine.connect() as connection:
        return (await connection.execute(query, {"id": message_id})).one()


async def in_state(stack: Stack, message_id: UUID, state: str, seconds: float = 20.0) -> Any:
    """The row of `media`, once it is in a state."""

    async def find() -> Any:
        row = await media_row(stack, message_id)
        return row if row.state == state else None

    return await eventually(find, seconds)


async def tried(stack: Stack, message_id: UUID, attempts: int, seconds: float = 20.0) -> Any:
    """The row of `media`, once so many attempts have failed."""

    async def find() -> Any:
        row = await media_row(stack, message_id)
        return row if row.attempts >= attempts and row.leased_until is None else None

    return await eventually(find, seconds)


async def make_due(stack: Stack, message_id: UUID) -> None:
    """The next attempt is not waited for."""
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("UPDATE media SET due_at = now() WHERE message_id = :id AND leased_until IS NULL"), {"id": message_id}
        )


async def faults(stack: Stack, **wanted: Any) -> None:
    """Have the simulated WhatsApp misbehave."""
    answer = await stack.simulator.put("/_sim/faults", json=wanted)
    assert answer.status_code == 200, answer.text
