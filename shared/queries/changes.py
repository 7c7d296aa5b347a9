"""Catch-up: everything in a scope that changed since a cursor, for an iframe that may have missed pushes.

Every row carries the id of the transaction that wrote it last (`rev`). The cursor is the oldest transaction that was
still running when the cursor was taken: whatever a reader could not see yet has that id or a later one. So reading
`rev >= cursor` repeats some rows and misses none, whatever order the writers commit in.
"""

from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Xid8
from shared.events import ConversationView, MessageView
from shared.models import Assignment, Conversation, Message
from shared.queries.views import conversation_view, message_view, select_conversations, select_messages
from shared.scope import Scope

MOST_ROWS = 500


class Removed(msgspec.Struct):
    """A conversation that the assignee had and has not any more, and the `rev` of the row that left."""

    conversation_id: UUID
    rev: str


class Changes(msgspec.Struct):
    """`reset` asks the reader to load again from the start; the lists are empty then."""

    conversations: list[ConversationView]
    messages: list[MessageView]
    removed: list[Removed]
    reset: bool
    cursor: str


async def current_cursor(connection: AsyncConnection) -> str:
    """A cursor from which `list_changes` misses nothing that a later query in any transaction could not see yet."""
    query = select(func.pg_snapshot_xmin(func.pg_current_snapshot(), type_=Xid8))
    return str((await connection.execute(query)).scalar_one())


async def list_changes(connection: AsyncConnection, scope: Scope, since: int) -> Changes:
    """What changed since the cursor `since`, at most MOST_ROWS of each kind; more answers `reset`."""
    cursor = await current_cursor(connection)
    if since > int(cursor):  # made by another database, before a restore
        return Changes([], [], [], reset=True, cursor=cursor)
    conversations = (
        await connection.execute(select_conversations(scope).where(Conversation.rev >= since).limit(MOST_ROWS + 1))
    ).all()
    messages = (
        await connection.execute(
            select_messages(scope)
            .where(Message.project_id == scope.project_id, Message.rev >= since)
            .limit(MOST_ROWS + 1)
        )
    ).all()
    removed = await _removed(connection, scope, since)
    if max(len(conversations), len(messages), len(removed)) > MOST_ROWS:
        return Changes([], [], [], reset=True, cursor=cursor)
    return Changes(
        [conversation_view(row) for row in conversations],
        [message_view(row) for row in messages],
        removed,
        reset=False,
        cursor=cursor,
    )


async def _removed(connection: AsyncConnection, scope: Scope, since: int) -> list[Removed]:
    """Conversations that were the assignee's and are not any more."""
    if scope.assignee_id is None:
        return []
    query = (
        select(Conversation.id, Conversation.rev)
        .join(Assignment, Assignment.conversation_id == Conversation.id)
        .where(
            Scope(scope.project_id, scope.phone_number_id, scope.customer_id).conversations(),
            Conversation.rev >= since,
            Conversation.assignee_id.is_distinct_from(scope.assignee_id),
            Assignment.user_id == scope.assignee_id,
        )
        .distinct()
        .limit(MOST_ROWS + 1)
    )
    return [Removed(row.id, str(row.rev)) for row in await connection.execute(query)]
