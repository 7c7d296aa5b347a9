"""What Meta told of accounts, numbers and templates, as the Platform API shows it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import AccountEvent
from shared.paging import CursorQuery, Paging, cursor_page
from shared.periods import between


class AccountEventView(msgspec.Struct, kw_only=True):
    """A webhook about an account; `field` is Meta's name of its kind, `payload` Meta's value, whole."""

    id: UUID
    business_account_id: Annotated[str, Meta(examples=["102290129340398"])]
    phone_number_id: Annotated[str, Meta(examples=["106540352987114"])] | None
    field: Annotated[str, Meta(examples=["message_template_status_update"])]
    payload: dict[str, Any]
    occurred_at: datetime
    created_at: datetime


class AccountEventFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of the list. Dates are inclusive."""

    field: str | None = None
    phone_number_id: str | None = None
    occurred_after: datetime | None = None
    occurred_before: datetime | None = None


async def list_account_events(
    connection: AsyncConnection, project_id: UUID, filters: AccountEventFilters, page: CursorQuery
) -> tuple[list[AccountEventView], Paging]:
    """A page of a project's events, newest first. Raises InvalidCursorError."""
    query = select(AccountEvent.__table__).where(
        AccountEvent.project_id == project_id,
        *between(AccountEvent.occurred_at, filters.occurred_after, filters.occurred_before),
    )
    if filters.field is not None:
        query = query.where(AccountEvent.field == filters.field)
    if filters.phone_number_id is not None:
        query = query.where(AccountEvent.phone_number_id == filters.phone_number_id)
    rows, paging = await cursor_page(connection, query, AccountEvent.occurred_at, AccountEvent.id, page)
    views = [
        AccountEventView(
            id=row.id,
            business_account_id=row.business_account_id,
            phone_number_id=row.phone_number_id,
            field=row.field,
            payload=row.payload,
            occurred_at=row.occurred_at,
            created_at=row.created_at,
        )
        for row in rows
    ]
    return views, paging
