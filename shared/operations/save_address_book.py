"""Keep the names under which the business's phone has people in its address book (Meta: "smb_app_state_sync")."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.operations.touch_conversations import touch_conversations
from shared.whatsapp.updates import SavedContact

_SAVE = text("""
    WITH given AS (
        SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS g(contact_id uuid, name text, saved_at timestamptz)
    ), locked AS (
        SELECT id FROM contact WHERE id IN (SELECT contact_id FROM given) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE contact c SET saved_name = g.name, saved_at = g.saved_at, updated_at = now()
    FROM given g JOIN locked ON locked.id = g.contact_id
    WHERE c.id = g.contact_id AND (c.saved_at IS NULL OR c.saved_at < g.saved_at)
    RETURNING c.id
""")


async def save_address_book(connection: AsyncConnection, saved: Sequence[tuple[SavedContact, UUID]]) -> list[UUID]:
    """Store the newest name of each contact. Returns the ids of the conversations that show it."""
    newest = {contact_id: entry for entry, contact_id in sorted(saved, key=lambda one: one[0].saved_at)}
    rows = [
        {"contact_id": contact_id, "name": entry.name, "saved_at": entry.saved_at}
        for contact_id, entry in newest.items()
    ]
    changed = (await connection.execute(_SAVE, {"rows": msgspec.json.encode(rows).decode()})).scalars().all()
    return await touch_conversations(connection, changed)
