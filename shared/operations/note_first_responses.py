"""Keep how long a customer waited for the first reply by a person."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# The wait begins with the first message of the customer's after the last reply that ended one: between two replies with
# nothing of the customer's between them, none begins. Both look-ups go through the conversation by `message_thread`,
# and no further back than a week.
_NOTE = text("""
    INSERT INTO first_response (message_id, project_id, asked_at, answered_at)
    SELECT reply.id, reply.project_id, asked.sent_at, reply.sent_at
    FROM message reply
    LEFT JOIN LATERAL (
        (SELECT m.sent_at, m.id FROM message m JOIN first_response f ON f.message_id = m.id
         WHERE m.conversation_id = reply.conversation_id AND (m.sent_at, m.id) < (reply.sent_at, reply.id)
           AND m.sent_at > reply.sent_at - INTERVAL '7 days'
         ORDER BY m.sent_at DESC, m.id DESC LIMIT 1)
        UNION ALL
        SELECT m.sent_at, m.id FROM message m
        WHERE m.id = ANY(:ids) AND m.conversation_id = reply.conversation_id
          AND (m.sent_at, m.id) < (reply.sent_at, reply.id)
        ORDER BY sent_at DESC, id DESC LIMIT 1
    ) answered ON true
    CROSS JOIN LATERAL (
        SELECT m.sent_at FROM message m
        WHERE m.conversation_id = reply.conversation_id AND m.direction = 'inbound'
          AND m.type NOT IN ('reaction', 'system') AND m.origin <> 'history_sync'
          AND (m.sent_at, m.id) < (reply.sent_at, reply.id)
          AND m.sent_at > reply.sent_at - INTERVAL '7 days'
          AND (answered.id IS NULL OR (m.sent_at, m.id) > (answered.sent_at, answered.id))
        ORDER BY m.sent_at, m.id LIMIT 1
    ) asked
    WHERE reply.id = ANY(:ids) AND reply.type <> 'reaction'
    ON CONFLICT DO NOTHING
""")


async def note_first_responses(connection: AsyncConnection, message_ids: Collection[UUID]) -> None:
    """Of these messages, which persons have just sent, keep those that ended a wait; noted twice, it is kept once.

    The caller holds the locks of their conversations. A customer's message that comes late, after the reply that was
    sent after it, begins no wait.
    """
    await connection.execute(_NOTE, {"ids": list(message_ids)})
