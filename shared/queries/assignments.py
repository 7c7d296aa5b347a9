"""Assignments as the Platform API shows them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Assignment, Conversation, TeamMember
from shared.paging import AnySelect, PageMeta, numbered_page
from shared.refusals import NotFoundError, RefusedError


class AssignmentView(msgspec.Struct, kw_only=True):
    """Kapso's assignment object (Platform API, "Conversation assignments")."""

    id: UUID
    user_id: UUID
    created_by_user_id: UUID | None
    notes: Annotated[str | None, Meta(examples=["Speaks Portuguese"])]
    active: bool
    created_at: datetime


async def list_assignments(
    connection: AsyncConnection, project_id: UUID, conversation_id: UUID, *, page: int, per_page: int
) -> tuple[list[AssignmentView], PageMeta]:
    """A page of a conversation's assignments, newest first. Raises NotFoundError if the project does not have it."""
    conversation = select(Conversation.id).where(
        Conversation.project_id == project_id, Conversation.id == conversation_id
    )
    if (await connection.execute(conversation)).one_or_none() is None:
        raise NotFoundError("Conversation")
    rows, meta = await numbered_page(
        connection,
        _of_conversation(project_id, conversation_id),
        Assignment.created_at.desc(),
        Assignment.active.desc(),
        Assignment.id.desc(),
        page=page,
        per_page=per_page,
    )
    return [_view(row) for row in rows], meta


async def get_assignment(
    connection: AsyncConnection, project_id: UUID, conversation_id: UUID, assignment_id: UUID
) -> AssignmentView:
    """Raises NotFoundError if the project's conversation does not have it."""
    query = _of_conversation(project_id, conversation_id).where(Assignment.id == assignment_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("Assignment")
    return _view(row)


async def check_member(connection: AsyncConnection, project_id: UUID, user_id: UUID, field: str) -> None:
    """Raises RefusedError in Kapso's words, naming the field, unless the user is a member of the project."""
    member = select(TeamMember.id).where(TeamMember.project_id == project_id, TeamMember.id == user_id)
    if (await connection.execute(member)).one_or_none() is None:
        sentence = "User not found or not a member of this project"
        raise RefusedError("invalid", sentence, {field: ["is not a member of this project"]})


def _of_conversation(project_id: UUID, conversation_id: UUID) -> AnySelect:
    return (
        select(Assignment.__table__)
        .join(Conversation, Conversation.id == Assignment.conversation_id)
        .where(Conversation.project_id == project_id, Conversation.id == conversation_id)
    )


def _view(row: Row[Any]) -> AssignmentView:
    return AssignmentView(
        id=row.id,
        user_id=row.user_id,
        created_by_user_id=row.created_by_user_id,
        notes=row.notes,
        active=row.active,
        created_at=row.created_at,
    )
