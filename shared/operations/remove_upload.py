"""Take back a file that was uploaded and not sent."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.queries.uploads import find_upload
from shared.refusals import RefusedError
from shared.scope import Scope

_REMOVE = text("DELETE FROM media WHERE id = :id AND message_id IS NULL")


async def remove_upload(connection: AsyncConnection, scope: Scope, conversation_id: UUID, upload_id: UUID) -> None:
    """Delete an upload, if it is there; its file follows (workers/media_removal.py).

    Raises NotFoundError if the scope does not contain the conversation, ConflictError if the id is that of another
    file, and RefusedError `in_use` once a message has it.
    """
    if await find_upload(connection, scope, conversation_id, upload_id) is None:
        return
    if (await connection.execute(_REMOVE, {"id": upload_id})).rowcount == 1:
        return
    if await find_upload(connection, scope, conversation_id, upload_id) is not None:
        raise RefusedError("in_use", "A message has the file.")
