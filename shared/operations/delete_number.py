"""Disconnect a WhatsApp number of the business; its conversations go with it.

In transactions of their own, one after the other, because a long history in one would hold up the webhooks of all
numbers: `begin_deletion`, `erase_some_of_number` until there is no more, `delete_number`. Each may be repeated.
"""

from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kapso.webhooks import NUMBER_DELETED
from shared.models import Conversation, InboxEmbed, MessageStatus, PhoneNumber
from shared.operations.emit_webhooks import emit_number
from shared.operations.erase_conversations import erase_conversations
from shared.operations.lock_conversations import lock_matching
from shared.operations.revoke_embed import revoke_embeds_of
from shared.refusals import NotFoundError

AT_ONCE = 500


async def begin_deletion(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> list[UUID]:
    """Take in no more messages. Raises NotFoundError.

    Returns the ids of the embeds that show the number's conversations among others: the caller has their iframes load
    again when the conversations are gone.
    """
    stopped = await connection.execute(
        update(PhoneNumber)
        .where(PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id == phone_number_id)
        .values(inbound_processing_enabled=False, updated_at=func.now())
        .returning(PhoneNumber.customer_id)
    )
    number = stopped.one_or_none()
    if number is None:
        raise NotFoundError("Phone number")
    shows = InboxEmbed.scope_type == "project"
    if number.customer_id is not None:
        shows = or_(shows, InboxEmbed.customer_id == number.customer_id)
    embeds = select(InboxEmbed.id).where(InboxEmbed.project_id == project_id, InboxEmbed.revoked_at.is_(None), shows)
    return list((await connection.execute(embeds)).scalars())


async def erase_some_of_number(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> bool:
    """Erase up to AT_ONCE of the number's conversations; returns whether there may be more."""
    some = (
        select(Conversation.id)
        .where(Conversation.project_id == project_id, Conversation.phone_number_id == phone_number_id)
        .limit(AT_ONCE)
    )
    ids = await lock_matching(connection, Conversation.id.in_(some))
    await erase_conversations(connection, ids)
    return len(ids) == AT_ONCE


async def delete_number(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> list[UUID]:
    """Delete the number and what is left of its conversations. Raises NotFoundError.

    Returns the ids of its embeds, which are revoked: the caller closes their iframes after the commit.
    """
    # Conversations before the number, which is the order in which webhooks are applied.
    left = await lock_matching(
        connection, Conversation.project_id == project_id, Conversation.phone_number_id == phone_number_id
    )
    await erase_conversations(connection, left)
    this = (PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id == phone_number_id)
    found = await connection.execute(select(PhoneNumber.customer_id).where(*this).with_for_update())
    number = found.one_or_none()
    if number is None:
        raise NotFoundError("Phone number")
    embed_ids = await revoke_embeds_of(connection, project_id, InboxEmbed.phone_number_id, phone_number_id)
    await connection.execute(delete(PhoneNumber).where(*this))
    await emit_number(connection, NUMBER_DELETED, project_id, phone_number_id, number.customer_id)
    await connection.execute(delete(MessageStatus).where(MessageStatus.phone_number_id == phone_number_id))
    return embed_ids
