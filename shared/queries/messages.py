"""The thread of a conversation, and the message that a wamid means."""

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import MessageView
from shared.models import Conversation, Message, PhoneNumber
from shared.paging import CursorQuery, Cursors, Paging, encode_cursor
from shared.queries.threads import SHOWN, thread_conversations, thread_page
from shared.queries.views import message_view, select_messages
from shared.refusals import NotFoundError
from shared.scope import Scope
from shared.whatsapp.wamid import wamid_key


async def list_messages(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, page: CursorQuery
) -> tuple[list[MessageView], Paging]:
    """A page of a conversation's messages, newest first; they go on into the earlier conversations with the same
    contact over the same number, as far as the scope has them.

    Raises NotFoundError if the scope does not contain the conversation, or InvalidCursorError.
    """
    return await thread_page(connection, scope, await thread_conversations(connection, scope, conversation_id), page)


async def list_messages_around(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, message_id: UUID, limit: int
) -> tuple[list[MessageView], Paging]:
    """The page of a conversation's messages that has one of them in its middle, newest first; at least two messages,
    where there are two.

    Raises NotFoundError if the scope does not contain the conversation, or its thread not the message.
    """
    thread = await thread_conversations(connection, scope, conversation_id)
    of_thread = Message.conversation_id.in_(select(thread.c.id))
    found = await connection.execute(select(Message.sent_at).where(Message.id == message_id, of_thread, *SHOWN))
    sent_at = found.scalar_one_or_none()
    if sent_at is None:
        raise NotFoundError("Message")
    limit = max(2, limit)
    place = encode_cursor(sent_at, message_id)
    newer, above = await thread_page(connection, scope, thread, CursorQuery(limit // 2, before=place))
    # What comes after the newer ones begins with the message itself.
    rest, below = await thread_page(
        connection, scope, thread, CursorQuery(limit - len(newer), after=above.cursors.after)
    )
    cursors = Cursors(above.cursors.before or below.cursors.before, below.cursors.after)
    return [*newer, *rest], Paging(cursors, next=below.next, previous=above.previous)


async def get_message(connection: AsyncConnection, scope: Scope, message_id: UUID) -> MessageView | None:
    """One message, None if the scope does not contain it."""
    row = (await connection.execute(select_messages(scope).where(Message.id == message_id))).one_or_none()
    return None if row is None else message_view(row)


class FoundMessage(msgspec.Struct, frozen=True):
    """`wamid` is the form that we have stored."""

    id: UUID
    wamid: str
    conversation_id: UUID


async def find_message(connection: AsyncConnection, scope: Scope, wamid: str) -> FoundMessage | None:
    """The message that a wamid in any of its forms means, None if the scope does not contain it."""
    numbers = select(PhoneNumber.phone_number_id).where(PhoneNumber.project_id == scope.project_id)
    found = await connection.execute(
        select(Message.id, Message.wamid, Message.conversation_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(scope.conversations(), Message.phone_number_id.in_(numbers), Message.wamid_key == wamid_key(wamid))
        .order_by((Message.wamid == wamid).desc(), Message.id)
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else FoundMessage(row.id, str(row.wamid), row.conversation_id)
