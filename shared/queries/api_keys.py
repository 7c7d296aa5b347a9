"""API keys as the Platform API shows them: never the keys themselves."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import ApiKey
from shared.paging import AnySelect, CursorQuery, PageMeta, Paging, cursor_page, numbered_page


class ApiKeyView(msgspec.Struct, kw_only=True):
    """An API key. `last_used_at` is exact to a minute; a revoked key opens nothing."""

    id: UUID
    name: Annotated[str, Meta(examples=["CRM"])]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


async def get_api_key(connection: AsyncConnection, project_id: UUID, key_id: UUID) -> ApiKeyView | None:
    """One key of a project, or None."""
    row = (await connection.execute(_of_project(project_id).where(ApiKey.id == key_id))).one_or_none()
    return None if row is None else _view(row)


async def list_api_keys(
    connection: AsyncConnection, project_id: UUID, *, page: int, per_page: int
) -> tuple[list[ApiKeyView], PageMeta]:
    """A page of a project's keys, newest first, the revoked ones among them."""
    rows, meta = await numbered_page(
        connection,
        _of_project(project_id),
        ApiKey.created_at.desc(),
        ApiKey.id.desc(),
        page=page,
        per_page=per_page,
    )
    return [_view(row) for row in rows], meta


async def page_of_api_keys(
    connection: AsyncConnection, project_id: UUID, page: CursorQuery
) -> tuple[list[ApiKeyView], Paging]:
    """The same by key. Raises InvalidCursorError."""
    rows, paging = await cursor_page(connection, _of_project(project_id), ApiKey.created_at, ApiKey.id, page)
    return [_view(row) for row in rows], paging


def _of_project(project_id: UUID) -> AnySelect:
    return select(ApiKey.__table__).where(ApiKey.project_id == project_id)


def _view(row: Row[Any]) -> ApiKeyView:
    return ApiKeyView(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
