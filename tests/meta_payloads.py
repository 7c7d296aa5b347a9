"""Webhooks of every field, in Meta's shapes."""

import time
from typing import Any

import msgspec

from tests.factories import new_wamid

WA_ID = "15550100"
BUSINESS = "15550001"


def inbound(
    kind: str,
    content: Any,
    *,
    wa_id: str | None = WA_ID,
    wamid: str | None = None,
    at: int | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A message object of a customer; with no wa_id, `fields` name the customer."""
    sender = {} if wa_id is None else {"from": wa_id}
    return {
        **sender,
        "id": wamid or new_wamid(),
        "timestamp": str(at or int(time.time())),
        "type": kind,
        kind: content,
        **fields,
    }


def echo(
    kind: str, content: Any, *, to: str = WA_ID, wamid: str | None = None, at: int | None = None, **fields: Any
) -> dict[str, Any]:
    """A message object of the business's own phone."""
    return {**inbound(kind, content, wa_id=BUSINESS, wamid=wamid, at=at), "to": to, **fields}


def change(
    phone_number_id: str | None,
    *,
    field: str = "messages",
    account: str = "900100",
    time: int | None = None,  # of the entry, in Unix seconds
    contacts: list[Any] | None = None,
    **value: Any,
) -> bytes:
    """A body with one change; `value` are its lists. Senders are named Ana unless `contacts` say otherwise."""
    if phone_number_id is not None:
        value["messaging_product"] = "whatsapp"
        value["metadata"] = {"display_phone_number": BUSINESS, "phone_number_id": phone_number_id}
        if contacts is None:
            senders = dict.fromkeys(one["from"] for one in value.get("messages") or [] if one.get("from"))
            contacts = [{"profile": {"name": "Ana"}, "wa_id": wa_id} for wa_id in senders]
        value["contacts"] = contacts
    entry: dict[str, Any] = {"id": account, "changes": [{"field": field, "value": value}]}
    if time is not None:
        entry["time"] = time
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})
