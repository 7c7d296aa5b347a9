"""Erase a person, with everything that was written with them."""

from uuid import UUID

from sqlalchemy import Text, cast, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationRemoved, Event
from shared.models import AuditEvent, Contact, Conversation
from shared.operations.erase_conversations import erase_conversations
from shared.operations.lock_conversations import lock_matching
from shared.queries.views import conversation_views
from shared.refusals import NotFoundError


async def delete_contact(connection: AsyncConnection, project_id: UUID, contact_id: UUID) -> list[Event]:
    """Returns the events to publish after the commit. Raises NotFoundError."""
    theirs = (Conversation.project_id == project_id, Conversation.contact_id == contact_id)
    views = await conversation_views(connection, await lock_matching(connection, *theirs))
    await erase_conversations(connection, list(views))
    gone = await connection.execute(
        delete(Contact).where(Contact.project_id == project_id, Contact.id == contact_id).returning(Contact.id)
    )
    if gone.scalar_one_or_none() is None:
        raise NotFoundError("WhatsApp contact")
    # What the audit log quotes of the person goes too; that something was changed, and by whom, stays.
    await connection.execute(
        update(AuditEvent)
        .where(
            AuditEvent.project_id == project_id,
            AuditEvent.object_type == "contact",
            AuditEvent.object_id == str(contact_id),
        )
        .values(changes={})
    )
    rev = await connection.scalar(select(cast(func.pg_current_xact_id(), Text)))
    return [Event(audience.channels(), ConversationRemoved(view.id, str(rev))) for view, audience in views.values()]
