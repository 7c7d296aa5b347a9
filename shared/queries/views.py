"""How rows become what an iframe receives. One statement for any number of conversations or messages."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ContactView, ConversationView, LastMessageView, MessageView
from shared.models import Contact, Conversation, Media, Message, PhoneNumber
from shared.queries.media_view import MEDIA_COLUMNS, media_view
from shared.scope import Audience, Scope
from shared.user_claims import User

SERVICE_WINDOW = timedelta(hours=24)
"""How long after a customer's message free text may be sent (Meta: Cloud API, "Customer service windows")."""

_last = Message.__table__.alias("last_message")

AnySelect = Select[*tuple[Any, ...]]

_CONVERSATION: AnySelect = (
    select(
        Conversation.id,
        Conversation.project_id,
        Conversation.customer_id,
        Conversation.status,
        Conversation.mode,
        Conversation.handed_off_by,
        Conversation.phone_number_id,
        Conversation.assignee_id,
        Conversation.unread_count,
        Conversation.messages_count,
        Conversation.last_active_at,
        Conversation.last_inbound_at,
        Conversation.created_at,
        Conversation.ended_at,
        Conversation.rev,
        Contact.id.label("contact_id"),
        Contact.display_name,
        Contact.profile_name,
        Contact.phone_number,
        Contact.username,
        PhoneNumber.id.label("whatsapp_config_id"),
        _last.c.id.label("last_id"),
        _last.c.wamid.label("last_wamid"),
        _last.c.direction.label("last_direction"),
        _last.c.type.label("last_type"),
        _last.c.preview.label("last_preview"),
        _last.c.status.label("last_status"),
        _last.c.sent_at.label("last_sent_at"),
    )
    .join(Contact, Contact.id == Conversation.contact_id)
    .join(PhoneNumber, PhoneNumber.phone_number_id == Conversation.phone_number_id)
    .outerjoin(_last, _last.c.id == Conversation.last_message_id)
)

_MESSAGE: AnySelect = select(
    Message.id,
    Message.conversation_id,
    Message.wamid,
    Message.client_id,
    Message.direction,
    Message.type,
    Message.content,
    Message.reply_to,
    Message.sent_by,
    Message.status,
    Message.error,
    Message.sent_at,
    Message.rev,
    *MEDIA_COLUMNS,
).outerjoin(Media, Media.message_id == Message.id)


# An array and not IN: one prepared statement for any number of ids.
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_CONVERSATIONS_BY_ID = _CONVERSATION.where(Conversation.id == any_(_IDS))
_MESSAGES_BY_ID = _MESSAGE.where(Message.id == any_(_IDS)).order_by(Message.sent_at, Message.id)


def select_conversations(scope: Scope) -> AnySelect:
    """The conversations of a scope with all that their view needs; add conditions and an order to it."""
    return _CONVERSATION.where(scope.conversations())


def select_messages(scope: Scope) -> AnySelect:
    """The messages of a scope's conversations; add conditions and an order to it."""
    return _MESSAGE.join(Conversation, Conversation.id == Message.conversation_id).where(scope.conversations())


async def conversation_views(
    connection: AsyncConnection, ids: Iterable[UUID]
) -> dict[UUID, tuple[ConversationView, Audience]]:
    """For events: the named conversations and who may see each. Only for ids that the caller has just written."""
    rows = await connection.execute(_CONVERSATIONS_BY_ID, {"ids": list(ids)})
    return {row.id: (conversation_view(row), audience(row)) for row in rows}


async def message_views(connection: AsyncConnection, ids: Iterable[UUID]) -> list[MessageView]:
    """For events: the named messages, oldest first. Only for ids that the caller has just written."""
    rows = await connection.execute(_MESSAGES_BY_ID, {"ids": list(ids)})
    return [message_view(row) for row in rows]


def audience(row: Row[Any]) -> Audience:
    return Audience(row.project_id, row.phone_number_id, row.customer_id, row.assignee_id)


def conversation_view(row: Row[Any]) -> ConversationView:
    return ConversationView(
        id=row.id,
        status=row.status,
        mode=row.mode,
        handed_off_by=None if row.handed_off_by is None else User(**row.handed_off_by),
        contact=ContactView(
            id=row.contact_id,
            name=_contact_name(row),
            display_name=row.display_name,
            profile_name=row.profile_name,
            phone_number=row.phone_number,
            username=row.username,
        ),
        whatsapp_config_id=row.whatsapp_config_id,
        phone_number_id=row.phone_number_id,
        assigned_user_id=row.assignee_id,
        unread_count=row.unread_count,
        messages_count=row.messages_count,
        last_message=None
        if row.last_id is None
        else LastMessageView(
            id=row.last_id,
            wamid=row.last_wamid,
            direction=row.last_direction,
            type=row.last_type,
            preview=row.last_preview,
            status=row.last_status,
            timestamp=row.last_sent_at,
        ),
        last_active_at=row.last_active_at,
        last_inbound_at=row.last_inbound_at,
        window_expires_at=None if row.last_inbound_at is None else row.last_inbound_at + SERVICE_WINDOW,
        created_at=row.created_at,
        ended_at=row.ended_at,
        rev=str(row.rev),
    )


def message_view(row: Row[Any]) -> MessageView:
    return {
        "id": row.id,
        "conversation_id": row.conversation_id,
        "wamid": row.wamid,
        "client_id": row.client_id,
        "direction": row.direction,
        "status": row.status,
        "error": row.error,
        "context": None if row.reply_to is None else {"message_id": row.reply_to},
        "sent_by": row.sent_by,
        "timestamp": row.sent_at,
        "media": media_view(row),
        "rev": str(row.rev),
        # Last, and only under a name of its own: a type that Meta invents must not overwrite the keys above.
        "type": row.type,
        **({} if row.type in _RESERVED else {row.type: row.content}),
    }


_RESERVED = frozenset(
    {
        "id",
        "conversation_id",
        "wamid",
        "client_id",
        "direction",
        "status",
        "error",
        "context",
        "sent_by",
        "timestamp",
        "media",
        "rev",
        "type",
    }
)


def _contact_name(row: Row[Any]) -> str:
    phone_number = None if row.phone_number is None else f"+{row.phone_number}"
    name: str = row.display_name or row.profile_name or phone_number or row.username or "WhatsApp user"
    return name
