"""Note the files of messages that were just stored, for a worker to fetch (workers/media.py)."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.jobs import Queue, wake_later

_ADD = text("""
    INSERT INTO media (id, project_id, phone_number_id, message_id, media_id)
    SELECT id, project_id, phone_number_id, message_id, media_id
    FROM json_to_recordset(CAST(:rows AS json))
        AS g(id uuid, project_id uuid, phone_number_id text, message_id uuid, media_id text)
    ON CONFLICT (message_id) DO NOTHING
""")


class NewMedia(msgspec.Struct, frozen=True):
    """A message's file; `media_id` is Meta's."""

    project_id: UUID
    phone_number_id: str
    message_id: UUID
    media_id: str


async def add_media(connection: AsyncConnection, messages: Sequence[NewMedia]) -> None:
    """Store the files as pending and wake a worker after the commit. A message has one file: a repeat changes nothing.
    The messages are stored already.
    """
    if not messages:
        return
    rows = [{"id": new_id(), **msgspec.structs.asdict(message)} for message in messages]
    await connection.execute(_ADD, {"rows": msgspec.json.encode(rows).decode()})
    wake_later(connection, Queue.MEDIA)
