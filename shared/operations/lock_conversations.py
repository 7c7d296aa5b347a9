"""Lock the conversations that are going to change, all at once and in one order for everybody."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation
from shared.whatsapp.wamid import wamid_key
from shared.whatsapp.webhook import InboundMessage, StatusUpdate

# LATERAL with a LIMIT keeps each look-up an index scan, whatever the planner knows of tables that grow fast.
_LOCK = text("""
    WITH wanted AS (
        SELECT c.id
        FROM json_to_recordset(CAST(:messages AS json)) AS g(phone_number_id text, kind text, value text)
        CROSS JOIN LATERAL (
            SELECT project_id FROM phone_number WHERE phone_number_id = g.phone_number_id LIMIT 1) AS n
        CROSS JOIN LATERAL (
            SELECT contact_id FROM contact_identity
            WHERE project_id = n.project_id AND kind = g.kind AND value = g.value LIMIT 1) AS i
        CROSS JOIN LATERAL (
            SELECT id FROM conversation
            WHERE phone_number_id = g.phone_number_id AND contact_id = i.contact_id AND status = 'active' LIMIT 1) AS c
        UNION
        SELECT m.conversation_id
        FROM json_to_recordset(CAST(:statuses AS json)) AS g(phone_number_id text, wamid_key text)
        CROSS JOIN LATERAL (
            SELECT conversation_id FROM message
            WHERE phone_number_id = g.phone_number_id AND wamid_key = g.wamid_key LIMIT 10) AS m
        UNION
        SELECT m.conversation_id FROM unnest(CAST(:message_ids AS uuid[])) AS g(id)
        CROSS JOIN LATERAL (SELECT conversation_id FROM message WHERE id = g.id LIMIT 1) AS m
    )
    SELECT c.id FROM conversation c WHERE c.id = ANY(ARRAY(SELECT id FROM wanted)) ORDER BY c.id FOR NO KEY UPDATE
""")


async def lock_conversations(
    connection: AsyncConnection, messages: Sequence[InboundMessage], statuses: Sequence[StatusUpdate]
) -> None:
    """Lock the conversations that exist already, by id. Two batches that share some take turns instead of waiting for
    each other in a circle: their other locks come later, and each kind in an order of its own.
    """
    senders = {(message.phone_number_id, *message.identity) for message in messages}
    sent = {(status.phone_number_id, wamid_key(status.wamid)) for status in statuses}
    await connection.execute(
        _LOCK,
        {
            "messages": _json([dict(zip(("phone_number_id", "kind", "value"), one, strict=True)) for one in senders]),
            "statuses": _json([dict(zip(("phone_number_id", "wamid_key"), one, strict=True)) for one in sent]),
            "message_ids": [status.message_id for status in statuses if status.message_id is not None],
        },
    )


async def lock_matching(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[UUID]:
    """Lock the conversations that fulfil all conditions, in the order of the batches, and return their ids."""
    query = select(Conversation.id).where(*conditions).order_by(Conversation.id).with_for_update(key_share=True)
    return list((await connection.execute(query)).scalars())


def _json(rows: list[dict[str, str]]) -> str:
    return msgspec.json.encode(rows).decode()
