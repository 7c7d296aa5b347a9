"""Workflow executions and their logs as the Platform API shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, Row, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation, Workflow, WorkflowEvent, WorkflowExecution
from shared.paging import AnySelect, CursorQuery, Paging, cursor_page
from shared.periods import between
from shared.queries.workflows import WorkflowStatus
from shared.refusals import NotFoundError
from shared.user_claims import User

ExecutionStatus = Literal["running", "waiting", "handoff", "ended", "failed"]

MOST_EVENTS = 100
"""How many lines of the log an execution's detail holds; the others are in the list of events."""


class Position(msgspec.Struct, frozen=True):
    """Where a step stands in the engine's drawing."""

    x: float
    y: float


class Step(msgspec.Struct, frozen=True):
    """A step of the engine's, in Kapso's fields."""

    id: Annotated[str, Meta(max_length=200, examples=["42"])] | None = None
    identifier: Annotated[str, Meta(max_length=200, examples=["ask_for_order_number"])] | None = None
    stepable_type: Annotated[str, Meta(max_length=200, examples=["SendTextNode"])] | None = None
    position: Position | float | None = None


class WorkflowOfExecution(msgspec.Struct):
    id: UUID
    name: Annotated[str, Meta(examples=["Order status"])]
    status: WorkflowStatus


class ExecutionSummary(msgspec.Struct, kw_only=True):
    """Kapso's summary of an execution (Workflows API, "Workflow executions")."""

    id: UUID
    status: ExecutionStatus
    started_at: datetime
    ended_at: datetime | None
    last_event_at: datetime
    tracking_id: UUID
    whatsapp_conversation_id: UUID
    workflow: WorkflowOfExecution
    current_step: Step | None


class ExecutionView(ExecutionSummary, kw_only=True):
    """Kapso's base object. `handed_off_by`, which Kapso has not, is the person who last pressed Handoff in an inbox."""

    error_details: dict[str, Any] | None
    handed_off_by: User | None


class ExecutionEvent(msgspec.Struct, kw_only=True):
    """A line of an execution's log (Kapso: Workflows API, "Workflow events")."""

    id: UUID
    event_type: Annotated[str, Meta(examples=["execution_started"])]
    direction: Annotated[str | None, Meta(examples=["inbound"])]
    edge_label: Annotated[str | None, Meta(examples=["yes"])]
    created_at: datetime
    payload: dict[str, Any]
    step: Step | None


class ExecutionContext(msgspec.Struct, kw_only=True):
    """What an engine needs to go on: what it gave (`metadata` holds the initial data), and in `system` what we know."""

    vars: dict[str, Any]
    system: dict[str, Any]
    context: dict[str, Any]
    metadata: dict[str, Any]


class ExecutionDetail(ExecutionView, kw_only=True):
    """Kapso's full object: the log, newest first, holds at most MOST_EVENTS lines."""

    resumable_execution_id: UUID | None
    execution_context: ExecutionContext
    events: list[ExecutionEvent]


class ExecutionFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which executions of a workflow or of a conversation. Dates are of the start, inclusive."""

    status: ExecutionStatus | None = None
    conversation_id: UUID | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


async def list_workflow_executions(
    connection: AsyncConnection, project_id: UUID, workflow_id: UUID, filters: ExecutionFilters, page: CursorQuery
) -> tuple[list[ExecutionSummary], Paging]:
    """A page of a workflow's executions, newest first. Raises NotFoundError or InvalidCursorError."""
    await _require(connection, "Workflow", Workflow.project_id == project_id, Workflow.id == workflow_id)
    return await _list(
        connection, _of_project(project_id).where(WorkflowExecution.workflow_id == workflow_id), filters, page
    )


async def list_conversation_executions(
    connection: AsyncConnection, project_id: UUID, filters: ExecutionFilters, page: CursorQuery
) -> tuple[list[ExecutionSummary], Paging]:
    """A page of the executions on `filters.conversation_id`, newest first.

    Raises NotFoundError or InvalidCursorError.
    """
    wanted = Conversation.project_id == project_id, Conversation.id == filters.conversation_id
    await _require(connection, "Conversation", *wanted)
    return await _list(connection, _of_project(project_id), filters, page)


async def get_execution(connection: AsyncConnection, project_id: UUID, execution_id: UUID) -> ExecutionView:
    """Raises NotFoundError if the project does not have it."""
    return ExecutionView(**_base(await _row(connection, project_id, execution_id)))


async def get_execution_detail(connection: AsyncConnection, project_id: UUID, execution_id: UUID) -> ExecutionDetail:
    """Raises NotFoundError if the project does not have it."""
    row = await _row(connection, project_id, execution_id)
    log = (
        select(WorkflowEvent.__table__)
        .where(WorkflowEvent.execution_id == execution_id)
        .order_by(WorkflowEvent.created_at.desc(), WorkflowEvent.id.desc())
        .limit(MOST_EVENTS)
    )
    return ExecutionDetail(
        **_base(row),
        resumable_execution_id=row.id if row.status == "waiting" else None,
        execution_context=ExecutionContext(
            vars=row.variables,
            system={
                "project_id": row.project_id,
                "workflow_id": row.workflow_id,
                "whatsapp_conversation_id": row.conversation_id,
                "phone_number_id": row.phone_number_id,
            },
            context=row.context,
            metadata={"initial_data": row.initial_data},
        ),
        events=[_event(one) for one in await connection.execute(log)],
    )


async def list_execution_events(
    connection: AsyncConnection, project_id: UUID, execution_id: UUID, event_type: str | None, page: CursorQuery
) -> tuple[list[ExecutionEvent], Paging]:
    """A page of an execution's log, newest first. Raises NotFoundError or InvalidCursorError."""
    wanted = WorkflowExecution.project_id == project_id, WorkflowExecution.id == execution_id
    await _require(connection, "Workflow execution", *wanted)
    query: AnySelect = select(WorkflowEvent.__table__).where(WorkflowEvent.execution_id == execution_id)
    if event_type is not None:
        query = query.where(WorkflowEvent.event_type == event_type)
    rows, paging = await cursor_page(connection, query, WorkflowEvent.created_at, WorkflowEvent.id, page)
    return [_event(row) for row in rows], paging


async def _require(connection: AsyncConnection, what: str, *wanted: ColumnElement[bool]) -> None:
    if (await connection.execute(select(literal(1)).where(*wanted))).one_or_none() is None:
        raise NotFoundError(what)


def _of_project(project_id: UUID) -> AnySelect:
    return (
        select(
            WorkflowExecution.__table__,
            Workflow.name.label("workflow_name"),
            Workflow.status.label("workflow_status"),
            Conversation.phone_number_id,
        )
        .join(Workflow, Workflow.id == WorkflowExecution.workflow_id)
        .join(Conversation, Conversation.id == WorkflowExecution.conversation_id)
        .where(WorkflowExecution.project_id == project_id)
    )


async def _list(
    connection: AsyncConnection, query: AnySelect, filters: ExecutionFilters, page: CursorQuery
) -> tuple[list[ExecutionSummary], Paging]:
    if filters.status is not None:
        query = query.where(WorkflowExecution.status == filters.status)
    if filters.conversation_id is not None:
        query = query.where(WorkflowExecution.conversation_id == filters.conversation_id)
    query = query.where(*between(WorkflowExecution.started_at, filters.created_after, filters.created_before))
    rows, paging = await cursor_page(connection, query, WorkflowExecution.started_at, WorkflowExecution.id, page)
    return [ExecutionSummary(**_summary(row)) for row in rows], paging


async def _row(connection: AsyncConnection, project_id: UUID, execution_id: UUID) -> Row[Any]:
    query = _of_project(project_id).where(WorkflowExecution.id == execution_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("Workflow execution")
    return row


def _summary(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "last_event_at": row.last_event_at,
        "tracking_id": row.tracking_id,
        "whatsapp_conversation_id": row.conversation_id,
        "workflow": WorkflowOfExecution(row.workflow_id, row.workflow_name, row.workflow_status),
        "current_step": _step(row.current_step),
    }


def _base(row: Row[Any]) -> dict[str, Any]:
    by = None if row.handed_off_by is None else User(**row.handed_off_by)
    return {**_summary(row), "error_details": row.error_details, "handed_off_by": by}


def _event(row: Row[Any]) -> ExecutionEvent:
    return ExecutionEvent(
        id=row.id,
        event_type=row.event_type,
        direction=row.direction,
        edge_label=row.edge_label,
        created_at=row.created_at,
        payload=row.payload,
        step=_step(row.step),
    )


def _step(value: dict[str, Any] | None) -> Step | None:
    return None if value is None else msgspec.convert(value, Step)
