"""Meta's message objects, read into updates. Shapes: Meta, "Webhooks" reference, `messages`, `smb_message_echoes`,
`history` and `calls`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.whatsapp.content import preview_of, text_of
from shared.whatsapp.phone import digits_of_number
from shared.whatsapp.status import MessageStatus
from shared.whatsapp.updates import ChangeKind, Decoded, Direction, MessageChange, Origin, Person, ReceivedMessage
from shared.whatsapp.wamid import wamid_key

Json = dict[str, Any]

MOST_NAME = 512  # characters of an id or a type; a longer one is none of Meta's
MOST_TEXT = 64 * 1024  # characters of what search reads; PostgreSQL indexes at most 1 MB of a text

# What a message object holds beside its content, and what has a column of its own.
_COLUMNS = frozenset({
    "id", "timestamp", "type", "from", "from_user_id", "from_parent_user_id", "to", "to_user_id", "to_parent_user_id",
    "context", "history_context",
})  # fmt: skip
_QUOTE = frozenset({"id", "from", "from_user_id", "from_parent_user_id"})
_OLDER_TYPES = {"voice": "audio", "unknown": "unsupported"}
_HISTORY_STATUSES: Mapping[str, MessageStatus] = {
    "PENDING": "accepted",
    "SENT": "sent",
    "DELIVERED": "delivered",
    "READ": "read",
    "PLAYED": "played",
    "ERROR": "failed",
}


class Source(msgspec.Struct, frozen=True):
    """What is the same for all message objects of one list. `profiles` are Meta's contacts by each of their ids;
    `received_at` stands in for times that cannot be.
    """

    phone_number_id: str
    profiles: Mapping[str, Json]
    received_at: datetime
    direction: Direction = "inbound"
    origin: Origin = "cloud_api"


def decode_message(source: Source, message: Json, decoded: Decoded) -> None:
    """Add what the object means: a message, a change of one, or both. Raises KeyError, TypeError or ValueError for an
    object that is not in Meta's shape.
    """
    kind = named(message["type"])
    person = _person(source, message)
    sent_at = time_of(message.get("timestamp"), source.received_at)
    if kind in ("edit", "revoke"):
        decoded.changes.append(_change(source, person, kind, message, sent_at))
        return
    wamid = named(message["id"])
    content = message.get(kind, {})
    context = message.get("context")
    quoted = context.get("id") if isinstance(context, dict) else None
    words = text_of(kind, content)[:MOST_TEXT]
    decoded.messages.append(
        ReceivedMessage(
            phone_number_id=source.phone_number_id,
            person=person,
            wamid=wamid,
            wamid_key=wamid_key(wamid),
            direction=source.direction,
            origin=source.origin,
            type=_OLDER_TYPES.get(kind, kind),
            content=content,
            details=_details(message, kind),
            text=words,
            preview=preview_of(kind, content),
            reply_to=named(quoted) if quoted else None,
            reply_to_key=wamid_key(quoted) if quoted else None,
            status=_status(source, message),
            error=error_view((message.get("errors") or [None])[0]),
            sent_at=sent_at,
        )
    )
    if kind == "reaction":
        decoded.changes.append(_change(source, person, kind, message, sent_at))


def decode_call(source: Source, call: Json, decoded: Decoded) -> None:
    """A call and how far it has come; every update tells of the call, and the newest what became of it."""
    kind = "terminate" if call.get("event") == "terminate" or call.get("status") in ("COMPLETED", "FAILED") else "begin"
    outbound = call.get("direction") == "BUSINESS_INITIATED" or call.get("type") == "call"
    wacid = named(call["id"])
    person = _person_of(source, call, _FROM if not outbound else _TO if "to" in call else _RECIPIENT)
    content = {key: value for key, value in call.items() if key not in ("id", "session", "from", "to", "timestamp")}
    content.setdefault("direction", "BUSINESS_INITIATED" if outbound else "USER_INITIATED")
    occurred_at = time_of(call.get("timestamp"), source.received_at)
    decoded.messages.append(
        ReceivedMessage(
            phone_number_id=source.phone_number_id,
            person=person,
            wamid=wacid,
            wamid_key=wacid,
            direction="outbound" if outbound else "inbound",
            type="call",
            content=content,
            text="",
            preview="",
            status="sent" if outbound else "received",
            sent_at=time_of(call.get("start_time") or call.get("timestamp"), source.received_at),
        )
    )
    decoded.changes.append(
        MessageChange(
            phone_number_id=source.phone_number_id,
            person=person,
            target=wacid,
            target_key=wacid,
            kind="call",
            side="business" if outbound else "contact",
            wamid=f"{_CALL_ORDER.get(str(call.get('status') or call.get('event')), 0)} {kind}",
            occurred_at=occurred_at,
            payload=content,
        )
    )


# Of two updates in one second the later step counts.
_CALL_ORDER = {"connect": 1, "RINGING": 1, "ACCEPTED": 2, "REJECTED": 3, "terminate": 4, "FAILED": 4, "COMPLETED": 5}


def profiles_of(value: Json) -> dict[str, Json]:
    """Meta's `contacts` by each of their ids; their order need not be that of the messages."""
    return {
        key: contact
        for contact in value.get("contacts") or []
        for key in (contact.get("wa_id"), contact.get("user_id"))
        if key
    }


def person_named(value: Json, prefix: str = "") -> list[tuple[str, str]]:
    """The identities under Meta's keys: wa_id, user_id, parent_user_id, each with a prefix."""
    keys = (("bsuid", "user_id"), ("parent_bsuid", "parent_user_id"))
    found = [(kind, named(value[prefix + key])) for kind, key in keys if value.get(prefix + key)]
    number = digits_of_number(str(value.get(prefix + "wa_id") or ""))
    return [*found, ("wa_id", number)] if number else found


def named(value: object) -> str:
    """An id or a type. Raises TypeError or ValueError for what is none."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"expected text, got {type(value).__name__}")
    if len(value) > MOST_NAME:
        raise ValueError(f"a name of {len(value)} characters")
    return value


def time_of(value: object, otherwise: datetime) -> datetime:
    """Meta sends Unix seconds, mostly as text. A time that no calendar has is not a reason to lose a message."""
    try:
        return datetime.fromtimestamp(int(str(value)), UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise


def error_view(error: Json | None) -> Json | None:
    """Meta's error object as the inbox shows it: {code: int, title: str, details: str or None}."""
    if error is None:
        return None
    code = str(error.get("code", 0))
    return {
        "code": int(code) if re.fullmatch(r"\d{1,9}", code, re.ASCII) else 0,
        "title": str(error.get("title") or error.get("message") or "The message was not delivered"),
        "details": (error.get("error_data") or {}).get("details"),
    }


def _person(source: Source, message: Json) -> Person:
    """Whom the message is from, or for one of the business's own, to. Older and newer names of a person who changed
    them are names of one person (Meta: "System messages").
    """
    person = _person_of(source, message, _TO if source.direction == "outbound" else _FROM)
    system = message.get("system")
    if message.get("type") != "system" or not isinstance(system, dict):
        return person
    number = digits_of_number(str(system.get("wa_id") or system.get("new_wa_id") or ""))
    new = [*person_named(system), *([("wa_id", number)] if number else [])]
    old = person_named(system, "previous_")
    return msgspec.structs.replace(
        person,
        identities=tuple(dict.fromkeys((*person.identities, *new, *old))),
        phone_number=number or person.phone_number,
    )


# Meta's keys for the person at the other side, by where they are in an update: number, user id, parent user id.
_FROM = ("from", "from_user_id", "from_parent_user_id")
_TO = ("to", "to_user_id", "to_parent_user_id")
_RECIPIENT = ("recipient_id", "recipient_user_id", "recipient_parent_user_id")


def _person_of(source: Source, value: Json, keys: tuple[str, str, str]) -> Person:
    """Raises ValueError if the update names nobody."""
    given, user_id, parent_user_id = (value.get(key) for key in keys)
    number = _number(given)
    contact = source.profiles.get(number or "") or source.profiles.get(user_id or "") or {}
    user_id = user_id or contact.get("user_id")
    parent_user_id = parent_user_id or contact.get("parent_user_id")
    number = number or _number(contact.get("wa_id"))
    identities = []
    if user_id:
        identities.append(("bsuid", named(user_id)))
    if parent_user_id:
        identities.append(("parent_bsuid", named(parent_user_id)))
    if number:
        identities.append(("wa_id", number))
    if not identities:
        raise ValueError("names nobody")
    profile = contact.get("profile") or {}
    return Person(tuple(identities), number, profile.get("name") or None, profile.get("username") or None)


def _number(given: object) -> str | None:
    if not isinstance(given, str) or not given:
        return None
    return digits_of_number(given) or (given if given.isdigit() and len(given) <= MOST_NAME else None)


def _change(source: Source, person: Person, kind: str, message: Json, at: datetime) -> MessageChange:
    content = message.get(kind) or {}
    target = named(content["message_id" if kind == "reaction" else "original_message_id"])
    payload: Json = {}
    if kind == "reaction":
        payload = {"emoji": str(content.get("emoji") or "")}
    elif kind == "edit":
        edited = content["message"]
        edited_kind = named(edited["type"])
        edited_content = edited.get(edited_kind) or {}
        payload = {
            "type": edited_kind,
            "content": edited_content,
            "text": text_of(edited_kind, edited_content)[:MOST_TEXT],
            "preview": preview_of(edited_kind, edited_content),
        }
    found: ChangeKind = "reaction" if kind == "reaction" else "edit" if kind == "edit" else "revoke"
    return MessageChange(
        phone_number_id=source.phone_number_id,
        person=person,
        target=target,
        target_key=wamid_key(target),
        kind=found,
        side="business" if source.direction == "outbound" else "contact",
        wamid=named(message["id"]),
        occurred_at=at,
        payload=payload,
    )


def _details(message: Json, kind: str) -> Json | None:
    """What is left of the object: an ad that led here, a group, errors, and keys that Meta adds later."""
    rest = {key: message[key] for key in message.keys() - _COLUMNS if key != kind}
    context = message.get("context")
    if isinstance(context, dict) and not context.keys() <= _QUOTE:
        rest["context"] = context
    return rest or None


def _status(source: Source, message: Json) -> MessageStatus:
    if source.direction == "inbound":
        return "received"
    context = message.get("history_context")
    given = context.get("status") if isinstance(context, dict) else None
    return _HISTORY_STATUSES.get(str(given).upper(), "sent")
