"""A page of conversations, in whatever shape they are wanted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation
from shared.paging import AnyRow, AnySelect, CursorQuery, Paging, cursor_page, seek
from shared.scope import Scope

STATUSES = ("active", "ended")


async def conversation_page(
    connection: AsyncConnection,
    scope: Scope,
    query: AnySelect,
    statuses: Sequence[str],
    conditions: Sequence[ColumnElement[bool]],
    page: CursorQuery,
) -> tuple[Sequence[AnyRow], Paging]:
    """Rows of `query`, which selects from `conversation`, latest activity first. Raises InvalidCursorError."""
    at, row_id = Conversation.last_active_at, Conversation.id
    # The lists' indexes start with scope and status, so that several statuses are as many short index scans, merged.
    pages = [
        seek(select(row_id).where(scope.conversations(), Conversation.status == one, *conditions), at, row_id, page)
        for one in statuses
    ]
    ids: Any = pages[0] if len(pages) == 1 else union_all(*(select(one.subquery()) for one in pages))
    # Found once, also where the tables have grown since they were last counted, and the planner takes them for empty.
    found = ids.cte("page").prefix_with("MATERIALIZED", dialect="postgresql")
    query = query.where(scope.conversations(), row_id.in_(select(found.c.id)))
    return await cursor_page(connection, query, at, row_id, page)
