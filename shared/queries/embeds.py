"""Embeds as the Platform API shows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Customer, InboxEmbed, PhoneNumber, TeamMember
from shared.paging import AnySelect, PageMeta, numbered_page


class InboxEmbedView(msgspec.Struct, kw_only=True):
    """Kapso's InboxEmbed object (Platform API, "Inbox embeds"). The token is not in it."""

    id: UUID
    name: str | None
    scope_type: str
    scope_id: str | None
    scope_name: str | None
    assigned_user_id: UUID | None
    assigned_user_name: str | None
    status: str
    allowed_origins: list[str]
    default_mode: str
    language: str
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime


async def get_embed(connection: AsyncConnection, project_id: UUID, embed_id: UUID) -> InboxEmbedView | None:
    """One embed of a project, or None."""
    row = (await connection.execute(_of_project(project_id).where(InboxEmbed.id == embed_id))).one_or_none()
    return None if row is None else _view(row)


async def list_embeds(
    connection: AsyncConnection, project_id: UUID, *, page: int, per_page: int
) -> tuple[list[InboxEmbedView], PageMeta]:
    """A page of a project's embeds, newest first."""
    rows, meta = await numbered_page(
        connection,
        _of_project(project_id),
        InboxEmbed.created_at.desc(),
        InboxEmbed.id.desc(),
        page=page,
        per_page=per_page,
    )
    return [_view(row) for row in rows], meta


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
        last_used_at=row.last_used_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
