"""What Meta answered to a send."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event
from shared.kapso.webhooks import FAILED
from shared.operations.apply_statuses import absorb_echoes, apply_kept_statuses, message_events
from shared.operations.change_messages import undo_reaction
from shared.operations.emit_webhooks import MessageHappened, emit_webhooks
from shared.settings import Settings
from shared.whatsapp.content import one_line
from shared.whatsapp.phone import spellings
from shared.whatsapp.wamid import wamid_key

_LOCK = text("""
    SELECT c.id, c.project_id, c.contact_id, m.phone_number_id
    FROM message m JOIN conversation c ON c.id = m.conversation_id
    WHERE m.id = :id FOR NO KEY UPDATE OF c
""")

_ACCEPTED = text("""
    UPDATE message SET wamid = :wamid, wamid_key = :wamid_key,
        status = CASE WHEN status = 'queued' THEN 'accepted' ELSE status END
    WHERE id = :id AND wamid IS NULL
""")

# What the recipient writes comes under this number, in either spelling. Another contact that has it keeps it.
_LINK = text("""
    WITH linked AS (
        INSERT INTO contact_identity (project_id, kind, value, contact_id)
        SELECT :project_id, 'wa_id', value, :contact_id FROM unnest(CAST(:spellings AS text[])) AS value
        ORDER BY value ON CONFLICT DO NOTHING
    )
    UPDATE contact SET phone_number = :wa_id, updated_at = now()
    WHERE id = :contact_id AND phone_number IS DISTINCT FROM :wa_id AND NOT EXISTS (
        SELECT FROM contact_identity
        WHERE project_id = :project_id AND kind = 'wa_id' AND value = :wa_id AND contact_id <> :contact_id)
""")

_WORDS = text("UPDATE message SET text = :text, preview = :preview WHERE id = :id")

_FAILED = text("UPDATE message SET status = 'failed', error = CAST(:error AS jsonb) WHERE id = :id AND wamid IS NULL")

_DONE = text("DELETE FROM outbox WHERE message_id = :id")

_LATER = text("""
    UPDATE outbox SET due_at = :due_at, leased_until = NULL WHERE message_id = :id
""")


class Accepted(msgspec.Struct, frozen=True):
    """What is known of a message that Meta took.

    `known_by` is the recipient's number where WhatsApp spells it otherwise than we did (Meta: Cloud API, "Phone
    numbers"); `words` are a template's, filled in.
    """

    wamid: str
    known_by: str | None = None
    words: str | None = None


async def message_accepted(
    connection: AsyncConnection, settings: Settings, message_id: UUID, accepted: Accepted
) -> list[Event]:
    """Meta took the message and named it. Repeating it, or coming after its statuses, changes nothing.

    The contact goes by the number that WhatsApp knows, unless another one does. A message that was erased meanwhile is
    no event.
    """
    place = (await connection.execute(_LOCK, {"id": message_id})).one_or_none()
    if place is None:
        return []
    wamid = accepted.wamid
    await absorb_echoes(connection, [(message_id, wamid)])
    named = await connection.execute(_ACCEPTED, {"id": message_id, "wamid": wamid, "wamid_key": wamid_key(wamid)})
    if accepted.words is not None:
        words = {"id": message_id, "text": accepted.words, "preview": one_line(accepted.words)}
        await connection.execute(_WORDS, words)
    happened = await apply_kept_statuses(connection, [message_id])
    if named.rowcount:  # else the statuses have named it, and were told of as they came
        await emit_webhooks(connection, settings, happened)
    await connection.execute(_DONE, {"id": message_id})
    if accepted.known_by is not None:
        contact = {"project_id": place.project_id, "contact_id": place.contact_id, "wa_id": accepted.known_by}
        await connection.execute(_LINK, {**contact, "spellings": spellings(accepted.known_by)})
    return await message_events(connection, {message_id: place.id})


async def message_refused(
    connection: AsyncConnection, settings: Settings, message_id: UUID, error: dict[str, Any]
) -> list[Event]:
    """Meta will not take the message. `error` is {code, title, details}, see shared/whatsapp/webhook.py. A message that
    was erased meanwhile is no event.
    """
    place = (await connection.execute(_LOCK, {"id": message_id})).one_or_none()
    if place is None:
        return []
    failed = await connection.execute(_FAILED, {"id": message_id, "error": msgspec.json.encode(error).decode()})
    if failed.rowcount:
        told = MessageHappened(event=FAILED, phone_number_id=place.phone_number_id, message_id=message_id, error=error)
        await emit_webhooks(connection, settings, [told])
    await connection.execute(_DONE, {"id": message_id})
    undone = await undo_reaction(connection, message_id) if failed.rowcount else {}
    return await message_events(connection, {message_id: place.id, **undone})


async def message_postponed(connection: AsyncConnection, message_id: UUID, due_at: datetime) -> None:
    """Meta could not take the message now; try again at `due_at`."""
    await connection.execute(_LATER, {"id": message_id, "due_at": due_at})
