"""Meta's webhook bodies, read into what the ingest operations take.

Shapes: Meta, WhatsApp Business Platform, "Webhooks" reference, field `messages`. A body may hold up to 1,000 updates of
several numbers; each item is read on its own, so that one that cannot be understood does not sink the others.
"""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.whatsapp.content import preview_of, text_of
from shared.whatsapp.wamid import wamid_key


class InboundMessage(msgspec.Struct, frozen=True):
    """A customer's message. `identity` is (kind, value), see ContactIdentity."""

    phone_number_id: str
    identity: tuple[str, str]
    wamid: str
    wamid_key: str
    profile_name: str | None
    phone_number: str | None
    username: str | None
    type: str
    content: Any
    text: str
    preview: str
    reply_to: str | None
    sent_at: datetime


class StatusUpdate(msgspec.Struct, frozen=True):
    """What became of a message that we sent. `message_id` is ours, sent along as biz_opaque_callback_data."""

    phone_number_id: str
    wamid: str
    status: str
    occurred_at: datetime
    message_id: UUID | None
    error: dict[str, Any] | None
    payload: dict[str, Any]


class Decoded(msgspec.Struct):
    """All that one body holds, the ids of the numbers that it is about, and what of it could not be understood."""

    messages: list[InboundMessage] = []
    statuses: list[StatusUpdate] = []
    problems: list[str] = []
    numbers: set[str] = set()


class _Change(msgspec.Struct):
    field: str
    value: dict[str, Any]


class _Entry(msgspec.Struct):
    changes: list[_Change]


class _Body(msgspec.Struct):
    entry: list[_Entry]


_decoder = msgspec.json.Decoder(_Body)
# A NUL cannot be stored in PostgreSQL's text; the replacement character keeps the message readable.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def decode_webhook(body: bytes) -> Decoded:
    """Read a webhook body. Never raises: what cannot be read is a sentence in `problems`."""
    decoded = Decoded()
    try:
        parsed = _decoder.decode(_NUL.sub(rb"\1\\ufffd", body))
    except (msgspec.DecodeError, UnicodeError) as error:
        decoded.problems.append(f"not a webhook body: {error}")
        return decoded
    for entry in parsed.entry:
        for change in entry.changes:
            metadata = change.value.get("metadata")
            if isinstance(metadata, dict) and "phone_number_id" in metadata:
                decoded.numbers.add(str(metadata["phone_number_id"]))
            if change.field == "messages":
                _decode_messages(change.value, decoded)
            else:
                decoded.problems.append(f"the field {change.field!r} is not handled")
    return decoded


def _decode_messages(value: dict[str, Any], decoded: Decoded) -> None:
    try:
        phone_number_id = str(value["metadata"]["phone_number_id"])
        contacts = {key: contact for contact in value.get("contacts") or [] for key in _contact_keys(contact)}
    except (KeyError, TypeError, AttributeError) as error:
        decoded.problems.append(f"a change without a number: {error!r}")
        return
    for message in value.get("messages") or []:
        try:
            decoded.messages.append(_message(phone_number_id, message, contacts))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            decoded.problems.append(f"a message that cannot be read: {error!r}")
    for status in value.get("statuses") or []:
        try:
            decoded.statuses.append(_status(phone_number_id, status))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            decoded.problems.append(f"a status that cannot be read: {error!r}")
    decoded.problems.extend(f"Meta reports: {error}" for error in value.get("errors") or [])


def _contact_keys(contact: dict[str, Any]) -> list[str]:
    return [key for key in (contact.get("wa_id"), contact.get("user_id")) if key]


def _message(phone_number_id: str, message: dict[str, Any], contacts: dict[str, dict[str, Any]]) -> InboundMessage:
    wamid = _text(message["id"])
    kind = _text(message["type"])
    wa_id, user_id = message.get("from"), message.get("from_user_id")
    # A person who hides the number behind a username has only a business-scoped user id.
    identity = ("wa_id", _text(wa_id)) if wa_id else ("bsuid", _text(user_id))
    profile = contacts.get(identity[1], {}).get("profile") or {}
    content = message.get(kind, {})
    return InboundMessage(
        phone_number_id=phone_number_id,
        identity=identity,
        wamid=wamid,
        wamid_key=wamid_key(wamid),
        profile_name=profile.get("name") or None,
        phone_number=_text(wa_id) if wa_id else None,
        username=profile.get("username") or None,
        type=kind,
        content=content,
        text=text_of(kind, content),
        preview=preview_of(kind, content),
        reply_to=(message.get("context") or {}).get("id"),
        sent_at=_time(message["timestamp"]),
    )


def _status(phone_number_id: str, status: dict[str, Any]) -> StatusUpdate:
    return StatusUpdate(
        phone_number_id=phone_number_id,
        wamid=_text(status["id"]),
        status=_text(status["status"]),
        occurred_at=_time(status["timestamp"]),
        message_id=_uuid(status.get("biz_opaque_callback_data")),
        error=error_view((status.get("errors") or [None])[0]),
        payload=status,
    )


def error_view(error: dict[str, Any] | None) -> dict[str, Any] | None:
    """Meta's error object as the inbox shows it: {code: int, title: str, details: str or None}."""
    if error is None:
        return None
    return {
        "code": int(error.get("code", 0)),
        "title": str(error.get("title") or error.get("message") or "The message was not delivered"),
        "details": (error.get("error_data") or {}).get("details"),
    }


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"expected text, got {value!r}")
    return value


def _time(value: str | int) -> datetime:
    """Meta sends Unix seconds, mostly as text."""
    return datetime.fromtimestamp(int(value), UTC)


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
