"""Move a workflow execution from one status to another, and its conversation's mode with it.

Every writer of an execution holds the lock of its conversation, which comes first.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationUpdated, Event
from shared.ids import new_id
from shared.models import Conversation, WorkflowExecution
from shared.operations.emit_webhooks import emit_handoff, emit_resumed, emit_workflow_failed
from shared.queries.executions import ExecutionStatus, Step
from shared.queries.views import conversation_views
from shared.refusals import NotFoundError, RefusedError
from shared.user_claims import User
from shared.validation import InvalidFieldsError

OPEN = ("running", "waiting", "handoff")

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "running": frozenset({"waiting", "handoff", "ended", "failed"}),
    "waiting": frozenset({"running", "handoff", "ended", "failed"}),
    "handoff": frozenset({"running", "waiting", "ended", "failed"}),
    "failed": frozenset({"ended"}),  # somebody has seen the failure, and its banner goes
    "ended": frozenset(),
}
"""Where an execution may go from each status. Kapso publishes `ended`, `handoff` and `waiting` as targets; `running`
and `failed` are for an engine outside, which has to report them.
"""

_EVENT_TYPES = {
    "running": "execution_resumed",
    "waiting": "execution_waiting",
    "handoff": "execution_handoff",
    "ended": "execution_ended",
    "failed": "execution_failed",
}

MOST_JSON = 64 * 1024  # bytes of one object of the engine's own

_LOG = text("""
    WITH logged AS (
        INSERT INTO workflow_event (id, execution_id, event_type, direction, payload, step)
        VALUES (:id, :execution_id, :event_type, :direction, CAST(:payload AS jsonb), CAST(:step AS jsonb))
    )
    UPDATE workflow_execution SET last_event_at = clock_timestamp() WHERE id = :execution_id
""")

# The latest execution says what the conversation shows: a failure stays in sight until it is ended or another begins.
_FOLLOW = text("""
    UPDATE conversation c SET mode = latest.mode, handed_off_by = latest.handed_off_by
    FROM (
        SELECT CASE WHEN status IN ('running', 'waiting') THEN 'running' WHEN status <> 'ended' THEN status END AS mode,
               CASE WHEN status = 'handoff' THEN handed_off_by END AS handed_off_by
        FROM workflow_execution WHERE conversation_id = :id ORDER BY started_at DESC, id DESC LIMIT 1
    ) latest
    WHERE c.id = :id AND (c.mode, c.handed_off_by) IS DISTINCT FROM (latest.mode, latest.handed_off_by)
    RETURNING c.id
""")


class ExecutionChange(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said of an execution after its start (Kapso: Workflows API, "Update workflow execution")."""

    status: ExecutionStatus | UnsetType = UNSET
    error_details: Annotated[
        dict[str, Any] | None, Meta(description="Why it failed; with the status `failed` only.")
    ] = None
    current_step: Annotated[Step | None, Meta(description="Kept while the execution is open.")] | UnsetType = UNSET


class ExecutionMoved(msgspec.Struct, frozen=True):
    """What came of a change: the status before and after it, and what to publish."""

    execution_id: UUID
    conversation_id: UUID
    before: str
    after: str
    events: list[Event]


async def update_execution(
    connection: AsyncConnection, project_id: UUID, execution_id: UUID, change: ExecutionChange
) -> ExecutionMoved:
    """Store what an engine reports. The status that the execution has already is no transition and changes nothing.

    Raises NotFoundError, InvalidFieldsError, or RefusedError with code `invalid_transition`.
    """
    check_sizes(error_details=change.error_details)
    row = await lock_execution(connection, project_id, execution_id)
    after = row.status if isinstance(change.status, UnsetType) else change.status
    if change.error_details is not None and after != "failed":
        raise InvalidFieldsError({"error_details": ["is for the status `failed` only"]})
    check_transition(row.status, after)
    step = row.current_step
    if not isinstance(change.current_step, UnsetType) and row.status in OPEN:
        step = None if change.current_step is None else msgspec.to_builtins(change.current_step)
        await _enter(connection, row, step)
    moved = await move_execution(connection, row, after, error_details=change.error_details, step=step)
    if moved.after != moved.before and moved.after == "handoff":
        await emit_handoff(connection, row, "api")
    if moved.before == "handoff" and moved.after in ("running", "waiting"):
        await emit_resumed(connection, row, moved.after, "api", None)
    if moved.after != moved.before and moved.after == "failed":
        await emit_workflow_failed(connection, row, change.error_details)
    return moved


async def lock_execution(connection: AsyncConnection, project_id: UUID, execution_id: UUID) -> Row[Any]:
    """The execution's row, its conversation locked. Raises NotFoundError."""
    wanted = (WorkflowExecution.project_id == project_id, WorkflowExecution.id == execution_id)
    conversation_id = select(WorkflowExecution.conversation_id).where(*wanted)
    await connection.execute(
        select(Conversation.id)
        .where(Conversation.id == conversation_id.scalar_subquery())
        .with_for_update(key_share=True)
    )
    row = (await connection.execute(select(WorkflowExecution.__table__).where(*wanted))).one_or_none()
    if row is None:
        raise NotFoundError("Workflow execution")
    return row


async def open_execution(connection: AsyncConnection, conversation_id: UUID) -> Row[Any] | None:
    """The row of the execution that is under way; the caller has locked the conversation."""
    query = select(WorkflowExecution.__table__).where(
        WorkflowExecution.conversation_id == conversation_id, WorkflowExecution.status.in_(OPEN)
    )
    return (await connection.execute(query)).one_or_none()


def check_transition(before: str, after: str) -> None:
    """Raises RefusedError."""
    if after != before and after not in TRANSITIONS[before]:
        raise RefusedError("invalid_transition", f"Invalid transition from {before} to {after}")


async def move_execution(
    connection: AsyncConnection,
    row: Row[Any],
    after: str,
    *,
    by: User | None = None,
    error_details: dict[str, Any] | None = None,
    step: dict[str, Any] | None = None,
) -> ExecutionMoved:
    """Give a locked execution the status `after`, which check_transition allows; the conversation's mode follows."""
    if after == row.status:
        return ExecutionMoved(row.id, row.conversation_id, after, after, [])
    await _store_status(connection, row, after, by, error_details, step)
    return ExecutionMoved(
        row.id, row.conversation_id, row.status, after, await follow_execution(connection, row.conversation_id)
    )


async def end_open_execution(connection: AsyncConnection, conversation_id: UUID) -> None:
    """End the execution that is under way, if one is. The caller has locked the conversation and sets its mode."""
    row = await open_execution(connection, conversation_id)
    if row is not None:
        await _store_status(connection, row, "ended", None, None, row.current_step)


async def follow_execution(connection: AsyncConnection, conversation_id: UUID) -> list[Event]:
    """Set the conversation's mode to what its latest execution says, and tell who sees it, if that is news."""
    if (await connection.execute(_FOLLOW, {"id": conversation_id})).one_or_none() is None:
        return []
    view, audience = (await conversation_views(connection, [conversation_id]))[conversation_id]
    return [Event(audience.channels(), ConversationUpdated(view))]


async def log_event(
    connection: AsyncConnection,
    execution_id: UUID,
    event_type: str,
    payload: Mapping[str, Any] | None = None,
    *,
    step: dict[str, Any] | None = None,
    direction: Literal["inbound", "outbound"] | None = None,
) -> None:
    """Add a line to the execution's log (Kapso: Workflows API, "Workflow events", for the names of its types)."""
    await connection.execute(
        _LOG,
        {
            "id": new_id(),
            "execution_id": execution_id,
            "event_type": event_type,
            "direction": direction,
            "payload": msgspec.json.encode(payload or {}).decode(),
            "step": None if step is None else msgspec.json.encode(step).decode(),
        },
    )


def check_sizes(**objects: Any) -> None:
    """Raises InvalidFieldsError naming each that is larger than MOST_JSON."""
    too_large = {name: value for name, value in objects.items() if len(msgspec.json.encode(value)) > MOST_JSON}
    if too_large:
        raise InvalidFieldsError({name: [f"must be at most {MOST_JSON} bytes of JSON"] for name in too_large})


async def _enter(connection: AsyncConnection, row: Row[Any], step: dict[str, Any] | None) -> None:
    if step == row.current_step:
        return
    await connection.execute(update(WorkflowExecution).where(WorkflowExecution.id == row.id).values(current_step=step))
    if step is not None:
        await log_event(connection, row.id, "step_entered", step=step)


async def _store_status(
    connection: AsyncConnection,
    row: Row[Any],
    after: str,
    by: User | None,
    error_details: dict[str, Any] | None,
    step: dict[str, Any] | None,
) -> None:
    person = None if by is None else msgspec.to_builtins(by)
    values: dict[str, Any] = {"status": after}
    if after == "handoff":
        values["handed_off_by"] = person
    if after == "failed":
        values["error_details"] = error_details
    if after not in OPEN:
        values["ended_at"] = func.coalesce(WorkflowExecution.ended_at, func.clock_timestamp())
    await connection.execute(update(WorkflowExecution).where(WorkflowExecution.id == row.id).values(**values))
    payload = {"from": row.status}
    if person is not None:
        payload["by"] = person
    if error_details is not None:
        payload["error_details"] = error_details
    await log_event(connection, row.id, _EVENT_TYPES[after], payload, step=step)
