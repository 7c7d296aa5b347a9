"""Webhook payloads, in the shapes of Meta's webhook reference (Cloud API, Webhooks, messages)."""

import json
from typing import Literal

from cli.simulator.config import SimulatedNumber
from cli.simulator.messages import Json, Message, Status
from cli.simulator.users import User, digits

Scope = Literal["phone", "bsuid"]


def serialise(payload: object) -> bytes:
    """JSON as Meta writes it: ASCII only, with `/` and `@` escaped too. The signature covers exactly these bytes."""
    text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").replace("@", "\\u0040").encode("ascii")


def envelope(entries: list[Json]) -> Json:
    return {"object": "whatsapp_business_account", "entry": entries}


def inbound_value(number: SimulatedNumber, message: Message, quoted: Json | None, extra: Json, scope: Scope) -> Json:
    """The `value` of a change that brings one message of a customer."""
    user = message.user
    item: Json = {"id": message.wamid(scope), "timestamp": str(message.timestamp), "type": message.type}
    if not user.hides_phone:
        item["from"] = user.wa_id
    if user.bsuid:
        item["from_user_id"] = user.bsuid
    if quoted:
        item["context"] = quoted
    if message.content is not None:
        item[message.type] = message.content
    value = _frame(number)
    # System messages come without contacts.
    if message.type != "system":
        value["contacts"] = [_contact(user)]
    value["messages"] = [item | extra]
    return value


def status_value(number: SimulatedNumber, message: Message, status: Status, scope: Scope) -> Json:
    """The `value` of a change that brings one status of a message the business sent."""
    user = message.user
    item: Json = {"id": message.wamid(scope), "status": status.status, "timestamp": str(status.timestamp)}
    if not (user.hides_phone or message.to_bsuid):
        item["recipient_id"] = user.wa_id
    if user.bsuid:
        item["recipient_user_id"] = user.bsuid
    if message.callback_data is not None:
        item["biz_opaque_callback_data"] = message.callback_data
    if status.status in ("sent", "delivered"):
        item["pricing"] = _pricing(message)
    if status.errors:
        item["errors"] = status.errors
    value = _frame(number)
    if user.bsuid and status.status != "failed":
        value["contacts"] = [_contact(user)]
    value["statuses"] = [item]
    return value


def _frame(number: SimulatedNumber) -> Json:
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": digits(number.display_phone_number),
            "phone_number_id": number.phone_number_id,
        },
    }


def _contact(user: User) -> Json:
    profile: Json = {"name": user.name}
    if user.username:
        profile["username"] = user.username
    contact: Json = {"profile": profile}
    if not user.hides_phone:
        contact["wa_id"] = user.wa_id
    if user.bsuid:
        contact["user_id"] = user.bsuid
    return contact


def _pricing(message: Message) -> Json:
    if message.type != "template":
        return {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}
    category = str((message.rendered or {}).get("category", "utility")).lower()
    return {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}
