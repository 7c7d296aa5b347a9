"""Messages as Kapso shows them: Meta's object, and Kapso's own fields under `kapso` (Kapso: "Messages", "Fields")."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, and_, case, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kapso.people import contacts_matching, digits_of, identity_value
from shared.media_links import media_url
from shared.models import Contact, Conversation, Media, Message, PhoneNumber
from shared.paging import AnySelect, CursorQuery, Paging, cursor_page, seek
from shared.periods import between
from shared.scope import Scope
from shared.settings import Settings
from shared.whatsapp.status import STATUSES
from shared.whatsapp.uploads import with_media_id
from shared.whatsapp.wamid import wamid_key

LINK_SECONDS = 24 * 60 * 60
"""How long a message's links to media are good: clients keep them, and a webhook may be delivered late."""

MEDIA_TYPES = frozenset({"image", "video", "audio", "document", "sticker"})

# All that Kapso documents. Its clients fail at others, of which Meta has ever more ("unsupported", "system").
_TYPES = MEDIA_TYPES | {
    "text",
    "location",
    "contacts",
    "interactive",
    "button",
    "template",
    "reaction",
    "order",
}

MESSAGE_FIELDS = (
    "direction",
    "status",
    "processing_status",
    "origin",
    "phone_number",
    "phone_number_id",
    "has_media",
    "media_data",
    "media_url",
    "whatsapp_conversation_id",
    "contact_name",
    "message_type_data",
    "content",
    "statuses",
    "transcript",
    "flow_response",
    "flow_token",
    "flow_name",
    "order_text",
    "sent_by",
)
"""All that may stand under `kapso`. `sent_by` is ours: {"id", "name"} of the person who sent it from an inbox."""

# Kapso has fewer than we do. What came in counts as delivered (Kapso: "Messages"; webhooks say `received`).
_STATUSES = {
    "received": "delivered",
    "queued": "pending",
    "accepted": "pending",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}

KapsoMessage = dict[str, Any]
"""A mapping and not a struct, since Meta's content object stands under the key that its type names."""

_MESSAGE: AnySelect = (
    select(
        Message.id,
        Message.conversation_id,
        Message.phone_number_id,
        Message.wamid,
        Message.wamid_key,
        Message.direction,
        Message.type,
        Message.content,
        Message.text,
        Message.reply_to,
        Message.status,
        Message.error,
        Message.origin,
        Message.deleted_at,
        Message.sent_by,
        Message.callback_data,
        Message.sent_at,
        Contact.phone_number,
        Contact.display_name,
        Contact.profile_name,
        Contact.username,
        identity_value("bsuid").label("bsuid"),
        identity_value("parent_bsuid").label("parent_bsuid"),
        PhoneNumber.display_phone_number,
        case((Media.conversation_id.is_not(None), Media.id)).label("upload_id"),
        Media.media_id,
        Media.mime_type,
        Media.size,
        Media.filename,
    )
    .join(Conversation, Conversation.id == Message.conversation_id)
    .join(Contact, Contact.id == Conversation.contact_id)
    .join(PhoneNumber, PhoneNumber.phone_number_id == Message.phone_number_id)
    .outerjoin(Media, Media.message_id == Message.id)
)

_REPORTED = text("""
    SELECT g.id, s.payload
    FROM unnest(CAST(:ids AS uuid[]), CAST(:phone_number_ids AS text[]), CAST(:keys AS text[]))
        AS g(id, phone_number_id, key)
    JOIN message_status s ON s.phone_number_id = g.phone_number_id AND s.wamid_key = g.key
    ORDER BY s.occurred_at, array_position(CAST(:ranks AS text[]), s.status)
""").columns(payload=Message.__table__.c.content.type)


class MessageFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of Kapso's message lists; those of the two paths together. Dates are of the message, inclusive."""

    conversation_id: UUID | None = None
    phone_number: str | None = None
    business_scoped_user_id: str | None = None
    direction: str | None = None
    status: str | None = None
    message_type: str | None = None
    has_media: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_kapso_messages(
    connection: AsyncConnection, settings: Settings, scope: Scope, filters: MessageFilters, page: CursorQuery
) -> tuple[list[KapsoMessage], Paging]:
    """A page of a project's, a number's or a conversation's messages, newest first. Raises InvalidCursorError."""
    conditions, choices = _conditions(scope, filters), _choices(filters)
    if len(choices) < 2:
        query = _MESSAGE.where(*conditions, *choices)
    else:
        wanted = select(Message.id).join(Conversation, Conversation.id == Message.conversation_id).where(*conditions)
        pages = [seek(wanted.where(choice), Message.sent_at, Message.id, page) for choice in choices]
        query = _MESSAGE.where(*conditions, Message.id.in_(union_all(*(select(one.subquery()) for one in pages))))
    rows, paging = await cursor_page(connection, query, Message.sent_at, Message.id, page)
    return await _objects(connection, settings, rows), paging


async def get_kapso_message(
    connection: AsyncConnection, settings: Settings, scope: Scope, message_id: str
) -> KapsoMessage | None:
    """One message by its wamid in any form, or by our own id while it has none. None outside of the scope."""
    query = _MESSAGE.where(*_in_scope(scope), _named(scope, message_id))
    rows = (await connection.execute(query.order_by((Message.wamid == message_id).desc()).limit(1))).all()
    objects = await _objects(connection, settings, rows)
    return objects[0] if objects else None


async def kapso_messages(
    connection: AsyncConnection, settings: Settings, ids: Iterable[UUID]
) -> dict[UUID, KapsoMessage]:
    """For webhooks: the named messages. Only for ids that the caller has just written. Their links to media open for as
    long as a webhook may take to be delivered and worked on.
    """
    rows = (await connection.execute(_MESSAGE.where(Message.id.in_(list(ids))))).all()
    objects = await _objects(connection, settings, rows)
    return dict(zip((row.id for row in rows), objects, strict=True))


async def _objects(connection: AsyncConnection, settings: Settings, rows: Sequence[Row[Any]]) -> list[KapsoMessage]:
    reported = await _reported(connection, rows)
    return [message_object(settings, row, reported.get(row.id, [])) for row in rows]


def message_object(settings: Settings, row: Row[Any], statuses: list[dict[str, Any]]) -> KapsoMessage:
    """A row of this module's select as Kapso's message; `statuses` are Meta's status objects, oldest first."""
    business, contact = digits_of(row.display_phone_number), row.phone_number
    inbound = row.direction == "inbound"
    shown: KapsoMessage = {
        "id": row.wamid or str(row.id),
        "timestamp": str(int(row.sent_at.timestamp())),
        "type": row.type if row.type in _TYPES and row.deleted_at is None else "unknown",
        "from": contact if inbound else business,
        "to": business if inbound else contact,
        "from_user_id": row.bsuid if inbound else None,
        "from_parent_user_id": row.parent_bsuid if inbound else None,
        "to_user_id": None if inbound else row.bsuid,
        "to_parent_user_id": None if inbound else row.parent_bsuid,
        "username": row.username,
    }
    if row.reply_to is not None:
        shown["context"] = {"id": row.reply_to}
    media = _media(settings, row)
    if row.deleted_at is None:  # else there is no content, which Kapso's clients would look for
        shown.setdefault(row.type, _content(row, media))  # never over a key of Meta's envelope
    shown["kapso"] = _extension(row, media, statuses)
    return shown


def _content(row: Row[Any], media: dict[str, Any] | None) -> Any:
    """Meta's object with the keys that Kapso always has there, and that its clients rely on."""
    content = row.content
    if row.upload_id is not None:  # which is at Meta once it was sent
        content = with_media_id(row.type, content, row.media_id or "", row.filename)
    if not isinstance(content, Mapping):
        return content
    if media is not None:  # what was sent by a link has no id
        return {"id": "", **content, "link": content.get("link") or media["url"]}
    if row.type == "reaction":  # one that is taken back has no emoji
        return {**content, "emoji": content.get("emoji") or ""}
    if row.type == "order":
        return {**content, "order_text": content.get("text")}
    return content


def _extension(row: Row[Any], media: dict[str, Any] | None, statuses: list[dict[str, Any]]) -> dict[str, Any]:
    extension: dict[str, Any] = {
        "direction": row.direction,
        "status": _STATUSES.get(row.status, row.status),
        "processing_status": "failed" if row.status == "failed" else _processing(row.status),
        "origin": row.origin,
        "phone_number": row.phone_number,
        "phone_number_id": row.phone_number_id,
        "has_media": media is not None,
        "whatsapp_conversation_id": row.conversation_id,
        "contact_name": row.display_name or row.profile_name,
        "content": _words(row, media),
        "statuses": [_returned(status, row.callback_data) for status in statuses],
        "message_type_data": _type_data(row.type, row.content, media),
        "sent_by": row.sent_by,
    }
    if media is not None:
        extension |= {"media_data": media, "media_url": media["url"]}
    if row.type == "order" and isinstance(row.content, Mapping):
        extension["order_text"] = row.content.get("text")
    return extension | _flow(row.type, row.content)


def _returned(status: dict[str, Any], callback_data: str | None) -> dict[str, Any]:
    """A status with the data that the sender gave; what Meta returns to us is our own id of the message."""
    kept = {key: value for key, value in status.items() if key != "biz_opaque_callback_data"}
    return kept if callback_data is None else {**kept, "biz_opaque_callback_data": callback_data}


def _processing(status: str) -> str:
    return "pending" if status == "queued" else "completed"


def _media(settings: Settings, row: Row[Any]) -> dict[str, Any] | None:
    if row.type not in MEDIA_TYPES or not isinstance(row.content, Mapping):
        return None
    content = row.content
    media_id, link = row.upload_id or content.get("id"), content.get("link")
    if not media_id and not link:
        return None
    return {
        "url": media_url(settings, row.phone_number_id, str(media_id), LINK_SECONDS) if media_id else link,
        "filename": content.get("filename") or row.filename,
        "content_type": content.get("mime_type") or row.mime_type,
        "byte_size": row.size,
    }


def _words(row: Row[Any], media: dict[str, Any] | None) -> str:
    """Kapso's `content`: the words of a message; for media a line that says what is attached and where."""
    if media is None:
        return str(row.text)
    caption = row.content.get("caption") or ""
    attached = "[Audio attached]" if row.type == "audio" else f"{row.type.capitalize()} attached"
    named = f" ({media['filename']})" if media["filename"] else ""
    kind = f" [Type: {media['content_type']}]" if media["content_type"] else ""
    return f"{caption} {attached}{named}{kind} URL: {media['url']}".strip()


def _type_data(kind: str, content: Any, media: dict[str, Any] | None) -> dict[str, Any]:
    if not isinstance(content, Mapping):
        return {}
    if kind == "template":
        language = content.get("language")
        components = content.get("components") or []
        return {
            "name": content.get("name"),
            "language": language.get("code") if isinstance(language, Mapping) else language,
            "params": [
                parameter
                for component in components
                if isinstance(component, Mapping)
                for parameter in component.get("parameters") or []
            ],
        }
    if kind == "interactive":
        body = content.get("body")
        return {"type": content.get("type"), "body_text": body.get("text") if isinstance(body, Mapping) else None}
    if kind == "location":
        return {name: content.get(name) for name in ("latitude", "longitude", "name", "address")}
    if kind == "reaction":
        return {"message_id": content.get("message_id"), "emoji": content.get("emoji")}
    if media is not None:
        return {
            "caption": content.get("caption"),
            "filename": media["filename"],
            "mime_type": media["content_type"],
            "has_media": True,
        }
    return {}


def _flow(kind: str, content: Any) -> dict[str, Any]:
    """What a customer filled into a WhatsApp Flow (Meta: Cloud API webhooks, `nfm_reply`)."""
    reply = content.get("nfm_reply") if kind == "interactive" and isinstance(content, Mapping) else None
    if not isinstance(reply, Mapping):
        return {}
    try:
        response = msgspec.json.decode(reply.get("response_json") or "{}")
    except (msgspec.DecodeError, TypeError):
        response = {}
    token = response.get("flow_token") if isinstance(response, Mapping) else None
    return {"flow_response": response, "flow_token": token, "flow_name": reply.get("name")}


def _in_scope(scope: Scope) -> list[ColumnElement[bool]]:
    """The scope's messages. Stated on `message` too, whose indexes sort by time."""
    conditions = [scope.conversations(), Message.project_id == scope.project_id]
    if scope.phone_number_id is not None:
        conditions.append(Message.phone_number_id == scope.phone_number_id)
    return conditions


def _named(scope: Scope, message_id: str) -> ColumnElement[bool]:
    try:
        return Message.id == UUID(message_id)
    except ValueError:
        numbers = select(PhoneNumber.phone_number_id).where(PhoneNumber.project_id == scope.project_id)
        return and_(Message.phone_number_id.in_(numbers), Message.wamid_key == wamid_key(message_id))


def _choices(filters: MessageFilters) -> list[ColumnElement[bool]]:
    """Conditions of which one must hold, each with an index that sorts by time. What is rare, or not there at all, is
    found at once, where a list of everything would be read to its end.
    """
    if filters.conversation_id is not None:  # never long
        return []
    if filters.message_type is not None:
        return [Message.type == filters.message_type]
    if filters.has_media:
        return [Message.type == kind for kind in sorted(MEDIA_TYPES)]
    if filters.direction is None and filters.status is None:
        return []
    return [Message.status == status for status in _stored_statuses(filters)]


def _stored_statuses(filters: MessageFilters) -> list[str]:
    """The statuses that the filters on direction and status leave; `received` is the one of what came in."""
    statuses = [one for one in _STATUSES if filters.status is None or _STATUSES[one] == filters.status]
    if filters.direction is None:
        return statuses
    return [one for one in statuses if (one == "received") == (filters.direction == "inbound")]


def _conditions(scope: Scope, filters: MessageFilters) -> list[ColumnElement[bool]]:
    conditions = [*_in_scope(scope), *between(Message.sent_at, filters.since, filters.until)]
    if filters.conversation_id is not None:
        conditions.append(Message.conversation_id == filters.conversation_id)
    if filters.direction is not None or filters.status is not None:
        conditions.append(Message.status.in_(_stored_statuses(filters)))
    if filters.message_type is not None:
        conditions.append(Message.type == filters.message_type)
    if filters.has_media is not None:
        held = Message.type.in_(sorted(MEDIA_TYPES))
        conditions.append(held if filters.has_media else ~held)
    people = contacts_matching(scope.project_id, filters.phone_number, filters.business_scoped_user_id)
    if people is not None:
        conditions.append(Conversation.contact_id.in_(people))
    return conditions


async def _reported(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[UUID, list[dict[str, Any]]]:
    """Meta's status objects for the messages that have a wamid, oldest first."""
    sent = [row for row in rows if row.direction == "outbound" and row.wamid is not None]
    if not sent:
        return {}
    parameters = {
        "ids": [row.id for row in sent],
        "phone_number_ids": [row.phone_number_id for row in sent],
        "keys": [row.wamid_key for row in sent],
        "ranks": list(STATUSES),  # Meta counts in seconds
    }
    reported: dict[UUID, list[dict[str, Any]]] = {}
    for row in await connection.execute(_REPORTED, parameters):
        reported.setdefault(row.id, []).append(row.payload)
    return reported
