"""Files in the store, for who has a link to one: the link is the permission (media_urls.py, media_links.py)."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Media, Message
from shared.whatsapp.media_file import clean_filename, filename_for
from shared.whatsapp.media_types import MEDIA_TYPES

_FILE = (
    select(
        Media.mime_type,
        Media.size,
        Media.sha256,
        Media.storage_key,
        Media.thumbnail_key,
        func.coalesce(Media.kind, Message.type).label("kind"),
        func.coalesce(Message.content["filename"].astext, Media.filename).label("filename"),
    )
    .outerjoin(Message, Message.id == Media.message_id)
    .where(Media.state == "ready")
)


class StoredFile(msgspec.Struct, frozen=True):
    """`size` is in bytes; `filename` is the sender's, made harmless, or of ours where there is none."""

    storage_key: str
    thumbnail_key: str | None
    mime_type: str
    size: int
    sha256: bytes
    filename: str


async def find_stored(connection: AsyncConnection, media_id: UUID) -> StoredFile | None:
    """The file of a row of `media`, None if it is not stored."""
    return await _find(connection, _FILE.where(Media.id == media_id))


async def find_stored_copy(connection: AsyncConnection, phone_number_id: str, media_id: str) -> StoredFile | None:
    """The file that Meta has under an id of this number's, or an upload by our id, which Meta may not have yet. None if
    it is not stored.
    """
    try:
        named = Media.id == UUID(media_id)
    except ValueError:
        named = Media.media_id == media_id
    return await _find(connection, _FILE.where(named, Media.phone_number_id == phone_number_id).limit(1))


async def _find(connection: AsyncConnection, query: Select[*tuple[Any, ...]]) -> StoredFile | None:
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    known = MEDIA_TYPES.get(row.mime_type)
    name = clean_filename(row.filename or "") or str(row.kind)
    return StoredFile(
        storage_key=row.storage_key,
        thumbnail_key=row.thumbnail_key,
        mime_type=row.mime_type,
        size=row.size,
        sha256=row.sha256,
        filename=name if known is None else filename_for(known, name),
    )
