"""Apply what became of messages that we sent. A status may come twice, late, or before its message."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID
from zlib import crc32

import msgspec
from sqlalchemy import Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event, MessageUpdated
from shared.kapso.webhooks import STATUS_EVENTS
from shared.operations.close_windows import REENGAGEMENT, close_windows
from shared.operations.emit_webhooks import Happened, MessageHappened
from shared.operations.recount_messages import recount_messages
from shared.queries.views import conversation_views, message_views
from shared.whatsapp.decode_message import error_view
from shared.whatsapp.status import RANK, STATUSES, furthest
from shared.whatsapp.updates import StatusUpdate
from shared.whatsapp.wamid import wamid_key

_encode = msgspec.json.Encoder().encode

_KEEP = text("""
    INSERT INTO message_status (phone_number_id, wamid, wamid_key, status, occurred_at, payload)
    SELECT phone_number_id, wamid, wamid_key, status, occurred_at, payload
    FROM json_to_recordset(CAST(:rows AS json))
        AS g(phone_number_id text, wamid text, wamid_key text, status text, occurred_at timestamptz, payload jsonb)
    ORDER BY phone_number_id, wamid_key, status
    ON CONFLICT DO NOTHING
    RETURNING phone_number_id, wamid, status
""")

# Our own id comes back with every status, so that one which overtakes Graph's answer still finds its message.
_FIND = text("""
    SELECT g.place, m.id
    FROM json_to_recordset(CAST(:rows AS json))
        AS g(place integer, phone_number_id text, wamid_key text, message_id uuid)
    JOIN LATERAL (
        SELECT id FROM message
        WHERE phone_number_id = g.phone_number_id AND wamid_key = g.wamid_key AND direction = 'outbound'
        UNION
        SELECT id FROM message
        WHERE id = g.message_id AND phone_number_id = g.phone_number_id AND direction = 'outbound'
    ) m ON true
""")

# A status that finds no message and a message that finds no status may be about each other, and neither is committed.
# One of the two waits here for the other, and then looks. There are few locks, since PostgreSQL has room for few, and
# they are taken in one order.
_WAIT = text("""
    SELECT CASE WHEN looks_for_message THEN pg_advisory_xact_lock(:lock, bucket)
                ELSE pg_advisory_xact_lock_shared(:lock, bucket) END
    FROM (SELECT bucket, bool_or(looks_for_message) AS looks_for_message
          FROM unnest(CAST(:buckets AS int[]), CAST(:looks AS bool[])) AS g(bucket, looks_for_message)
          GROUP BY bucket ORDER BY bucket) AS wanted
""")
_LOCK = 20_221_103  # our number among the advisory locks
_BUCKETS = 64

# Compared with the row itself, not with a copy of it: PostgreSQL looks again only at the row that it waited for.
_UPDATE = text("""
    UPDATE message m SET
        wamid = coalesce(m.wamid, g.wamid),
        wamid_key = coalesce(m.wamid_key, g.wamid_key),
        error = coalesce(m.error, g.error),
        discarded_at = CASE WHEN g.rank > array_position(CAST(:ranks AS text[]), m.status) THEN NULL
                            ELSE m.discarded_at END,
        status = CASE WHEN g.rank > array_position(CAST(:ranks AS text[]), m.status) THEN g.status ELSE m.status END
    FROM (
        SELECT g.*, array_position(CAST(:ranks AS text[]), g.status) AS rank,
               b.discarded_at IS NOT NULL AS was_discarded
        FROM json_to_recordset(CAST(:rows AS json)) AS g(id uuid, wamid text, wamid_key text, status text, error jsonb)
        JOIN message b ON b.id = g.id
    ) g
    WHERE m.id = g.id AND (
        g.rank > array_position(CAST(:ranks AS text[]), m.status)
        OR m.wamid IS NULL OR (m.error IS NULL AND g.error IS NOT NULL))
    RETURNING m.id, m.conversation_id, g.was_discarded AND m.discarded_at IS NULL AS came_back
""")

_KEPT = text("""
    SELECT m.id, m.phone_number_id, m.wamid, s.status, s.payload -> 'errors' -> 0 AS error
    FROM message m JOIN message_status s ON s.phone_number_id = m.phone_number_id AND s.wamid_key = m.wamid_key
    WHERE m.id = ANY(:ids)
""").columns(id=Uuid, phone_number_id=Text, wamid=Text, status=Text, error=JSONB)

# What was sent through us and came back from the business's phone as well is one message: ours.
_ABSORB = text("""
    WITH gone AS (
        DELETE FROM message e
        USING json_to_recordset(CAST(:rows AS json)) AS g(id uuid, wamid_key text), message m
        WHERE m.id = g.id AND m.wamid IS NULL AND e.phone_number_id = m.phone_number_id AND e.wamid_key = g.wamid_key
          AND e.direction = 'outbound' AND e.id <> m.id AND e.origin = 'business_app'
        RETURNING e.id, e.conversation_id, m.id AS kept
    )
    UPDATE conversation c SET
        messages_count = c.messages_count - 1,
        last_message_id = CASE WHEN c.last_message_id = gone.id THEN gone.kept ELSE c.last_message_id END
    FROM gone WHERE c.id = gone.conversation_id
""")

# What a status has settled is not sent again.
_SETTLE = text("DELETE FROM outbox WHERE message_id = ANY(:ids)")

# The list shows the ticks of the last message, so that its conversation changes with it.
_TOUCH = text("UPDATE conversation SET last_message_id = last_message_id WHERE id = ANY(:ids)")


class Applied(msgspec.Struct):
    """What came of statuses: the events to publish after the commit, and what the business's own systems are to hear
    of (emit_webhooks.py).
    """

    events: list[Event] = []
    happened: list[Happened] = []


class Kept(msgspec.Struct):
    """Statuses that are stored: those of messages that are here, by the ids of these, and which Meta had not reported
    before, as (phone_number_id, wamid, status).
    """

    found: dict[UUID, list[StatusUpdate]] = {}
    news: set[tuple[Any, ...]] = set()
    happened: list[Happened] = []


async def keep_statuses(
    connection: AsyncConnection, statuses: Sequence[StatusUpdate], wamids: Mapping[UUID, str]
) -> Kept:
    """Keep statuses, and apply to messages that were just stored, given as {id: wamid}, those that came before them.
    The caller has locked the conversations (lock_conversations.py).
    """
    kept = Kept()
    lost = await _find(connection, statuses, kept.found) if statuses else []
    await _wait(connection, [status.wamid for status in lost], wamids.values())
    if wamids:
        kept.happened = await apply_kept_statuses(connection, list(wamids))
    if statuses:
        kept.news = await _keep(connection, statuses)
    if lost:
        await _find(connection, lost, kept.found)
    return kept


async def apply_statuses(connection: AsyncConnection, kept: Kept) -> Applied:
    """Move the messages of kept statuses up."""
    if not kept.found:
        return Applied([], kept.happened)
    return Applied(await _move_up(connection, kept.found), kept.happened + _happened(kept.found, kept.news))


async def _keep(connection: AsyncConnection, statuses: Sequence[StatusUpdate]) -> set[tuple[Any, ...]]:
    once = {(status.phone_number_id, status.wamid, status.status): status for status in statuses}
    rows = [
        {
            "phone_number_id": status.phone_number_id,
            "wamid": status.wamid,
            "wamid_key": wamid_key(status.wamid),
            "status": status.status,
            "occurred_at": status.occurred_at,
            "payload": status.payload,
        }
        for status in once.values()
    ]
    return {tuple(row) for row in await connection.execute(_KEEP, {"rows": _encode(rows).decode()})}


async def _find(
    connection: AsyncConnection, statuses: Sequence[StatusUpdate], found: dict[UUID, list[StatusUpdate]]
) -> list[StatusUpdate]:
    """Add the statuses to what was found, by the ids of their messages. Returns those without a message."""
    wanted = [
        {
            "place": place,
            "phone_number_id": status.phone_number_id,
            "wamid_key": wamid_key(status.wamid),
            "message_id": status.message_id,
        }
        for place, status in enumerate(statuses)
    ]
    lost = dict(enumerate(statuses))
    for row in await connection.execute(_FIND, {"rows": _encode(wanted).decode()}):
        found.setdefault(row.id, []).append(statuses[row.place])
        lost.pop(row.place, None)
    return list(lost.values())


async def _wait(connection: AsyncConnection, lost: Iterable[str], stored: Iterable[str]) -> None:
    """For the messages of lost statuses, and the statuses of stored messages; all are given by their wamids."""
    wanted = [(wamid, True) for wamid in lost] + [(wamid, False) for wamid in stored]
    buckets = [crc32(wamid_key(wamid).encode()) % _BUCKETS for wamid, _ in wanted]
    if buckets:
        looks = [looks_for_message for _, looks_for_message in wanted]
        await connection.execute(_WAIT, {"lock": _LOCK, "buckets": buckets, "looks": looks})


async def apply_kept_statuses(connection: AsyncConnection, message_ids: Sequence[UUID]) -> list[Happened]:
    """Apply the statuses that came before the messages had their wamid. The caller holds their conversations.

    Returns what the business's own systems are to hear of.
    """
    kept: dict[UUID, list[Any]] = {}
    for row in await connection.execute(_KEPT, {"ids": list(message_ids)}):
        kept.setdefault(row.id, []).append(row)
    given: list[dict[str, Any]] = []
    happened: list[Happened] = []
    for message_id, rows in kept.items():
        status = furthest([row.status for row in rows])
        if status is None:
            continue
        wamid = rows[0].wamid
        error = next((error_view(row.error) for row in rows if row.error is not None), None)
        given.append(
            {"id": message_id, "wamid": wamid, "wamid_key": wamid_key(wamid), "status": status, "error": error}
        )
        happened += _told(message_id, rows[0].phone_number_id, {row.status for row in rows})
    if given:
        await _update(connection, given)
    return happened


async def absorb_echoes(connection: AsyncConnection, named: Sequence[tuple[UUID, str]]) -> None:
    """Before our own messages get their wamids, {message id: wamid}: an echo that came first gives way."""
    rows = [{"id": message_id, "wamid_key": wamid_key(wamid)} for message_id, wamid in named]
    await connection.execute(_ABSORB, {"rows": _encode(rows).decode()})


def _happened(found: dict[UUID, list[StatusUpdate]], news: set[tuple[Any, ...]]) -> list[Happened]:
    """One event for each status of a message that Meta had not reported before."""
    happened: list[Happened] = []
    for message_id, updates in found.items():
        new = {update.status for update in updates if (update.phone_number_id, update.wamid, update.status) in news}
        happened += _told(message_id, updates[0].phone_number_id, new)
    return happened


def _told(message_id: UUID, phone_number_id: str, statuses: Collection[str]) -> list[Happened]:
    return [
        MessageHappened(event=STATUS_EVENTS[status], phone_number_id=phone_number_id, message_id=message_id)
        for status in sorted(STATUS_EVENTS.keys() & statuses, key=RANK.__getitem__)
    ]


async def _move_up(connection: AsyncConnection, found: dict[UUID, list[StatusUpdate]]) -> list[Event]:
    given: list[dict[str, Any]] = []
    for message_id, updates in found.items():
        status = furthest([update.status for update in updates])
        if status is not None:
            wamid = updates[0].wamid
            error = next((update.error for update in updates if update.error is not None), None)
            given.append(
                {"id": message_id, "wamid": wamid, "wamid_key": wamid_key(wamid), "status": status, "error": error}
            )
    unnamed = [(message_id, updates[0].wamid) for message_id, updates in found.items() if updates[0].message_id]
    if unnamed:
        await absorb_echoes(connection, unnamed)
    changed = await _update(connection, given)
    if not changed:
        return []
    await connection.execute(_SETTLE, {"ids": list(changed)})
    return await message_events(connection, changed)


async def _update(connection: AsyncConnection, given: Sequence[dict[str, Any]]) -> dict[UUID, UUID]:
    """Returns the messages that changed, as {message id: conversation id}. What arrived all the same is shown again,
    though somebody put it away as failed.
    """
    parameters = {"rows": _encode(given).decode(), "ranks": list(STATUSES)}
    changed = (await connection.execute(_UPDATE, parameters)).all()
    await recount_messages(connection, Counter(row.conversation_id for row in changed if row.came_back))
    if any(one["error"] is not None and one["error"]["code"] == REENGAGEMENT for one in given):
        await close_windows(connection, [row.id for row in changed])
    return {row.id: row.conversation_id for row in changed}


async def message_events(connection: AsyncConnection, changed: dict[UUID, UUID]) -> list[Event]:
    """`message.updated` for messages that were just changed: {message id: conversation id}. Reactions are told of with
    the messages that they are about.
    """
    if not changed:
        return []
    messages = [message for message in await message_views(connection, changed) if message["type"] != "reaction"]
    if not messages:
        return []
    conversation_ids = {message["conversation_id"] for message in messages}
    await connection.execute(_TOUCH, {"ids": sorted(conversation_ids)})
    conversations = await conversation_views(connection, conversation_ids)
    return [
        Event(audience.channels(), MessageUpdated(conversation, message))
        for message in messages
        for conversation, audience in [conversations[message["conversation_id"]]]
    ]
