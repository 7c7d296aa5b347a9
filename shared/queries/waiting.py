"""Which conversations of an inbox wait for somebody."""

from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation
from shared.scope import Scope

MOST_WAITING = 1000


class Waiters(msgspec.Struct):
    """Ids of conversations, in no order; `more` says that there are others, which are not told."""

    ids: list[UUID]
    more: bool


class Waiting(msgspec.Struct):
    """The active conversations with unread messages, and those that a person took over or was asked to."""

    unread: Waiters
    handoff: Waiters


async def list_waiting(connection: AsyncConnection, scope: Scope) -> Waiting:
    """At most MOST_WAITING of each kind: two reads of indexes that hold nothing but what waits."""
    return Waiting(
        await _waiters(connection, scope, Conversation.unread_count > 0),
        await _waiters(connection, scope, Conversation.mode == "handoff"),
    )


async def _waiters(connection: AsyncConnection, scope: Scope, condition: ColumnElement[bool]) -> Waiters:
    query = (
        select(Conversation.id)
        .where(scope.conversations(), condition, Conversation.status == "active")
        .limit(MOST_WAITING + 1)
    )
    ids = list((await connection.execute(query)).scalars())
    return Waiters(ids[:MOST_WAITING], len(ids) > MOST_WAITING)
