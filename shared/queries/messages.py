"""The thread of a conversation."""

from uuid import UUID

from sqlalchemy import tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import MessageView
from shared.models import Message
from shared.paging import Paging, decode_cursor, forward_page
from shared.queries.views import message_view, select_messages
from shared.scope import Scope


async def list_messages(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, *, limit: int, after: str | None
) -> tuple[list[MessageView], Paging]:
    """A page of a thread, newest first; empty if the scope does not contain the conversation.

    Raises InvalidCursorError.
    """
    query = select_messages(scope).where(Message.conversation_id == conversation_id)
    if after is not None:
        query = query.where(tuple_(Message.sent_at, Message.id) < tuple_(*decode_cursor(after)))
    query = query.order_by(Message.sent_at.desc(), Message.id.desc()).limit(limit + 1)
    rows = (await connection.execute(query)).all()
    shown, paging = forward_page(rows, limit, "sent_at")
    return [message_view(row) for row in shown], paging
