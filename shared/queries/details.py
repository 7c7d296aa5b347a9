"""What stands beside a thread and is in no row of the list: what programs have noted, and the workflow's course."""

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import msgspec
from sqlalchemy import Boolean, Row, literal_column, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import MOVES, Contact, Conversation, Workflow, WorkflowEvent, WorkflowExecution
from shared.queries.executions import ExecutionStatus
from shared.queries.threads import first_shown
from shared.refusals import NotFoundError
from shared.scope import Scope
from shared.user_claims import User

MOST_MOVES = 20
"""How many of its latest moves a workflow shows."""

MOST_REASON = 500
"""Characters of the reason for a failure."""

MoveType = Literal[
    "execution_started",
    "execution_resumed",
    "execution_waiting",
    "execution_handoff",
    "execution_ended",
    "execution_failed",
]


class WorkflowMove(msgspec.Struct):
    """An execution went from one status to another; `by` is the person who pressed the button, if one did."""

    type: MoveType
    at: datetime
    by: User | None


class WorkflowState(msgspec.Struct):
    """The latest execution on a conversation. `since` is when it got its `status`; `reason` is why it failed, in the
    engine's words; `moves` are its latest, newest first.
    """

    execution_id: UUID
    name: str
    status: ExecutionStatus
    since: datetime
    reason: str | None
    handed_off_by: User | None
    moves: list[WorkflowMove]


class ConversationDetails(msgspec.Struct):
    """`metadata` is the conversation's and `contact_metadata` the contact's, both the project's own. The contact's is
    null in an embed of a customer or of a number: the person may be other customers' too. `first_message_at` is when
    the first message was written that the conversation shows, which may have come much later, with the phone's history;
    null if it shows none.
    """

    metadata: dict[str, Any]
    contact_metadata: dict[str, Any] | None
    first_message_at: datetime | None
    workflow: WorkflowState | None


_latest = (
    select(WorkflowExecution.__table__, Workflow.name.label("workflow_name"))
    .join(Workflow, Workflow.id == WorkflowExecution.workflow_id)
    .where(WorkflowExecution.conversation_id == Conversation.id)
    .order_by(WorkflowExecution.started_at.desc(), WorkflowExecution.id.desc())
    .limit(1)
    .correlate(Conversation)
    .lateral("latest")
)


async def get_details(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> ConversationDetails:
    """Raises NotFoundError if the scope does not contain the conversation."""
    query = (
        select(
            Conversation.details.label("noted"),
            Contact.details.label("contact_noted"),
            first_shown.c.sent_at.label("first_message_at"),
            _latest.c.id.label("execution_id"),
            _latest.c.workflow_name,
            _latest.c.status,
            _latest.c.started_at,
            _latest.c.error_details,
            _latest.c.handed_off_by,
        )
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(first_shown, true())
        .outerjoin(_latest, true())
        .where(scope.conversations(), Conversation.id == conversation_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("Conversation")
    whole_project = scope.phone_number_id is None and scope.customer_id is None
    return ConversationDetails(
        metadata=row.noted,
        contact_metadata=row.contact_noted if whole_project else None,
        first_message_at=row.first_message_at,
        workflow=None if row.execution_id is None else _workflow(row, await _moves(connection, row.execution_id)),
    )


async def _moves(connection: AsyncConnection, execution_id: UUID) -> list[WorkflowMove]:
    query = (
        select(WorkflowEvent.event_type, WorkflowEvent.created_at, WorkflowEvent.payload)
        .where(WorkflowEvent.execution_id == execution_id, literal_column(MOVES, Boolean()))
        .order_by(WorkflowEvent.created_at.desc(), WorkflowEvent.id.desc())
        .limit(MOST_MOVES)
    )
    rows = await connection.execute(query)
    return [WorkflowMove(row.event_type, row.created_at, _user(row.payload.get("by"))) for row in rows]


def _workflow(row: Row[Any], moves: list[WorkflowMove]) -> WorkflowState:
    return WorkflowState(
        execution_id=row.execution_id,
        name=row.workflow_name,
        status=row.status,
        since=moves[0].at if moves else row.started_at,
        reason=_reason(row.error_details) if row.status == "failed" else None,
        handed_off_by=_user(row.handed_off_by) if row.status == "handoff" else None,
        moves=moves,
    )


def _reason(error_details: dict[str, Any] | None) -> str | None:
    """The engine may say why in any shape; what else it says is for those who run it."""
    said = (cast("object", (error_details or {}).get(name)) for name in ("message", "error", "reason"))
    return next((one.strip()[:MOST_REASON] for one in said if isinstance(one, str) and one.strip()), None)


def _user(value: dict[str, Any] | None) -> User | None:
    return None if value is None else User(**value)
