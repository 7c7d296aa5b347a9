"""Keep a file that was uploaded into a conversation: first its place in the store, then what is known of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import UploadKind, UploadView
from shared.models import Conversation
from shared.operations.settle_media import StoredMedia
from shared.queries.uploads import find_upload
from shared.refusals import NotFoundError
from shared.scope import Scope
from shared.storage import StorageError

WRITE_WITHIN = timedelta(hours=1)

_RESERVE = text("INSERT INTO media_removal (storage_key, due_at) SELECT unnest(CAST(:keys AS text[])), :due_at")

_KEEP = text("""
    INSERT INTO media (id, project_id, phone_number_id, conversation_id, kind, filename, state, mime_type, size, sha256,
                       storage_key, thumbnail_key, width, height, duration_ms, pages, waveform)
    VALUES (:id, :project_id, :phone_number_id, :conversation_id, :kind, :filename, 'ready', :mime_type, :size, :sha256,
            :storage_key, :thumbnail_key, :width, :height, :duration_ms, :pages, :waveform)
    ON CONFLICT (id) DO NOTHING
""")

# A worker that has begun to delete the file has put the time off.
_RELEASE = text("DELETE FROM media_removal WHERE storage_key = ANY(:keys) AND due_at = :due_at")


class Upload(msgspec.Struct, frozen=True):
    """A file that somebody uploads into a conversation. `id` is the client's."""

    id: UUID
    conversation_id: UUID
    kind: UploadKind
    filename: str


class Place(msgspec.Struct, frozen=True):
    """Where the file and its thumbnail are written; what is not kept by `due_at` is deleted."""

    keys: Sequence[str]
    due_at: datetime


async def reserve_place(connection: AsyncConnection, keys: Sequence[str]) -> Place:
    """Before files are written: they are deleted again unless `keep_upload` follows, whatever becomes of the writer."""
    place = Place(keys, datetime.now(UTC) + WRITE_WITHIN)
    await connection.execute(_RESERVE, msgspec.structs.asdict(place))
    return place


async def keep_upload(
    connection: AsyncConnection, scope: Scope, upload: Upload, place: Place, stored: StoredMedia
) -> tuple[UploadView, bool]:
    """Store what is known of files that were written; the view, and whether this made it: an upload that is there
    already stays as it is.

    Raises NotFoundError if the scope does not contain the conversation, ConflictError if the id is that of another
    file, and StorageError if the files were written too late.
    """
    found = await connection.execute(
        select(Conversation.project_id, Conversation.phone_number_id).where(
            scope.conversations(), Conversation.id == upload.conversation_id
        )
    )
    conversation = found.one_or_none()
    if conversation is None:
        raise NotFoundError("Conversation")
    values = msgspec.structs.asdict(stored) | msgspec.structs.asdict(upload) | conversation._asdict()
    kept = (await connection.execute(_KEEP, values | {"filename": upload.filename or None})).rowcount == 1
    if kept:
        released = await connection.execute(_RELEASE, msgspec.structs.asdict(place))
        if released.rowcount != len(place.keys):
            raise StorageError("the file was written too late")
    view = await find_upload(connection, scope, upload.conversation_id, upload.id)
    assert view is not None
    return view, kept
