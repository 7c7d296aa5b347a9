"""Register a workflow that an engine outside runs."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.models import Workflow
from shared.queries.workflows import WorkflowStatus

WorkflowName = Annotated[str, Meta(min_length=1, max_length=200, examples=["Order status"])]


class NewWorkflow(msgspec.Struct, frozen=True):
    """Kapso: Workflows API, "Create workflow", without the definition, which the engine keeps."""

    name: WorkflowName
    status: WorkflowStatus = "active"


async def create_workflow(connection: AsyncConnection, project_id: UUID, wanted: NewWorkflow) -> UUID:
    """Returns its id."""
    workflow_id = new_id()
    await connection.execute(
        insert(Workflow).values(id=workflow_id, project_id=project_id, name=wanted.name, status=wanted.status)
    )
    return workflow_id
