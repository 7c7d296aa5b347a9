"""Accept a message to a customer: the message as queued, and its place in the outbox."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event, MessageView
from shared.models import Conversation
from shared.operations.note_first_responses import note_first_responses
from shared.operations.store_outgoing import NewMessage, SendingConversation, store_outgoing
from shared.queries.views import (
    SERVICE_WINDOW,
    message_views,
    window_end,
)
from shared.refusals import ConflictError, NotFoundError, RefusedError
from shared.scope import Scope

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

_EARLIER = text("SELECT id FROM message WHERE conversation_id = :conversation_id AND client_id = :client_id")

_FORGET = text("UPDATE message SET client_id = NULL WHERE id = :id")


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
    stored, events = await store_outgoing(connection, conversation, message, None)
    await note_first_responses(connection, [stored["id"]])
    return stored, events


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
    return await store_outgoing(connection, conversation, message, LEASE)


async def _locked(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> SendingConversation:
    """The lock makes two sends of one conversation take turns, so that the outbox keeps their order."""
    conversation = (await connection.execute(_lock(scope), {"conversation_id": conversation_id})).one_or_none()
    if conversation is None:
        raise NotFoundError("Conversation")
    return conversation


@lru_cache(maxsize=1000)
def _lock(scope: Scope) -> Select[UUID, UUID, str, UUID, str, str | None, datetime | None, datetime | None]:
    """To put it together takes longer than to ask it."""
    return (
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
        .where(scope.conversations(), Conversation.id == bindparam("conversation_id", type_=Uuid))
        .with_for_update(key_share=True)
    )


async def _earlier(connection: AsyncConnection, conversation_id: UUID, client_id: str | None) -> MessageView | None:
    if client_id is None:
        return None
    this = {"conversation_id": conversation_id, "client_id": client_id}
    earlier = (await connection.execute(_EARLIER, this)).scalar_one_or_none()
    return None if earlier is None else (await message_views(connection, [earlier]))[0]


async def _check(connection: AsyncConnection, conversation: SendingConversation, kind: str) -> None:
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
