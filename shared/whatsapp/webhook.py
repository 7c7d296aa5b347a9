"""Meta's webhook bodies, read into what the ingest operations take.

Shapes: Meta, WhatsApp Business Platform, "Webhooks" reference. A body may hold up to 1,000 updates of several numbers;
each item is read on its own, so that one that cannot be understood does not sink the others.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.whatsapp.decode_message import (
    Json,
    Source,
    decode_call,
    decode_message,
    error_view,
    named,
    person_named,
    profiles_of,
    time_of,
)
from shared.whatsapp.phone import digits_of_number
from shared.whatsapp.tolerant_json import read_json
from shared.whatsapp.updates import AccountUpdate, Decoded, Direction, Origin, Person, SavedContact, StatusUpdate

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)

# What Meta tells of accounts, numbers and templates; kept whole, for the operator.
_ACCOUNT_FIELDS = frozenset({
    "account_alerts", "account_review_update", "account_settings_update", "account_update", "automatic_events",
    "business_capability_update", "business_status_update", "flows", "group_lifecycle_update",
    "group_participants_update", "group_settings_update", "group_status_update", "message_template_components_update",
    "message_template_quality_update", "message_template_status_update", "messaging_handovers",
    "partner_solutions", "payment_configuration_update", "phone_number_name_update", "phone_number_quality_update",
    "security", "template_category_update", "template_correct_category_detection", "tracking_events",
    "user_preferences",
})  # fmt: skip


def decode_webhook(body: bytes, received_at: datetime | None = None) -> Decoded:
    """Read a webhook body. Never raises: what cannot be read is a sentence in `problems`."""
    decoded = Decoded()
    received_at = received_at or datetime.now(UTC)
    try:
        for entry in _entries(read_json(body)):
            for change in entry["changes"]:
                _decode_change(entry, named(change["field"]), change["value"], received_at, decoded)
    except _UNREADABLE as error:
        decoded.problems.append(f"not a webhook body: {type(error).__name__}: {error}"[:300])
    return decoded


def _entries(parsed: Any) -> list[Any]:
    """Meta's entries; a refusal of the history has been seen without the envelope."""
    entries: list[Any] = parsed.get("entry", [{"id": None, "changes": [parsed]}])
    return entries


def _decode_change(entry: Json, field: str, value: Any, received_at: datetime, decoded: Decoded) -> None:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    if number:
        decoded.numbers.add(str(number))
    if field in _ACCOUNT_FIELDS:
        decoded.account.append(_account_update(entry, field, value, number))
        return
    if isinstance(value, dict) and isinstance(value.get("standby"), dict):  # seen with and without this inner object
        value = {**value, **value["standby"]}
    read = _READERS.get(field)
    if read is None:
        decoded.problems.append(f"the field {field[:100]!r} is not handled")
        return
    try:
        read(value, Source(str(value["metadata"]["phone_number_id"]), profiles_of(value), received_at), decoded)
    except _UNREADABLE as error:
        decoded.problems.append(f"a change without a number: {error!r}"[:300])
        return
    if value.get("errors"):
        decoded.account.append(_account_update(entry, f"{field}.errors", {"errors": value["errors"]}, number))


def _read_messages(value: Json, source: Source, decoded: Decoded) -> None:
    origin: Origin = "business_app" if source.origin == "cloud_api" else source.origin
    echoes = msgspec.structs.replace(source, direction="outbound", origin=origin)
    _each(value.get("messages"), "message", decoded, lambda one: decode_message(source, one, decoded))
    _each(value.get("message_echoes"), "echo", decoded, lambda one: decode_message(echoes, one, decoded))
    _each(value.get("statuses"), "status", decoded, lambda one: decoded.statuses.append(_status(source, one)))


def _read_history(value: Json, source: Source, decoded: Decoded) -> None:
    """What was written before the number was connected (Meta: "history"): chunks in any order, media without files."""
    own = digits_of_number(str(value["metadata"].get("display_phone_number") or ""))
    for chunk in value.get("history") or []:
        for thread in chunk.get("threads") or []:
            read = _reader_of_the_past(source, thread, own, decoded)
            _each(thread.get("messages"), "message of the history", decoded, read)
        if chunk.get("errors"):
            problem = {"errors": chunk["errors"]}
            decoded.account.append(AccountUpdate("", source.phone_number_id, "history.errors", problem, None))
    _read_messages(value, msgspec.structs.replace(source, origin="history_sync"), decoded)


def _reader_of_the_past(source: Source, thread: Json, own: str | None, decoded: Decoded) -> Callable[[Any], None]:
    def read(message: Json) -> None:
        decode_message(*_of_the_past(source, thread, own, message), decoded)

    return read


def _of_the_past(source: Source, thread: Json, own: str | None, message: Json) -> tuple[Source, Json]:
    """The message as one of its thread's person; the business's own name their sender only."""
    outbound = bool(message.get("to")) or (own is not None and digits_of_number(str(message.get("from") or "")) == own)
    context = thread.get("context") or {}
    side = "to" if outbound else "from"
    person = {side: message.get(side) or thread.get("id") or context.get("wa_id")}
    if context.get("user_id"):
        person[f"{side}_user_id"] = context["user_id"]
    direction: Direction = "outbound" if outbound else "inbound"
    past = msgspec.structs.replace(source, direction=direction, origin="history_sync")
    return past, {**message, **person}


def _read_address_book(value: Json, source: Source, decoded: Decoded) -> None:
    _each(value.get("state_sync"), "contact", decoded, lambda one: decoded.saved.append(_saved(source, one)))


def _saved(source: Source, entry: Json) -> SavedContact:
    contact = entry["contact"]
    number = digits_of_number(str(contact.get("phone_number") or ""))
    identities = [*person_named(contact), *([("wa_id", number)] if number else [])]
    if not identities:
        raise ValueError("names nobody")
    name = contact.get("full_name") or contact.get("first_name")
    return SavedContact(
        source.phone_number_id,
        Person(tuple(dict.fromkeys(identities)), number, None, contact.get("username") or None),
        str(name)[:200] if name and entry.get("action") != "remove" else None,
        time_of((entry.get("metadata") or {}).get("timestamp"), source.received_at),
    )


def _read_calls(value: Json, source: Source, decoded: Decoded) -> None:
    _each(value.get("calls"), "call", decoded, lambda one: decode_call(source, one, decoded))
    _each(value.get("statuses"), "call", decoded, lambda one: decode_call(source, one, decoded))


_READERS: dict[str, Callable[[Json, Source, Decoded], None]] = {
    "messages": _read_messages,
    "smb_message_echoes": _read_messages,
    "standby": _read_messages,
    "history": _read_history,
    "smb_app_state_sync": _read_address_book,
    "calls": _read_calls,
}


def _each(items: Any, kind: str, decoded: Decoded, read: Callable[[Any], None]) -> None:
    for item in items or []:
        try:
            read(item)
        except _UNREADABLE as error:
            decoded.problems.append(f"a {kind} that cannot be read: {type(error).__name__}: {error}"[:300])


def _status(source: Source, status: Json) -> StatusUpdate:
    return StatusUpdate(
        phone_number_id=source.phone_number_id,
        wamid=named(status["id"]),
        status=named(status["status"]),
        occurred_at=time_of(status.get("timestamp"), source.received_at),
        message_id=_uuid(status.get("biz_opaque_callback_data")),
        error=error_view((status.get("errors") or [None])[0]),
        payload=status,
    )


def _account_update(entry: Json, field: str, value: Any, number: Any) -> AccountUpdate:
    seconds = entry.get("time")
    at = None if seconds is None else time_of(seconds, datetime.now(UTC))
    payload = value if isinstance(value, dict) else {"value": value}
    return AccountUpdate(str(entry.get("id") or ""), str(number) if number else None, field, payload, at)


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
