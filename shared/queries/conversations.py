"""The list of an inbox, and one conversation of it."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, false, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationView
from shared.kapso.contacts import find_contact
from shared.models import Contact, Conversation, Message, PhoneNumber
from shared.paging import CursorQuery, Paging
from shared.queries.conversation_page import STATUSES, conversation_page
from shared.queries.views import conversation_view, select_conversations
from shared.scope import Scope

_UUID_OR_ALL = r"^(all|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$"


class ConversationFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of the page, by the same names as in its URL. `contact` is a person's id or phone number."""

    status: Literal["active", "ended", "all"] = "active"
    search: Annotated[str, msgspec.Meta(max_length=200)] = ""
    whatsapp_config_id: Annotated[str, msgspec.Meta(pattern=_UUID_OR_ALL)] = "all"
    unread: bool = False
    handoff: bool = False
    contact: Annotated[str, msgspec.Meta(min_length=1, max_length=150)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 30
    after: Annotated[str, msgspec.Meta(max_length=300)] | None = None


async def list_conversations(
    connection: AsyncConnection, scope: Scope, filters: ConversationFilters
) -> tuple[list[ConversationView], Paging]:
    """A page of conversations, latest activity first. Raises InvalidCursorError."""
    statuses = STATUSES if filters.status == "all" else (filters.status,)
    conditions = _conditions(scope, filters)
    if filters.contact is not None:
        contact_id = await find_contact(connection, scope.project_id, filters.contact)
        conditions.append(false() if contact_id is None else Conversation.contact_id == contact_id)
    rows, paging = await conversation_page(
        connection,
        scope,
        select_conversations(scope),
        statuses,
        conditions,
        CursorQuery(filters.limit, filters.after),
    )
    return [conversation_view(row) for row in rows], paging


async def get_conversation(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> ConversationView | None:
    """One conversation, or None if the scope does not contain it."""
    row = (
        await connection.execute(select_conversations(scope).where(Conversation.id == conversation_id))
    ).one_or_none()
    return None if row is None else conversation_view(row)


async def is_in_scope(connection: AsyncConnection, scope: Scope, conversation_id: UUID) -> bool:
    """Whether the scope contains a conversation: one look-up by primary key."""
    found = select(Conversation.id).where(Conversation.id == conversation_id, scope.conversations())
    return await connection.scalar(found) is not None


def _conditions(scope: Scope, filters: ConversationFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.whatsapp_config_id != "all":
        number = select(PhoneNumber.phone_number_id).where(
            PhoneNumber.project_id == scope.project_id, PhoneNumber.id == UUID(filters.whatsapp_config_id)
        )
        conditions.append(Conversation.phone_number_id == number.scalar_subquery())
    if filters.unread:
        conditions.append(Conversation.unread_count > 0)
    if filters.handoff:
        conditions.append(Conversation.mode == "handoff")
    if filters.search.strip():
        conditions.append(Conversation.id.in_(_matching(scope, filters.search.strip())))
    return conditions


def _matching(scope: Scope, search: str) -> Any:
    """Conversations whose contact's name or number contains the text, or that hold a message with words that start so.

    A union of two index scans: an OR across the tables would use neither index.
    """
    in_scope = select(Conversation.id).where(scope.conversations())
    needles = {search.lower()}
    digits = re.sub(r"[\s()+.-]", "", search)
    if digits.isdigit():  # a number as people write it: +1 (555) 010-0123
        needles.add(digits)
    found: list[Select[UUID]] = [
        in_scope.join(Contact, Contact.id == Conversation.contact_id).where(
            Contact.project_id == scope.project_id, Contact.search.contains(needle, autoescape=True)
        )
        for needle in sorted(needles)
    ]
    words = [word for word in re.findall(r"\w+", search.lower()) if len(word) > 1]
    if words:
        query = func.to_tsquery("simple", " & ".join(f"{word}:*" for word in words))
        found.append(
            in_scope.join(Message, Message.conversation_id == Conversation.id).where(
                Message.project_id == scope.project_id,
                func.to_tsvector("simple", Message.text).bool_op("@@")(query),
            )
        )
    return union(*found) if len(found) > 1 else found[0]
