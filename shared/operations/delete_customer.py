"""Delete a customer of the business. What was theirs stays the project's; embeds that showed it to them are revoked."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation, Customer, InboxEmbed
from shared.operations.lock_conversations import lock_matching
from shared.operations.revoke_embed import revoke_embeds_of
from shared.refusals import NotFoundError


async def delete_customer(connection: AsyncConnection, project_id: UUID, customer_id: UUID) -> list[UUID]:
    """Returns the ids of the embeds that were revoked: the caller closes their iframes after the commit.

    Numbers, conversations and contacts stay without a customer, by their foreign keys. Raises NotFoundError.
    """
    await lock_matching(connection, Conversation.project_id == project_id, Conversation.customer_id == customer_id)
    this = (Customer.project_id == project_id, Customer.id == customer_id)
    found = await connection.execute(select(Customer.id).where(*this).with_for_update())
    if found.scalar_one_or_none() is None:
        raise NotFoundError("Customer")
    embed_ids = await revoke_embeds_of(connection, project_id, InboxEmbed.customer_id, customer_id)
    await connection.execute(delete(Customer).where(*this))
    return embed_ids
