"""End a conversation, or open an ended one again."""

from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationStatus, ConversationUpdated, Event
from shared.kapso.webhooks import ENDED
from shared.models import Conversation
from shared.operations.emit_webhooks import emit_conversation
from shared.operations.update_execution import end_open_execution
from shared.queries.views import conversation_views
from shared.refusals import NotFoundError, RefusedError
from shared.scope import Scope


async def set_conversation_status(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, status: ConversationStatus
) -> tuple[dict[str, list[str]], list[Event]]:
    """Returns what changed, as {field: [before, after]}, and the events; both empty if it has the status already.

    Ending also ends the workflow execution that is under way and clears a failed one's banner, since nobody is left to
    answer. Raises NotFoundError if the scope does not contain the conversation, and RefusedError with code
    `conversation_open` if another one of the same contact and number is active.
    """
    found = await connection.execute(
        select(Conversation.status)
        .where(scope.conversations(), Conversation.id == conversation_id)
        .with_for_update(key_share=True)
    )
    before = found.scalar_one_or_none()
    if before is None:
        raise NotFoundError("Conversation")
    if before == status:
        return {}, []
    if status == "ended":
        await _end(connection, conversation_id)
    else:
        await _reopen(connection, conversation_id)
    view, audience = (await conversation_views(connection, [conversation_id]))[conversation_id]
    if status == "ended":
        await emit_conversation(connection, ENDED, view.phone_number_id, conversation_id)
    return {"status": [before, status]}, [Event(audience.channels(), ConversationUpdated(view))]


async def _end(connection: AsyncConnection, conversation_id: UUID) -> None:
    await end_open_execution(connection, conversation_id)
    await connection.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(status="ended", ended_at=func.now(), mode=None, handed_off_by=None)
    )


# As whoever opens one locks it: a change of a message that is not there yet holds the contact (lock_conversations.py).
_LOCK_CONTACT = text("""
    SELECT FROM contact c JOIN conversation v ON v.contact_id = c.id WHERE v.id = :id FOR KEY SHARE OF c
""")


async def _reopen(connection: AsyncConnection, conversation_id: UUID) -> None:
    await connection.execute(_LOCK_CONTACT, {"id": conversation_id})
    try:
        async with connection.begin_nested():
            await connection.execute(
                update(Conversation).where(Conversation.id == conversation_id).values(status="active", ended_at=None)
            )
    except IntegrityError as error:  # conversation_one_active
        raise RefusedError(
            "conversation_open", "Another conversation of this contact on this number is active already."
        ) from error
