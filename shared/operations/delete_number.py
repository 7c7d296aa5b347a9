"""Disconnect a WhatsApp number of the business; its conversations go with it."""

from uuid import UUID

import msgspec
from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kapso.webhooks import NUMBER_DELETED
from shared.models import Conversation, InboxEmbed, MessageStatus, PhoneNumber
from shared.operations.emit_webhooks import emit_number
from shared.operations.erase_conversations import erase_conversations
from shared.operations.lock_conversations import lock_matching
from shared.refusals import NotFoundError

AT_ONCE = 500


class DeletedNumber(msgspec.Struct, frozen=True):
    """Ids of embeds: those that went with the number, and those that showed its conversations among others."""

    gone: list[UUID]
    narrowed: list[UUID]


async def erase_some_of_number(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> bool:
    """Erase up to AT_ONCE of the number's conversations; returns whether there may be more.

    For transactions of their own, before the number is deleted: a long history in one would hold up its webhooks.
    """
    some = (
        select(Conversation.id)
        .where(Conversation.project_id == project_id, Conversation.phone_number_id == phone_number_id)
        .limit(AT_ONCE)
    )
    ids = await lock_matching(connection, Conversation.id.in_(some))
    await erase_conversations(connection, ids)
    return len(ids) == AT_ONCE


async def delete_number(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> DeletedNumber:
    """Delete the number and what is left of its conversations, by foreign keys. Raises NotFoundError.

    The caller closes the iframes of the embeds after the commit.
    """
    this = (PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id == phone_number_id)
    customer_id = select(PhoneNumber.customer_id).where(*this).scalar_subquery()
    embeds = select(InboxEmbed.id, InboxEmbed.phone_number_id).where(
        InboxEmbed.project_id == project_id,
        InboxEmbed.revoked_at.is_(None),
        or_(
            InboxEmbed.scope_type == "project",
            InboxEmbed.phone_number_id == phone_number_id,
            InboxEmbed.customer_id == customer_id,
        ),
    )
    rows = (await connection.execute(embeds)).all()
    deletion = await connection.execute(delete(PhoneNumber).where(*this).returning(PhoneNumber.customer_id))
    deleted = deletion.one_or_none()
    if deleted is None:
        raise NotFoundError("Phone number")
    await emit_number(connection, NUMBER_DELETED, project_id, phone_number_id, deleted.customer_id)
    await connection.execute(delete(MessageStatus).where(MessageStatus.phone_number_id == phone_number_id))
    return DeletedNumber(
        gone=[row.id for row in rows if row.phone_number_id is not None],
        narrowed=[row.id for row in rows if row.phone_number_id is None],
    )
