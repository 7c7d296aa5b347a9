"""Whose the conversations are that are active, for those who share out the work."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationView
from shared.models import Conversation, TeamMember
from shared.paging import AnySelect, CursorQuery, Paging
from shared.queries.conversation_page import conversation_page
from shared.queries.conversation_search import found_conversations
from shared.queries.views import conversation_view, select_conversations
from shared.refusals import NotFoundError
from shared.scope import Scope

MOST_COUNTED = 100
"""Nobody needs to know how many more somebody has, and so many are read quickly from the index of the list."""

_COUNTS = text("""
    SELECT u.id, counted.conversations
    FROM unnest(:user_ids) AS u(id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS conversations FROM (
            SELECT FROM conversation
            WHERE assignee_id = u.id AND status = 'active' AND project_id = :project_id LIMIT :most
        ) AS enough
    ) AS counted
""").bindparams(bindparam("user_ids", type_=ARRAY(Uuid)))


class AssignedConversation(msgspec.Struct, frozen=True):
    """A conversation and the name of the person whose it is; None where it is nobody's."""

    conversation: ConversationView
    assignee: str | None


async def active_counts(connection: AsyncConnection, project_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many active conversations each of the people has; MOST_COUNTED stands for that many and more."""
    parameters = {"project_id": project_id, "user_ids": list(user_ids), "most": MOST_COUNTED}
    return {row.id: row.conversations for row in await connection.execute(_COUNTS, parameters)}


async def page_of_assigned(
    connection: AsyncConnection, scope: Scope, words: str, page: CursorQuery
) -> tuple[list[AssignedConversation], Paging]:
    """The active ones of a scope, latest activity first, with words only those that a search finds. Raises
    InvalidCursorError.
    """
    conditions = [Conversation.id.in_(found_conversations(scope, words))] if words else []
    rows, paging = await conversation_page(connection, scope, _select(scope), ("active",), conditions, page)
    return [_view(row) for row in rows], paging


async def get_assigned(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> AssignedConversation:
    """One conversation, an ended one too. Raises NotFoundError."""
    row = (await connection.execute(_select(scope).where(Conversation.id == conversation_id))).one_or_none()
    if row is None:
        raise NotFoundError("Conversation")
    return _view(row)


def _select(scope: Scope) -> AnySelect:
    return (
        select_conversations(scope)
        .outerjoin(TeamMember, TeamMember.id == Conversation.assignee_id)
        .add_columns(TeamMember.name.label("assignee"))
    )


def _view(row: Row[Any]) -> AssignedConversation:
    return AssignedConversation(conversation_view(row), row.assignee)
