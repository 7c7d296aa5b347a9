"""A person leaves the business: nothing is assigned to them any more."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationUpdated, Event
from shared.models import Conversation, InboxEmbed, TeamMember
from shared.operations.lock_conversations import lock_matching
from shared.operations.revoke_embed import revoke_embeds_of
from shared.queries.views import conversation_views
from shared.refusals import NotFoundError

MOST_EVENTS = 500
"""More conversations than these reach the open iframes by `changes`, as it does for a reader that fell behind."""


async def delete_user(connection: AsyncConnection, project_id: UUID, user_id: UUID) -> tuple[list[UUID], list[Event]]:
    """Returns the ids of the embeds that showed what was assigned to the person, and the events to publish.

    The embeds are revoked. Assignments go with the person, and the conversations' assignee becomes null, by their
    foreign keys. The caller closes the embeds' iframes after the commit, so that no event has to take the conversations
    out of them. Raises NotFoundError.
    """
    conversation_ids = await lock_matching(
        connection, Conversation.project_id == project_id, Conversation.assignee_id == user_id
    )
    this = (TeamMember.project_id == project_id, TeamMember.id == user_id)
    found = await connection.execute(select(TeamMember.id).where(*this).with_for_update())
    if found.scalar_one_or_none() is None:
        raise NotFoundError("User")
    embed_ids = await revoke_embeds_of(connection, project_id, InboxEmbed.assignee_id, user_id)
    await connection.execute(delete(TeamMember).where(*this))
    views = await conversation_views(connection, conversation_ids[-MOST_EVENTS:])
    return embed_ids, [Event(audience.channels(), ConversationUpdated(view)) for view, audience in views.values()]
