"""/platform/v1/workflow_executions (Kapso: Workflows API, "Workflow executions")."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from api.access import CurrentActor, CurrentKey
from api.openapi import refusals
from api.platform.paging import After, Before, Limit
from api.workflow_intake import accept_workflow_event
from shared.audit import record
from shared.operations.resume_execution import Resumption, resume_execution
from shared.operations.update_execution import ExecutionChange
from shared.operations.workflow_events import ExecutionReported, WorkflowEvent
from shared.paging import CursorQuery, Paging
from shared.publish import publish
from shared.queries.executions import (
    ExecutionDetail,
    ExecutionEvent,
    ExecutionSummary,
    ExecutionView,
    get_execution,
    get_execution_detail,
    list_execution_events,
)


class ExecutionChangeBody(msgspec.Struct):
    workflow_execution: ExecutionChange


class ExecutionAnswer(msgspec.Struct):
    data: ExecutionView


class ExecutionDetailAnswer(msgspec.Struct):
    data: ExecutionDetail


class ResumedExecution(ExecutionSummary, kw_only=True):
    """The execution that got the input, which is always the one that was asked: none of ours starts another."""

    requested_execution_id: UUID
    parent_flow_execution_id: UUID | None


class ResumedAnswer(msgspec.Struct):
    data: ResumedExecution


class ExecutionEventList(msgspec.Struct):
    data: list[ExecutionEvent]
    paging: Paging


class WorkflowExecutionController(Controller):
    path = "/workflow_executions/{execution_id:uuid}"
    tags = ("Workflows",)

    @get("/events", responses=refusals(404))
    async def list_events(
        self,
        state: State,
        key: CurrentKey,
        execution_id: FromPath[UUID],
        event_type: Annotated[str | None, QueryParameter(max_length=100, description="Any, if absent.")] = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> ExecutionEventList:
        """The log of an execution, newest first."""
        async with state.engine.connect() as connection:
            data, paging = await list_execution_events(
                connection, key.project_id, execution_id, event_type, CursorQuery(limit, after, before)
            )
        return ExecutionEventList(data, paging)

    @get(responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, execution_id: FromPath[UUID]) -> ExecutionDetailAnswer:
        """One execution with its context and the newest lines of its log."""
        async with state.engine.connect() as connection:
            return ExecutionDetailAnswer(await get_execution_detail(connection, key.project_id, execution_id))

    @patch(responses=refusals(404))
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        execution_id: FromPath[UUID],
        data: JSONBody[ExecutionChangeBody],
    ) -> ExecutionAnswer:
        """Report what an engine does, or stop it: `handoff` gives the conversation to a person, `waiting` or `running`
        gives it back, `ended` and `failed` are the end.
        """
        reported = ExecutionReported(key.project_id, execution_id, data.workflow_execution)
        await accept_workflow_event(state, WorkflowEvent(actor, reported))
        async with state.engine.connect() as connection:
            return ExecutionAnswer(await get_execution(connection, key.project_id, execution_id))

    @post("/resume", status_code=200, responses=refusals(404))
    async def resume(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        execution_id: FromPath[UUID],
        data: JSONBody[Resumption],
    ) -> ResumedAnswer:
        """Give a waiting execution its input. It is logged, and the engine reads it there."""
        async with state.engine.begin() as connection:
            moved = await resume_execution(connection, key.project_id, execution_id, data)
            await record(connection, key.project_id, actor, "workflow_execution.resumed", execution_id)
            view = await get_execution(connection, key.project_id, execution_id)
        await publish(state.pubsub, moved.events)
        summary = {field: getattr(view, field) for field in ExecutionSummary.__struct_fields__}
        return ResumedAnswer(
            ResumedExecution(**summary, requested_execution_id=execution_id, parent_flow_execution_id=None)
        )
