"""Erase conversations with all that is kept of them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Statuses may come before their message, so that no foreign key takes them along.
_STATUSES = text("""
    DELETE FROM message_status s USING message m
    WHERE m.conversation_id = ANY(:ids) AND s.phone_number_id = m.phone_number_id AND s.wamid_key = m.wamid_key
""")

# In the order in which workers take and settle them, so that neither waits for the other in a circle.
_DELIVERIES = text("""
    DELETE FROM webhook_delivery WHERE id IN (
        SELECT id FROM webhook_delivery WHERE conversation_id = ANY(:ids) ORDER BY sequence FOR UPDATE)
""")

_CONVERSATIONS = text("DELETE FROM conversation WHERE id = ANY(:ids)")


async def erase_conversations(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Messages, assignments and executions go with the conversations, by their foreign keys, and so does what the
    business's own systems were told or have still to be told of them. The caller has checked whose they are, and
    locked them.
    """
    await connection.execute(_DELIVERIES, {"ids": list(ids)})
    await connection.execute(_STATUSES, {"ids": list(ids)})
    await connection.execute(_CONVERSATIONS, {"ids": list(ids)})
