"""Keep what WhatsApp says of people: the name that they gave themselves, their number, their username."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.operations.place_messages import PlacedMessage
from shared.operations.resolve_contacts import FoundContact

# The newest message counts, whichever comes first; what is not known yet is taken from any.
_UPDATE = text("""
    WITH given AS (
        SELECT g.*, g.sent_at >= coalesce(
            (SELECT max(last_inbound_at) FROM conversation WHERE contact_id = g.contact_id), '-infinity') AS newest
        FROM json_to_recordset(CAST(:rows AS json))
            AS g(contact_id uuid, profile_name text, phone_number text, username text, sent_at timestamptz)
    ), locked AS (
        SELECT id FROM contact WHERE id IN (SELECT contact_id FROM given) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE contact c SET
        profile_name = CASE WHEN g.newest THEN coalesce(g.profile_name, c.profile_name)
                            ELSE coalesce(c.profile_name, g.profile_name) END,
        phone_number = CASE WHEN g.newest THEN coalesce(g.phone_number, c.phone_number)
                            ELSE coalesce(c.phone_number, g.phone_number) END,
        username = CASE WHEN g.newest THEN coalesce(g.username, c.username)
                        ELSE coalesce(c.username, g.username) END,
        updated_at = now()
    FROM given g JOIN locked ON locked.id = g.contact_id WHERE c.id = g.contact_id
""")


async def update_profiles(connection: AsyncConnection, rows: Sequence[tuple[PlacedMessage, FoundContact]]) -> None:
    """Store what differs from the contacts as they were found. Call it before the messages are counted."""
    newest: dict[object, tuple[PlacedMessage, FoundContact]] = {}
    for row, contact in sorted(rows, key=lambda one: (_telling(one[0]), one[0].message.sent_at)):
        newest[contact.id] = row, contact
    given = [_given(row, contact) for row, contact in newest.values() if _differs(row, contact)]
    if given:
        await connection.execute(_UPDATE, {"rows": msgspec.json.encode(given).decode()})


def _telling(row: PlacedMessage) -> bool:
    """Whether the person's own message says it, and not one that was sent to the person or long ago."""
    message = row.message
    return message.opens_window or message.type == "system"


def _differs(row: PlacedMessage, contact: FoundContact) -> bool:
    person = row.message.person
    pairs = (
        (person.profile_name, contact.profile_name),
        (person.phone_number, contact.phone_number),
        (person.username, contact.username),
    )
    return any(told is not None and told != known for told, known in pairs)


def _given(row: PlacedMessage, contact: FoundContact) -> dict[str, object]:
    person = row.message.person
    return {
        "contact_id": contact.id,
        "profile_name": person.profile_name,
        "phone_number": person.phone_number,
        "username": person.username,
        "sent_at": row.message.sent_at if _telling(row) else None,
    }
