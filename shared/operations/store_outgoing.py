"""Store a message to a customer, as queued, and its place in the outbox."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationUpdated, Event, MessageCreated, MessageView
from shared.ids import new_id
from shared.operations.apply_statuses import message_events
from shared.operations.attach_media import QueuedMessage, attach_media
from shared.operations.change_messages import react
from shared.queries.views import NewMessageRow, conversation_views, message_view, message_views
from shared.tracing import traceparent
from shared.user_claims import User
from shared.whatsapp.content import preview_of, text_of
from shared.whatsapp.uploads import upload_places
from shared.whatsapp.wamid import wamid_key

_ADD = """
    WITH added AS (
        INSERT INTO message (id, project_id, conversation_id, phone_number_id, client_id, direction, type, content,
                             text, preview, reply_to, reply_to_key, sent_by, callback_data, status, sent_at)
        VALUES (:id, :project_id, :conversation_id, :phone_number_id, :client_id, 'outbound', :type,
                CAST(:content AS jsonb), :text, :preview, :reply_to, :reply_to_key, CAST(:sent_by AS jsonb),
                :callback_data, 'queued', :sent_at)
        RETURNING id, conversation_id
    ), queued AS (
        INSERT INTO outbox
            (message_id, conversation_id, phone_number_id, has_upload, turn_at, attempts, leased_until, traceparent)
        SELECT id, conversation_id, :phone_number_id, :has_upload,
            greatest(now(), (SELECT max(turn_at) + INTERVAL '1 second' FROM outbox
                             WHERE conversation_id = :conversation_id)),
            CASE WHEN lease IS NULL THEN 0 ELSE 1 END, now() + lease,
            CAST(:traceparent AS text)
        FROM added, CAST(:lease AS interval) AS lease
    )
"""

_COUNT = """
    , counted AS (
        UPDATE conversation c SET
            messages_count = messages_count + 1,
            last_active_at = greatest(last_active_at, :sent_at),
            last_outbound_at = greatest(last_outbound_at, :sent_at),
            last_message_id = CASE WHEN EXISTS (
                SELECT FROM message m WHERE m.id = c.last_message_id AND (m.sent_at, m.id) > (:sent_at, :id)
            ) THEN last_message_id ELSE :id END
        WHERE id = :conversation_id
    )
"""

# A reaction is no message of its own to those who look. Each returns the `rev` of what it has written.
_QUEUE_REACTION = text(f"{_ADD} SELECT CAST(pg_current_xact_id() AS text)")
_QUEUE = text(f"{_ADD} {_COUNT} SELECT CAST(pg_current_xact_id() AS text)")

SendingConversation = Row[UUID, UUID, str, UUID, str, str | None, datetime | None, datetime | None]
"""What is asked of a conversation when something is to be sent in it."""


class NewMessage(msgspec.Struct, frozen=True):
    """A message as its sender gives it: Meta's content object under its type, the sender's own id of the send, the
    person who sends it, where the host names one, and what the sender wants back with each status.
    """

    client_id: str | None
    type: str
    content: Any
    reply_to: str | None = None
    sent_by: User | None = None
    callback_data: str | None = None


async def store_outgoing(
    connection: AsyncConnection, conversation: SendingConversation, message: NewMessage, lease: timedelta | None
) -> tuple[MessageView, list[Event]]:
    """The message as queued, in a conversation that the caller has locked and found ready for it; with `lease`, the
    caller's own to send. Raises InvalidFieldsError for an upload that cannot be sent.
    """
    # Whole seconds, as Meta counts: a customer's message of the same second that comes later sorts later, by its id.
    message_id, now = new_id(), datetime.now(UTC).replace(microsecond=0)
    is_reaction = message.type == "reaction"
    rev: str = await connection.scalar(
        _QUEUE_REACTION if is_reaction else _QUEUE,
        {
            "id": message_id,
            "conversation_id": conversation.id,
            "project_id": conversation.project_id,
            "phone_number_id": conversation.phone_number_id,
            "client_id": message.client_id,
            "type": message.type,
            "content": msgspec.json.encode(message.content).decode(),
            "text": text_of(message.type, message.content),
            "preview": preview_of(message.type, message.content),
            "reply_to": message.reply_to,
            "reply_to_key": wamid_key(message.reply_to) if message.reply_to else None,
            "sent_by": msgspec.json.encode(message.sent_by).decode() if message.sent_by else None,
            "callback_data": message.callback_data,
            "sent_at": now,
            "has_upload": bool(upload_places(message.type, message.content)),
            "lease": lease,
            "traceparent": traceparent(),
        },
    )
    await attach_media(
        connection,
        QueuedMessage(
            message_id,
            conversation.project_id,
            conversation.id,
            conversation.phone_number_id,
            message.type,
            message.content,
        ),
    )
    if is_reaction:
        changed = await react(connection, message_id, message.content, now)
        events = await message_events(connection, changed)
        view, audience = (await conversation_views(connection, [conversation.id]))[conversation.id]
        events.append(Event(audience.channels(), ConversationUpdated(view)))
        return (await message_views(connection, [message_id]))[0], events
    view, audience = (await conversation_views(connection, [conversation.id]))[conversation.id]
    stored = await _view(connection, message_id, conversation.id, message, now, rev)
    return stored, [Event(audience.channels(), MessageCreated(view, stored))]


async def _view(
    connection: AsyncConnection,
    message_id: UUID,
    conversation_id: UUID,
    message: NewMessage,
    sent_at: datetime,
    rev: str,
) -> MessageView:
    """Of a message that was just stored; only a quote and a file have to be looked up."""
    if message.type != "text" or message.reply_to is not None:
        return (await message_views(connection, [message_id]))[0]
    return message_view(
        NewMessageRow(
            id=message_id,
            conversation_id=conversation_id,
            wamid=None,
            direction="outbound",
            origin="cloud_api",
            type=message.type,
            content=message.content,
            details=None,
            status="queued",
            error=None,
            sent_at=sent_at,
            rev=rev,
            client_id=message.client_id,
            sent_by=message.sent_by,
        )
    )
