"""What a thread is made of: a conversation, and the earlier ones with the same contact over the same number."""

from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import MessageView
from shared.models import Conversation, Message
from shared.paging import CursorQuery, Paging, cursor_page, seek
from shared.queries.views import message_view, select_messages
from shared.refusals import NotFoundError
from shared.scope import Scope

EARLIER = 50
"""How many conversations a thread goes back at the most."""

SHOWN = (Message.type != "reaction", Message.discarded_at.is_(None))
"""The messages of a thread: reactions are parts of those that they are about, and some were put away."""

first_shown = (
    select(Message.id, Message.sent_at)
    .where(Message.conversation_id == Conversation.id, *SHOWN)
    .order_by(Message.sent_at, Message.id)
    .limit(1)
    .correlate(Conversation)
    .lateral("first_shown")
)
"""Beside a conversation, to be outer joined: its first message, by the index of the thread. There may be none."""


async def thread_conversations(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> Subquery:
    """The ids of the conversations of a thread, its own among them, as far as the scope has them.

    Raises NotFoundError if the scope does not contain the conversation.
    """
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


async def thread_page(
    connection: AsyncConnection, scope: Scope, thread: Subquery, page: CursorQuery, *conditions: ColumnElement[bool]
) -> tuple[list[MessageView], Paging]:
    """A page of those messages of a thread that meet the conditions, newest first; an index should hold them for each
    conversation in this order. Raises InvalidCursorError.
    """
    # A short scan of the index for each conversation, merged.
    of_one = select(Message.id).where(Message.conversation_id == thread.c.id, *SHOWN, *conditions)
    ids = seek(of_one, Message.sent_at, Message.id, page).lateral()
    wanted = select(ids.c.id).select_from(thread.join(ids, true()))
    query = select_messages(scope).where(Message.id.in_(wanted))
    rows, paging = await cursor_page(connection, query, Message.sent_at, Message.id, page)
    return [message_view(row) for row in rows], paging
