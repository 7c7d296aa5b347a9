"""A person is shown with other words, in every conversation: each gets a new `rev`, for whoever misses the push."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_TOUCH = text("""
    UPDATE conversation SET contact_id = contact_id
    WHERE id = ANY(ARRAY(
        SELECT id FROM conversation WHERE contact_id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE))
    RETURNING id
""")


async def touch_conversations(connection: AsyncConnection, contact_ids: Sequence[UUID]) -> list[UUID]:
    """Returns the ids of the contacts' conversations, for `conversation.updated`."""
    if not contact_ids:
        return []
    return list((await connection.execute(_TOUCH, {"ids": list(contact_ids)})).scalars())
