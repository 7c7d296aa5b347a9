"""Free text that WhatsApp refused closes its conversation's window, whatever our clock says."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

REENGAGEMENT = 131047
"""Meta's code for free text after the customer service window (Meta: Cloud API, "Error codes")."""

# By when the message was sent, and not when this is heard: what the customer has written since opens the window again.
_CLOSE = text(f"""
    UPDATE conversation c SET window_closed_at = greatest(c.window_closed_at, m.sent_at)
    FROM message m
    WHERE m.id = ANY(:ids) AND c.id = m.conversation_id AND m.error ->> 'code' = '{REENGAGEMENT}'
""")  # noqa: S608 - a constant


async def close_windows(connection: AsyncConnection, message_ids: Collection[UUID]) -> None:
    """For messages that have just failed; those that failed for another reason close nothing. The caller holds their
    conversations.
    """
    await connection.execute(_CLOSE, {"ids": list(message_ids)})
