"""Files that were uploaded into a conversation to be sent there."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import UploadView
from shared.models import Conversation, Media
from shared.paging import AnySelect
from shared.queries.media_view import MEDIA_COLUMNS, media_view
from shared.refusals import ConflictError, NotFoundError
from shared.scope import Scope

_UPLOAD: AnySelect = select(
    Media.conversation_id,
    Media.kind,
    null().label("content"),
    null().label("deleted_at"),
    *MEDIA_COLUMNS,
)


class Unsent(msgspec.Struct, frozen=True):
    """How many files they are, and how many bytes together."""

    files: int
    size: int


async def find_upload(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, upload_id: UUID
) -> UploadView | None:
    """An upload into a conversation; None if there is none.

    Raises NotFoundError if the scope does not contain the conversation, and ConflictError if the id is that of another
    file.
    """
    found = await connection.execute(
        select(Conversation.id).where(scope.conversations(), Conversation.id == conversation_id)
    )
    if found.one_or_none() is None:
        raise NotFoundError("Conversation")
    row = (await connection.execute(_UPLOAD.where(Media.id == upload_id))).one_or_none()
    if row is None:
        return None
    if row.conversation_id != conversation_id:
        raise ConflictError("conflict", "Another file has this id; upload under a new one.")
    return _view(row)


async def unsent_uploads(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> Unsent:
    """The uploads into a conversation that no message has."""
    conversation = select(Conversation.id).where(scope.conversations(), Conversation.id == conversation_id)
    unsent = select(func.count(), func.sum(Media.size)).where(
        Media.conversation_id == conversation.scalar_subquery(), Media.message_id.is_(None)
    )
    files, size = (await connection.execute(unsent)).one()
    return Unsent(files, int(size or 0))


def _view(row: Row[Any]) -> UploadView:
    view = media_view(row)
    assert view is not None
    return UploadView(**{name: getattr(view, name) for name in view.__struct_fields__}, kind=row.kind)
