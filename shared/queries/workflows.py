"""Workflows as the Platform API shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Workflow
from shared.refusals import NotFoundError

WorkflowStatus = Literal["draft", "active", "archived"]


class WorkflowView(msgspec.Struct, kw_only=True):
    """What Kapso's workflow object says of a workflow that an engine outside runs (Workflows API, "Workflows")."""

    id: UUID
    name: Annotated[str, Meta(examples=["Order status"])]
    status: WorkflowStatus
    created_at: datetime
    updated_at: datetime


async def list_workflows(connection: AsyncConnection, project_id: UUID) -> list[WorkflowView]:
    """All of a project's workflows, newest first."""
    query = (
        select(Workflow.__table__)
        .where(Workflow.project_id == project_id)
        .order_by(Workflow.created_at.desc(), Workflow.id.desc())
    )
    return [_view(row) for row in await connection.execute(query)]


async def get_workflow(connection: AsyncConnection, project_id: UUID, workflow_id: UUID) -> WorkflowView:
    """Raises NotFoundError if the project does not have it."""
    query = select(Workflow.__table__).where(Workflow.project_id == project_id, Workflow.id == workflow_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("Workflow")
    return _view(row)


def _view(row: Row[Any]) -> WorkflowView:
    return WorkflowView(
        id=row.id, name=row.name, status=row.status, created_at=row.created_at, updated_at=row.updated_at
    )
