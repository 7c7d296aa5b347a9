"""The audit log as the Platform API shows it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import AuditEvent
from shared.paging import CursorQuery, Paging, cursor_page
from shared.periods import between


class ActorView(msgspec.Struct, kw_only=True):
    """Who did it: an API key, an operator in the dashboard, a person in an embedded inbox, somebody at the command
    line, or Porthole by itself.
    """

    type: Annotated[str, Meta(description="api_key, operator, embed, cli or system", examples=["api_key"])]
    id: Annotated[str, Meta(examples=["019a2b5c-8f00-7cc3-9b6e-3f1d2a4b5c6d"])] | None
    name: Annotated[str, Meta(examples=["CRM"])] | None
    user_id: (
        Annotated[
            str, Meta(description="The person's own, where an inbox's host says who is looking.", examples=["42"])
        ]
        | None
    )


class AuditEventView(msgspec.Struct, kw_only=True):
    """A line of the audit log. `changes` is {field: [before, after]}; before is null for what something was made with,
    and a secret is never in it.
    """

    id: UUID
    action: Annotated[str, Meta(examples=["customer.updated"])]
    object_type: Annotated[str, Meta(examples=["customer"])]
    object_id: Annotated[str, Meta(examples=["019a2b5c-8f00-7cc3-9b6e-3f1d2a4b5c6d"])]
    changes: dict[str, Any]
    actor: ActorView
    address: Annotated[str, Meta(examples=["203.0.113.7"])] | None
    user_agent: Annotated[str, Meta(examples=["python-httpx/0.28"])] | None
    request_id: Annotated[str, Meta(examples=["5f2a9c0e1b7d4f63"])] | None
    created_at: datetime


class AuditFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of the list. Dates are inclusive."""

    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    actor_id: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


async def list_audit_events(
    connection: AsyncConnection, project_id: UUID | None, filters: AuditFilters, page: CursorQuery
) -> tuple[list[AuditEventView], Paging]:
    """A page of a project's audit log, newest first; for None, of what belongs to no project. Raises
    InvalidCursorError.
    """
    query = select(AuditEvent.__table__).where(
        AuditEvent.project_id == project_id,
        *between(AuditEvent.created_at, filters.created_after, filters.created_before),
    )
    for column in (AuditEvent.action, AuditEvent.object_type, AuditEvent.object_id, AuditEvent.actor_id):
        wanted = getattr(filters, column.key)
        if wanted is not None:
            query = query.where(column == wanted)
    rows, paging = await cursor_page(connection, query, AuditEvent.created_at, AuditEvent.id, page)
    return [_view(row) for row in rows], paging


def _view(row: Row[Any]) -> AuditEventView:
    return AuditEventView(
        id=row.id,
        action=row.action,
        object_type=row.object_type,
        object_id=row.object_id,
        changes=row.changes,
        actor=ActorView(type=row.actor_type, id=row.actor_id, name=row.actor_name, user_id=row.user_id),
        address=row.address,
        user_agent=row.user_agent,
        request_id=row.request_id,
        created_at=row.created_at,
    )
