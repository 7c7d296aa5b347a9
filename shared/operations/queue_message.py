"""Accept a message to a customer: the message as queued, and its place in the outbox."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationUpdated, Event, MessageCreated, MessageView
from shared.ids import new_id
from shared.models import Conversation, Message
from shared.operations.apply_statuses import message_events
from shared.operations.attach_media import QueuedMessage, attach_media
from shared.operations.change_messages import react
from shared.queries.views import SERVICE_WINDOW, conversation_views, message_views, window_end
from shared.refusals import ConflictError, NotFoundError, RefusedError
from shared.scope import Scope
from shared.user_claims import User
from shared.whatsapp.content import preview_of, text_of
from shared.whatsapp.wamid import wamid_key

_QUEUE = text("""
    WITH added AS (
        INSERT INTO message (id, project_id, conversation_id, phone_number_id, client_id, direction, type, content,
                             text, preview, reply_to, reply_to_key, sent_by, callback_data, status, sent_at)
        VALUES (:id, :project_id, :conversation_id, :phone_number_id, :client_id, 'outbound', :type,
                CAST(:content AS jsonb), :text, :preview, :reply_to, :reply_to_key, CAST(:sent_by AS jsonb),
                :callback_data, 'queued', :sent_at)
        RETURNING id, conversation_id
    )
    INSERT INTO outbox (message_id, conversation_id, phone_number_id, turn_at, attempts, leased_until)
    SELECT id, conversation_id, :phone_number_id,
        greatest(now(), (SELECT max(turn_at) + INTERVAL '1 second' FROM outbox
                         WHERE conversation_id = :conversation_id)),
        CASE WHEN lease IS NULL THEN 0 ELSE 1 END, now() + lease
    FROM added, CAST(:lease AS interval) AS lease
""")

_COUNT = text("""
    UPDATE conversation c SET
        messages_count = messages_count + 1,
        last_active_at = greatest(last_active_at, :sent_at),
        last_outbound_at = greatest(last_outbound_at, :sent_at),
        last_message_id = CASE WHEN EXISTS (
            SELECT FROM message m WHERE m.id = c.last_message_id AND (m.sent_at, m.id) > (:sent_at, :message_id)
        ) THEN last_message_id ELSE :message_id END
    WHERE id = :id
""")


_Conversation = Row[UUID, UUID, str, UUID, str, str | None, datetime | None, datetime | None]

LEASE = timedelta(seconds=90)
"""For how long an outbox row belongs to whoever has taken it: more than a call to Graph can take."""

REPEATABLE = timedelta(hours=24)
"""For how long the id of a program's send stands for one message; after that it is free, like its Idempotency-Key."""

# The message that waits longest, and in how many seconds it is tried next.
_UNSENT = text("""
    SELECT CAST(greatest(1, ceil(extract(epoch FROM greatest(due_at, leased_until) - now()))) AS integer)
    FROM outbox WHERE conversation_id = :id ORDER BY id LIMIT 1
""")

# Meta does not say whether a reaction opens the window. Nobody is shown that it does, and it is Meta who refuses.
_REACTED = text("""
    SELECT EXISTS (
        SELECT FROM message_change
        WHERE contact_id = :contact_id AND phone_number_id = :phone_number_id AND kind = 'reaction' AND side = 'contact'
          AND occurred_at > now() - CAST(:window AS interval))
""")

_FORGET = text("UPDATE message SET client_id = NULL WHERE id = :id")


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


async def queue_message(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, message: NewMessage
) -> tuple[MessageView, list[Event]]:
    """A person's message, for a worker to send. A `client_id` that the conversation has seen gives the first message
    and no event.

    Raises NotFoundError, RefusedError with code `conversation_ended`, `workflow_running` or `window_closed`, or
    InvalidFieldsError for an upload that cannot be sent.
    """
    conversation = await _locked(connection, scope, conversation_id)
    earlier = await _earlier(connection, conversation_id, message.client_id)
    if earlier is not None:
        return earlier, []
    if conversation.mode == "running" and conversation.status == "active":
        raise RefusedError("workflow_running", "A workflow is answering; take over with Handoff to send a message.")
    await _check(connection, conversation, message.type)
    return await _store(connection, conversation, message, None)


async def lease_message(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, message: NewMessage
) -> tuple[MessageView, list[Event]]:
    """A program's message, which the caller delivers after the commit; a worker does only if the caller dies.

    A `client_id` that the conversation has seen within REPEATABLE gives the first message and no event if that one was
    sent; if it has failed, it is sent anew. A running workflow is no obstacle: its engine sends in this way.

    Raises NotFoundError, ConflictError `message_in_flight` while another message waits to be sent, which this one must
    not overtake, or RefusedError `conversation_ended` or `window_closed`.
    """
    conversation = await _locked(connection, scope, conversation_id)
    earlier = await _earlier(connection, conversation_id, message.client_id)
    is_recent = earlier is not None and earlier["timestamp"] > datetime.now(UTC) - REPEATABLE
    if earlier is not None and earlier["wamid"] is not None and is_recent:
        return earlier, []
    seconds = (await connection.execute(_UNSENT, {"id": conversation_id})).scalar_one_or_none()
    if seconds is not None:
        raise ConflictError(
            "message_in_flight",
            "Another message is already in-flight for this conversation. Please retry shortly.",
            retry_after=seconds,
        )
    if earlier is not None:
        await connection.execute(_FORGET, {"id": earlier["id"]})
    await _check(connection, conversation, message.type)
    return await _store(connection, conversation, message, LEASE)


async def _locked(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> _Conversation:
    """The lock makes two sends of one conversation take turns, so that the outbox keeps their order."""
    found = await connection.execute(
        select(
            Conversation.id,
            Conversation.project_id,
            Conversation.phone_number_id,
            Conversation.contact_id,
            Conversation.status,
            Conversation.mode,
            Conversation.last_inbound_at,
            Conversation.window_closed_at,
        )
        .where(scope.conversations(), Conversation.id == conversation_id)
        .with_for_update(key_share=True)
    )
    conversation = found.one_or_none()
    if conversation is None:
        raise NotFoundError("Conversation")
    return conversation


async def _earlier(connection: AsyncConnection, conversation_id: UUID, client_id: str | None) -> MessageView | None:
    if client_id is None:
        return None
    found = await connection.execute(
        select(Message.id).where(Message.conversation_id == conversation_id, Message.client_id == client_id)
    )
    earlier = found.scalar_one_or_none()
    return None if earlier is None else (await message_views(connection, [earlier]))[0]


async def _store(
    connection: AsyncConnection, conversation: _Conversation, message: NewMessage, lease: timedelta | None
) -> tuple[MessageView, list[Event]]:
    # Whole seconds, as Meta counts: a customer's message of the same second that comes later sorts later, by its id.
    message_id, now = new_id(), datetime.now(UTC).replace(microsecond=0)
    await connection.execute(
        _QUEUE,
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
            "lease": lease,
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
    if message.type == "reaction":  # no message of its own to those who look, but a part of another
        changed = await react(connection, message_id, message.content, now)
        events = await message_events(connection, changed)
        view, audience = (await conversation_views(connection, [conversation.id]))[conversation.id]
        events.append(Event(audience.channels(), ConversationUpdated(view)))
        return (await message_views(connection, [message_id]))[0], events
    await connection.execute(_COUNT, {"id": conversation.id, "message_id": message_id, "sent_at": now})
    view, audience = (await conversation_views(connection, [conversation.id]))[conversation.id]
    stored = (await message_views(connection, [message_id]))[0]
    return stored, [Event(audience.channels(), MessageCreated(view, stored))]


async def _check(connection: AsyncConnection, conversation: _Conversation, kind: str) -> None:
    """Raises RefusedError if a message of this type may not be sent now."""
    if conversation.status == "ended":
        raise RefusedError("conversation_ended", "The conversation has ended; reopen it to send a message.")
    if kind == "template":
        return
    end = window_end(conversation.last_inbound_at, conversation.window_closed_at)
    if end is not None and datetime.now(UTC) < end:
        return
    place = {"contact_id": conversation.contact_id, "phone_number_id": conversation.phone_number_id}
    if not await connection.scalar(_REACTED, place | {"window": SERVICE_WINDOW}):
        # Kapso's Python client recognises the case by "24-hour".
        raise RefusedError(
            "window_closed", "The 24-hour window after the customer's last message is over; send a template."
        )
