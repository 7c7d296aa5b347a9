"""Catch-up: everything in a scope that changed since a cursor, for an iframe that may have missed pushes.

Every row carries the id of the transaction that wrote it last (`rev`). The cursor is the oldest transaction that was
still running when the cursor was taken: whatever a reader could not see yet has that id or a later one. So reading
`rev >= cursor` repeats some rows and misses none, whatever order the writers commit in.
"""

from functools import lru_cache
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Xid8
from shared.events import ConversationView, MessageView
from shared.models import Assignment, Conversation, ConversationRemoval, Message
from shared.queries.views import (
    AnySelect,
    conversation_view,
    message_view,
    select_conversations,
    select_messages,
)
from shared.scope import Scope

MOST_ROWS = 500


class Removed(msgspec.Struct):
    """A conversation that is no more, or that the assignee had and has not any more; `rev` is that of its leaving."""

    conversation_id: UUID
    rev: str


class Changes(msgspec.Struct):
    """`reset` asks the reader to load again from the start; the lists are empty then."""

    conversations: list[ConversationView]
    messages: list[MessageView]
    removed: list[Removed]
    reset: bool
    cursor: str


class _Queries(msgspec.Struct, frozen=True):
    """What is asked for a scope, with `since` left open. To put it together takes longer than to ask it."""

    anything: AnySelect
    conversations: AnySelect
    messages: AnySelect
    removed: tuple[AnySelect, ...]


_CURSOR = func.pg_snapshot_xmin(func.pg_current_snapshot(), type_=Xid8)
_SINCE = bindparam("since", type_=Xid8)


async def current_cursor(connection: AsyncConnection) -> str:
    """A cursor from which `list_changes` misses nothing that a later query in any transaction could not see yet."""
    return str((await connection.execute(select(_CURSOR))).scalar_one())


async def list_changes(connection: AsyncConnection, scope: Scope, since: int) -> Changes:
    """What changed since the cursor `since`, at most MOST_ROWS of each kind; more answers `reset`.

    Every open iframe asks for it twice a minute, and mostly there is nothing: that is one query.
    """
    queries, values = _queries(scope), {"since": since}
    cursor, anything = (await connection.execute(queries.anything, values)).one()
    if since > cursor:  # made by another database, before a restore
        return Changes([], [], [], reset=True, cursor=str(cursor))
    if not anything:
        return Changes([], [], [], reset=False, cursor=str(cursor))
    conversations = (await connection.execute(queries.conversations, values)).all()
    messages = (await connection.execute(queries.messages, values)).all()
    removed = [row for query in queries.removed for row in await connection.execute(query, values)]
    if max(len(conversations), len(messages), len(removed)) > MOST_ROWS:
        return Changes([], [], [], reset=True, cursor=str(cursor))
    return Changes(
        [conversation_view(row) for row in conversations],
        [message_view(row) for row in messages],
        [Removed(row.id, str(row.rev)) for row in removed],
        reset=False,
        cursor=str(cursor),
    )


@lru_cache(maxsize=1000)
def _queries(scope: Scope) -> _Queries:
    conversations = select_conversations(scope).where(Conversation.rev >= _SINCE)
    messages = select_messages(scope).where(Message.project_id == scope.project_id, Message.rev >= _SINCE)
    removed = (_erased(scope),) if scope.assignee_id is None else (_erased(scope), _reassigned(scope))
    kinds = (conversations, messages, *removed)
    anything = select(_CURSOR, or_(*(kind.with_only_columns(literal(1)).exists() for kind in kinds)))
    return _Queries(anything, conversations.limit(MOST_ROWS + 1), messages.limit(MOST_ROWS + 1), removed)


def _erased(scope: Scope) -> AnySelect:
    """Conversations that are no more."""
    return (
        select(ConversationRemoval.conversation_id.label("id"), ConversationRemoval.rev)
        .where(scope.removals(), ConversationRemoval.rev >= _SINCE)
        .limit(MOST_ROWS + 1)
    )


def _reassigned(scope: Scope) -> AnySelect:
    """Conversations that were the assignee's and are not any more."""
    return (
        select(Conversation.id, Conversation.rev)
        .join(Assignment, Assignment.conversation_id == Conversation.id)
        .where(
            Scope(scope.project_id, scope.phone_number_id, scope.customer_id).conversations(),
            Conversation.rev >= _SINCE,
            Conversation.assignee_id.is_distinct_from(scope.assignee_id),
            Assignment.user_id == scope.assignee_id,
        )
        .distinct()
        .limit(MOST_ROWS + 1)
    )
