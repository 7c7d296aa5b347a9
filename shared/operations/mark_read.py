"""A person has read a conversation."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationUpdated, ConversationView, Event
from shared.models import Conversation
from shared.queries.views import conversation_views
from shared.scope import Scope


async def mark_read(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID
) -> tuple[ConversationView | None, list[Event]]:
    """Set the unread count to 0. Returns None if the scope does not contain the conversation, and no event if nothing
    was unread.
    """
    changed = await connection.execute(
        update(Conversation)
        .where(scope.conversations(), Conversation.id == conversation_id, Conversation.unread_count > 0)
        .values(unread_count=0)
        .returning(Conversation.id)
    )
    was_unread = changed.scalar_one_or_none() is not None
    visible = select(Conversation.id).where(scope.conversations(), Conversation.id == conversation_id)
    if (await connection.execute(visible)).scalar_one_or_none() is None:
        return None, []
    view, audience = (await conversation_views(connection, [conversation_id]))[conversation_id]
    return view, [Event(audience.channels(), ConversationUpdated(view))] if was_unread else []
