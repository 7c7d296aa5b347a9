"""A person takes over from the automation."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation
from shared.operations.emit_webhooks import emit_handoff
from shared.operations.update_execution import ExecutionMoved, move_execution, open_execution
from shared.refusals import NotFoundError, RefusedError
from shared.scope import Scope
from shared.user_claims import User


async def hand_off(connection: AsyncConnection, scope: Scope, conversation_id: UUID, by: User | None) -> ExecutionMoved:
    """Set the open execution of the conversation to handoff; of two people who press at once, the first did it.

    `by` is the person who presses, where the host names them. Raises NotFoundError if the scope does not contain the
    conversation, and RefusedError with code `no_execution` if no automation answers it.
    """
    row = await lock_open_execution(connection, scope, conversation_id)
    moved = await move_execution(connection, row, "handoff", by=by, step=row.current_step)
    if moved.before != moved.after:
        await emit_handoff(connection, row, "inbox")
    return moved


async def lock_open_execution(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> Row[Any]:
    """The row of the execution that is open on the conversation, which is locked. Raises what `hand_off` raises."""
    found = await connection.execute(
        select(Conversation.id)
        .where(scope.conversations(), Conversation.id == conversation_id)
        .with_for_update(key_share=True)
    )
    if found.one_or_none() is None:
        raise NotFoundError("Conversation")
    row = await open_execution(connection, conversation_id)
    if row is None:
        raise RefusedError("no_execution", "No automation is answering this conversation.")
    return row
