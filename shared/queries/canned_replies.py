"""Canned replies, as the Platform API and the page in the iframe show them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import CannedReply
from shared.paging import CursorQuery, Paging, cursor_page
from shared.scope import Scope


class CannedReplyView(msgspec.Struct, kw_only=True):
    """A canned reply of a project, or of one of its customers."""

    id: UUID
    customer_id: UUID | None
    shortcut: Annotated[str, Meta(examples=["hours"])]
    text: Annotated[str, Meta(examples=["Hello {{contact.first_name}}, we are open from 9 to 5."])]
    created_at: datetime
    updated_at: datetime


class ReadyReplyView(msgspec.Struct):
    """A canned reply, to be inserted."""

    id: UUID
    shortcut: str
    text: str


async def get_canned_reply(connection: AsyncConnection, project_id: UUID, reply_id: UUID) -> CannedReplyView | None:
    """One canned reply of a project, or None."""
    query = select(CannedReply.__table__).where(CannedReply.project_id == project_id, CannedReply.id == reply_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _view(row)


async def list_canned_replies(
    connection: AsyncConnection, project_id: UUID, customer_id: UUID | None, page: CursorQuery
) -> tuple[list[CannedReplyView], Paging]:
    """A page of a project's canned replies, newest first; with a `customer_id` that one's alone. Raises
    InvalidCursorError.
    """
    query = select(CannedReply.__table__).where(CannedReply.project_id == project_id)
    if customer_id is not None:
        query = query.where(CannedReply.customer_id == customer_id)
    rows, paging = await cursor_page(connection, query, CannedReply.created_at, CannedReply.id, page)
    return [_view(row) for row in rows], paging


async def ready_replies(connection: AsyncConnection, scope: Scope) -> list[ReadyReplyView]:
    """All that an inbox may use, by shortcut; the customer's own stands before the project's of the same shortcut."""
    query = (
        select(CannedReply.id, CannedReply.shortcut, CannedReply.text)
        .where(scope.canned_replies())
        .ext(distinct_on(CannedReply.shortcut))
        .order_by(CannedReply.shortcut, CannedReply.customer_id.asc().nulls_last())
    )
    return [ReadyReplyView(*row) for row in await connection.execute(query)]


def _view(row: Row[Any]) -> CannedReplyView:
    return CannedReplyView(
        id=row.id,
        customer_id=row.customer_id,
        shortcut=row.shortcut,
        text=row.text,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
