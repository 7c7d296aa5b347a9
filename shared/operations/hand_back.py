"""A person returns a conversation to the automation that they took it from."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.operations.emit_webhooks import emit_resumed
from shared.operations.hand_off import lock_open_execution
from shared.operations.update_execution import ExecutionMoved, move_execution
from shared.refusals import RefusedError
from shared.scope import Scope
from shared.user_claims import User


async def hand_back(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, by: User | None
) -> ExecutionMoved:
    """Let the execution that was handed off wait for the customer again, as Kapso's "Resume from Handoff" does.

    `by` is the person who presses, where the host names them. Raises NotFoundError if the scope does not contain the
    conversation, and RefusedError with code `no_execution` if no automation is open on it, or `not_handed_off` if it is
    answering already; of two people who press at once, the second hears that.
    """
    row = await lock_open_execution(connection, scope, conversation_id)
    if row.status != "handoff":
        raise RefusedError("not_handed_off", "The automation is answering this conversation already.")
    moved = await move_execution(connection, row, "waiting", by=by, step=row.current_step)
    await emit_resumed(connection, row, "waiting", "inbox", by)
    return moved
