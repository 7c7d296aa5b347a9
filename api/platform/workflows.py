"""/platform/v1/workflows, and the start of their executions (Kapso: Workflows API)."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from api.access import CurrentActor, CurrentKey
from api.body_check import Sent
from api.openapi import refusals
from api.platform.paging import After, Before, Limit, Moment, in_utc
from shared.audit import made, record
from shared.operations.create_workflow import NewWorkflow, create_workflow
from shared.operations.start_execution import NewExecution, check_execution, start_execution
from shared.operations.update_workflow import WorkflowChange, update_workflow
from shared.paging import CursorQuery, Paging
from shared.publish import publish
from shared.queries.executions import (
    ExecutionFilters,
    ExecutionStatus,
    ExecutionSummary,
    list_workflow_executions,
)
from shared.queries.workflows import WorkflowView, get_workflow, list_workflows


class NewWorkflowBody(msgspec.Struct):
    workflow: NewWorkflow


class WorkflowChangeBody(msgspec.Struct):
    workflow: WorkflowChange


class WorkflowAnswer(msgspec.Struct):
    data: WorkflowView


class WorkflowList(msgspec.Struct):
    data: list[WorkflowView]


class NewExecutionBody(msgspec.Struct):
    workflow_execution: NewExecution


class AcceptedExecution(msgspec.Struct):
    """`id` is the execution's."""

    message: Annotated[str, Meta(examples=["Workflow execution started"])]
    workflow_id: UUID
    id: UUID
    tracking_id: UUID


class AcceptedAnswer(msgspec.Struct):
    data: AcceptedExecution


class ExecutionList(msgspec.Struct):
    data: list[ExecutionSummary]
    paging: Paging


async def _check_execution(sent: Sent) -> None:
    await check_execution(sent.connection, sent.project_id, sent.fields)


class WorkflowController(Controller):
    path = "/workflows"
    tags = ("Workflows",)

    @get(responses=refusals())
    async def list(self, state: State, key: CurrentKey) -> WorkflowList:
        """All of the project's workflows, newest first. They run in an engine outside; here they are only known."""
        async with state.engine.connect() as connection:
            return WorkflowList(await list_workflows(connection, key.project_id))

    @post(responses=refusals())
    async def create(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewWorkflowBody]
    ) -> WorkflowAnswer:
        """Register a workflow that an engine outside runs."""
        async with state.engine.begin() as connection:
            workflow_id = await create_workflow(connection, key.project_id, data.workflow)
            changes = made(msgspec.structs.asdict(data.workflow))
            await record(connection, key.project_id, actor, "workflow.created", workflow_id, changes)
            return WorkflowAnswer(await get_workflow(connection, key.project_id, workflow_id))

    @get("/{workflow_id:uuid}/executions", responses=refusals(404))
    async def list_executions(
        self,
        state: State,
        key: CurrentKey,
        workflow_id: FromPath[UUID],
        status: Annotated[ExecutionStatus | None, QueryParameter(description="Any, if absent.")] = None,
        whatsapp_conversation_id: Annotated[UUID | None, QueryParameter(description="Of one conversation.")] = None,
        created_after: Moment = None,
        created_before: Moment = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> ExecutionList:
        """The executions of a workflow, newest first."""
        filters = ExecutionFilters(
            status=status,
            conversation_id=whatsapp_conversation_id,
            created_after=in_utc(created_after, "created_after"),
            created_before=in_utc(created_before, "created_before"),
        )
        async with state.engine.connect() as connection:
            data, paging = await list_workflow_executions(
                connection, key.project_id, workflow_id, filters, CursorQuery(limit, after, before)
            )
        return ExecutionList(data, paging)

    @get("/{workflow_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, workflow_id: FromPath[UUID]) -> WorkflowAnswer:
        """One workflow."""
        async with state.engine.connect() as connection:
            return WorkflowAnswer(await get_workflow(connection, key.project_id, workflow_id))

    @patch("/{workflow_id:uuid}", responses=refusals(404))
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        workflow_id: FromPath[UUID],
        data: JSONBody[WorkflowChangeBody],
    ) -> WorkflowAnswer:
        """Rename, activate or archive a workflow. Only an active one can be started."""
        async with state.engine.begin() as connection:
            changes = await update_workflow(connection, key.project_id, workflow_id, data.workflow)
            if changes:
                await record(connection, key.project_id, actor, "workflow.updated", workflow_id, changes)
            return WorkflowAnswer(await get_workflow(connection, key.project_id, workflow_id))

    @post("/{workflow_id:uuid}/executions", status_code=202, responses=refusals(404, 409), checked_by=_check_execution)
    async def start_execution(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        workflow_id: FromPath[UUID],
        data: JSONBody[NewExecutionBody],
    ) -> AcceptedAnswer:
        """An engine begins to answer somebody. The conversation is opened if need be, and inboxes pause replies in it.

        One execution at a time is open on a conversation; a second one is a 409.
        """
        async with state.engine.begin() as connection:
            started = await start_execution(connection, key.project_id, workflow_id, data.workflow_execution)
            await record(connection, key.project_id, actor, "workflow_execution.started", started.id)
        await publish(state.pubsub, started.events)
        return AcceptedAnswer(
            AcceptedExecution("Workflow execution started", workflow_id, started.id, started.tracking_id)
        )
