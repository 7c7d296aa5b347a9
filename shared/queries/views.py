"""How rows become what an iframe receives. One statement for any number of conversations or messages."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import msgspec
from sqlalchemy import Row, Select, Uuid, any_, bindparam, case, outerjoin, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from shared.events import ContactView, Context, ConversationView, LastMessageView, MessageView, QuotedMessage
from shared.models import Contact, Conversation, Media, Message, PhoneNumber
from shared.queries.media_view import MEDIA_COLUMNS, media_view
from shared.scope import Audience, Scope
from shared.user_claims import User
from shared.whatsapp.status import MessageStatus
from shared.whatsapp.updates import Direction, Origin, ReceivedMessage

SERVICE_WINDOW = timedelta(hours=24)
"""How long after a customer's message free text may be sent (Meta: Cloud API, "Customer service windows")."""

_last = Message.__table__.alias("last_message")

AnySelect = Select[*tuple[Any, ...]]

CONVERSATION: AnySelect = (
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
        Conversation.window_closed_at,
        Conversation.created_at,
        Conversation.ended_at,
        Conversation.rev,
        Contact.id.label("contact_id"),
        Contact.display_name,
        Contact.saved_name,
        Contact.profile_name,
        Contact.phone_number,
        Contact.username,
        Contact.merged_at,
        PhoneNumber.id.label("whatsapp_config_id"),
        _last.c.id.label("last_id"),
        _last.c.wamid.label("last_wamid"),
        _last.c.direction.label("last_direction"),
        _last.c.type.label("last_type"),
        _last.c.preview.label("last_preview"),
        _last.c.status.label("last_status"),
        _last.c.sent_at.label("last_sent_at"),
        _last.c.deleted_at.label("last_deleted_at"),
    )
    .join(Contact, Contact.id == Conversation.contact_id)
    .join(PhoneNumber, PhoneNumber.phone_number_id == Conversation.phone_number_id)
    .outerjoin(_last, _last.c.id == Conversation.last_message_id)
)

# The quoted message, whatever form its wamid has in the quote. A message quotes those of its own contact only.
_quoted_row = aliased(Message)
_quoted_conversation = aliased(Conversation)
_own_conversation = aliased(Conversation)
_quoted = (
    select(
        _quoted_row.id,
        _quoted_row.direction,
        _quoted_row.type,
        _quoted_row.preview,
        _quoted_row.sent_by,
        _quoted_row.deleted_at,
    )
    .join(_quoted_conversation, _quoted_conversation.id == _quoted_row.conversation_id)
    .join(_own_conversation, _own_conversation.contact_id == _quoted_conversation.contact_id)
    .where(
        _quoted_row.phone_number_id == Message.phone_number_id,
        _quoted_row.wamid_key == Message.reply_to_key,
        _own_conversation.id == Message.conversation_id,
    )
    .limit(1)
    .correlate(Message)
    .lateral("quoted")
)

_MESSAGE: AnySelect = select(
    Message.id,
    Message.conversation_id,
    Message.wamid,
    Message.client_id,
    Message.direction,
    Message.origin,
    Message.type,
    Message.content,
    Message.details,
    Message.reply_to,
    Message.reactions,
    Message.edited_at,
    Message.deleted_at,
    Message.discarded_at,
    Message.sent_by,
    case((Message.type == "template", Message.text)).label("words"),
    Message.status,
    Message.error,
    Message.sent_at,
    Message.rev,
    _quoted.c.id.label("quoted_id"),
    _quoted.c.direction.label("quoted_direction"),
    _quoted.c.type.label("quoted_type"),
    _quoted.c.preview.label("quoted_preview"),
    _quoted.c.sent_by.label("quoted_sent_by"),
    _quoted.c.deleted_at.label("quoted_deleted_at"),
    *MEDIA_COLUMNS,
).select_from(outerjoin(outerjoin(Message, _quoted, true()), Media, Media.message_id == Message.id))


# An array and not IN: one prepared statement for any number of ids.
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_CONVERSATIONS_BY_ID = CONVERSATION.where(Conversation.id == any_(_IDS))
_MESSAGES_BY_ID = _MESSAGE.where(Message.id == any_(_IDS)).order_by(Message.sent_at, Message.id)


def select_conversations(scope: Scope) -> AnySelect:
    """The conversations of a scope with all that their view needs; add conditions and an order to it."""
    return CONVERSATION.where(scope.conversations())


def select_messages(scope: Scope) -> AnySelect:
    """The messages of a scope's conversations; add conditions and an order to it. Reactions are parts of the messages
    that they are about.
    """
    return _MESSAGE.join(Conversation, Conversation.id == Message.conversation_id).where(
        scope.conversations(), Message.type != "reaction"
    )


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
            saved_name=row.saved_name,
            profile_name=row.profile_name,
            phone_number=row.phone_number,
            username=row.username,
            merged_at=row.merged_at,
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
            deleted=row.last_deleted_at is not None,
        ),
        last_active_at=row.last_active_at,
        last_inbound_at=row.last_inbound_at,
        window_expires_at=window_end(row.last_inbound_at, row.window_closed_at),
        created_at=row.created_at,
        ended_at=row.ended_at,
        rev=str(row.rev),
    )


def window_end(last_inbound_at: datetime | None, closed_at: datetime | None) -> datetime | None:
    """When free text may not be sent any more; None if the customer has never written. What WhatsApp says counts for
    more than our clock: `closed_at` is when it refused one (Meta: Cloud API, "Error codes", 131047).
    """
    if last_inbound_at is None:
        return None
    end = last_inbound_at + SERVICE_WINDOW
    return min(end, closed_at) if closed_at is not None and closed_at > last_inbound_at else end


class NewMessageRow(msgspec.Struct):
    """A message that was just stored, with neither a quote nor a file, as `message_view` reads rows: what nobody can
    have changed yet need not be asked for again.
    """

    id: UUID
    conversation_id: UUID
    wamid: str | None
    direction: Direction
    origin: Origin
    type: str
    content: Any
    details: dict[str, Any] | None
    status: MessageStatus
    error: Any
    sent_at: datetime
    rev: str
    client_id: str | None = None
    reactions: None = None
    edited_at: None = None
    deleted_at: None = None
    discarded_at: None = None
    sent_by: User | None = None
    words: None = None


def message_view(row: Row[Any] | NewMessageRow) -> MessageView:
    details = row.details or {}
    view: MessageView = {
        "id": row.id,
        "conversation_id": row.conversation_id,
        "wamid": row.wamid,
        "client_id": row.client_id,
        "direction": row.direction,
        "origin": row.origin,
        "status": row.status,
        "error": row.error,
        "context": _context(row),
        "forwarded": _forwarded(details),
        "referral": details.get("referral"),
        "reactions": row.reactions or [],
        "edited_at": row.edited_at,
        "deleted_at": row.deleted_at,
        "discarded_at": row.discarded_at,
        "sent_by": row.sent_by,
        "words": _words(row),
        "template_parts": details.get("template") if row.type == "template" else None,
        "timestamp": row.sent_at,
        "media": None if isinstance(row, NewMessageRow) else media_view(row),
        "rev": str(row.rev),
        "type": row.type,
    }
    # Last, and only under a name of its own: a type that Meta invents must not overwrite the keys above.
    cast("dict[str, Any]", view).setdefault(row.type, row.content)
    return view


def new_message_view(message: ReceivedMessage, row_id: UUID, conversation: ConversationView) -> MessageView:
    """The view of a plain message that was just stored, and has moved its conversation to the same `rev`."""
    return message_view(
        NewMessageRow(
            id=row_id,
            conversation_id=conversation.id,
            wamid=message.wamid,
            direction=message.direction,
            origin=message.origin,
            type=message.type,
            content=message.content,
            details=message.details,
            status=message.status,
            error=message.error,
            sent_at=message.sent_at,
            rev=conversation.rev,
        )
    )


def _context(row: Row[Any] | NewMessageRow) -> Context | None:
    if isinstance(row, NewMessageRow) or row.reply_to is None:
        return None
    return {"message_id": row.reply_to, "message": None if row.quoted_id is None else _quoted_message(row)}


def _quoted_message(row: Row[Any]) -> QuotedMessage:
    return {
        "id": row.quoted_id,
        "direction": row.quoted_direction,
        "type": row.quoted_type,
        "preview": row.quoted_preview,
        "sent_by": row.quoted_sent_by,
        "deleted": row.quoted_deleted_at is not None,
    }


def _words(row: Row[Any] | NewMessageRow) -> str | None:
    """Until WhatsApp has told them, a template goes by its name."""
    return None if row.words is None or row.words == row.content.get("name") else row.words


def _forwarded(details: dict[str, Any]) -> Literal["forwarded", "frequently"] | None:
    """Meta: "Webhooks" reference, `context`: forwarded up to five times, or more often."""
    context = details.get("context")
    if not isinstance(context, dict):
        return None
    if context.get("frequently_forwarded"):
        return "frequently"
    return "forwarded" if context.get("forwarded") else None


def _contact_name(row: Row[Any]) -> str:
    phone_number = None if row.phone_number is None else f"+{row.phone_number}"
    given: str | None = row.display_name or row.saved_name or row.profile_name
    return given or phone_number or row.username or "WhatsApp user"
