"""The PyPI package kapso-whatsapp-cloud-api as its users call it: the client of the Meta-compatible path."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pydantic
import pytest
from kapso_whatsapp import KapsoPlatformClient, WhatsAppClient
from kapso_whatsapp.exceptions import (
    AuthenticationError,
    ErrorCategory,
    MessageWindowError,
    NotFoundError,
    RateLimitError,
    ValidationError,
)
from kapso_whatsapp.kapso import build_kapso_fields, build_kapso_message_fields
from kapso_whatsapp.types import KapsoMessageFields, SendMessageResponse, WhatsAppMessageResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.simulator.media_types import sample
from shared.settings import Settings
from tests.compatibility.clients import ANA, Customer, whatsapp_client
from tests.factories import ProjectRows, make_project
from tests.stack import Stack, running_stack
from tests.waiting import eventually

ACCOUNT = "900100"
UNKNOWN = "00000000-0000-4000-8000-000000000000"

Send = Callable[[WhatsAppClient, dict[str, Any]], Awaitable[SendMessageResponse]]

# How a program calls each method, and the content that the customer's phone must show.
SENDS: dict[str, tuple[Send, str, dict[str, Any]]] = {
    "text": (
        lambda client, to: client.messages.send_text(**to, body="Your order is on its way.", preview_url=True),
        "text",
        {"body": "Your order is on its way.", "preview_url": True},
    ),
    "image by link": (
        lambda client, to: client.messages.send_image(
            **to, image={"link": "https://shop.example/lamp.jpg", "caption": "The lamp"}
        ),
        "image",
        {"link": "https://shop.example/lamp.jpg", "caption": "The lamp"},
    ),
    "video": (
        lambda client, to: client.messages.send_video(**to, video={"link": "https://shop.example/lamp.mp4"}),
        "video",
        {"link": "https://shop.example/lamp.mp4"},
    ),
    "voice": (
        lambda client, to: client.messages.send_audio(
            **to, audio={"link": "https://shop.example/hello.ogg", "voice": True}
        ),
        "audio",
        {"link": "https://shop.example/hello.ogg", "voice": True},
    ),
    "document": (
        lambda client, to: client.messages.send_document(
            **to, document={"link": "https://shop.example/bill.pdf", "filename": "bill.pdf"}
        ),
        "document",
        {"link": "https://shop.example/bill.pdf", "filename": "bill.pdf"},
    ),
    "sticker": (
        lambda client, to: client.messages.send_sticker(**to, sticker={"link": "https://shop.example/wave.webp"}),
        "sticker",
        {"link": "https://shop.example/wave.webp"},
    ),
    "location": (
        lambda client, to: client.messages.send_location(
            **to, location={"latitude": 19.43, "longitude": -99.13, "name": "The shop"}
        ),
        "location",
        {"latitude": 19.43, "longitude": -99.13, "name": "The shop"},
    ),
    "buttons": (
        lambda client, to: client.messages.send_interactive_buttons(
            **to,
            body_text="Shall we go on?",
            buttons=[{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}],
            header_text="Your order",
            footer_text="Alder & Finch",
        ),
        "interactive",
        {
            "type": "button",
            "header": {"type": "text", "text": "Your order"},
            "body": {"text": "Shall we go on?"},
            "footer": {"text": "Alder & Finch"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
                    {"type": "reply", "reply": {"id": "no", "title": "No"}},
                ]
            },
        },
    ),
    "list": (
        lambda client, to: client.messages.send_interactive_list(
            **to,
            body_text="When shall we come?",
            button_text="Times",
            sections=[{"title": "Friday", "rows": [{"id": "f10", "title": "10:00", "description": "Morning"}]}],
        ),
        "interactive",
        {
            "type": "list",
            "body": {"text": "When shall we come?"},
            "action": {
                "button": "Times",
                "sections": [{"title": "Friday", "rows": [{"id": "f10", "title": "10:00", "description": "Morning"}]}],
            },
        },
    ),
    "link button": (
        lambda client, to: client.messages.send_interactive_cta_url(
            **to,
            body_text="Everything is in the shop.",
            parameters={"display_text": "Open", "url": "https://shop.example"},
        ),
        "interactive",
        {
            "type": "cta_url",
            "body": {"text": "Everything is in the shop."},
            "action": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://shop.example"}},
        },
    ),
    "flow": (
        lambda client, to: client.messages.send_interactive_flow(
            **to, body_text="Tell us more", parameters={"flow_id": "77", "flow_cta": "Start", "flow_token": "t-1"}
        ),
        "interactive",
        {
            "type": "flow",
            "body": {"text": "Tell us more"},
            "action": {
                "name": "flow",
                "parameters": {
                    "flow_id": "77",
                    "flow_cta": "Start",
                    "flow_message_version": "3",
                    "flow_token": "t-1",
                },
            },
        },
    ),
    "location request": (
        lambda client, to: client.messages.send_interactive_location_request(**to, body_text="Where are you?"),
        "interactive",
        {
            "type": "location_request_message",
            "body": {"text": "Where are you?"},
            "action": {"name": "send_location"},
        },
    ),
    "product": (
        lambda client, to: client.messages.send_interactive_product(
            **to, catalog_id="c1", product_retailer_id="lamp", body_text="This one?"
        ),
        "interactive",
        {
            "type": "product",
            "body": {"text": "This one?"},
            "action": {"catalog_id": "c1", "product_retailer_id": "lamp"},
        },
    ),
    "product list": (
        lambda client, to: client.messages.send_interactive_product_list(
            **to,
            catalog_id="c1",
            header_text="Lamps",
            body_text="Choose one",
            sections=[{"title": "Lamps", "product_items": [{"product_retailer_id": "lamp"}]}],
        ),
        "interactive",
        {
            "type": "product_list",
            "header": {"type": "text", "text": "Lamps"},
            "body": {"text": "Choose one"},
            "action": {
                "catalog_id": "c1",
                "sections": [{"title": "Lamps", "product_items": [{"product_retailer_id": "lamp"}]}],
            },
        },
    ),
    "catalog": (
        lambda client, to: client.messages.send_interactive_catalog(**to, body_text="All we have"),
        "interactive",
        {"type": "catalog_message", "body": {"text": "All we have"}, "action": {"name": "catalog_message"}},
    ),
}


@pytest.fixture
def to_ana(stack: Stack) -> dict[str, Any]:
    """Whom to send to, in the spelling that the library's documentation uses."""
    return {"phone_number_id": stack.project.phone_number_id, "to": f"+{ANA}"}


async def test_every_kind_of_message_reaches_the_phone_as_it_was_written(
    whatsapp: WhatsAppClient, ana: Customer, to_ana: dict[str, Any]
) -> None:
    sent = []
    for send, _, _ in SENDS.values():
        answer = await send(whatsapp, to_ana)
        assert (answer.messaging_product, answer.contacts[0].input, answer.contacts[0].wa_id) == (
            "whatsapp",
            f"+{ANA}",
            ANA,
        )
        sent.append(answer.message_id)
    received = await ana.has_received(len(SENDS))
    assert [(one["type"], one[one["type"]]) for one in received] == [(kind, shown) for _, kind, shown in SENDS.values()]
    assert [one["wamid"] for one in received] == sent


async def test_contact_cards_reach_the_phone(whatsapp: WhatsAppClient, ana: Customer, to_ana: dict[str, Any]) -> None:
    card = {
        "name": {"formattedName": "Ana Ribeiro", "firstName": "Ana"},
        "phones": [{"phone": "+15550100", "type": "WORK", "waId": "15550100"}],
        "emails": [{"email": "ana@example.com"}],
    }
    await whatsapp.messages.send_contacts(**to_ana, contacts=[card])
    (received,) = await ana.has_received(1)
    (shown,) = received["contacts"]
    assert (shown["name"]["formatted_name"], shown["phones"][0]["wa_id"]) == ("Ana Ribeiro", "15550100")


async def test_a_reply_quotes_and_a_reaction_sticks_to_the_message_that_it_names(
    whatsapp: WhatsAppClient, ana: Customer, to_ana: dict[str, Any]
) -> None:
    question = await ana.writes("Is it open on Sunday?")
    await whatsapp.messages.send_text(**to_ana, body="It is.", context={"message_id": question})
    (reply,) = await ana.has_received(1)
    assert reply["context"]["message_id"] == question
    await whatsapp.messages.send_reaction(**to_ana, reaction={"message_id": question, "emoji": "👍"})

    async def reaction() -> Any:
        return (await ana.sees(question))["reactions"]

    assert "👍" in str(await eventually(reaction))
    await whatsapp.messages.send_reaction(**to_ana, reaction={"message_id": question, "emoji": ""})

    async def removed() -> bool:
        return "👍" not in str((await ana.sees(question))["reactions"])

    await eventually(removed)


async def test_data_for_the_webhooks_comes_back_with_the_statuses(
    whatsapp: WhatsAppClient, platform: KapsoPlatformClient, ana: Customer, to_ana: dict[str, Any]
) -> None:
    sent = await whatsapp.messages.send_text(**to_ana, body="Hello", biz_opaque_callback_data="order A-1")
    assert sent.message_id is not None
    wamid = sent.message_id

    async def statuses() -> Any:
        message = await platform.messages.get(wamid)
        return message.kapso and message.kapso.statuses

    assert (await eventually(statuses))[0]["biz_opaque_callback_data"] == "order A-1"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ({"name": "hello_world", "language": "en_US"}, "Welcome!"),
        (
            {
                "name": "order_update",
                "language": {"code": "es_MX"},
                "components": [
                    {"type": "header", "parameters": [{"type": "text", "text": "A-7"}]},
                    {
                        "type": "body",
                        "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "A-7"}],
                    },
                    {"type": "button", "subType": "url", "index": 1, "parameters": [{"type": "text", "text": "A-7"}]},
                ],
            },
            "Hola Ana, tu pedido A-7",
        ),
        (
            {
                "name": "appointment_reminder",
                "language": "en_US",
                "components": [
                    {
                        "type": "body",
                        "parameters": [
                            {"type": "text", "parameterName": name, "text": text}
                            for name, text in (("day", "Friday"), ("hour", "10:30"), ("first_name", "Ana"))
                        ],
                    }
                ],
            },
            "Hello Ana, we look forward to seeing you on Friday at 10:30.",
        ),
    ],
    ids=["without parameters", "positional", "named"],
)
async def test_a_template_reaches_somebody_who_has_never_written(
    whatsapp: WhatsAppClient, stack: Stack, to_ana: dict[str, Any], template: dict[str, Any], words: str
) -> None:
    await stack.simulator.post("/_sim/users", json={"wa_id": ANA, "name": "Ana"})
    answer = await whatsapp.messages.send_template(**to_ana, template=template)
    (received,) = await Customer(stack).has_received(1)
    assert received["wamid"] == answer.message_id
    assert words in received["rendered"]["body"]


async def test_the_blue_ticks_appear_with_and_without_the_typing_indicator(
    whatsapp: WhatsAppClient, ana: Customer
) -> None:
    first, second = await ana.writes("one"), await ana.writes("two")
    for wamid, typing in ((first, None), (second, True)):
        answer = await whatsapp.messages.mark_read(
            phone_number_id=ana.number, message_id=wamid, typing_indicator=typing
        )
        assert answer == {"success": True}

        async def read(wamid: str = wamid) -> bool:
            return any(status["status"] == "read" for status in (await ana.sees(wamid))["statuses"])

        await eventually(read)


async def test_history_comes_typed_newest_first_and_in_pages(
    whatsapp: WhatsAppClient, ana: Customer, to_ana: dict[str, Any]
) -> None:
    await ana.writes("what does it cost?")
    answer = await whatsapp.messages.send_text(**to_ana, body="9 euros")
    assert answer.message_id is not None
    page = await whatsapp.messages.list(phone_number_id=ana.number, limit=2)
    newest, before = page.data
    assert (newest.id, newest.text and newest.text.body, newest.to) == (answer.message_id, "9 euros", ANA)
    assert (before.from_, before.text and before.text.body) == (ANA, "what does it cost?")
    assert (_kapso(newest).direction, _kapso(before).direction) == ("outbound", "inbound")
    assert (_kapso(before).status, _kapso(before).phone_number) == ("delivered", ANA)
    assert page.paging.cursors.after == page.paging.next is not None
    rest = await whatsapp.messages.list(phone_number_id=ana.number, limit=2, after=page.paging.next)
    assert [one.text and one.text.body for one in rest.data] == ["hola"]
    assert rest.paging.next is None
    back = await whatsapp.messages.list(phone_number_id=ana.number, before=rest.paging.cursors.before)
    assert [one.id for one in back.data] == [newest.id, before.id]


async def test_history_is_filtered_by_direction_status_time_and_conversation(
    whatsapp: WhatsAppClient, ana: Customer, to_ana: dict[str, Any]
) -> None:
    await whatsapp.messages.send_text(**to_ana, body="9 euros")

    async def bodies(**filters: Any) -> list[str]:
        found = await whatsapp.messages.query(phone_number_id=ana.number, **filters)
        return [one.text.body for one in found.data if one.text]

    assert await bodies(direction="outbound") == ["9 euros"]
    assert await bodies(direction="inbound", status="delivered") == ["hola"]

    async def delivered() -> bool:
        return await bodies(direction="outbound", status="delivered") == ["9 euros"]

    await eventually(delivered)
    now = datetime.now(UTC)
    assert await bodies(since=(now + timedelta(hours=1)).isoformat()) == []
    assert await bodies(until=(now - timedelta(hours=1)).isoformat()) == []
    assert len(await bodies(since=(now - timedelta(hours=1)).isoformat())) == 2
    (conversation,) = (await whatsapp.conversations.list(phone_number_id=ana.number))["data"]
    page = await whatsapp.messages.list_by_conversation(
        phone_number_id=ana.number, conversation_id=conversation["id"], limit=1
    )
    assert [_kapso(one).whatsapp_conversation_id for one in page.data] == [conversation["id"]]
    assert await bodies(conversation_id=UNKNOWN) == []


async def test_fields_choose_what_stands_under_kapso(whatsapp: WhatsAppClient, ana: Customer) -> None:
    async def shown(fields: str | None) -> KapsoMessageFields | None:
        return (await whatsapp.messages.list(phone_number_id=ana.number, fields=fields)).data[0].kapso

    chosen = await shown(build_kapso_message_fields("direction", "content"))
    assert chosen is not None
    assert chosen.model_fields_set == {"direction", "content"}
    assert chosen.content == "hola"
    everything = await shown(build_kapso_fields())
    assert everything is not None
    assert {"status", "phone_number", "has_media", "whatsapp_conversation_id", "contact_name"} <= (
        everything.model_fields_set
    )
    assert await shown("kapso()") is None
    assert await shown(None) == everything


async def test_every_kind_that_a_customer_sends_parses(whatsapp: WhatsAppClient, ana: Customer) -> None:
    cards = [{"name": {"formatted_name": "Bea", "first_name": "Bea"}, "phones": [{"phone": "+1", "type": "CELL"}]}]
    for kind, content in (
        *((kind, None) for kind in ("image", "video", "audio", "document", "sticker")),
        ("location", {"latitude": 19.43, "longitude": -99.13}),
        ("contacts", cards),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}),
        ("button", {"text": "Confirm", "payload": "confirm"}),
        ("order", {"catalog_id": "c1", "text": "please", "product_items": [{"product_retailer_id": "lamp"}]}),
        ("unsupported", {"type": "poll_creation"}),
        ("reaction", {"message_id": (await whatsapp.messages.list(phone_number_id=ana.number)).data[0].id}),
    ):
        await ana.sends(kind, content)
    page = await whatsapp.messages.list(phone_number_id=ana.number)
    found: dict[str, WhatsAppMessageResponse] = {one.type.value: one for one in page.data}
    assert found["interactive"].interactive
    assert found["interactive"].interactive.button_reply
    assert found["interactive"].interactive.button_reply.title == "Yes"
    assert found["button"].type.value == "button"
    assert found["order"].order
    assert _kapso(found["order"]).order_text == "please"
    assert found["contacts"].contacts
    assert found["reaction"].reaction
    assert found["reaction"].reaction.emoji == ""
    assert "unknown" in found
    for kind in ("image", "video", "audio", "document", "sticker"):
        extension = _kapso(found[kind])
        assert extension.has_media
        assert extension.media_data
        assert extension.media_url == extension.media_data.url
        assert getattr(found[kind], kind).id


async def test_messages_of_the_business_parse_all_but_the_interactive_ones(
    whatsapp: WhatsAppClient, ana: Customer, to_ana: dict[str, Any]
) -> None:
    """The library's model of `interactive` knows what customers answer, and not what Kapso documents for a business."""
    for send, kind, _ in SENDS.values():
        if kind != "interactive":
            await send(whatsapp, to_ana)
    await whatsapp.messages.send_template(**to_ana, template={"name": "hello_world", "language": "en_US"})
    page = await whatsapp.messages.list(phone_number_id=ana.number, direction="outbound")
    assert [one.type.value for one in page.data[::-1]] == [
        *(kind for _, kind, _ in SENDS.values() if kind != "interactive"),
        "template",
    ]
    assert str(_kapso(page.data[0]).content).startswith("Welcome!")
    await SENDS["buttons"][0](whatsapp, to_ana)
    with pytest.raises(pydantic.ValidationError, match="interactive"):
        await whatsapp.messages.list(phone_number_id=ana.number)


async def test_conversations_are_listed_found_closed_and_opened_again(whatsapp: WhatsAppClient, ana: Customer) -> None:
    page = await whatsapp.conversations.list(phone_number_id=ana.number, status="active", limit=10)
    (shown,) = page["data"]
    assert (shown["phone_number"], shown["phone_number_id"], shown["status"]) == (ANA, ana.number, "active")
    assert (shown["kapso"]["contact_name"], shown["kapso"]["last_message_text"]) == ("Ana", "hola")
    assert page["paging"]["next"] is None
    got = await whatsapp.conversations.get(phone_number_id=ana.number, conversation_id=shown["id"])
    assert got == shown
    answer = await whatsapp.conversations.update_status(conversation_id=shown["id"], status="ended")
    assert answer == {"success": True}
    assert (await whatsapp.conversations.list(phone_number_id=ana.number, status="active"))["data"] == []
    (ended,) = (await whatsapp.conversations.list(phone_number_id=ana.number, phone_number=f"+{ANA}"))["data"]
    assert (ended["id"], ended["status"]) == (shown["id"], "ended")
    await whatsapp.conversations.update_status(conversation_id=shown["id"], status="active")
    since = datetime.now(UTC) - timedelta(hours=1)
    recent = await whatsapp.conversations.list(phone_number_id=ana.number, last_active_since=since)
    assert [one["id"] for one in recent["data"]] == [shown["id"]]
    until = await whatsapp.conversations.list(phone_number_id=ana.number, last_active_until=since)
    assert until["data"] == []


async def test_contacts_are_listed_found_and_changed(whatsapp: WhatsAppClient, ana: Customer, stack: Stack) -> None:
    page = await whatsapp.contacts.list(phone_number_id=ana.number, has_customer=False)
    (shown,) = page["data"]
    assert (shown["wa_id"], shown["profile_name"]) == (ANA, "Ana")
    assert await whatsapp.contacts.get(phone_number_id=ana.number, wa_id=ANA) == shown
    changes: dict[str, Any] = {"metadata": {"tier": "gold"}, "customer_id": str(stack.project.customer_id)}
    await whatsapp.contacts.update(phone_number_id=ana.number, wa_id=ANA, name="Ana R.", **changes)
    got = await whatsapp.contacts.get(phone_number_id=ana.number, wa_id=ANA)
    assert (got["display_name"], got["metadata"]) == ("Ana R.", {"tier": "gold"})
    found = await whatsapp.contacts.list(phone_number_id=ana.number, customer_id=str(stack.project.customer_id))
    assert [one["wa_id"] for one in found["data"]] == [ANA]
    assert (await whatsapp.contacts.list(phone_number_id=ana.number, wa_id="999"))["data"] == []


async def test_a_file_is_uploaded_sent_downloaded_and_deleted(
    whatsapp: WhatsAppClient, ana: Customer, to_ana: dict[str, Any]
) -> None:
    mime_type, picture = sample("image")
    uploaded = await whatsapp.media.upload(
        phone_number_id=ana.number, file=picture, type=mime_type, filename="lamp.png"
    )
    await whatsapp.messages.send_image(**to_ana, image={"id": uploaded.id, "caption": "The lamp"})
    (received,) = await ana.has_received(1)
    assert received["image"] == {"id": uploaded.id, "caption": "The lamp"}
    described = await whatsapp.media.get(media_id=uploaded.id, phone_number_id=ana.number)
    assert (described.mime_type, described.file_size) == (mime_type, len(picture))
    assert described.sha256 == hashlib.sha256(picture).hexdigest()
    assert await whatsapp.media.download(media_id=uploaded.id, phone_number_id=ana.number) == picture
    deleted = await whatsapp.media.delete(media_id=uploaded.id, phone_number_id=ana.number)
    assert deleted == {"success": True}
    with pytest.raises(NotFoundError):
        await whatsapp.media.get(media_id=uploaded.id, phone_number_id=ana.number)


async def test_what_a_customer_sends_can_be_downloaded_by_id_and_from_the_url_in_the_history(
    whatsapp: WhatsAppClient, ana: Customer
) -> None:
    await ana.sends("document")
    (message, _) = (await whatsapp.messages.list(phone_number_id=ana.number)).data
    assert message.document is not None
    _, document = sample("document")
    assert await whatsapp.media.download(media_id=message.document.id, phone_number_id=ana.number) == document
    url = _kapso(message).media_url
    assert url is not None
    response = await whatsapp.raw_fetch(url)
    assert (response.status_code, response.content) == (200, document)
    assert response.headers["content-type"] == "application/pdf"


async def test_templates_are_listed_found_created_and_deleted(whatsapp: WhatsAppClient, stack: Stack) -> None:
    page = await whatsapp.templates.list(business_account_id=ACCOUNT, limit=3)
    assert len(page["data"]) == 3
    rest = await whatsapp.templates.list(
        business_account_id=ACCOUNT, limit=100, after=page["paging"]["cursors"]["after"]
    )
    names = {one["name"] for one in page["data"] + rest["data"]}
    assert {"hello_world", "order_update", "instant_prize"} <= names
    approved = await whatsapp.templates.list(business_account_id=ACCOUNT, name="order_update", status="APPROVED")
    assert {(one["name"], one["status"]) for one in approved["data"]} == {("order_update", "APPROVED")}
    spanish = await whatsapp.templates.list(business_account_id=ACCOUNT, language="es_MX", category="UTILITY")
    assert [(one["name"], one["language"]) for one in spanish["data"]] == [("order_update", "es_MX")]
    created = await whatsapp.templates.create(
        business_account_id=ACCOUNT,
        name="thanks",
        language="en_US",
        category="UTILITY",
        components=[{"type": "BODY", "text": "Thank you."}],
    )
    assert (created["status"], created["category"]) == ("PENDING", "UTILITY")
    got = await whatsapp.templates.get(template_id=created["id"])
    assert (got["name"], got["components"]) == ("thanks", [{"type": "BODY", "text": "Thank you."}])
    assert await whatsapp.templates.delete(business_account_id=ACCOUNT, name="thanks") == {"success": True}
    assert (await whatsapp.templates.list(business_account_id=ACCOUNT, name="thanks"))["data"] == []


async def test_a_numbers_profile_and_settings_are_read_and_changed(whatsapp: WhatsAppClient, stack: Stack) -> None:
    number = stack.project.phone_number_id
    changed = await whatsapp.phone_numbers.update_business_profile(
        phone_number_id=number, about="Lamps since 1988", websites=["https://shop.example"]
    )
    assert changed == {"success": True}
    (profile,) = (await whatsapp.phone_numbers.get_business_profile(phone_number_id=number))["data"]
    assert (profile["about"], profile["websites"]) == ("Lamps since 1988", ["https://shop.example"])
    assert "data" in await whatsapp.phone_numbers.get_settings(phone_number_id=number)
    answer = await whatsapp.phone_numbers.update_settings(phone_number_id=number, fallback_language="en_US")
    assert answer == {"success": True}


async def test_a_number_is_verified_and_registered(whatsapp: WhatsAppClient, stack: Stack) -> None:
    number = stack.project.phone_number_id
    calls = whatsapp.phone_numbers
    assert await calls.request_code(phone_number_id=number, code_method="SMS") == {"success": True}
    assert await calls.verify_code(phone_number_id=number, code="123456") == {"success": True}
    assert await calls.register(phone_number_id=number, pin="123456") == {"success": True}
    assert await calls.deregister(phone_number_id=number) == {"success": True}


async def test_a_wrong_key_is_an_authentication_error(stack: Stack) -> None:
    async with whatsapp_client(stack, key="wrong") as stranger:
        with pytest.raises(AuthenticationError, match="Invalid or missing API key") as refused:
            await stranger.messages.list(phone_number_id=stack.project.phone_number_id)
    assert (refused.value.error_code, refused.value.category) == (190, ErrorCategory.AUTHENTICATION)


async def test_outside_the_service_window_the_library_says_so(
    whatsapp: WhatsAppClient, stack: Stack, to_ana: dict[str, Any]
) -> None:
    with pytest.raises(MessageWindowError) as refused:
        await whatsapp.messages.send_text(**to_ana, body="Are you there?")
    assert (refused.value.status_code, refused.value.error_code) == (422, 131047)
    assert (await stack.simulator.get("/_sim/received")).json()["count"] == 0


async def test_what_metas_rules_forbid_is_a_validation_error(
    whatsapp: WhatsAppClient, ana: Customer, to_ana: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        await whatsapp.messages.send_interactive_buttons(**to_ana, body_text="Nothing to press", buttons=[])
    with pytest.raises(ValidationError) as refused:
        await whatsapp.request("POST", f"{ana.number}/messages", json={"messagingProduct": "whatsapp", "to": ANA})
    assert refused.value.error_code == 100
    with pytest.raises(ValidationError):
        await whatsapp.conversations.list(phone_number_id=ana.number, after="not a cursor")


async def test_what_metas_answer_refuses_keeps_metas_code(
    whatsapp: WhatsAppClient, ana: Customer, to_ana: dict[str, Any]
) -> None:
    with pytest.raises((ValidationError, NotFoundError)) as refused:
        await whatsapp.messages.send_template(**to_ana, template={"name": "no_such", "language": "en_US"})
    assert refused.value.error_code == 132001


async def test_what_does_not_exist_or_is_anothers_is_not_found(
    whatsapp: WhatsAppClient, ana: Customer, stack: Stack
) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    for call in (
        whatsapp.messages.list(phone_number_id="1"),
        whatsapp.messages.list(phone_number_id=other.phone_number_id),
        whatsapp.messages.send_text(phone_number_id=other.phone_number_id, to=ANA, body="hello"),
        whatsapp.conversations.get(phone_number_id=ana.number, conversation_id=UNKNOWN),
        whatsapp.conversations.update_status(conversation_id=UNKNOWN, status="ended"),
        whatsapp.contacts.get(phone_number_id=ana.number, wa_id="999"),
        whatsapp.media.get(media_id="1", phone_number_id=ana.number),
        whatsapp.templates.list(business_account_id="1"),
    ):
        with pytest.raises(NotFoundError) as refused:
            await call
        assert refused.value.category is ErrorCategory.NOT_FOUND


async def test_beyond_the_limit_the_library_is_told_how_long_to_wait(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    narrow = msgspec.structs.replace(settings, platform_rate_limit=1)
    async with running_stack(narrow, engine, project) as stack, whatsapp_client(stack) as client:
        await client.conversations.list(phone_number_id=project.phone_number_id)
        with pytest.raises(RateLimitError) as refused:
            await client.conversations.list(phone_number_id=project.phone_number_id)
    assert (refused.value.error_code, refused.value.retry_after) == (80007, 60)


def _kapso(message: WhatsAppMessageResponse) -> KapsoMessageFields:
    assert message.kapso is not None
    return message.kapso
