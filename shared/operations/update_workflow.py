"""Rename, activate or archive a workflow."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import changed
from shared.models import Workflow
from shared.operations.create_workflow import WorkflowName
from shared.patches import sent_fields
from shared.queries.workflows import WorkflowStatus
from shared.refusals import NotFoundError


class WorkflowChange(msgspec.Struct, frozen=True):
    """Kapso: Workflows API, "Update workflow". Its executions go on, whatever its status becomes."""

    name: WorkflowName | UnsetType = UNSET
    status: WorkflowStatus | UnsetType = UNSET


async def update_workflow(
    connection: AsyncConnection, project_id: UUID, workflow_id: UUID, change: WorkflowChange
) -> dict[str, list[Any]]:
    """Change what is given, and return it as {field: [before, after]}. Raises NotFoundError."""
    wanted = (Workflow.project_id == project_id, Workflow.id == workflow_id)
    found = await connection.execute(select(Workflow.name, Workflow.status).where(*wanted).with_for_update())
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFoundError("Workflow")
    values = sent_fields(change)
    changes = changed(dict(row), values)
    if changes:
        await connection.execute(update(Workflow).where(*wanted).values(**values, updated_at=func.now()))
    return changes
