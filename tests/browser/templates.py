"""Templates that a test makes up and sends as a program does, or somebody else has sent."""

from typing import Any

import httpx

from shared.crypto import webhook_signature
from tests.browser.customers import Customer
from tests.browser.demo import Demo
from tests.factories import new_wamid
from tests.meta_payloads import change, echo

ORDER = "order_ready"
ORDER_COMPONENTS: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
    {"type": "BODY", "text": "Hi {{1}}, *{{2}}* is packed. When shall we bring it?"},
    {"type": "FOOTER", "text": "Reply STOP to hear less from us"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Today"},
            {"type": "QUICK_REPLY", "text": "Tomorrow"},
            {"type": "URL", "text": "Track it", "url": "https://shop.example/track/{{1}}"},
            {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+15550100"},
            {"type": "COPY_CODE", "text": "Copy offer code"},
            {"type": "FLOW", "text": "Leave a note"},
        ],
    },
]
"""With every kind of part that is words, and of button."""


def _texts(*values: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": value} for value in values]


def _button(index: int, sub_type: str, **value: str) -> dict[str, Any]:
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": [value]}


ORDER_VALUES: list[dict[str, Any]] = [
    {"type": "header", "parameters": _texts("A-7")},
    {"type": "body", "parameters": _texts("Ana", "the lamp")},
    _button(0, "quick_reply", type="payload", payload="TODAY-7"),
    _button(1, "quick_reply", type="payload", payload="TOMORROW-7"),
    _button(2, "url", type="text", text="A-7"),
    _button(4, "copy_code", type="coupon_code", coupon_code="SPRING25"),
]


async def approve_template(demo: Demo, name: str, components: list[dict[str, Any]]) -> None:
    """Make a template of the number Support's account, which Meta likes at once."""
    async with httpx.AsyncClient(base_url=demo.simulator_url) as simulator:
        account = (await simulator.get("/_sim/templates")).raise_for_status().json()[0]["business_account_id"]
        body = {"name": name, "language": "en_US", "category": "UTILITY", "components": components}
        made = await _call(demo, f"{account}/message_templates", body)
        answer = await simulator.patch(f"/_sim/templates/{made['id']}", json={"status": "APPROVED"})
        answer.raise_for_status()


async def send_template(demo: Demo, customer: Customer, name: str, values: list[dict[str, Any]]) -> str:
    """The message's wamid."""
    template = {"name": name, "language": {"code": "en_US"}, "components": values}
    body = {"messaging_product": "whatsapp", "to": customer.wa_id, "type": "template", "template": template}
    answer = await _call(demo, f"{demo.support.phone_number_id}/messages", body)
    wamid: str = answer["messages"][0]["id"]
    return wamid


async def hear_of_template(demo: Demo, customer: Customer, name: str, values: list[dict[str, Any]]) -> str:
    """Somebody else has sent one, of which nothing but the message is told; its wamid."""
    wamid = new_wamid()
    template = {"name": name, "language": {"code": "en_US"}, "components": values}
    sent = echo("template", template, to=customer.wa_id, wamid=wamid)
    body = change(demo.support.phone_number_id, field="smb_message_echoes", message_echoes=[sent])
    headers = {"X-Hub-Signature-256": webhook_signature(body, demo.app_secret.encode())}
    async with httpx.AsyncClient(timeout=30) as meta:
        (await meta.post(demo.webhook_url, content=body, headers=headers)).raise_for_status()
    return wamid


async def _call(demo: Demo, path: str, body: dict[str, Any]) -> Any:
    base_url = f"{demo.base_url}/meta/whatsapp/v24.0/"
    async with httpx.AsyncClient(base_url=base_url, headers={"X-API-Key": demo.api_key}) as program:
        return (await program.post(path, json=body)).raise_for_status().json()
