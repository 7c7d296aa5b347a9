"""Accept a reply from the inbox: a queued message, and its place in the outbox."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event, MessageCreated, MessageView
from shared.ids import new_id
from shared.models import Conversation, Message
from shared.queries.views import SERVICE_WINDOW, conversation_views, message_views
from shared.refusals import NotFoundError, RefusedError
from shared.scope import Scope
from shared.user_claims import User
from shared.whatsapp.content import preview_of, text_of

_QUEUE = text("""
    WITH added AS (
        INSERT INTO message (id, project_id, conversation_id, phone_number_id, client_id, direction, type, content,
                             text, preview, reply_to, sent_by, status, sent_at)
        VALUES (:id, :project_id, :conversation_id, :phone_number_id, :client_id, 'outbound', :type,
                CAST(:content AS jsonb), :text, :preview, :reply_to, CAST(:sent_by AS jsonb), 'queued', :sent_at)
        RETURNING id, conversation_id
    )
    INSERT INTO outbox (message_id, conversation_id) SELECT id, conversation_id FROM added
""")

_COUNT = text("""
    UPDATE conversation c SET
        messages_count = messages_count + 1,
        last_active_at = greatest(last_active_at, :sent_at),
        last_message_id = CASE WHEN EXISTS (
            SELECT FROM message m WHERE m.id = c.last_message_id AND (m.sent_at, m.id) > (:sent_at, :message_id)
        ) THEN last_message_id ELSE :message_id END
    WHERE id = :id
""")


class NewMessage(msgspec.Struct, frozen=True):
    """A reply as the client sends it: Meta's content object under its type, the client's own id of the send, and
    the person who sends it, where the host names one.
    """

    client_id: str
    type: str
    content: dict[str, Any]
    reply_to: str | None = None
    sent_by: User | None = None


async def queue_message(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, message: NewMessage
) -> tuple[MessageView, list[Event]]:
    """Store the message as queued. A `client_id` that the conversation has seen gives the first message and no event.

    Raises NotFoundError, or RefusedError with code `conversation_ended`, `workflow_running` or `window_closed`.
    """
    # The lock makes two sends of one conversation take turns, so that the outbox keeps their order.
    conversation = (
        await connection.execute(
            select(
                Conversation.project_id,
                Conversation.phone_number_id,
                Conversation.status,
                Conversation.mode,
                Conversation.last_inbound_at,
            )
            .where(scope.conversations(), Conversation.id == conversation_id)
            .with_for_update(key_share=True)
        )
    ).one_or_none()
    if conversation is None:
        raise NotFoundError("Conversation")
    repeated = await connection.execute(
        select(Message.id).where(Message.conversation_id == conversation_id, Message.client_id == message.client_id)
    )
    if (earlier := repeated.scalar_one_or_none()) is not None:
        return (await message_views(connection, [earlier]))[0], []
    _refuse(conversation.status, conversation.mode, conversation.last_inbound_at, message.type)
    # Whole seconds, as Meta counts: a customer's message of the same second that comes later sorts later, by its id.
    message_id, now = new_id(), datetime.now(UTC).replace(microsecond=0)
    await connection.execute(
        _QUEUE,
        {
            "id": message_id,
            "conversation_id": conversation_id,
            "project_id": conversation.project_id,
            "phone_number_id": conversation.phone_number_id,
            "client_id": message.client_id,
            "type": message.type,
            "content": msgspec.json.encode(message.content).decode(),
            "text": text_of(message.type, message.content),
            "preview": preview_of(message.type, message.content),
            "reply_to": message.reply_to,
            "sent_by": msgspec.json.encode(message.sent_by).decode() if message.sent_by else None,
            "sent_at": now,
        },
    )
    await connection.execute(_COUNT, {"id": conversation_id, "message_id": message_id, "sent_at": now})
    view, audience = (await conversation_views(connection, [conversation_id]))[conversation_id]
    stored = (await message_views(connection, [message_id]))[0]
    return stored, [Event(audience.channels(), MessageCreated(view, stored))]


def _refuse(status: str, mode: str | None, last_inbound_at: datetime | None, kind: str) -> None:
    if status == "ended":
        raise RefusedError("conversation_ended", "The conversation has ended; reopen it to send a message.")
    if mode == "running":
        raise RefusedError("workflow_running", "A workflow is answering; take over with Handoff to send a message.")
    window_open = last_inbound_at is not None and datetime.now(UTC) < last_inbound_at + SERVICE_WINDOW
    if kind != "template" and not window_open:
        raise RefusedError(
            "window_closed", "More than 24 hours have passed since the customer's last message; send a template."
        )
