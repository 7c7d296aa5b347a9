"""Apply what was done to messages after they were sent: reactions, edits, deletions, and the course of calls.

A change may come before its message, twice or late: the newest of a kind by one side counts, and it is kept until its
message comes. It changes only messages with the person whom it names.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.whatsapp.updates import MessageChange, Person
from shared.whatsapp.wamid import wamid_key

_encode = msgspec.json.Encoder().encode

ChangeKey = tuple[str, str, UUID]
"""The phone_number_id, the wamid_key and the contact of a message that may have changed."""

_KEEP = text("""
    INSERT INTO message_change (phone_number_id, wamid_key, contact_id, kind, side, occurred_at, wamid, payload)
    SELECT phone_number_id, wamid_key, contact_id, kind, side, occurred_at, wamid, payload
    FROM json_to_recordset(CAST(:rows AS json))
        AS g(phone_number_id text, wamid_key text, contact_id uuid, kind text, side text, occurred_at timestamptz,
             wamid text, payload jsonb)
    ORDER BY phone_number_id, wamid_key, contact_id, kind, side
    ON CONFLICT (phone_number_id, wamid_key, contact_id, kind, side) DO UPDATE SET
        occurred_at = EXCLUDED.occurred_at, wamid = EXCLUDED.wamid, payload = EXCLUDED.payload
    WHERE (message_change.occurred_at, message_change.wamid) < (EXCLUDED.occurred_at, EXCLUDED.wamid)
""")

# Only the side that wrote a message can edit it or take it back (Meta: "Edit and revoke messages"). What is deleted is
# gone with all that was known of it; an edit of another type than the message's own is none.
_REFRESH = text("""
    WITH changed AS (
        SELECT m.id, x.*
        FROM json_to_recordset(CAST(:rows AS json)) AS g(phone_number_id text, wamid_key text, contact_id uuid)
        JOIN message m USING (phone_number_id, wamid_key)
        JOIN conversation c ON c.id = m.conversation_id AND c.contact_id = g.contact_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS changes,
                jsonb_agg(jsonb_build_object('emoji', h.payload -> 'emoji', 'by', h.side, 'at', h.occurred_at)
                          ORDER BY h.occurred_at, h.side)
                    FILTER (WHERE h.kind = 'reaction' AND h.payload ->> 'emoji' <> '') AS reactions,
                max(h.occurred_at) FILTER (WHERE h.kind = 'edit' AND h.payload ->> 'type' = m.type) AS edited_at,
                (array_agg(h.payload) FILTER (WHERE h.kind = 'edit' AND h.payload ->> 'type' = m.type))[1] AS edit,
                max(h.occurred_at) FILTER (WHERE h.kind = 'revoke') AS deleted_at,
                (array_agg(h.payload) FILTER (WHERE h.kind = 'call' AND m.type = 'call'))[1] AS call
            FROM message_change h
            WHERE h.phone_number_id = g.phone_number_id AND h.wamid_key = g.wamid_key AND h.contact_id = g.contact_id
              AND (h.kind = 'reaction' OR (h.side = 'contact') = (m.direction = 'inbound'))
        ) AS x
        WHERE x.changes > 0
    )
    UPDATE message m SET
        reactions = CASE WHEN x.deleted_at IS NULL THEN x.reactions END,
        edited_at = CASE WHEN x.deleted_at IS NULL THEN x.edited_at END,
        deleted_at = x.deleted_at,
        original = CASE WHEN x.deleted_at IS NULL AND x.edit IS NOT NULL THEN coalesce(m.original, m.content) END,
        content = CASE WHEN x.deleted_at IS NOT NULL THEN '{}' WHEN x.call IS NOT NULL THEN x.call
                       WHEN x.edit IS NOT NULL THEN coalesce(m.original, m.content) || (x.edit -> 'content')
                       ELSE m.content END,
        details = CASE WHEN x.deleted_at IS NULL THEN m.details END,
        text = CASE WHEN x.deleted_at IS NOT NULL THEN '' ELSE coalesce(x.edit ->> 'text', m.text) END,
        preview = CASE WHEN x.deleted_at IS NOT NULL THEN '' ELSE coalesce(x.edit ->> 'preview', m.preview) END
    FROM changed x
    WHERE m.id = x.id AND (
        x.call IS DISTINCT FROM CASE WHEN x.call IS NOT NULL THEN m.content END
        OR x.deleted_at IS DISTINCT FROM m.deleted_at
        OR x.deleted_at IS NULL AND (x.reactions, x.edited_at, coalesce(x.edit ->> 'text', m.text))
            IS DISTINCT FROM (m.reactions, m.edited_at, m.text))
    RETURNING m.id, m.conversation_id, x.deleted_at IS NOT NULL AS deleted
""")

_FORGET_FILES = text("DELETE FROM media WHERE message_id = ANY(:ids)")


async def keep_changes(connection: AsyncConnection, changes: Sequence[tuple[MessageChange, UUID]]) -> None:
    """Keep changes, each with the contact whose messages it may change."""
    newest: dict[tuple[object, ...], dict[str, Any]] = {}
    for change, contact_id in sorted(changes, key=lambda one: (one[0].occurred_at, one[0].wamid)):
        newest[change.phone_number_id, change.target_key, contact_id, change.kind, change.side] = {
            "phone_number_id": change.phone_number_id,
            "wamid_key": change.target_key,
            "contact_id": contact_id,
            "kind": change.kind,
            "side": change.side,
            "occurred_at": change.occurred_at,
            "wamid": change.wamid,
            "payload": change.payload,
        }
    if newest:
        await connection.execute(_KEEP, {"rows": _encode(list(newest.values())).decode()})


async def refresh_messages(connection: AsyncConnection, keys: Iterable[ChangeKey]) -> dict[UUID, UUID]:
    """Make messages what the kept changes say. Returns those that changed, as {message id: conversation id}."""
    names = ("phone_number_id", "wamid_key", "contact_id")
    rows = [dict(zip(names, key, strict=True)) for key in dict.fromkeys(keys)]
    changed = (await connection.execute(_REFRESH, {"rows": _encode(rows).decode()})).all()
    deleted = [row.id for row in changed if row.deleted]
    if deleted:
        await connection.execute(_FORGET_FILES, {"ids": deleted})
    return {row.id: row.conversation_id for row in changed}


_REACT = text("""
    SELECT v.contact_id, m.phone_number_id FROM message m JOIN conversation v ON v.id = m.conversation_id
    WHERE m.id = :id
""")

# What is shown of ours at a message, if that is the refused one.
_REFUSED = text("""
    SELECT h.phone_number_id, h.wamid_key, h.contact_id
    FROM message m JOIN conversation v ON v.id = m.conversation_id
    JOIN message_change h ON h.contact_id = v.contact_id AND h.phone_number_id = m.phone_number_id
    WHERE m.id = :id AND m.type = 'reaction' AND h.kind = 'reaction' AND h.side = 'business'
      AND h.wamid = CAST(m.id AS text)
    FOR NO KEY UPDATE OF h
""")

# Newest first; the ids of Meta that they name have more than one form.
_EARLIER = text("""
    SELECT m.id, m.content, m.sent_at FROM message m
    JOIN conversation v ON v.id = m.conversation_id AND v.contact_id = :contact_id
    WHERE m.phone_number_id = :phone_number_id AND m.type = 'reaction' AND m.direction = 'outbound'
      AND m.status <> 'failed' AND m.id <> :id
    ORDER BY m.sent_at DESC, m.id DESC LIMIT 100
""")

_RESTORE = text("""
    UPDATE message_change
    SET payload = jsonb_build_object('emoji', CAST(:emoji AS text)), wamid = :wamid,
        occurred_at = coalesce(:at, occurred_at)
    WHERE phone_number_id = :phone_number_id AND wamid_key = :wamid_key AND contact_id = :contact_id
      AND kind = 'reaction' AND side = 'business'
""").bindparams(bindparam("at", type_=DateTime(timezone=True)))


async def react(connection: AsyncConnection, message_id: UUID, content: Any, at: datetime) -> dict[UUID, UUID]:
    """Show the reaction that a message of ours is, before it is sent. Returns what `refresh_messages` does."""
    place = (await connection.execute(_REACT, {"id": message_id})).one()
    target = str(content["message_id"])
    change = MessageChange(
        phone_number_id=place.phone_number_id,
        person=Person(()),
        target=target,
        target_key=wamid_key(target),
        kind="reaction",
        side="business",
        wamid=str(message_id),
        occurred_at=at,
        payload={"emoji": str(content.get("emoji") or "")},
    )
    await keep_changes(connection, [(change, place.contact_id)])
    return await refresh_messages(connection, [(place.phone_number_id, change.target_key, place.contact_id)])


async def undo_reaction(connection: AsyncConnection, message_id: UUID) -> dict[UUID, UUID]:
    """Take back a reaction that WhatsApp refused: the customer still sees the one before it. Does nothing for another
    message. Returns what `refresh_messages` does.
    """
    refused = (await connection.execute(_REFUSED, {"id": message_id})).mappings().one_or_none()
    if refused is None:
        return {}
    earlier = await connection.execute(_EARLIER, {**refused, "id": message_id})
    before = next(
        (row for row in earlier if wamid_key(str(row.content.get("message_id"))) == refused["wamid_key"]), None
    )
    restored = {
        "emoji": "" if before is None else before.content.get("emoji") or "",
        "wamid": str(message_id if before is None else before.id),
        "at": None if before is None else before.sent_at,
    }
    await connection.execute(_RESTORE, {**refused, **restored})
    key = (refused["phone_number_id"], refused["wamid_key"], refused["contact_id"])
    return await refresh_messages(connection, [key])
