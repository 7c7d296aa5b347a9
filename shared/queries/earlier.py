"""The earlier conversations that a thread goes on into, one row for each."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationStatus
from shared.models import Conversation
from shared.paging import AnySelect, CursorQuery, Paging, cursor_page
from shared.queries.threads import first_shown, thread_conversations
from shared.scope import Scope


class EarlierConversation(msgspec.Struct):
    """`first_message_id` is where it begins in the thread, null if it has no message to show; `started_at` is that
    message's time, or else when the conversation was opened.
    """

    id: UUID
    status: ConversationStatus
    started_at: datetime
    ended_at: datetime | None
    messages_count: int
    first_message_id: UUID | None


async def list_earlier(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, page: CursorQuery
) -> tuple[list[EarlierConversation], Paging]:
    """A page of the conversations that the thread of this one goes on into, latest activity first: those that the
    scope has, and no more of them than the thread.

    Raises NotFoundError if the scope does not contain the conversation, or InvalidCursorError.
    """
    thread = await thread_conversations(connection, scope, conversation_id)
    query: AnySelect = (
        select(
            Conversation.id,
            Conversation.status,
            Conversation.last_active_at,
            Conversation.created_at,
            Conversation.ended_at,
            Conversation.messages_count,
            first_shown.c.id.label("first_id"),
            first_shown.c.sent_at.label("first_sent_at"),
        )
        .outerjoin(first_shown, true())
        .where(scope.conversations(), Conversation.id.in_(select(thread.c.id)), Conversation.id != conversation_id)
    )
    rows, paging = await cursor_page(connection, query, Conversation.last_active_at, Conversation.id, page)
    return [
        EarlierConversation(
            id=row.id,
            status=row.status,
            started_at=row.first_sent_at or row.created_at,
            ended_at=row.ended_at,
            messages_count=row.messages_count,
            first_message_id=row.first_id,
        )
        for row in rows
    ], paging
