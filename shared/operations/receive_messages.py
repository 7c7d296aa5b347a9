"""Store messages and count them, in a fixed number of statements.

Writing the same messages again, in another order or split over other batches, gives the same rows. The caller has
locked the conversations that exist already (lock_conversations.py).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kapso.messages import MEDIA_TYPES
from shared.kapso.webhooks import CREATED, RECEIVED, STATUS_EVENTS
from shared.operations.add_media import NewMedia, add_media
from shared.operations.emit_webhooks import ConversationHappened, Happened, MessageHappened
from shared.operations.lock_conversations import Place
from shared.operations.note_first_responses import note_first_responses
from shared.operations.place_messages import PlacedMessage, place_messages
from shared.whatsapp.updates import ReceivedMessage

_encode = msgspec.json.Encoder().encode


class MessageRow(msgspec.Struct):
    """A row of `message`, as the statement below reads it."""

    id: UUID
    project_id: UUID | None
    conversation_id: UUID | None
    phone_number_id: str
    wamid: str
    wamid_key: str
    direction: str
    origin: str
    type: str
    content: Any
    details: dict[str, Any] | None
    text: str
    preview: str
    reply_to: str | None
    reply_to_key: str | None
    status: str
    error: dict[str, Any] | None
    sent_at: datetime


_TYPES = {
    "id": "uuid", "phone_number_id": "text", "wamid": "text", "wamid_key": "text", "direction": "text",
    "origin": "text", "type": "text", "content": "jsonb", "details": "jsonb", "text": "text", "preview": "text",
    "reply_to": "text", "reply_to_key": "text", "status": "text", "error": "jsonb", "sent_at": "timestamptz",
}  # fmt: skip
_PLACE = {"project_id": "uuid", "conversation_id": "uuid"}

INSERT = f"""
    INSERT INTO message (project_id, conversation_id, {", ".join(_TYPES)})
    SELECT {{project_id}}, {{conversation_id}}, {", ".join(_TYPES)}
    FROM json_to_recordset({{rows}})
        AS g({", ".join(f"{name} {kind}" for name, kind in (_TYPES | _PLACE).items())})
"""  # noqa: S608 - put together from the constants above
"""Of `rows`, a JSON list of MessageRow."""

# The file of a message of the past comes after the message.
_ADD = text(
    INSERT.format(project_id="g.project_id", conversation_id="g.conversation_id", rows="CAST(:rows AS json)")
    + """
    ON CONFLICT (phone_number_id, wamid_key, direction) DO UPDATE SET
        type = EXCLUDED.type, content = EXCLUDED.content, details = EXCLUDED.details, text = EXCLUDED.text,
        preview = EXCLUDED.preview
    WHERE message.type = 'media_placeholder' AND EXCLUDED.type <> 'media_placeholder'
    RETURNING id, conversation_id, phone_number_id, wamid_key, direction, xmax = 0 AS added,
        EXISTS (SELECT FROM message_change h
                WHERE h.phone_number_id = message.phone_number_id AND h.wamid_key = message.wamid_key) AS awaited
"""
)

# The newest message is the one with the greatest (sent_at, id), whichever comes first.
COUNT = """
    UPDATE conversation c SET
        unread_count = c.unread_count + g.unread,
        messages_count = c.messages_count + g.added,
        last_inbound_at = greatest(c.last_inbound_at, g.inbound_at),
        last_outbound_at = greatest(c.last_outbound_at, g.outbound_at),
        last_active_at = greatest(c.last_active_at, g.last_at),
        ended_at = CASE WHEN g.past THEN greatest(c.ended_at, g.last_at) ELSE c.ended_at END,
        last_message_id = CASE
            WHEN m.id IS NULL OR (g.last_at, g.last_id) > (m.sent_at, m.id) THEN g.last_id ELSE c.last_message_id END
    FROM json_to_recordset({rows})
        AS g(id uuid, unread integer, added integer, inbound_at timestamptz, outbound_at timestamptz,
             last_at timestamptz, last_id uuid, past boolean)
    JOIN conversation before ON before.id = {conversation_id}
    LEFT JOIN message m ON m.id = before.last_message_id
    WHERE c.id = {conversation_id}
"""
"""Of `rows`, a JSON list of what `counted` returns."""

_COUNT = text(COUNT.format(conversation_id="g.id", rows="CAST(:rows AS json)"))


class Received(msgspec.Struct):
    """The messages that were not there before, those that got their content now, those whose changes came before them,
    and what the business's own systems are to hear of (emit_webhooks.py).
    """

    added: list[PlacedMessage] = []
    filled: list[PlacedMessage] = []
    awaited: list[PlacedMessage] = []
    happened: list[Happened] = []


async def receive_messages(
    connection: AsyncConnection, rows: Sequence[PlacedMessage], active: Mapping[Place, UUID]
) -> Received:
    """Store the messages that are not stored yet; `active` are the conversations that the caller has locked."""
    # By time, so that ids made here sort as the messages were sent; each message once.
    ordered = sorted(rows, key=lambda row: row.message.sent_at)
    once: dict[tuple[str, str, str], PlacedMessage] = {}
    for row in ordered:
        message = row.message
        key = (message.phone_number_id, message.wamid_key, message.direction)
        if key not in once or once[key].message.type == "media_placeholder":
            once[key] = row
    if not once:
        return Received()
    placed, opened = await place_messages(connection, list(once.values()), active)
    received = await _add(connection, placed)
    if received.added:
        await _count(connection, received.added)
    written_on_phone = [row.id for row in received.added if row.message.origin == "business_app"]
    if written_on_phone:
        await note_first_responses(connection, written_on_phone)
    await add_media(connection, _media(received.added + received.filled))
    received.happened = _happened(received.added, opened, placed)
    return received


async def _add(connection: AsyncConnection, rows: Sequence[PlacedMessage]) -> Received:
    given = [message_row(row.id, row.project_id, row.conversation_id, row.message) for row in rows]
    stored = (await connection.execute(_ADD, {"rows": _encode(given).decode()})).all()
    found = {(one.phone_number_id, one.wamid_key, one.direction): one for one in stored}
    received = Received()
    for row in rows:
        one = found.get((row.message.phone_number_id, row.message.wamid_key, row.message.direction))
        if one is None:
            continue
        row.id, row.conversation_id = one.id, one.conversation_id
        (received.added if one.added else received.filled).append(row)
        if one.awaited:
            received.awaited.append(row)
    return received


def message_row(
    row_id: UUID, project_id: UUID | None, conversation_id: UUID | None, message: ReceivedMessage
) -> MessageRow:
    return MessageRow(
        row_id,
        project_id,
        conversation_id,
        message.phone_number_id,
        message.wamid,
        message.wamid_key,
        message.direction,
        message.origin,
        message.type,
        message.content,
        message.details,
        message.text,
        message.preview,
        message.reply_to,
        message.reply_to_key,
        message.status,
        message.error,
        message.sent_at,
    )


async def _count(connection: AsyncConnection, added: Sequence[PlacedMessage]) -> None:
    by_conversation: dict[UUID | None, list[tuple[UUID, ReceivedMessage]]] = {}
    for row in added:
        if not row.message.quiet:
            by_conversation.setdefault(row.conversation_id, []).append((row.id, row.message))
    counts = [{"id": conversation_id} | counted(messages) for conversation_id, messages in by_conversation.items()]
    if counts:
        await connection.execute(_COUNT, {"rows": _encode(counts).decode()})


def counted(messages: Sequence[tuple[UUID, ReceivedMessage]]) -> dict[str, object]:
    """What messages of one conversation, given with their ids, add to it."""
    last_at, last_id = max((message.sent_at, row_id) for row_id, message in messages)
    inbound = [message.sent_at for _, message in messages if message.opens_window]
    outbound = [message.sent_at for _, message in messages if message.direction == "outbound"]
    return {
        "unread": sum(message.unread for _, message in messages),
        "added": len(messages),
        "inbound_at": max(inbound, default=None),
        "outbound_at": max(outbound, default=None),
        "last_at": last_at,
        "last_id": last_id,
        "past": dict(messages)[last_id].past,
    }


def _media(rows: Sequence[PlacedMessage]) -> list[NewMedia]:
    return [
        NewMedia(row.project_id, row.message.phone_number_id, row.id, str(row.message.content["id"]))
        for row in rows
        if row.message.type in MEDIA_TYPES and isinstance(row.message.content, dict) and row.message.content.get("id")
    ]


def _happened(added: Sequence[PlacedMessage], opened: set[UUID], placed: Sequence[PlacedMessage]) -> list[Happened]:
    """Conversations that began, and messages that came: of a new conversation, the first one began it."""
    places = {row.conversation_id: row.message.phone_number_id for row in placed}
    happened: list[Happened] = [
        ConversationHappened(event=CREATED, phone_number_id=places[one], conversation_id=one) for one in opened
    ]
    beginning = set(opened)
    for row in added:
        message = row.message
        if message.past or message.type == "call":
            continue
        happened.append(
            MessageHappened(
                event=RECEIVED if message.direction == "inbound" else STATUS_EVENTS["sent"],
                phone_number_id=message.phone_number_id,
                message_id=row.id,
                is_new_conversation=row.conversation_id in beginning,
            )
        )
        if row.conversation_id is not None:
            beginning.discard(row.conversation_id)
    return happened
