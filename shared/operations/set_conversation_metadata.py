"""Note something of a conversation's own: an order's number, a link into another system."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationUpdated, Event
from shared.models import Conversation
from shared.queries.views import conversation_views
from shared.refusals import NotFoundError
from shared.scope import Scope


async def set_conversation_metadata(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, metadata: dict[str, Any]
) -> tuple[dict[str, list[Any]], list[Event]]:
    """Replace a conversation's metadata. Returns what changed, as {field: [before, after]}, and the events, which say
    that the row is another one: the page asks for its details again. Both are empty if nothing changed.

    Raises NotFoundError if the scope does not contain the conversation.
    """
    found = await connection.execute(
        select(Conversation.details)
        .where(scope.conversations(), Conversation.id == conversation_id)
        .with_for_update(key_share=True)
    )
    before = found.scalar_one_or_none()
    if before is None:
        raise NotFoundError("Conversation")
    if before == metadata:
        return {}, []
    await connection.execute(
        update(Conversation).where(Conversation.id == conversation_id).values({Conversation.details: metadata})
    )
    view, audience = (await conversation_views(connection, [conversation_id]))[conversation_id]
    return {"metadata": [before, metadata]}, [Event(audience.channels(), ConversationUpdated(view))]
