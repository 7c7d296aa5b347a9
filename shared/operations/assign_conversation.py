"""Give a conversation to a person of the team, and tell whoever sees it now, or saw it until now."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import changed
from shared.events import Event, moved
from shared.ids import new_id
from shared.models import Assignment, Conversation
from shared.patches import sent_fields
from shared.queries.assignments import check_member
from shared.queries.views import conversation_views
from shared.refusals import NotFoundError, RefusedError
from shared.scope import Audience, Scope

Notes = Annotated[str, Meta(max_length=2000, examples=["Speaks Portuguese"])]


class NewAssignment(msgspec.Struct, frozen=True):
    """Kapso: Platform API, "Create assignment"."""

    user_id: Annotated[UUID, Meta(description="The `user_id` of a member of the project.")]
    notes: Notes | None = None


class AssignmentChange(msgspec.Struct, frozen=True):
    """Kapso: Platform API, "Update assignment"."""

    user_id: UUID | UnsetType = UNSET
    notes: Notes | UnsetType | None = UNSET
    active: Annotated[bool, Meta(description="`false` takes the conversation away from the user.")] | UnsetType = UNSET


async def assign_conversation(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, wanted: NewAssignment
) -> tuple[UUID, list[Event]]:
    """Returns the assignment's id. Of two at once the first one wins.

    Raises NotFoundError, or RefusedError with code `invalid` (the user is no member) or `already_assigned`.
    """
    before = await _lock(connection, scope, conversation_id)
    await check_member(connection, scope.project_id, wanted.user_id, "user_id")
    await _refuse_second(connection, conversation_id)
    assignment_id = new_id()
    await connection.execute(
        insert(Assignment).values(
            id=assignment_id, conversation_id=conversation_id, user_id=wanted.user_id, notes=wanted.notes
        )
    )
    return assignment_id, await _follow(connection, conversation_id, before, wanted.user_id)


async def update_assignment(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID, assignment_id: UUID, change: AssignmentChange
) -> tuple[dict[str, list[Any]], list[Event]]:
    """Change what is given, and return it as {field: [before, after]}.

    A row that goes to another user leaves an inactive one behind: `changes` tells the former user's iframes by it.
    Raises NotFoundError, or RefusedError with code `invalid` (the user is no member) or `already_assigned`.
    """
    audience = await _lock(connection, scope, conversation_id)
    row = await _row(connection, conversation_id, assignment_id)
    values = sent_fields(change)
    user_id, active = values.get("user_id", row["user_id"]), values.get("active", row["active"])
    if user_id != row["user_id"]:
        await check_member(connection, scope.project_id, user_id, "user_id")
    if active and not row["active"]:
        await _refuse_second(connection, conversation_id)
    if user_id != row["user_id"]:
        await connection.execute(insert(Assignment).values(**{**row, "id": new_id(), "active": False}))
    changes = changed(row, values)
    if changes:
        await connection.execute(update(Assignment).where(Assignment.id == assignment_id).values(**values))
    if not (active or row["active"]):
        return changes, []
    return changes, await _follow(connection, conversation_id, audience, user_id if active else None)


async def _lock(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> Audience:
    """Who sees the conversation, locked from now on. Raises NotFoundError if the scope does not contain it."""
    found = await connection.execute(
        select(
            Conversation.project_id, Conversation.phone_number_id, Conversation.customer_id, Conversation.assignee_id
        )
        .where(scope.conversations(), Conversation.id == conversation_id)
        .with_for_update(key_share=True)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFoundError("Conversation")
    return Audience(*row)


async def _row(connection: AsyncConnection, conversation_id: UUID, assignment_id: UUID) -> dict[str, Any]:
    query = select(Assignment.__table__).where(
        Assignment.conversation_id == conversation_id, Assignment.id == assignment_id
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("Assignment")
    return dict(row)


async def _refuse_second(connection: AsyncConnection, conversation_id: UUID) -> None:
    active = select(Assignment.id).where(Assignment.conversation_id == conversation_id, Assignment.active)
    if (await connection.execute(active)).one_or_none() is not None:
        raise RefusedError("already_assigned", "Conversation already has an active assignment")


async def _follow(
    connection: AsyncConnection, conversation_id: UUID, before: Audience, assignee_id: UUID | None
) -> list[Event]:
    """Repeat the assignment in the conversation's own row; no event if it says so already."""
    if before.assignee_id == assignee_id:
        return []
    await connection.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(assignee_id=assignee_id)
    )
    view, after = (await conversation_views(connection, [conversation_id]))[conversation_id]
    return moved(view, before, after)
