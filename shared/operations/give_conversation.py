"""Make conversations somebody's or nobody's, whoever's they were: one, or all of a person's."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event, moved
from shared.ids import new_id
from shared.models import Assignment, Conversation
from shared.operations.assign_conversation import (
    AssignmentChange,
    NewAssignment,
    assign_conversation,
    update_assignment,
)
from shared.operations.lock_conversations import lock_matching
from shared.queries.assignments import check_member
from shared.queries.views import conversation_views
from shared.refusals import NotFoundError
from shared.scope import Audience, Scope

GIVEN_AT_ONCE = 500


class Given(msgspec.Struct, frozen=True):
    """What became of the conversation's assignment, and the events to publish."""

    assignment_id: UUID
    action: Literal["assignment.created", "assignment.updated"]
    changes: dict[str, list[Any]]
    events: list[Event]


async def give_conversation(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, user_id: UUID | None
) -> Given | None:
    """To a person of the team, or to nobody; None if it is so already.

    Raises NotFoundError if the scope does not contain it, or RefusedError with code `invalid` (the user is no member).
    """
    if not await lock_matching(connection, scope.conversations(), Conversation.id == conversation_id):
        raise NotFoundError("Conversation")
    active = select(Assignment.id).where(Assignment.conversation_id == conversation_id, Assignment.active)
    assignment_id = (await connection.execute(active)).scalar_one_or_none()
    if assignment_id is None:
        if user_id is None:
            return None
        assignment_id, events = await assign_conversation(connection, scope, conversation_id, NewAssignment(user_id))
        return Given(assignment_id, "assignment.created", {"user_id": [None, user_id]}, events)
    change = AssignmentChange(active=False) if user_id is None else AssignmentChange(user_id=user_id)
    changes, events = await update_assignment(connection, scope, conversation_id, assignment_id, change)
    return Given(assignment_id, "assignment.updated", changes, events) if changes else None


async def give_conversations(
    connection: AsyncConnection, project_id: UUID, from_id: UUID, user_id: UUID | None
) -> tuple[int, list[Event]]:
    """All active ones of a person to another, or to nobody; GIVEN_AT_ONCE of them, so that whoever asks again goes on
    with the next. Returns how many, and the events to publish. The notes of their assignments go along.

    Raises RefusedError with code `invalid` (the other is no member).
    """
    if user_id is not None:
        await check_member(connection, project_id, user_id, "user_id")
    before = await _lock(connection, Scope(project_id, assignee_id=from_id))
    if not before or from_id == user_id:
        return 0, []
    ended = await connection.execute(
        update(Assignment)
        .where(Assignment.conversation_id.in_(before), Assignment.active)
        .values(active=False)
        .returning(Assignment.conversation_id, Assignment.notes)
    )
    if user_id is not None:
        notes = {row.conversation_id: row.notes for row in ended}
        rows = [{"id": new_id(), "conversation_id": one, "user_id": user_id, "notes": notes.get(one)} for one in before]
        await connection.execute(insert(Assignment), rows)
    await connection.execute(update(Conversation).where(Conversation.id.in_(before)).values(assignee_id=user_id))
    views = await conversation_views(connection, before)
    return len(before), [event for one, (view, after) in views.items() for event in moved(view, before[one], after)]


async def _lock(connection: AsyncConnection, scope: Scope) -> dict[UUID, Audience]:
    """Some active conversations of the scope and who sees them, locked in the order of the batches."""
    query = (
        select(
            Conversation.id,
            Conversation.project_id,
            Conversation.phone_number_id,
            Conversation.customer_id,
            Conversation.assignee_id,
        )
        .where(scope.conversations(), Conversation.status == "active")
        .order_by(Conversation.id)
        .limit(GIVEN_AT_ONCE)
        .with_for_update(key_share=True)
    )
    return {row[0]: Audience(*row[1:]) for row in await connection.execute(query)}
