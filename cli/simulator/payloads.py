"""Webhook payloads, in the shapes of Meta's webhook reference (Cloud API, Webhooks, messages)."""

import json
from typing import Literal

from cli.simulator.config import SimulatedNumber
from cli.simulator.messages import Json, Message, Status
from cli.simulator.users import User, digits, spellings

Scope = Literal["phone", "bsuid"]


def serialise(payload: object) -> bytes:
    """JSON as Meta writes it: ASCII only, with `/` and `@` escaped too. The signature covers exactly these bytes."""
    text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").replace("@", "\\u0040").encode("ascii")


def envelope(entries: list[Json]) -> Json:
    return {"object": "whatsapp_business_account", "entry": entries}


def frame(number: SimulatedNumber) -> Json:
    """What every `value` about one business number begins with."""
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": digits(number.display_phone_number),
            "phone_number_id": number.phone_number_id,
        },
    }


def identity(user: User, phone_key: str, prefix: str, *, other_spelling: bool = False) -> Json:
    """Every id of a customer that a business may know, such as `from`, `from_user_id` and `from_parent_user_id`."""
    ids: Json = {}
    if not user.hides_phone:
        ids[phone_key] = spellings(user.wa_id)[-1] if other_spelling else user.wa_id
    if user.bsuid:
        ids[f"{prefix}user_id"] = user.bsuid
    if user.parent_bsuid:
        ids[f"{prefix}parent_user_id"] = user.parent_bsuid
    return ids


def contact(user: User, *, other_spelling: bool = False) -> Json:
    profile: Json = {"name": user.name}
    if user.username:
        profile["username"] = user.username
    return {"profile": profile, **identity(user, "wa_id", "", other_spelling=other_spelling)}


def contact_of_the_phone(user: User, *, other_spelling: bool = False) -> Json:
    """How webhooks name the customer of what the business itself did: without the profile's name."""
    named = identity(user, "wa_id", "", other_spelling=other_spelling)
    return {"profile": {"username": user.username}, **named} if user.username else named


def inbound_value(
    number: SimulatedNumber,
    message: Message,
    quoted: Json | None,
    extra: Json,
    scope: Scope,
    *,
    other_spelling: bool = False,
) -> Json:
    """The `value` of a change that brings one message of a customer."""
    user = message.user
    item: Json = {"id": message.wamid(scope), "timestamp": str(message.timestamp), "type": message.type}
    item |= identity(user, "from", "from_", other_spelling=other_spelling)
    if quoted:
        item["context"] = quoted
    if message.content is not None:
        item[message.type] = message.content
    value = frame(number)
    # System messages come without contacts.
    if message.type != "system":
        value["contacts"] = [contact(user, other_spelling=other_spelling)]
    value["messages"] = [item | extra]
    return value


def echo_value(
    number: SimulatedNumber,
    message: Message,
    quoted: Json | None,
    extra: Json,
    scope: Scope,
    *,
    other_spelling: bool = False,
) -> Json:
    """The `value` of a change that brings one message typed in the WhatsApp Business app. Meta: Webhooks,
    smb_message_echoes."""
    item: Json = {
        "from": digits(number.display_phone_number),
        **identity(message.user, "to", "to_", other_spelling=other_spelling),
        "id": message.wamid(scope),
        "timestamp": str(message.timestamp),
        "type": message.type,
    }
    if quoted:
        item["context"] = quoted
    if message.content is not None:
        item[message.type] = message.content
    value = frame(number)
    value["contacts"] = [contact_of_the_phone(message.user, other_spelling=other_spelling)]
    value["message_echoes"] = [item | extra]
    return value


def status_value(
    number: SimulatedNumber, message: Message, status: Status, scope: Scope, *, other_spelling: bool = False
) -> Json:
    """The `value` of a change that brings one status of a message the business sent."""
    user, failed = message.user, status.status == "failed"
    item: Json = {"id": message.wamid(scope), "status": status.status, "timestamp": str(status.timestamp)}
    ids = identity(user, "recipient_id", "recipient_", other_spelling=other_spelling)
    if message.to_bsuid:
        ids.pop("recipient_id", None)
    elif failed:
        # What failed on its way to a phone number says nothing of the other ids.
        ids = {key: value for key, value in ids.items() if key == "recipient_id"}
    item |= ids
    if message.callback_data is not None:
        item["biz_opaque_callback_data"] = message.callback_data
    # What is typed in the app has no price.
    if status.status in ("sent", "delivered") and message.origin == "api":
        item["pricing"] = _pricing(message)
    if status.errors:
        item["errors"] = status.errors
    value = frame(number)
    if user.bsuid and not failed:
        value["contacts"] = [contact(user, other_spelling=other_spelling)]
    value["statuses"] = [item]
    return value


def in_standby(value: Json) -> Json:
    """The same for a business that looks on while the Meta Business Agent, or another app, holds the chat."""
    head = {key: part for key, part in value.items() if key in ("messaging_product", "metadata")}
    return {**head, "standby": {key: part for key, part in value.items() if key not in head}}


def _pricing(message: Message) -> Json:
    if message.type != "template":
        return {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}
    category = str((message.rendered or {}).get("category", "utility")).lower()
    return {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}
