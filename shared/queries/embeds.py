"""Embeds as the Platform API shows them."""

import contextlib
from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.embeds import Language, Mode
from shared.models import Customer, InboxEmbed, PhoneNumber, TeamMember
from shared.paging import AnySelect, CursorQuery, PageMeta, Paging, cursor_page, numbered_page
from shared.scope import ScopeType

EmbedStatus = Literal["active", "revoked"]


class InboxEmbedView(msgspec.Struct, kw_only=True):
    """Kapso's InboxEmbed object (Platform API, "Inbox embeds"), and when it was revoked. The token is not in it."""

    id: UUID
    name: Annotated[str, Meta(examples=["Support inbox"])] | None
    scope_type: ScopeType
    scope_id: Annotated[str, Meta(examples=["106540352242922"])] | None
    scope_name: Annotated[str, Meta(examples=["+1 415 555 1234"])] | None
    assigned_user_id: UUID | None
    assigned_user_name: Annotated[str, Meta(examples=["Ana Ribeiro"])] | None
    status: EmbedStatus
    allowed_origins: list[str]
    default_mode: Mode
    language: Language
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: Annotated[datetime, Meta(description="To the minute.")] | None
    created_at: datetime
    updated_at: datetime


class EmbedFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a project's embeds to list; a filter that is None lets all pass."""

    status: EmbedStatus | None = None
    scope_type: ScopeType | None = None
    scope_id: str | None = None
    assigned_user_id: UUID | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.status is not None:
            is_active = InboxEmbed.revoked_at.is_(None)
            conditions.append(is_active if self.status == "active" else ~is_active)
        if self.scope_type is not None:
            conditions.append(InboxEmbed.scope_type == self.scope_type)
        if self.scope_id is not None:
            conditions.append(_has_scope_id(self.scope_id))
        if self.assigned_user_id is not None:
            conditions.append(InboxEmbed.assignee_id == self.assigned_user_id)
        return conditions


def _has_scope_id(scope_id: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = InboxEmbed.phone_number_id == scope_id
    with contextlib.suppress(ValueError):
        condition = or_(condition, InboxEmbed.customer_id == UUID(scope_id))
    return condition


async def get_embed(connection: AsyncConnection, project_id: UUID, embed_id: UUID) -> InboxEmbedView | None:
    """One embed of a project, or None."""
    row = (await connection.execute(_of_project(project_id).where(InboxEmbed.id == embed_id))).one_or_none()
    return None if row is None else _view(row)


async def embeds_among(connection: AsyncConnection, project_id: UUID, embed_ids: Collection[UUID]) -> set[UUID]:
    """Those of these embeds that are the project's."""
    query = select(InboxEmbed.id).where(InboxEmbed.project_id == project_id, InboxEmbed.id.in_(embed_ids))
    return set((await connection.execute(query)).scalars())


async def list_embeds(
    connection: AsyncConnection, project_id: UUID, filters: EmbedFilters, *, page: int, per_page: int
) -> tuple[list[InboxEmbedView], PageMeta]:
    """A page of a project's embeds, newest first."""
    rows, meta = await numbered_page(
        connection,
        _of_project(project_id).where(*filters.conditions()),
        InboxEmbed.created_at.desc(),
        InboxEmbed.id.desc(),
        page=page,
        per_page=per_page,
    )
    return [_view(row) for row in rows], meta


async def page_of_embeds(
    connection: AsyncConnection, project_id: UUID, filters: EmbedFilters, page: CursorQuery
) -> tuple[list[InboxEmbedView], Paging]:
    """The same by key. Raises InvalidCursorError."""
    query = _of_project(project_id).where(*filters.conditions())
    rows, paging = await cursor_page(connection, query, InboxEmbed.created_at, InboxEmbed.id, page)
    return [_view(row) for row in rows], paging


def _of_project(project_id: UUID) -> AnySelect:
    return (
        select(
            InboxEmbed.__table__,
            PhoneNumber.display_phone_number,
            Customer.name.label("customer_name"),
            TeamMember.name.label("assignee_name"),
        )
        .outerjoin(PhoneNumber, PhoneNumber.phone_number_id == InboxEmbed.phone_number_id)
        .outerjoin(Customer, Customer.id == InboxEmbed.customer_id)
        .outerjoin(TeamMember, TeamMember.id == InboxEmbed.assignee_id)
        .where(InboxEmbed.project_id == project_id)
    )


def _view(row: Row[Any]) -> InboxEmbedView:
    return InboxEmbedView(
        id=row.id,
        name=row.name,
        scope_type=row.scope_type,
        scope_id=row.phone_number_id or (str(row.customer_id) if row.customer_id else None),
        scope_name=row.display_phone_number or row.customer_name,
        assigned_user_id=row.assignee_id,
        assigned_user_name=row.assignee_name,
        status="active" if row.revoked_at is None else "revoked",
        allowed_origins=row.allowed_origins,
        default_mode=row.default_mode,
        language=row.language,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
