"""What happens to workflow executions from outside: a person takes over or hands back, an engine reports.

It takes the way of Meta's webhooks: first into the durable inbox, then applied, by whoever is there first.
"""

from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import Actor, record
from shared.operations.hand_back import hand_back
from shared.operations.hand_off import hand_off
from shared.operations.update_execution import ExecutionChange, ExecutionMoved, update_execution
from shared.scope import Scope
from shared.user_claims import User

_STORE = text("INSERT INTO inbound_event (kind, body) VALUES ('workflow', :body) RETURNING id")

_TAKE = text("SELECT id FROM inbound_event WHERE id = :id AND state = 'pending' FOR UPDATE SKIP LOCKED")

_DONE = text("UPDATE inbound_event SET state = 'done', processed_at = now() WHERE id = :id")

_REFUSED = text("UPDATE inbound_event SET problem = :problem WHERE id = :id")

_OUTCOME = text("""
    SELECT CASE WHEN state = 'pending' THEN state WHEN problem IS NULL THEN 'applied' ELSE 'refused' END
    FROM inbound_event WHERE id = :id
""")


class HandoffPressed(msgspec.Struct, frozen=True, tag="handoff"):
    """A person takes over in an inbox with this scope; `by` is who, where the host names them."""

    scope: Scope
    conversation_id: UUID
    by: User | None


class HandBackPressed(msgspec.Struct, frozen=True, tag="hand_back"):
    """A person returns the conversation to the automation, in the same way."""

    scope: Scope
    conversation_id: UUID
    by: User | None


class ExecutionReported(msgspec.Struct, frozen=True, tag="report"):
    """An engine tells of an execution."""

    project_id: UUID
    execution_id: UUID
    change: ExecutionChange


class WorkflowEvent(msgspec.Struct, frozen=True):
    """What happened, and who did it."""

    actor: Actor
    happened: HandoffPressed | HandBackPressed | ExecutionReported

    @property
    def project_id(self) -> UUID:
        happened = self.happened
        return happened.project_id if isinstance(happened, ExecutionReported) else happened.scope.project_id


_decoder = msgspec.json.Decoder(WorkflowEvent)


def read_workflow_event(body: bytes) -> WorkflowEvent:
    """What was stored. Raises msgspec.ValidationError."""
    return _decoder.decode(body)


async def store_workflow_event(connection: AsyncConnection, event: WorkflowEvent) -> int:
    """Put the event into the durable inbox; returns its id there."""
    return int((await connection.execute(_STORE, {"body": msgspec.json.encode(event)})).scalar_one())


async def take_workflow_event(connection: AsyncConnection, event_id: int) -> bool:
    """Whether the event is this transaction's to apply; if not, somebody else has it."""
    return (await connection.execute(_TAKE, {"id": event_id})).scalar_one_or_none() is not None


async def workflow_event_done(connection: AsyncConnection, event_id: int) -> None:
    """It was applied, or refused: it is not to be looked at again."""
    await connection.execute(_DONE, {"id": event_id})


async def workflow_event_refused(connection: AsyncConnection, event_id: int, problem: str) -> None:
    """Keep why it was refused, for a caller who may still be waiting for what came of it."""
    await connection.execute(_REFUSED, {"id": event_id, "problem": problem})


async def workflow_event_outcome(
    connection: AsyncConnection, event_id: int
) -> Literal["pending", "applied", "refused"]:
    outcome: Literal["pending", "applied", "refused"] = (
        await connection.execute(_OUTCOME, {"id": event_id})
    ).scalar_one()
    return outcome


async def apply_workflow_event(connection: AsyncConnection, event: WorkflowEvent) -> ExecutionMoved:
    """Do what the event says, with its line in the audit log. Said again, it changes nothing more.

    Raises NotFoundError, RefusedError or InvalidFieldsError.
    """
    happened = event.happened
    if isinstance(happened, HandoffPressed):
        moved = await hand_off(connection, happened.scope, happened.conversation_id, happened.by)
    elif isinstance(happened, HandBackPressed):
        moved = await hand_back(connection, happened.scope, happened.conversation_id, happened.by)
    else:
        moved = await update_execution(connection, happened.project_id, happened.execution_id, happened.change)
    if moved.before != moved.after:
        changes = {"status": [moved.before, moved.after]}
        action = "workflow_execution.updated"
        await record(connection, event.project_id, event.actor, action, moved.execution_id, changes)
    return moved
