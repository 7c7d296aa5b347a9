"""Create and change the business's own webhooks (Kapso: Platform API, "Webhooks")."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import SEALED, changed
from shared.crypto import encrypt
from shared.ids import new_id
from shared.kapso.webhooks import MESSAGE_EVENTS, NUMBER_EVENTS, PROJECT_EVENTS, RECEIVED
from shared.models import PhoneNumber, WebhookEndpoint
from shared.outbound_http import Address, is_public
from shared.patches import sent_fields
from shared.queries.webhooks import HIDDEN, WebhookKind, stored_headers
from shared.refusals import NotFoundError, RefusedError
from shared.settings import Settings
from shared.validation import InvalidFieldsError

MOST_URL = 2000
MOST_HEADERS = 20
MOST_HEADER_VALUE = 2000

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, "token"
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
# Those that belong to the connection (RFC 9110, section 7.6.1), that say what the body is, and our own.
_RESERVED = frozenset(
    (
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host"),
        *("proxy-authenticate", "proxy-authorization", "expect"),
        *("content-encoding", "content-length", "content-type"),
        *("x-batch-size", "x-idempotency-key"),
    )
)

Url = Annotated[
    str,
    Meta(max_length=MOST_URL, description="Where to post to.", examples=["https://api.example.com/webhooks/whatsapp"]),
]
EventName = Annotated[str, Meta(max_length=100, examples=["whatsapp.message.received"])]
EventNames = Annotated[list[EventName], Meta(max_length=100, examples=[["whatsapp.message.received"]])]
SecretKey = Annotated[
    str, Meta(max_length=500, description="Signs every delivery; never shown again.", examples=["wh_sec_3kfj9dmfkg8s2"])
]
Headers = Annotated[
    dict[str, str],
    Meta(max_length=MOST_HEADERS, description="Sent along with every delivery.", examples=[{"X-Source": "porthole"}]),
]
BufferWindow = Annotated[int, Meta(ge=1, le=60, description="Seconds from the first event of a batch.")]
BufferSize = Annotated[int, Meta(ge=1, le=100, description="Events of a batch.")]
Inactivity = Annotated[int, Meta(ge=1, le=1440, description="Minutes of silence before `conversation.inactive`.")]
PayloadVersion = Annotated[Literal["v2"], Meta(description="Version 1 is not offered.")]


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """Kapso: "Create webhook". What is null counts as not sent."""

    url: Url
    kind: WebhookKind | None = None
    events: EventNames | None = None
    active: bool | None = None
    secret_key: SecretKey | None = None
    headers: Headers | None = None
    buffer_enabled: bool | None = None
    buffer_window_seconds: BufferWindow | None = None
    max_buffer_size: BufferSize | None = None
    buffer_events: EventNames | None = None
    inactivity_minutes: Inactivity | None = None
    inactive_after_minutes: Annotated[Inactivity | None, Meta(description="`inactivity_minutes`, as some have it.")] = (
        None
    )
    payload_version: PayloadVersion | None = None


class NewProjectWebhook(NewWebhook, frozen=True, kw_only=True):
    """With a number, a webhook of that number; without one, of the project."""

    phone_number_id: Annotated[str, Meta(max_length=40, examples=["1234567890"])] | None = None


class WebhookChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Kapso: "Update webhook". Null leaves a field as it is, and so does the "…" that stands for a header's value."""

    url: Url | UnsetType | None = UNSET
    kind: Annotated[WebhookKind | UnsetType | None, Meta(description="Cannot be changed.")] = UNSET
    events: EventNames | UnsetType | None = UNSET
    active: bool | UnsetType | None = UNSET
    secret_key: SecretKey | UnsetType | None = UNSET
    headers: Headers | UnsetType | None = UNSET
    buffer_enabled: bool | UnsetType | None = UNSET
    buffer_window_seconds: BufferWindow | UnsetType | None = UNSET
    max_buffer_size: BufferSize | UnsetType | None = UNSET
    buffer_events: EventNames | UnsetType | None = UNSET
    inactivity_minutes: Inactivity | UnsetType | None = UNSET
    inactive_after_minutes: Annotated[
        Inactivity | UnsetType | None, Meta(description="`inactivity_minutes`, as some have it.")
    ] = UNSET
    payload_version: PayloadVersion | UnsetType | None = UNSET


async def create_webhook(
    connection: AsyncConnection,
    settings: Settings,
    project_id: UUID,
    phone_number_id: str | None,
    wanted: NewWebhook,
    webhook_id: UUID | None = None,
) -> UUID:
    """Store a webhook of a number, or of the project where there is none, under the caller's id where it has made one
    up. Returns the id.

    Raises NotFoundError if nothing but the number is wrong, which the project does not have, InvalidFieldsError with
    every wrong field, or IntegrityError for an id that has been used.
    """
    try:
        values = await check_new_webhook(connection, settings, project_id, phone_number_id, sent_fields(wanted))
    except InvalidFieldsError as error:
        if error.errors.keys() == {"phone_number_id"}:
            raise NotFoundError("Phone number") from error
        raise
    _seal(values, settings.secret_key)
    webhook_id = webhook_id or new_id()
    added = await connection.execute(
        insert(WebhookEndpoint)
        .values(id=webhook_id, project_id=project_id, phone_number_id=phone_number_id, **values)
        .on_conflict_do_nothing(  # webhook_endpoint_one_meta
            index_elements=[WebhookEndpoint.phone_number_id], index_where=text("kind = 'meta'")
        )
        .returning(WebhookEndpoint.id)
    )
    if added.scalar_one_or_none() is None:
        raise InvalidFieldsError({"kind": ["the number has a webhook of the kind meta already"]})
    return webhook_id


async def update_webhook(
    connection: AsyncConnection,
    settings: Settings,
    project_id: UUID,
    phone_number_id: str | None,
    webhook_id: UUID,
    wanted: WebhookChanges,
    seen_at: datetime | None = None,
) -> dict[str, list[Any]]:
    """Store what differs and return it as {field: [before, after]}, secrets hidden. With a `phone_number_id`, only a
    webhook of that number is found. `seen_at` is the `updated_at` that the caller has seen, so that a form that is sent
    twice changes once.

    Raises NotFoundError, InvalidFieldsError with every wrong field, or RefusedError with code `webhook_changed`.
    """
    row = await webhook_row(connection, project_id, phone_number_id, webhook_id)
    if seen_at is not None and row["updated_at"] != seen_at:
        raise RefusedError("webhook_changed", "The webhook has been changed meanwhile; look at it again.")
    values = check_webhook_changes(settings, row, sent_fields(wanted))
    sealed = {name: [SEALED, SEALED] for name in ("secret_key", "headers") if name in values}
    changes = changed(row, {name: value for name, value in values.items() if name not in sealed}) | sealed
    if changes:
        _seal(values, settings.secret_key)
        values["failing_since"] = None  # it gets its chance
        if values.get("active"):
            values |= {"paused_at": None, "pause_reason": None}
        this = WebhookEndpoint.id == webhook_id
        await connection.execute(update(WebhookEndpoint).where(this).values(**values, updated_at=func.now()))
    return changes


async def webhook_row(
    connection: AsyncConnection, project_id: UUID, phone_number_id: str | None, webhook_id: UUID
) -> dict[str, Any]:
    """A webhook's row, which nobody else changes until the transaction ends. Raises NotFoundError."""
    query = select(WebhookEndpoint.__table__).where(
        WebhookEndpoint.project_id == project_id, WebhookEndpoint.id == webhook_id
    )
    if phone_number_id is not None:
        query = query.where(WebhookEndpoint.phone_number_id == phone_number_id)
    row = (await connection.execute(query.with_for_update(key_share=True))).mappings().one_or_none()
    if row is None:
        raise NotFoundError("Webhook")
    return dict(row)


async def check_new_webhook(
    connection: AsyncConnection,
    settings: Settings,
    project_id: UUID,
    phone_number_id: str | None,
    fields: Mapping[str, Any],
) -> dict[str, Any]:
    """What is to be stored of those fields that are right by themselves.

    Raises InvalidFieldsError with every other that is wrong, the number's among them.
    """
    values = _given(fields)
    values.pop("phone_number_id", None)
    if values.get("kind") == "meta":
        values["events"] = []
    errors = _wrong(settings, values, phone_number_id)
    if phone_number_id is not None:
        try:
            await check_number(connection, project_id, phone_number_id)
        except NotFoundError:
            errors["phone_number_id"] = ["is not a phone number of this project"]
        if not values.get("secret_key"):
            errors["secret_key"] = ["is required for a webhook of a number"]
    if values.get("kind") != "meta" and not values.get("events"):
        errors["events"] = ["must name at least one event"]
    _buffer(values, {"kind": "kapso", "buffer_enabled": False, "buffer_events": []} | values, errors)
    if errors:
        raise InvalidFieldsError(errors)
    return values


def check_webhook_changes(settings: Settings, row: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be stored of those fields that are right by themselves.

    Raises InvalidFieldsError with every other that is wrong.
    """
    values = _given(fields)
    if "headers" in values:
        values["headers"] = _kept(values["headers"], stored_headers(row["headers"], settings.secret_key) or {})
    if row["kind"] == "meta":
        values.pop("events", None)
    errors = _wrong(settings, values, row["phone_number_id"])
    if values.get("kind", row["kind"]) != row["kind"]:
        errors["kind"] = ["cannot be changed"]
    if values.get("secret_key") == "" and row["phone_number_id"] is not None:
        errors["secret_key"] = ["is required for a webhook of a number"]
    if row["kind"] == "kapso" and values.get("events") == []:
        errors["events"] = ["must name at least one event"]
    _buffer(values, {**row, **values}, errors)
    if errors:
        raise InvalidFieldsError(errors)
    return values


async def check_number(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> None:
    """Raises NotFoundError unless the project has the number."""
    query = select(PhoneNumber.id).where(
        PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id == phone_number_id
    )
    if (await connection.execute(query)).scalar_one_or_none() is None:
        raise NotFoundError("Phone number")


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were sent with a value, each under our own name for it."""
    values = {name: value for name, value in fields.items() if value is not None}
    also = values.pop("inactive_after_minutes", None)
    return values if also is None else {"inactivity_minutes": also} | values


def _wrong(settings: Settings, values: Mapping[str, Any], phone_number_id: str | None) -> dict[str, list[str]]:
    """What is wrong with each of the values by itself."""
    errors: dict[str, list[str]] = {}
    if "url" in values and (problem := _url_problem(values["url"], settings)) is not None:
        errors["url"] = [problem]
    if "headers" in values and (problems := _header_problems(values["headers"])):
        errors["headers"] = problems
    known = PROJECT_EVENTS if phone_number_id is None else NUMBER_EVENTS
    for field, names in (("events", known), ("buffer_events", MESSAGE_EVENTS)):
        if unknown := [name for name in values.get(field, ()) if name not in names]:
            errors[field] = [_unknown(name, field, phone_number_id) for name in unknown]
    if values.get("kind") == "meta" and phone_number_id is None:
        errors["kind"] = ["is for webhooks of a number: `phone_number_id` is required"]
    return errors


def _unknown(name: str, field: str, phone_number_id: str | None) -> str:
    if field == "buffer_events":
        return f"{name} cannot be buffered: only events of messages can"
    if name in (*NUMBER_EVENTS, *PROJECT_EVENTS):
        return f"{name} is an event for webhooks of {'a number' if phone_number_id is None else 'the project'}"
    return f"{name} is not an event"


def _buffer(values: dict[str, Any], result: Mapping[str, Any], errors: dict[str, list[str]]) -> None:
    """The rules between the fields about buffering, for what a webhook comes to be. Kapso buffers what is received."""
    if result["buffer_enabled"] and result["kind"] == "meta":
        errors["buffer_enabled"] = ["is not for webhooks of the kind meta"]
    if result["buffer_enabled"] and not result["buffer_events"]:
        values["buffer_events"] = [RECEIVED]


def _url_problem(url: str, settings: Settings) -> str | None:
    """Why the address cannot be posted to, as far as it can be known without asking for the host's addresses."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "is not a URL"
    if parsed.scheme not in ("http", "https") or not parsed.host:
        return "must be an http or https URL"
    if parsed.userinfo:
        return "must not hold a name or a password; use `headers`"
    if parsed.fragment or (parsed.port or 0) > 65535 or not url.isprintable() or " " in url:
        return "is not a URL that can be posted to"
    address = _literal_address(parsed.host)
    private = parsed.host == "localhost" if address is None else not is_public(address)
    if private and not settings.allow_private_addresses:
        return "must not lead into a private network"
    if parsed.scheme == "http" and not (settings.allow_private_addresses and (address is None or private)):
        return "must begin with https://"
    return None


def _literal_address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _header_problems(headers: Mapping[str, str]) -> list[str]:
    problems = []
    if len({name.lower() for name in headers}) < len(headers):
        problems.append("must not name a header twice")
    for name, value in headers.items():
        if _HEADER_NAME.fullmatch(name) is None:
            problems.append(f"{name[:100]!r} is not a header's name")
        elif name.lower() in _RESERVED or name.lower().startswith("x-webhook-"):
            problems.append(f"{name} cannot be set")
        if len(value) > MOST_HEADER_VALUE or _HEADER_VALUE.fullmatch(value) is None:
            problems.append(f"the value of {name[:100]!r} must be 1 to {MOST_HEADER_VALUE} visible ASCII characters")
    return problems


def _kept(given: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    """The headers to store: who sends back what was shown changes nothing."""
    return {name: stored.get(name, value) if value == HIDDEN else value for name, value in given.items()}


def _seal(values: dict[str, Any], secret_key: str) -> None:
    """Encrypt what nobody may read in the database. An empty secret is none."""
    if "secret_key" in values:
        values["secret_key"] = encrypt(values["secret_key"], secret_key) if values["secret_key"] else None
    if "headers" in values:
        values["headers"] = encrypt(msgspec.json.encode(values["headers"]).decode(), secret_key)
