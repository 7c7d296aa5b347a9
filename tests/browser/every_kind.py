"""A conversation with a message of every kind in it, for eyes."""

import base64
import time
from typing import Any

from cli.simulator.media_types import sample
from tests.browser.customers import Customer, Customers
from tests.browser.demo import Demo
from tests.browser.templates import (
    ORDER,
    ORDER_COMPONENTS,
    ORDER_VALUES,
    approve_template,
    hear_of_template,
    send_template,
)
from tests.media import jpeg

_CARD = {"name": {"formatted_name": "Ben Osei", "first_name": "Ben"}, "phones": [{"phone": "+1 555 0100"}]}
_PLACE = {"latitude": 46.62, "longitude": 8.04, "name": "Grindelwald Terminal", "address": "Grundstrasse 54"}
_AD = {
    "source_url": "https://fb.me/abc",
    "source_id": "1",
    "source_type": "ad",
    "media_type": "image",
    "headline": "Summer sale",
    "body": "Everything must go",
}

_PICTURE = {"type": "image", "image": {"link": "https://shop.example/lamp.jpg"}}
_LAMPS: list[dict[str, Any]] = [
    {"type": "BODY", "text": "Two lamps that go with your desk"},
    {
        "type": "CAROUSEL",
        "cards": [
            {
                "components": [
                    {"type": "HEADER", "format": "IMAGE"},
                    {"type": "BODY", "text": words},
                    {
                        "type": "BUTTONS",
                        "buttons": [
                            {"type": "QUICK_REPLY", "text": "This one"},
                            {"type": "URL", "text": "See it", "url": "https://shop.example/lamps"},
                        ],
                    },
                ]
            }
            for words in ("The tall one, in oak", "The small one, in brass")
        ],
    },
]


def _file(name: str, **more: Any) -> dict[str, Any]:
    mime_type, data = sample(name)
    return {"data": base64.b64encode(data).decode(), "mime_type": mime_type} | more


def _picture(width: int, height: int, **more: Any) -> dict[str, Any]:
    return {"data": base64.b64encode(jpeg(width, height)).decode(), "mime_type": "image/jpeg"} | more


async def write_every_kind(demo: Demo, customers: Customers) -> Customer:
    """A new customer, whose messages and calls those are, in one conversation of the last ten minutes."""
    customer = await customers.new("Every Kind")
    at = int(time.time()) - 600

    async def sends(kind: str, content: Any = None, **more: Any) -> str:
        nonlocal at
        at += 5
        return await customer.sends(kind, content, timestamp=at, **more)

    await sends("text", {"body": "Is this still on?"}, referral=_AD)
    liked = await sends("text", {"body": "*Bold*, _italic_, ~gone~ and `code`:\n- one\n- two\n> quoted"})
    await sends("text", {"body": "See https://www.example.com/tents?size=2"})
    await sends("text", {"body": "👍🏽❤️"})
    await sends("text", {"body": "About that list"}, context={"message_id": liked})
    await sends("text", {"body": "Look"}, context={"forwarded": True})
    for height in (300, 500, 400, 300, 450, 350):
        await sends("image", _picture(400, height))
    await sends("image", _picture(900, 600, caption="The pole, where it snapped"))
    await sends("video", _file("video", caption="And how it sounds"))
    await sends("audio", _file("audio", voice=True))
    await sends("document", _file("document", filename="Receipt.pdf", caption="The receipt"))
    await sends("sticker", _file("sticker"))
    await sends("location", _PLACE)
    await sends("contacts", [_CARD])
    item = {"product_retailer_id": "TENT-2", "quantity": 2, "item_price": 189.9, "currency": "EUR"}
    await sends("order", {"catalog_id": "1", "text": "By Friday", "product_items": [item]})
    await sends("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes, please"}})
    edited = await sends("text", {"body": "At ten o’clokc"})
    correct = {"type": "text", "text": {"body": "At ten o’clock"}}
    await sends("edit", {"original_message_id": edited, "message": correct})
    gone = await sends("text", {"body": "Never mind"})
    await sends("revoke", {"original_message_id": gone})
    await sends("unsupported", {"type": "poll_creation"})
    await sends("reaction", {"message_id": liked, "emoji": "🎉"})
    await customer.calls(outcome="completed", duration=185, timestamp=at + 5)
    await customer.calls(outcome="failed", timestamp=at + 10)
    await sends("system", {"type": "customer_identity_changed", "body": ""})
    await customer.gets("text", {"body": "From my phone"}, timestamp=at + 20)
    await _templates(demo, customer)
    await customer.says("That was all")
    return customer


async def _templates(demo: Demo, customer: Customer) -> None:
    """One that is known, with what was pressed in it, one with cards, and one that is not known."""
    await approve_template(demo, ORDER, ORDER_COMPONENTS)
    await approve_template(demo, "two_lamps", _LAMPS)
    order = await send_template(demo, customer, ORDER, ORDER_VALUES)
    await customer.sends("button", {"payload": "TOMORROW-7", "text": "Tomorrow"}, context={"message_id": order})
    cards = [{"card_index": place, "components": [{"type": "header", "parameters": [_PICTURE]}]} for place in range(2)]
    await send_template(demo, customer, "two_lamps", [{"type": "carousel", "cards": cards}])
    await hear_of_template(demo, customer, "from_elsewhere", ORDER_VALUES)
