"""A person has read a conversation."""

from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationUpdated, ConversationView, Event
from shared.models import Conversation
from shared.queries.views import conversation_views
from shared.scope import Scope

# WhatsApp takes everything before it as read too (Meta: Cloud API, "Mark messages as read").
_TELL = text("""
    INSERT INTO read_receipt (conversation_id, wamid)
    SELECT conversation_id, wamid FROM message
    WHERE conversation_id = :id AND direction = 'inbound' AND type <> 'reaction' AND origin = 'cloud_api'
      AND wamid IS NOT NULL AND sent_at > now() - INTERVAL '30 days'
    ORDER BY sent_at DESC, id DESC LIMIT 1
    ON CONFLICT (conversation_id) DO UPDATE SET wamid = EXCLUDED.wamid, attempts = 0, due_at = EXCLUDED.due_at
""")


async def mark_read(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, *, tell: bool
) -> tuple[ConversationView | None, list[Event]]:
    """Set the unread count to 0; with `tell`, a worker tells WhatsApp, so that the customer sees it. Returns None if
    the scope does not contain the conversation, and no event if nothing was unread.
    """
    changed = await connection.execute(
        update(Conversation)
        .where(scope.conversations(), Conversation.id == conversation_id, Conversation.unread_count > 0)
        .values(unread_count=0)
        .returning(Conversation.id)
    )
    was_unread = changed.scalar_one_or_none() is not None
    if was_unread and tell:
        await connection.execute(_TELL, {"id": conversation_id})
    visible = select(Conversation.id).where(scope.conversations(), Conversation.id == conversation_id)
    if (await connection.execute(visible)).scalar_one_or_none() is None:
        return None, []
    view, audience = (await conversation_views(connection, [conversation_id]))[conversation_id]
    return view, [Event(audience.channels(), ConversationUpdated(view))] if was_unread else []
