"""Keep what WhatsApp says of people: the name that they gave themselves, their number, their username."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.operations.place_messages import PlacedMessage
from shared.operations.resolve_contacts import FoundContact
from shared.operations.touch_conversations import touch_conversations

# Before the statement below, which must see what others that hold the contact have written.
_LOCK = text("SELECT id FROM contact WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")

# Of each, the newest message that tells it counts, whichever comes first; what is not known yet is taken from any.
_UPDATE = text("""
    WITH given AS (
        SELECT g.*, coalesce(
            (SELECT max(last_inbound_at) FROM conversation WHERE contact_id = g.contact_id), '-infinity') AS wrote_at
        FROM json_to_recordset(CAST(:rows AS json))
            AS g(contact_id uuid, profile_name text, profile_name_at timestamptz, phone_number text,
                 phone_number_at timestamptz, username text, username_at timestamptz)
    )
    UPDATE contact c SET
        profile_name = CASE WHEN c.profile_name IS NULL OR g.profile_name_at >= g.wrote_at
                            THEN coalesce(g.profile_name, c.profile_name) ELSE c.profile_name END,
        phone_number = CASE WHEN c.phone_number IS NULL OR g.phone_number_at >= g.wrote_at
                            THEN coalesce(g.phone_number, c.phone_number) ELSE c.phone_number END,
        username = CASE WHEN c.username IS NULL OR g.username_at >= g.wrote_at
                        THEN coalesce(g.username, c.username) ELSE c.username END,
        updated_at = now()
    FROM given g WHERE c.id = g.contact_id
    RETURNING c.id, c.profile_name, c.phone_number, c.username
""")

_FIELDS = ("profile_name", "phone_number", "username")


async def update_profiles(
    connection: AsyncConnection, rows: Sequence[tuple[PlacedMessage, FoundContact]]
) -> list[UUID]:
    """Store what differs from the contacts as they were found. Call it before the messages are counted.

    Returns the ids of the conversations that show it.
    """
    told: dict[UUID, dict[str, object]] = {}
    for row, contact in sorted(rows, key=lambda one: (_telling(one[0]), one[0].message.sent_at)):
        for field in _FIELDS:
            value = getattr(row.message.person, field)
            if value is not None:
                newest = told.setdefault(contact.id, {})
                newest[field] = value
                newest[f"{field}_at"] = row.message.sent_at if _telling(row) else None
    found = {contact.id: contact for _, contact in rows}
    given = [
        {"contact_id": contact_id, **newest}
        for contact_id, newest in told.items()
        if any(newest.get(field, known) != known for field in _FIELDS for known in [getattr(found[contact_id], field)])
    ]
    if not given:
        return []
    await connection.execute(_LOCK, {"ids": [one["contact_id"] for one in given]})
    stored = (await connection.execute(_UPDATE, {"rows": msgspec.json.encode(given).decode()})).all()
    changed = [row.id for row in stored if _shown(row) != _shown(found[row.id])]
    return await touch_conversations(connection, changed)


def _shown(contact: Row[Any] | FoundContact) -> list[str | None]:
    return [getattr(contact, field) for field in _FIELDS]


def _telling(row: PlacedMessage) -> bool:
    """Whether the person's own message says it, and not one that was sent to the person or long ago."""
    message = row.message
    return message.opens_window or message.type == "system"
