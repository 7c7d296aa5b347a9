"""What was shared in a thread: pictures and films, documents, and links."""

from typing import Literal
from uuid import UUID

from sqlalchemy import Boolean, literal_column
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import MessageView
from shared.models import SHARED, Message
from shared.paging import CursorQuery, Paging
from shared.queries.threads import thread_conversations, thread_page
from shared.scope import Scope

SharedKind = Literal["media", "documents", "links"]

# As text, so that PostgreSQL sees in every plan that the index of the same words holds them all.
_CONDITIONS = {kind: literal_column(condition, Boolean()) for kind, condition in SHARED.items()}


async def list_thread_media(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, kind: SharedKind, page: CursorQuery
) -> tuple[list[MessageView], Paging]:
    """A page of the thread's messages that hold something of a kind, newest first, in all the conversations that the
    thread goes on into. What its sender has deleted is not among them.

    Raises NotFoundError if the scope does not contain the conversation, or InvalidCursorError.
    """
    thread = await thread_conversations(connection, scope, conversation_id)
    return await thread_page(connection, scope, thread, page, _CONDITIONS[kind], Message.deleted_at.is_(None))
