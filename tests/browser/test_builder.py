"""What is asked with a list or a link: its form, as it changes beside the preview, and what the customer gets."""

import re

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_list_grows_and_shrinks_where_one_is_and_a_row_of_it_is_chosen(
    inbox: Inbox, context: BrowserContext, page: Page, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("When could you come?")
    await inbox.open(customer.name)
    dialog = await _open_builder(inbox, "List")
    preview = dialog.get_by_role("region", name="Preview")
    await dialog.get_by_label("Text", exact=True).last.fill("Which day suits you?")
    await dialog.get_by_label("Button that opens the list").fill("Choose a day")
    await expect(preview).to_contain_text("Which day suits you?")
    await expect(preview).to_contain_text("Choose a day")

    first = dialog.get_by_role("group", name="Section 1")
    await _row(first, 1).fill("Monday")
    await first.get_by_role("button", name="Add a row").press("Enter")
    await expect(_row(first, 2)).to_be_focused()
    await page.keyboard.type("Tuesday")
    await first.get_by_role("button", name="Add a row").press("Enter")
    await expect(_row(first, 3)).to_be_focused()
    await page.keyboard.type("Wednesday")
    await expect(dialog.get_by_text("3 / 10", exact=True).first).to_be_visible()

    await dialog.get_by_role("button", name="Add a section").press("Enter")
    second = dialog.get_by_role("group", name="Section 2")
    await expect(_title(second)).to_be_focused()
    await page.keyboard.type("The week after")
    await _row(second, 1).fill("Someday")
    await second.get_by_role("button", name="Add a row").press("Enter")
    await expect(_row(second, 2)).to_be_focused()
    await page.keyboard.type("Friday")
    await second.get_by_label("Description (optional)").last.fill("After ten o’clock")
    await _title(first).fill("This week")
    for words in ("This week", "Wednesday", "The week after", "Someday", "After ten o’clock"):
        await expect(preview).to_contain_text(words)

    # What is taken away leaves one where it was: at the row that took its place, or else at the one before.
    await second.get_by_role("button", name="Remove row 1").press("Enter")
    await expect(_row(second, 1)).to_have_value("Friday")
    await expect(_row(second, 1)).to_be_focused()
    await expect(preview).not_to_contain_text("Someday")
    await first.get_by_role("button", name="Remove row 3").press("Enter")
    await expect(_row(first, 2)).to_be_focused()
    await dialog.get_by_role("button", name="Add a section").press("Enter")
    third = dialog.get_by_role("group", name="Section 3")
    await third.get_by_role("button", name="Remove section 3").press("Enter")
    await expect(third).to_have_count(0)
    await expect(_title(second)).to_be_focused()

    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(inbox.message("Which day suits you?")).to_contain_text("Choose a day")
    phone = await context.new_page()
    await phone.goto(demo.simulator_url + customer.phone_path)
    await phone.locator("#thread").get_by_role("button", name="Choose a day").click()
    offered = phone.get_by_role("dialog")
    await expect(offered.get_by_role("heading", name=re.compile("week"))).to_have_text(["This week", "The week after"])
    await expect(offered.locator(".list-row")).to_have_text(["Monday", "Tuesday", "FridayAfter ten o’clock"])
    await offered.get_by_role("button", name="Friday").click()
    await expect(inbox.messages.last).to_contain_text("Friday")


async def test_a_link_is_a_button_that_leads_the_customer_to_a_page(
    inbox: Inbox, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Where do I pay?")
    await inbox.open(customer.name)
    dialog = await _open_builder(inbox, "Link")
    preview = dialog.get_by_role("region", name="Preview")
    await dialog.get_by_label("Text", exact=True).last.fill("It is all here:")
    await dialog.get_by_label("Words on the button").fill("Pay now")
    await dialog.get_by_label("Address of the page").fill("javascript:alert(1)")
    await expect(preview).not_to_contain_text("Pay now")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog.get_by_text("The address has to begin with https:// or http://.")).to_be_visible()
    await dialog.get_by_label("Address of the page").fill("https://shop.example.com/pay")
    await expect(preview).to_contain_text("Pay now")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog).to_have_count(0)
    phone = await context.new_page()
    await phone.goto(demo.simulator_url + customer.phone_path)
    link = phone.locator("#thread").get_by_role("link", name="Pay now")
    await expect(link).to_have_attribute("href", "https://shop.example.com/pay")


async def _open_builder(inbox: Inbox, kind: str) -> Locator:
    await inbox.root.get_by_role("button", name="Attach").click()
    await inbox.root.get_by_role("menuitem", name="Buttons, list or link").click()
    dialog = inbox.root.get_by_role("dialog")
    await dialog.get_by_text(kind, exact=True).click()
    return dialog


def _row(section: Locator, number: int) -> Locator:
    return section.get_by_label(f"Row {number}", exact=True)


def _title(section: Locator) -> Locator:
    return section.get_by_label("Title of the section")
