"""The people of the business as the Platform API shows them."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import TeamMember
from shared.paging import AnySelect, CursorQuery, PageMeta, Paging, cursor_page, numbered_page


class UserView(msgspec.Struct, kw_only=True):
    """Kapso's User object (Platform API, "Users"). `id` is that of the membership; assignments and embeds name people
    by `user_id`.
    """

    id: int
    user_id: UUID
    email: Annotated[str, Meta(examples=["ana@example.com"])]
    name: Annotated[str, Meta(examples=["Ana Ribeiro"])]
    role: Annotated[str, Meta(description="owner, admin or member", examples=["member"])]


async def get_user(connection: AsyncConnection, project_id: UUID, user_id: UUID) -> UserView | None:
    """One person of a project, or None."""
    row = (await connection.execute(_of_project(project_id).where(TeamMember.id == user_id))).one_or_none()
    return None if row is None else _view(row)


async def list_users(
    connection: AsyncConnection, project_id: UUID, *, page: int, per_page: int
) -> tuple[list[UserView], PageMeta]:
    """A page of a project's people, newest first."""
    rows, meta = await numbered_page(
        connection,
        _of_project(project_id),
        TeamMember.created_at.desc(),
        TeamMember.id.desc(),
        page=page,
        per_page=per_page,
    )
    return [_view(row) for row in rows], meta


async def search_users(
    connection: AsyncConnection, project_id: UUID, words: str, page: CursorQuery
) -> tuple[list[UserView], Paging]:
    """Those whose name or email contains the words, newest first; all of them for no words. Raises
    InvalidCursorError.
    """
    query = _of_project(project_id)
    if words:
        columns = (TeamMember.name, TeamMember.email)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    rows, paging = await cursor_page(connection, query, TeamMember.created_at, TeamMember.id, page)
    return [_view(row) for row in rows], paging


def _of_project(project_id: UUID) -> AnySelect:
    return select(TeamMember.__table__).where(TeamMember.project_id == project_id)


def _view(row: Row[Any]) -> UserView:
    return UserView(id=row.membership_id, user_id=row.id, email=row.email, name=row.name, role=row.role)
