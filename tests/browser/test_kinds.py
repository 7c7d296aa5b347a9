"""Every kind of message in the thread, from the customer's phone and from the business's own."""

import asyncio
import json
import re
import time
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Locator, ViewportSize, expect

from tests.browser.customers import Customer, Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = 24 * 60 * 60
NARROW = ViewportSize(width=320, height=740)
LONG_WORD = "W" * 300
REVERSED = "Quote \u202efdp.exe"


async def test_reactions_are_chips_on_the_message_and_no_messages_of_their_own(
    inbox: Inbox, customers: Customers
) -> None:
    customer = await customers.new()
    wamid = await customer.says("Do you like it?")
    await inbox.open(customer.name)
    chips = inbox.message("Do you like it?").get_by_role("list", name="Reactions").get_by_role("listitem")

    # WhatsApp counts in whole seconds, and of two reactions of one side the later counts.
    now = int(time.time())
    await customer.sends("reaction", {"message_id": wamid, "emoji": "👍"}, timestamp=now)
    await expect(chips).to_have_count(1)
    await expect(chips.first).to_contain_text("👍")
    await expect(chips.first).to_have_attribute("title", re.compile(customer.name))

    await customer.gets("reaction", {"message_id": wamid, "emoji": "👍"}, timestamp=now + 1)
    await expect(chips.first).to_have_attribute("title", re.compile(f"{customer.name}.*You"))
    await expect(chips.first).to_contain_text("2")
    await customer.sends("reaction", {"message_id": wamid, "emoji": "🎉"}, timestamp=now + 2)
    await expect(chips).to_have_count(2)
    await customer.sends("reaction", {"message_id": wamid}, timestamp=now + 3)
    await expect(chips).to_have_count(1)
    await expect(inbox.messages).to_have_count(1)
    await expect(inbox.row(customer.name)).to_contain_text("Do you like it?")


async def test_an_edit_changes_the_message_and_a_deletion_empties_it(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    wamid = await customer.says("At ten o’clokc")
    await inbox.open(customer.name)
    await customer.sends(
        "edit", {"original_message_id": wamid, "message": {"type": "text", "text": {"body": "At ten o’clock"}}}
    )
    edited = inbox.message("At ten o’clock")
    await expect(edited).to_be_visible()
    await expect(edited.get_by_text("edited", exact=True)).to_have_attribute("title", re.compile(r"\d"))

    await customer.sends("revoke", {"original_message_id": wamid})
    await expect(inbox.message("This message was deleted")).to_be_visible()
    await expect(inbox.messages).to_have_count(1)
    await expect(inbox.message("At ten")).to_have_count(0)
    await expect(inbox.row(customer.name)).to_contain_text("This message was deleted")


async def test_a_quote_leads_to_its_message_and_says_so_when_there_is_none(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    wamid = await customer.says("The first of many")
    for number in range(30):
        await customer.says(f"Filler {number}")
    await customer.says("About that one", context={"message_id": wamid})
    await customer.says("About something else", context={"id": "wamid.unknown", "from": customer.wa_id})
    await _open(inbox, customer, "About something else")

    first = inbox.message("The first of many").first
    quote = inbox.message("About that one").get_by_role("button")
    await expect(quote).to_have_text("The first of many")
    await quote.click()
    await expect(first).to_be_in_viewport()
    await expect(first).to_be_focused()
    await expect(inbox.message("About something else")).to_contain_text("Message not available")


async def test_what_is_typed_on_the_business_phone_is_told_from_what_the_inbox_sent(
    inbox: Inbox, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Hello?")
    await inbox.open(customer.name)
    await customer.gets("text", {"body": "From my phone"})
    echo = inbox.message("From my phone")
    await expect(echo).to_have_class(re.compile("outbound"))
    await expect(echo.get_by_text("From the WhatsApp app")).to_be_visible()
    await inbox.reply("From the inbox")
    await expect(inbox.message("From the inbox").get_by_role("img")).to_have_accessible_name("Delivered")
    await expect(inbox.message("From the inbox")).not_to_contain_text("WhatsApp app")


async def test_an_ad_and_a_forward_are_named_above_the_content(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    ad = {"source_url": "https://fb.me/abc", "source_id": "1", "source_type": "ad", "media_type": "image"}
    ad |= {"headline": "Summer sale", "body": "Everything must go", "image_url": "https://fb.me/picture.jpg"}
    await customer.says("Is this still on?", referral=ad)
    bad = ad | {"source_url": "javascript:top.name='pwned'", "source_type": "post", "headline": "A post"}
    await customer.says("And this?", referral=bad)
    await customer.says("Look", context={"forwarded": True})
    await customer.says("Win a prize", context={"frequently_forwarded": True})
    await _open(inbox, customer, "Win a prize")

    asked = inbox.message("Is this still on?")
    for text in ("From an ad", "Summer sale", "Everything must go"):
        await expect(asked.get_by_text(text)).to_be_visible()
    link = asked.get_by_role("link")
    await expect(link).to_have_attribute("href", "https://fb.me/abc")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(inbox.message("And this?").get_by_text("From a post")).to_be_visible()
    await expect(inbox.message("And this?").get_by_role("link")).to_have_count(0)
    await expect(inbox.message("Look").get_by_text("Forwarded", exact=True)).to_be_visible()
    await expect(inbox.message("Win a prize").get_by_text("Forwarded many times")).to_be_visible()


async def test_what_whatsapp_does_not_pass_on_says_what_it_was_and_why(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    now = int(time.time())
    await customer.sends("unsupported", {"type": "poll_creation"}, timestamp=now)
    unavailable = {"code": 131060, "title": "Unavailable", "error_data": {"details": "Not on the Cloud API."}}
    await customer.sends("unsupported", {"type": "unknown"}, errors=[unavailable], timestamp=now + 1)
    await customer.sends("ephemeral", extra={"ephemeral": {}}, timestamp=now + 2)
    await customer.says("Do you see it?", timestamp=now + 3)
    await _open(inbox, customer, "Do you see it?")
    poll, gone, unknown = (inbox.messages.nth(index) for index in range(3))
    await expect(poll).to_contain_text("Poll")
    await expect(poll).to_contain_text("WhatsApp does not pass on messages of this kind")
    await expect(poll).to_contain_text("Message type is currently not supported")
    await expect(gone).to_contain_text("Not available here. Open WhatsApp on the phone to read it.")
    await expect(gone).to_contain_text("Not on the Cloud API.")
    await expect(unknown).to_contain_text("This message type cannot be shown here.")


async def test_calls_and_changes_of_the_account_are_lines_between_the_messages(
    inbox: Inbox, customers: Customers
) -> None:
    customer = await customers.new()
    now = int(time.time())
    await customer.sends("request_welcome", timestamp=now - 500)
    await customer.calls(outcome="completed", duration=185, timestamp=now - 400)
    await customer.calls(outcome="failed", timestamp=now - 100)
    await customer.calls(direction="BUSINESS_INITIATED", outcome="failed", timestamp=now - 90)
    await customer.sends("system", {"type": "customer_identity_changed", "body": "Meta’s words"}, timestamp=now - 80)
    await customer.sends("system", {"type": "something_new", "body": "In Meta’s own words"}, timestamp=now - 70)
    await customer.says("There you are")
    await _open(inbox, customer, "There you are")
    await expect(_notes(inbox)).to_have_text(
        [
            "The customer opened the chat",
            "Incoming voice call, 3:05",
            "Missed voice call",
            "Voice call not answered",
            "The customer’s security code changed",
            "In Meta’s own words",
        ]
    )


async def test_a_call_that_rings_becomes_what_came_of_it(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    await customer.says("May I call?")
    await inbox.open(customer.name)
    call = await customers.send(customer.wa_id, {"steps": ["connect"]}, "calls")
    await expect(_notes(inbox)).to_have_text(["Voice call ringing"])
    await customer.calls(call_id=call["call_id"], steps=["terminate"], duration=62)
    await expect(_notes(inbox)).to_have_text(["Incoming voice call, 1:02"])


async def test_a_new_number_is_told_with_the_number(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    await customer.says("I am moving")
    await inbox.open(customer.name)
    await customer.sends("system", {"type": "user_changed_number", "wa_id": f"9{customer.wa_id[1:]}"})
    old, new = f"\u2068+{customer.wa_id}\u2069", f"\u2068+9{customer.wa_id[1:]}\u2069"
    await expect(_notes(inbox)).to_have_text([f"The customer’s number changed from {old} to {new}"])


async def test_answers_to_forms_buttons_lists_and_requests_can_be_read(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    now = int(time.time())
    answers = {"flow_token": "secret", "screen_0_First_name_0": "Ana", "screen_0_Size_1": "0_Very_large"}
    form = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": json.dumps(answers)}}
    button = {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes, please"}}
    choice = {"type": "list_reply", "list_reply": {"id": "1", "title": "Blue", "description": "28 inch"}}
    allowed = {"response": "accept", "expiration_timestamp": now + DAY, "response_source": "user_action"}
    permission = {"type": "call_permission_reply", "call_permission_reply": allowed}
    for place, interactive in enumerate((form, button, choice, permission)):
        await customer.sends("interactive", interactive, timestamp=now + place)
    await customer.sends("button", {"text": "Confirm", "payload": "x"}, timestamp=now + 4)
    await _open(inbox, customer, "Confirm")
    await expect(inbox.messages).to_have_count(5)
    filled = inbox.message("Form answered")
    await expect(filled.get_by_role("term")).to_have_text(["First name", "Size"])
    await expect(filled.get_by_role("definition")).to_have_text(["Ana", "Very large"])
    await expect(filled).not_to_contain_text("secret")
    for text in ("Yes, please", "28 inch", "Calls allowed", "Confirm"):
        await expect(inbox.message(text)).to_be_visible()


async def test_a_question_shows_what_the_customer_chose(
    inbox: Inbox, customers: Customers, platform: httpx.AsyncClient, demo: Demo
) -> None:
    customer = await customers.new()
    await customer.says("What is there?")
    await inbox.open(customer.name)
    buttons = [{"type": "reply", "reply": {"id": title.lower(), "title": title}} for title in ("Red", "Blue")]
    question = {"type": "button", "body": {"text": "Which one?"}, "action": {"buttons": buttons}}
    answer = await platform.post(
        f"{demo.base_url}/meta/whatsapp/v24.0/{demo.support.phone_number_id}/messages",
        json={
            "messaging_product": "whatsapp",
            "to": customer.wa_id,
            "type": "interactive",
            "interactive": question,
        },
    )
    wamid = answer.raise_for_status().json()["messages"][0]["id"]
    choices = inbox.message("Which one?").get_by_role("listitem")
    await expect(choices).to_have_text(["Red", "Blue"])
    reply = {"type": "button_reply", "button_reply": {"id": "blue", "title": "Blue"}}
    await customer.sends("interactive", reply, context={"message_id": wamid})
    await expect(choices.nth(1).get_by_role("img", name="Chosen answer")).to_be_visible()
    await expect(choices.nth(0).get_by_role("img")).to_have_count(0)


async def test_words_are_formatted_as_in_whatsapp_and_emoji_alone_are_large(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    now = int(time.time())
    await customer.says("*Buy* _this_:\n- milk\n- bread\n> said\n```\na\nb\n```", timestamp=now)
    await customer.says("see https://\u0430pple.com/a_b_c", timestamp=now + 1)
    await customer.says("👍🏽❤️", timestamp=now + 2)
    await customer.says("word " * 1000, timestamp=now + 3)
    await customer.says("Done", timestamp=now + 4)
    await _open(inbox, customer, "Done")
    rich = inbox.message("milk")
    await expect(rich.locator("strong")).to_have_text("Buy")
    await expect(rich.get_by_role("listitem")).to_have_text(["milk", "bread"])
    await expect(rich.locator("blockquote")).to_have_text("said")
    await expect(rich.locator("pre")).to_have_text("a\nb")
    await expect(inbox.message("see").get_by_role("link")).to_have_text("https://xn--pple-43d.com/a_b_c")
    await expect(inbox.message("👍🏽").locator(".text")).to_have_css("font-size", "36px")
    long = inbox.message("word word")
    short = await long.locator(".text").inner_text()
    assert len(short) < 1100
    await long.get_by_role("button", name="Read more").click()
    await expect(long.get_by_role("button", name="Read more")).to_have_count(0)
    await expect(long.locator(".text")).to_have_text("word " * 999 + "word")


async def test_orders_contacts_and_places_are_cards(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    now = int(time.time())
    item = {"product_retailer_id": "SKU-1", "quantity": 2, "item_price": 19.9, "currency": "EUR"}
    items = [item, item | {"product_retailer_id": "SKU-2", "quantity": 1}]
    await customer.sends("order", {"catalog_id": "1", "text": "By Friday", "product_items": items}, timestamp=now)
    phones = [{"phone": "+1 555 0100"}, {"phone": "+1 555 0101"}]
    cards = [{"name": {"formatted_name": "Ben", "first_name": "Ben"}, "phones": phones}, {"name": {"first_name": "C"}}]
    await customer.sends("contacts", cards, timestamp=now + 1)
    place = {"latitude": 19.4, "longitude": -99.1, "name": "Zócalo", "address": "Centro"}
    await customer.sends("location", place, timestamp=now + 2)
    await _open(inbox, customer, "Zócalo")
    order = inbox.message("By Friday")
    for text in ("3 items", "SKU-2", "€59.70"):
        await expect(order).to_contain_text(text)
    await expect(order).to_contain_text("Total")
    async with inbox.messages.first.page.expect_download() as saved:
        await inbox.message("Ben").get_by_role("button", name="Save contact").first.click()
    download = await saved.value
    assert download.suggested_filename == "Ben.vcf"
    card = await asyncio.to_thread(Path(await download.path()).read_text)
    assert "TEL:+1 555 0101" in card
    links = inbox.message("Ben").get_by_role("link")
    await expect(links).to_have_text(["+1 555 0100", "+1 555 0101"])
    await expect(links.first).to_have_attribute("href", "tel:+15550100")
    await expect(inbox.message("Zócalo").get_by_role("link")).to_have_attribute("href", re.compile("^https://"))


async def test_the_thread_goes_on_into_the_earlier_conversation(
    inbox: Inbox, customers: Customers, platform: httpx.AsyncClient
) -> None:
    customer = await customers.new()
    now = int(time.time())
    wamid = await customer.says("A long time ago", timestamp=now - 40 * DAY)
    await inbox.find(customer.name)
    await _end(platform, customer)
    await customer.says("I am back")
    await inbox.search.fill("")
    await inbox.row(customer.name).click()

    await expect(inbox.messages).to_have_count(2)
    await expect(inbox.root.get_by_text(re.compile("^Earlier conversation, ended"))).to_have_count(1)
    await expect(inbox.messages.first).to_contain_text("A long time ago")
    await customer.sends("reaction", {"message_id": wamid, "emoji": "👍"})
    await expect(inbox.messages.first.get_by_role("list", name="Reactions")).to_contain_text("👍")


async def test_the_name_on_the_business_phone_is_shown_and_gives_way_to_the_teams_own(
    inbox: Inbox, customers: Customers, platform: httpx.AsyncClient
) -> None:
    customer = await customers.new()
    await customer.says("It is me")
    await inbox.open(customer.name)
    await inbox.root.get_by_role("button", name="Details").click()
    saved = f"Saved {customer.wa_id}"
    await customer.is_saved_as(saved)
    details = inbox.root.get_by_role("region", name="Details")
    await expect(details.get_by_role("heading", name=saved)).to_be_visible()
    await expect(details.get_by_text("Name on your phone")).to_have_count(0)

    body = {"contact": {"display_name": f"Ours {customer.wa_id}"}}
    (await platform.patch(f"/whatsapp/contacts/{customer.wa_id}", json=body)).raise_for_status()
    await expect(details.get_by_role("heading", name=f"Ours {customer.wa_id}")).to_be_visible()
    await expect(details.get_by_text("Name on your phone")).to_be_visible()
    await expect(details.get_by_text(saved)).to_be_visible()


async def _open(inbox: Inbox, customer: Customer, last: str) -> None:
    """Open the thread once its last message is there."""
    await expect(inbox.row(customer.name)).to_contain_text(last)
    await inbox.open(customer.name)


async def _end(platform: httpx.AsyncClient, customer: Customer) -> None:
    found = await platform.get("/whatsapp/conversations", params={"phone_number": customer.wa_id})
    [conversation] = found.raise_for_status().json()["data"]
    body = {"whatsapp_conversation": {"status": "ended"}}
    (await platform.patch(f"/whatsapp/conversations/{conversation['id']}", json=body)).raise_for_status()


def _notes(inbox: Inbox) -> Locator:
    """The lines in the middle, without their times."""
    return inbox.log.locator(".note > bdi")
