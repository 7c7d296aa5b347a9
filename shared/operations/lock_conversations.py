"""Lock what a batch of webhooks is going to change, all at once and in one order for everybody."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.whatsapp.wamid import wamid_key
from shared.whatsapp.webhook import InboundMessage, StatusUpdate

_LOCK = text("""
    WITH wanted AS (
        SELECT c.id
        FROM json_to_recordset(CAST(:messages AS json)) AS g(phone_number_id text, kind text, value text)
        JOIN phone_number n USING (phone_number_id)
        JOIN contact_identity i ON (i.project_id, i.kind, i.value) = (n.project_id, g.kind, g.value)
        JOIN conversation c ON (c.phone_number_id, c.contact_id) = (g.phone_number_id, i.contact_id)
        WHERE c.status = 'active'
        UNION
        SELECT m.conversation_id
        FROM json_to_recordset(CAST(:statuses AS json)) AS g(phone_number_id text, wamid_key text)
        JOIN message m USING (phone_number_id, wamid_key)
        UNION
        SELECT m.conversation_id FROM message m WHERE m.id = ANY(:message_ids)
    )
    SELECT id FROM conversation WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR NO KEY UPDATE
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


def _json(rows: list[dict[str, str]]) -> str:
    return msgspec.json.encode(rows).decode()
