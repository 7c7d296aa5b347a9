"""Put a failed message away: nobody is shown it any more. Or try it once more, which puts it away for another."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event, MessageView
from shared.models import Conversation, Message
from shared.operations.apply_statuses import message_events
from shared.operations.lock_conversations import lock_matching
from shared.operations.queue_message import queue_message
from shared.operations.recount_messages import recount_messages
from shared.operations.store_outgoing import NewMessage
from shared.queries.views import message_views
from shared.refusals import NotFoundError, RefusedError
from shared.scope import Scope
from shared.user_claims import User

_DISCARD = text("""
    UPDATE message SET discarded_at = now()
    WHERE id = :id AND direction = 'outbound' AND status = 'failed' AND type <> 'reaction' AND discarded_at IS NULL
    RETURNING discarded_at
""")


_IS_THERE = text("SELECT EXISTS (SELECT FROM message WHERE conversation_id = :id AND client_id = :client_id)")


async def discard_message(
    connection: AsyncConnection, scope: Scope, message_id: UUID
) -> tuple[MessageView, list[Event]]:
    """The message as it is then, and no event if it was put away before. A status which says that it arrived all the
    same brings it back (apply_statuses.py).

    Raises NotFoundError, or RefusedError `not_failed`.
    """
    conversation_id = await _lock(connection, scope, message_id)
    is_news = await _put_away(connection, message_id, conversation_id)
    events = await message_events(connection, {message_id: conversation_id}) if is_news else []
    return (await message_views(connection, [message_id]))[0], events


async def retry_message(
    connection: AsyncConnection, scope: Scope, message_id: UUID, user: User | None
) -> tuple[MessageView, list[Event]]:
    """A copy of a message that failed, for a worker to send, in place of it; no event if there is one already.

    Raises NotFoundError, RefusedError `not_failed`, or what `queue_message` does.
    """
    conversation_id = await _lock(connection, scope, message_id)
    client_id = f"retry:{message_id}"
    is_news = await _put_away(connection, message_id, conversation_id)
    if not is_news and not await connection.scalar(_IS_THERE, {"id": conversation_id, "client_id": client_id}):
        raise RefusedError("not_failed", "Somebody has deleted this message.")
    found = await connection.execute(
        select(Message.type, Message.content, Message.reply_to, Message.callback_data).where(Message.id == message_id)
    )
    failed = found.one()
    copy = NewMessage(
        client_id=client_id,
        type=failed.type,
        content=failed.content,
        reply_to=failed.reply_to,
        sent_by=user,
        callback_data=failed.callback_data,
    )
    queued, events = await queue_message(connection, scope, conversation_id, copy)
    gone = await message_events(connection, {message_id: conversation_id}) if is_news else []
    return queued, [*gone, *events]


async def _lock(connection: AsyncConnection, scope: Scope, message_id: UUID) -> UUID:
    """The message's conversation."""
    own = select(Message.conversation_id).where(Message.id == message_id).scalar_subquery()
    locked = await lock_matching(connection, scope.conversations(), Conversation.id == own)
    if not locked:
        raise NotFoundError("Message")
    return locked[0]


async def _put_away(connection: AsyncConnection, message_id: UUID, conversation_id: UUID) -> bool:
    """Whether it was not put away before."""
    if (await connection.execute(_DISCARD, {"id": message_id})).first() is not None:
        await recount_messages(connection, {conversation_id: -1})
        return True
    before: datetime | None = await connection.scalar(select(Message.discarded_at).where(Message.id == message_id))
    if before is None:
        raise RefusedError("not_failed", "Only a message that was not delivered can be sent again or deleted.")
    return False
