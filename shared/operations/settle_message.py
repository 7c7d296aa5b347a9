"""What Meta answered to sends."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event
from shared.kapso.webhooks import FAILED
from shared.operations.apply_statuses import absorb_echoes, apply_kept_statuses, message_events
from shared.operations.change_messages import undo_reaction
from shared.operations.close_windows import close_windows
from shared.operations.emit_webhooks import MessageHappened, emit_webhooks
from shared.settings import Settings
from shared.template_words import TemplateWords
from shared.whatsapp.content import one_line
from shared.whatsapp.phone import spellings
from shared.whatsapp.wamid import wamid_key

_encode = msgspec.json.Encoder().encode

_LOCK = text("""
    SELECT m.id AS message_id, c.id, c.project_id, c.contact_id, m.phone_number_id
    FROM message m JOIN conversation c ON c.id = m.conversation_id
    WHERE m.id = ANY(:ids) ORDER BY c.id FOR NO KEY UPDATE OF c
""")

_ACCEPTED = text("""
    UPDATE message m SET wamid = g.wamid, wamid_key = g.wamid_key,
        status = CASE WHEN m.status = 'queued' THEN 'accepted' ELSE m.status END
    FROM json_to_recordset(CAST(:rows AS json)) AS g(id uuid, wamid text, wamid_key text)
    WHERE m.id = g.id AND m.wamid IS NULL
    RETURNING m.id
""")

_WORDS = text("""
    UPDATE message m SET text = g.text, preview = g.preview,
        details = coalesce(m.details, '{}') || jsonb_build_object('template', g.parts)
    FROM json_to_recordset(CAST(:rows AS json)) AS g(id uuid, text text, preview text, parts jsonb) WHERE m.id = g.id
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

_FAILED = text("UPDATE message SET status = 'failed', error = CAST(:error AS jsonb) WHERE id = :id AND wamid IS NULL")

_DONE = text("DELETE FROM outbox WHERE message_id = ANY(:ids)")

# An attempt has a number: whoever lost the lease meanwhile settles nothing.
_REFUSED = text("DELETE FROM outbox WHERE message_id = :id AND attempts = :attempts RETURNING message_id")

_LATER = text("""
    UPDATE outbox SET due_at = now() + :delay, turn_at = greatest(turn_at, now() + :delay), leased_until = NULL
    WHERE message_id = :id AND attempts = :attempts
""")

# In one order, since others may lock several as well.
_RELEASE = text("""
    UPDATE outbox o SET due_at = now() + g.delay, leased_until = NULL, attempts = o.attempts - 1
    FROM (
        SELECT o.id, g.delay
        FROM json_to_recordset(CAST(:rows AS json)) AS g(message_id uuid, attempts integer, delay interval)
        JOIN outbox o USING (message_id, attempts)
        ORDER BY o.id FOR UPDATE OF o
    ) g WHERE o.id = g.id
""")


class Accepted(msgspec.Struct, frozen=True):
    """What is known of a message that Meta took.

    `known_by` is the recipient's number where WhatsApp spells it otherwise than we did (Meta: Cloud API, "Phone
    numbers"); `words` are a template's.
    """

    wamid: str
    known_by: str | None = None
    words: TemplateWords | None = None


async def messages_accepted(
    connection: AsyncConnection, settings: Settings, accepted: Mapping[UUID, Accepted]
) -> list[Event]:
    """Meta took these messages and named them, {message id: its answer}. Repeating it, or coming after their statuses,
    changes nothing.

    A contact goes by the number that WhatsApp knows, unless another one does. A message that was erased meanwhile is
    no event.
    """
    places = {row.message_id: row for row in await connection.execute(_LOCK, {"ids": list(accepted)})}
    taken = {message_id: accepted[message_id] for message_id in places}
    if not taken:
        return []
    await absorb_echoes(connection, [(message_id, one.wamid) for message_id, one in taken.items()])
    names = [
        {"id": message_id, "wamid": one.wamid, "wamid_key": wamid_key(one.wamid)} for message_id, one in taken.items()
    ]
    named = set((await connection.execute(_ACCEPTED, {"rows": _encode(names).decode()})).scalars())
    words = [
        {"id": message_id, "text": one.words.body, "preview": one_line(one.words.body), "parts": one.words.parts}
        for message_id, one in taken.items()
        if one.words is not None
    ]
    if words:
        await connection.execute(_WORDS, {"rows": _encode(words).decode()})
    happened = await apply_kept_statuses(connection, list(taken))
    # Those that a status has named were told of as it came.
    await emit_webhooks(connection, settings, [one for one in happened if _message_of(one) in named])
    await connection.execute(_DONE, {"ids": list(taken)})
    for message_id, one in taken.items():
        if one.known_by is not None:  # rare: the first message to a number that we spell otherwise
            place = places[message_id]
            contact = {"project_id": place.project_id, "contact_id": place.contact_id, "wa_id": one.known_by}
            await connection.execute(_LINK, {**contact, "spellings": spellings(one.known_by)})
    return await message_events(connection, {message_id: places[message_id].id for message_id in taken})


def _message_of(happened: object) -> UUID | None:
    return happened.message_id if isinstance(happened, MessageHappened) else None


async def message_refused(
    connection: AsyncConnection, settings: Settings, message_id: UUID, attempts: int, error: dict[str, Any]
) -> list[Event]:
    """Meta will not take the message, as the attempt of this number has found. `error` is {code, title, details}, see
    shared/whatsapp/webhook.py. A message that was erased, settled, or taken by another attempt meanwhile is no event.
    """
    place = (await connection.execute(_LOCK, {"ids": [message_id]})).one_or_none()
    mine = {"id": message_id, "attempts": attempts}
    if place is None or (await connection.execute(_REFUSED, mine)).one_or_none() is None:
        return []
    failed = await connection.execute(_FAILED, {"id": message_id, "error": _encode(error).decode()})
    if failed.rowcount:
        told = MessageHappened(event=FAILED, phone_number_id=place.phone_number_id, message_id=message_id, error=error)
        await emit_webhooks(connection, settings, [told])
        await close_windows(connection, [message_id])
    undone = await undo_reaction(connection, message_id) if failed.rowcount else {}
    return await message_events(connection, {message_id: place.id, **undone})


async def message_postponed(connection: AsyncConnection, message_id: UUID, attempts: int, delay: timedelta) -> None:
    """Meta could not take the message at this attempt; try again after `delay`, behind what need not wait."""
    await connection.execute(_LATER, {"id": message_id, "attempts": attempts, "delay": delay})


class Untried(msgspec.Struct, frozen=True):
    """A message that was taken to be sent and was not, since its number or its conversation is too fast: that was no
    attempt, and it keeps its turn. `delay` is in seconds.
    """

    message_id: UUID
    attempts: int
    delay: float


async def messages_released(connection: AsyncConnection, untried: Sequence[Untried]) -> None:
    """Whoever asks after their delays may take them."""
    await connection.execute(_RELEASE, {"rows": _encode(untried).decode()})
