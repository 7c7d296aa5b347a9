"""A conversation's count and last message, after some of its messages were put away or came back."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_RECOUNT = text("""
    UPDATE conversation c SET messages_count = c.messages_count + g.added,
        last_message_id = (
            SELECT m.id FROM message m
            WHERE m.conversation_id = c.id AND m.discarded_at IS NULL AND m.type NOT IN ('reaction', 'system')
            ORDER BY m.sent_at DESC, m.id DESC LIMIT 1)
    FROM json_to_recordset(CAST(:rows AS json)) AS g(id uuid, added integer) WHERE c.id = g.id
""")


async def recount_messages(connection: AsyncConnection, added: Mapping[UUID, int]) -> None:
    """How many messages more each conversation has, or less; the caller has locked them."""
    if added:
        rows = [{"id": conversation_id, "added": count} for conversation_id, count in added.items()]
        await connection.execute(_RECOUNT, {"rows": msgspec.json.encode(rows).decode()})
