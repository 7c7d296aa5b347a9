"""A sent template in the thread: all of it, and what the customer pressed in it."""

import pytest
from playwright.async_api import expect

from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.browser.templates import (
    ORDER,
    ORDER_COMPONENTS,
    ORDER_VALUES,
    approve_template,
    hear_of_template,
    send_template,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_template_is_drawn_whole_with_what_was_pressed_in_it(
    inbox: Inbox, customers: Customers, demo: Demo
) -> None:
    await approve_template(demo, ORDER, ORDER_COMPONENTS)
    customer = await customers.new()
    await customer.says("Is it ready?")
    await inbox.open(customer.name)
    wamid = await send_template(demo, customer, ORDER, ORDER_VALUES)

    sent = inbox.message("Hi Ana, the lamp is packed.")
    await expect(sent.locator(".bubble > strong")).to_have_text("Order A-7")
    await expect(sent.get_by_text("the lamp", exact=True)).to_have_css("font-weight", "700")
    await expect(sent.locator(".bubble > small")).to_have_text("Reply STOP to hear less from us")
    buttons = sent.get_by_role("listitem")
    shown = ["Today", "Tomorrow", "Track it", "Call us", "Copy offer codeSPRING25", "Leave a note"]
    await expect(buttons).to_have_text(shown)
    await expect(sent.get_by_role("button", name="Today")).to_have_count(0)
    track = sent.get_by_role("link", name="Track it")
    await expect(track).to_have_attribute("href", "https://shop.example/track/A-7")
    await expect(track).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(sent.get_by_role("link", name="Call us")).to_have_attribute("href", "tel:+15550100")

    answer = {"payload": "TOMORROW-7", "text": "Tomorrow"}
    await customer.sends("button", answer, context={"message_id": wamid})
    await expect(buttons.nth(1).get_by_role("img", name="Chosen answer")).to_be_visible()
    await expect(sent.get_by_role("img", name="Chosen answer")).to_have_count(1)


async def test_a_template_that_is_not_known_is_drawn_by_what_it_was_filled_in_with(
    inbox: Inbox, customers: Customers, demo: Demo
) -> None:
    customer = await customers.new()
    await customer.says("Is it ready?")
    await inbox.open(customer.name)
    wamid = await hear_of_template(demo, customer, "from_elsewhere", ORDER_VALUES)

    sent = inbox.message("Template: from_elsewhere")
    await expect(sent.locator(".bubble > strong")).to_have_text("A-7")
    await expect(sent).to_contain_text("Ana · the lamp")
    buttons = sent.get_by_role("listitem")
    await expect(buttons).to_have_text(["Quick reply", "Quick reply", "LinkA-7", "Copy codeSPRING25"])

    for payload, text in (("TODAY-7", "Today"), ("OTHER-7", "Never")):
        await customer.sends("button", {"payload": payload, "text": text}, context={"id": wamid})
    await expect(buttons).to_have_text(["Today", "Quick reply", "LinkA-7", "Copy codeSPRING25", "Never"])
    for place in (0, 4):
        await expect(buttons.nth(place).get_by_role("img", name="Chosen answer")).to_be_visible()


async def test_a_picture_that_is_only_a_link_leaves_its_place_at_the_head(
    inbox: Inbox, customers: Customers, demo: Demo
) -> None:
    customer = await customers.new()
    await customer.says("What is new?")
    await inbox.open(customer.name)
    picture = {"type": "image", "image": {"link": "https://shop.example/spring.jpg"}}
    values = [{"type": kind, "parameters": [value]} for kind, value in (
        ("header", picture), ("body", {"type": "text", "text": "Ana"}),
    )]  # fmt: skip
    await send_template(demo, customer, "spring_collection", values)
    sent = inbox.message("The spring collection is here, Ana.")
    await expect(sent).to_contain_text("Photo")
    await expect(sent.get_by_role("listitem")).to_have_text(["See it", "STOP"])
