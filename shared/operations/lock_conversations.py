"""Lock the conversations that are going to change, all at once and in one order for everybody."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation

Place = tuple[str, UUID]
"""A phone_number_id and a contact: at most one conversation of theirs is active at a time."""

# LATERAL with a LIMIT keeps each look-up an index scan, whatever the planner knows of tables that grow fast.
_LOCK = text("""
    WITH wanted AS (
        SELECT c.id
        FROM json_to_recordset(CAST(:places AS json)) AS g(phone_number_id text, contact_id uuid)
        CROSS JOIN LATERAL (
            SELECT id FROM conversation
            WHERE phone_number_id = g.phone_number_id AND contact_id = g.contact_id AND status = 'active' LIMIT 1) AS c
        UNION
        SELECT m.conversation_id
        FROM json_to_recordset(CAST(:keys AS json)) AS g(phone_number_id text, wamid_key text)
        CROSS JOIN LATERAL (
            SELECT conversation_id FROM message
            WHERE phone_number_id = g.phone_number_id AND wamid_key = g.wamid_key LIMIT 10) AS m
        UNION
        SELECT m.conversation_id FROM unnest(CAST(:message_ids AS uuid[])) AS g(id)
        CROSS JOIN LATERAL (SELECT conversation_id FROM message WHERE id = g.id LIMIT 1) AS m
        UNION
        SELECT id FROM conversation WHERE contact_id = ANY(CAST(:contact_ids AS uuid[]))
    )
    SELECT c.id, c.phone_number_id, c.contact_id, c.status FROM conversation c
    WHERE c.id = ANY(ARRAY(SELECT id FROM wanted)) ORDER BY c.id FOR NO KEY UPDATE
""")


_LOCK_CONTACTS = text("SELECT id FROM contact WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")


async def lock_conversations(
    connection: AsyncConnection,
    places: Iterable[Place],
    keys: Iterable[tuple[str, str]],
    message_ids: Sequence[UUID],
    contact_ids: Sequence[UUID],
) -> dict[Place, UUID]:
    """Lock the active conversations of places, those of messages, which are given as (phone_number_id, wamid_key) or by
    our id, and all of contacts. Returns the active ones.

    A change of a message that is not there yet locks the place as the message does: of the two, the second sees what
    the first has left.

    Two batches that share some take turns instead of waiting for each other in a circle: most of their other locks come
    later, and each kind in an order of its own. Where that is not enough, one of the two is begun anew.
    """
    rows = await connection.execute(
        _LOCK,
        {
            "places": _json([{"phone_number_id": number, "contact_id": contact} for number, contact in places]),
            "keys": _json([{"phone_number_id": number, "wamid_key": key} for number, key in keys]),
            "message_ids": list(message_ids),
            "contact_ids": list(contact_ids),
        },
    )
    return {(row.phone_number_id, row.contact_id): row.id for row in rows if row.status == "active"}


async def lock_contacts(connection: AsyncConnection, ids: Iterable[UUID]) -> None:
    """Wait for whoever is opening a conversation with one of the contacts, and let nobody open one."""
    await connection.execute(_LOCK_CONTACTS, {"ids": list(ids)})


async def lock_matching(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[UUID]:
    """Lock the conversations that fulfil all conditions, in the order of the batches, and return their ids."""
    query = select(Conversation.id).where(*conditions).order_by(Conversation.id).with_for_update(key_share=True)
    return list((await connection.execute(query)).scalars())


def _json(rows: Sequence[object]) -> str:
    return msgspec.json.encode(rows).decode()
