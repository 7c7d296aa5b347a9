"""The thread of a conversation, and the message that a wamid means."""

from uuid import UUID

import msgspec
from sqlalchemy import Subquery, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import MessageView
from shared.models import Conversation, Message, PhoneNumber
from shared.paging import CursorQuery, Cursors, Paging, cursor_page, encode_cursor, seek
from shared.queries.views import message_view, select_messages
from shared.refusals import NotFoundError
from shared.scope import Scope
from shared.whatsapp.wamid import wamid_key

EARLIER = 50
"""How many conversations a thread goes back at the most."""

_SHOWN = (Message.type != "reaction", Message.discarded_at.is_(None))


async def list_messages(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, page: CursorQuery
) -> tuple[list[MessageView], Paging]:
    """A page of a conversation's messages, newest first; they go on into the earlier conversations with the same
    contact over the same number, as far as the scope has them.

    Raises NotFoundError if the scope does not contain the conversation, or InvalidCursorError.
    """
    return await _page(connection, scope, await _thread(connection, scope, conversation_id), page)


async def list_messages_around(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, message_id: UUID, limit: int
) -> tuple[list[MessageView], Paging]:
    """The page of a conversation's messages that has one of them in its middle, newest first; at least two messages,
    where there are two.

    Raises NotFoundError if the scope does not contain the conversation, or its thread not the message.
    """
    thread = await _thread(connection, scope, conversation_id)
    of_thread = Message.conversation_id.in_(select(thread.c.id))
    found = await connection.execute(select(Message.sent_at).where(Message.id == message_id, of_thread, *_SHOWN))
    sent_at = found.scalar_one_or_none()
    if sent_at is None:
        raise NotFoundError("Message")
    limit = max(2, limit)
    place = encode_cursor(sent_at, message_id)
    newer, above = await _page(connection, scope, thread, CursorQuery(limit // 2, before=place))
    # What comes after the newer ones begins with the message itself.
    rest, below = await _page(connection, scope, thread, CursorQuery(limit - len(newer), after=above.cursors.after))
    cursors = Cursors(above.cursors.before or below.cursors.before, below.cursors.after)
    return [*newer, *rest], Paging(cursors, next=below.next, previous=above.previous)


async def _thread(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> Subquery:
    """The ids of the conversations that a thread goes on into, its own among them. Raises NotFoundError."""
    found = await connection.execute(
        select(Conversation.contact_id, Conversation.phone_number_id, Conversation.last_active_at).where(
            scope.conversations(), Conversation.id == conversation_id
        )
    )
    own = found.one_or_none()
    if own is None:
        raise NotFoundError("Conversation")
    at = tuple_(Conversation.last_active_at, Conversation.id)
    return (
        select(Conversation.id)
        .where(
            scope.conversations(),
            Conversation.contact_id == own.contact_id,
            Conversation.phone_number_id == own.phone_number_id,
            # By its id too: a message that comes at this moment makes it later than it was.
            or_(Conversation.id == conversation_id, at < tuple_(own.last_active_at, conversation_id)),
        )
        .order_by(Conversation.last_active_at.desc(), Conversation.id.desc())
        .limit(EARLIER)
        .subquery()
    )


async def _page(
    connection: AsyncConnection, scope: Scope, thread: Subquery, page: CursorQuery
) -> tuple[list[MessageView], Paging]:
    # A short scan of the index for each conversation, merged.
    of_one = select(Message.id).where(Message.conversation_id == thread.c.id, *_SHOWN)
    ids = seek(of_one, Message.sent_at, Message.id, page).lateral()
    wanted = select(ids.c.id).select_from(thread.join(ids, true()))
    query = select_messages(scope).where(Message.id.in_(wanted))
    rows, paging = await cursor_page(connection, query, Message.sent_at, Message.id, page)
    return [message_view(row) for row in rows], paging


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
