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


class Profile(msgspec.Struct):
    """What is said of a contact that is not known of it as it was found: {field: value, field_at: when}."""

    found: FoundContact
    told: dict[str, object]


def new_profiles(rows: Sequence[tuple[PlacedMessage, FoundContact]]) -> list[Profile]:
    """What messages say that differs from the contacts as they were found."""
    profiles: dict[UUID, Profile] = {}
    for row, contact in sorted(rows, key=lambda one: (_telling(one[0]), one[0].message.sent_at)):
        for field in _FIELDS:
            value = getattr(row.message.person, field)
            if value is not None:
                told = profiles.setdefault(contact.id, Profile(contact, {})).told
                told[field] = value
                told[f"{field}_at"] = row.message.sent_at if _telling(row) else None
    return [profile for profile in profiles.values() if any(_differs(profile, field) for field in _FIELDS)]


def _differs(profile: Profile, field: str) -> bool:
    known = getattr(profile.found, field)
    return bool(profile.told.get(field, known) != known)


async def update_profiles(connection: AsyncConnection, profiles: Sequence[Profile]) -> list[UUID]:
    """Store them, before the messages are counted; the caller has locked the contacts' conversations.

    Returns the ids of the conversations that show it.
    """
    if not profiles:
        return []
    found = {profile.found.id: profile.found for profile in profiles}
    given = [{"contact_id": profile.found.id, **profile.told} for profile in profiles]
    await connection.execute(_LOCK, {"ids": list(found)})
    stored = (await connection.execute(_UPDATE, {"rows": msgspec.json.encode(given).decode()})).all()
    changed = [row.id for row in stored if _shown(row) != _shown(found[row.id])]
    return await touch_conversations(connection, changed)


def _shown(contact: Row[Any] | FoundContact) -> list[str | None]:
    return [getattr(contact, field) for field in _FIELDS]


def _telling(row: PlacedMessage) -> bool:
    """Whether the person's own message says it, and not one that was sent to the person or long ago."""
    message = row.message
    return message.opens_window or message.type == "system"
