"""Go on with an execution that waits for input."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import WorkflowExecution
from shared.operations.update_execution import (
    ExecutionMoved,
    check_sizes,
    lock_execution,
    log_event,
    move_execution,
)
from shared.refusals import RefusedError


class ResumeMessage(msgspec.Struct, frozen=True):
    """The input that the execution waits for, in the host's own words."""

    kind: Annotated[str, Meta(min_length=1, max_length=50, examples=["payload"])] = "payload"
    data: Any = None


class Resumption(msgspec.Struct, frozen=True):
    """Kapso: Workflows API, "Resume workflow execution". `variables` are added to those of the execution."""

    message: ResumeMessage
    variables: dict[str, Any] = {}


async def resume_execution(
    connection: AsyncConnection, project_id: UUID, execution_id: UUID, resumption: Resumption
) -> ExecutionMoved:
    """Log the input and set a waiting execution to running; its engine reads both.

    Raises NotFoundError, InvalidFieldsError, or RefusedError with code `not_waiting`.
    """
    row = await lock_execution(connection, project_id, execution_id)
    variables = row.variables | resumption.variables
    check_sizes(message=resumption.message, variables=variables)
    if row.status != "waiting":
        raise RefusedError("not_waiting", f"The execution is not waiting: its status is {row.status}.")
    payload = msgspec.to_builtins(resumption.message)
    await log_event(connection, row.id, "user_input_received", payload, step=row.current_step, direction="inbound")
    if resumption.variables:
        await connection.execute(
            update(WorkflowExecution).where(WorkflowExecution.id == row.id).values(variables=variables)
        )
        await log_event(connection, row.id, "variables_merged", resumption.variables, step=row.current_step)
    return await move_execution(connection, row, "running", step=row.current_step)
