"""Customers as the Platform API shows them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Customer
from shared.paging import CursorQuery, PageMeta, Paging, cursor_page, numbered_page
from shared.periods import between


class CustomerView(msgspec.Struct, kw_only=True):
    """Kapso's Customer object (Platform API, "Customers")."""

    id: UUID
    name: Annotated[str, Meta(examples=["Larch Hotels"])]
    external_customer_id: Annotated[str, Meta(examples=["crm-4711"])] | None
    created_at: datetime
    updated_at: datetime


class CustomerFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of the list. Dates are inclusive."""

    name_contains: str | None = None
    external_customer_id: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


async def get_customer(connection: AsyncConnection, project_id: UUID, customer_id: UUID) -> CustomerView | None:
    """One customer of a project, or None."""
    query = select(Customer.__table__).where(Customer.project_id == project_id, Customer.id == customer_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _view(row)


async def list_customers(
    connection: AsyncConnection, project_id: UUID, filters: CustomerFilters, *, page: int, per_page: int
) -> tuple[list[CustomerView], PageMeta]:
    """A page of a project's customers, newest first."""
    query = select(Customer.__table__).where(
        Customer.project_id == project_id,
        *between(Customer.created_at, filters.created_after, filters.created_before),
    )
    if filters.name_contains is not None:
        query = query.where(Customer.name.icontains(filters.name_contains, autoescape=True))
    if filters.external_customer_id is not None:
        query = query.where(Customer.external_customer_id == filters.external_customer_id)
    rows, meta = await numbered_page(
        connection, query, Customer.created_at.desc(), Customer.id.desc(), page=page, per_page=per_page
    )
    return [_view(row) for row in rows], meta


async def search_customers(
    connection: AsyncConnection, project_id: UUID, words: str, page: CursorQuery
) -> tuple[list[CustomerView], Paging]:
    """Those whose name or external id contains the words, newest first; all of them for no words. Raises
    InvalidCursorError.
    """
    query = select(Customer.__table__).where(Customer.project_id == project_id)
    if words:
        columns = (Customer.name, Customer.external_customer_id)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    rows, paging = await cursor_page(connection, query, Customer.created_at, Customer.id, page)
    return [_view(row) for row in rows], paging


def _view(row: Row[Any]) -> CustomerView:
    return CustomerView(
        id=row.id,
        name=row.name,
        external_customer_id=row.external_customer_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
