"""Delete a customer of the business. What was theirs stays the project's, except the embeds that showed it to them."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation, Customer, InboxEmbed
from shared.operations.lock_conversations import lock_matching
from shared.refusals import NotFoundError


async def delete_customer(connection: AsyncConnection, project_id: UUID, customer_id: UUID) -> list[UUID]:
    """Returns the ids of the embeds that went with the customer: the caller closes their iframes after the commit.

    Numbers, conversations and contacts stay without a customer, by their foreign keys. Raises NotFoundError.
    """
    await lock_matching(connection, Conversation.project_id == project_id, Conversation.customer_id == customer_id)
    embeds = select(InboxEmbed.id).where(InboxEmbed.project_id == project_id, InboxEmbed.customer_id == customer_id)
    embed_ids = list((await connection.execute(embeds)).scalars())
    gone = await connection.execute(
        delete(Customer).where(Customer.project_id == project_id, Customer.id == customer_id).returning(Customer.id)
    )
    if gone.scalar_one_or_none() is None:
        raise NotFoundError("Customer")
    return embed_ids
