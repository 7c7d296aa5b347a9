"""Conversations as Kapso shows them (Kapso: Platform API, "Conversations")."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import ColumnElement, Row, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kapso.people import contacts_matching, identity_value
from shared.models import Contact, Conversation, Message, PhoneNumber
from shared.paging import AnySelect, CursorQuery, Paging
from shared.queries.assignments import check_member
from shared.queries.conversation_page import STATUSES, conversation_page
from shared.scope import Scope
from shared.validation import InvalidFieldsError

CONVERSATION_FIELDS = (
    "contact_name",
    "messages_count",
    "last_message_id",
    "last_message_type",
    "last_message_timestamp",
    "last_message_text",
    "last_inbound_at",
    "last_outbound_at",
)

_last = Message.__table__.alias("last_message")

_CONVERSATION: AnySelect = (
    select(
        Conversation.id,
        Conversation.phone_number_id,
        Conversation.status,
        Conversation.messages_count,
        Conversation.last_active_at,
        Conversation.last_inbound_at,
        Conversation.last_outbound_at,
        Conversation.details.label("details"),  # in the table it is "metadata"
        Conversation.created_at,
        Conversation.updated_at,
        Contact.phone_number,
        Contact.username,
        Contact.display_name,
        Contact.profile_name,
        PhoneNumber.id.label("whatsapp_config_id"),
        identity_value("bsuid").label("bsuid"),
        identity_value("parent_bsuid").label("parent_bsuid"),
        _last.c.id.label("last_id"),
        _last.c.wamid.label("last_wamid"),
        _last.c.type.label("last_type"),
        _last.c.text.label("last_text"),
        _last.c.sent_at.label("last_sent_at"),
    )
    .join(Contact, Contact.id == Conversation.contact_id)
    .join(PhoneNumber, PhoneNumber.phone_number_id == Conversation.phone_number_id)
    .outerjoin(_last, _last.c.id == Conversation.last_message_id)
)


ContactName = Annotated[str, Meta(examples=["Ana Ribeiro"])]
MessageId = Annotated[str, Meta(examples=["wamid.HBgLMTU1NTAxMDAwMDAVAgASGBQzQQ=="])]
MessageType = Annotated[str, Meta(examples=["text"])]
MessageText = Annotated[str, Meta(examples=["Is the shop open?"])]


class ConversationExtension(msgspec.Struct, kw_only=True):
    """What Kapso knows of a conversation beyond Meta's fields."""

    contact_name: ContactName | None
    messages_count: int
    last_message_id: MessageId | None
    last_message_type: MessageType | None
    last_message_timestamp: datetime | None
    last_message_text: MessageText | None
    last_inbound_at: datetime | None
    last_outbound_at: datetime | None


class SelectedExtension(msgspec.Struct, kw_only=True):
    """Those of the extension's fields that the caller chose."""

    contact_name: ContactName | UnsetType | None = UNSET
    messages_count: int | UnsetType = UNSET
    last_message_id: MessageId | UnsetType | None = UNSET
    last_message_type: MessageType | UnsetType | None = UNSET
    last_message_timestamp: datetime | UnsetType | None = UNSET
    last_message_text: MessageText | UnsetType | None = UNSET
    last_inbound_at: datetime | UnsetType | None = UNSET
    last_outbound_at: datetime | UnsetType | None = UNSET


class _Conversation(msgspec.Struct, kw_only=True):
    """`phone_number` is the contact's, in digits."""

    id: UUID
    phone_number: Annotated[str, Meta(examples=["15550100"])] | None
    business_scoped_user_id: Annotated[str, Meta(examples=["US.13491208655302741918"])] | None
    parent_business_scoped_user_id: Annotated[str, Meta(examples=["US.ENT.11815799212886844830"])] | None
    username: Annotated[str, Meta(examples=["ana.r"])] | None
    status: Literal["active", "ended"]
    last_active_at: datetime
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, Any]
    phone_number_id: Annotated[str, Meta(examples=["106540352242922"])]
    whatsapp_config_id: UUID


class KapsoConversation(_Conversation, kw_only=True):
    """Kapso's conversation object. `phone_number` is the contact's, in digits."""

    kapso: ConversationExtension


class SelectedConversation(_Conversation, kw_only=True):
    """Kapso's conversation object, with as much under `kapso` as the caller chose."""

    kapso: SelectedExtension | UnsetType = UNSET


class KapsoConversationFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of Kapso's conversation lists; those of the two paths together. Dates are inclusive."""

    phone_number: str | None = None
    status: str | None = None
    assigned_user_id: UUID | None = None
    unassigned: bool = False
    created_after: datetime | None = None
    created_before: datetime | None = None
    last_active_after: datetime | None = None
    last_active_before: datetime | None = None

    def __post_init__(self) -> None:
        if self.unassigned and self.assigned_user_id is not None:
            raise InvalidFieldsError({"unassigned": ["cannot be combined with `assigned_user_id`"]})


def select_conversation_fields(conversation: KapsoConversation, wanted: Collection[str]) -> SelectedConversation:
    """The conversation with only the wanted fields under `kapso`, and without `kapso` if none is."""
    chosen = {name: getattr(conversation.kapso, name) for name in wanted}
    fields = msgspec.structs.asdict(conversation)
    return SelectedConversation(**{**fields, "kapso": SelectedExtension(**chosen) if chosen else UNSET})


async def list_kapso_conversations(
    connection: AsyncConnection, scope: Scope, filters: KapsoConversationFilters, page: CursorQuery
) -> tuple[list[KapsoConversation], Paging]:
    """A page of conversations, latest activity first. Raises InvalidCursorError, or RefusedError for an assignee who is
    no member of the project.
    """
    if filters.assigned_user_id is not None:
        await check_member(connection, scope.project_id, filters.assigned_user_id, "assigned_user_id")
    statuses = STATUSES if filters.status is None else (filters.status,)
    rows, paging = await conversation_page(
        connection, scope, _CONVERSATION, statuses, _conditions(scope, filters), page
    )
    return [_view(row) for row in rows], paging


async def get_kapso_conversation(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID
) -> KapsoConversation | None:
    """One conversation, or None if the scope does not contain it."""
    query = _CONVERSATION.where(scope.conversations(), Conversation.id == conversation_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _view(row)


async def kapso_conversations(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, KapsoConversation]:
    """For webhooks: the named conversations. Only for ids that the caller has just written."""
    rows = await connection.execute(_CONVERSATION.where(Conversation.id.in_(list(ids))))
    return {row.id: _view(row) for row in rows}


def _conditions(scope: Scope, filters: KapsoConversationFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.assigned_user_id is not None:
        conditions.append(Conversation.assignee_id == filters.assigned_user_id)
    if filters.unassigned:
        conditions.append(Conversation.assignee_id.is_(None))
    if filters.created_after is not None:
        # Nothing is active before it exists: the second condition lets the index end the search.
        conditions.append(
            and_(Conversation.created_at >= filters.created_after, Conversation.last_active_at >= filters.created_after)
        )
    if filters.created_before is not None:
        conditions.append(Conversation.created_at <= filters.created_before)
    if filters.last_active_after is not None:
        conditions.append(Conversation.last_active_at >= filters.last_active_after)
    if filters.last_active_before is not None:
        conditions.append(Conversation.last_active_at <= filters.last_active_before)
    people = contacts_matching(scope.project_id, filters.phone_number, None)
    if people is not None:
        conditions.append(Conversation.contact_id.in_(people))
    return conditions


def _view(row: Row[Any]) -> KapsoConversation:
    return KapsoConversation(
        id=row.id,
        phone_number=row.phone_number,
        business_scoped_user_id=row.bsuid,
        parent_business_scoped_user_id=row.parent_bsuid,
        username=row.username,
        status=row.status,
        last_active_at=row.last_active_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        metadata=row.details,
        phone_number_id=row.phone_number_id,
        whatsapp_config_id=row.whatsapp_config_id,
        kapso=ConversationExtension(
            contact_name=row.display_name or row.profile_name,
            messages_count=row.messages_count,
            last_message_id=row.last_wamid or (str(row.last_id) if row.last_id else None),
            last_message_type=row.last_type,
            last_message_timestamp=row.last_sent_at,
            last_message_text=row.last_text or None,
            last_inbound_at=row.last_inbound_at,
            last_outbound_at=row.last_outbound_at,
        ),
    )
