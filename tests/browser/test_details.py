"""Beside the thread: the name, what was shared, earlier conversations, what programs noted, the automation."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, Locator, Page, Route, ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.conftest import Troubles
from tests.browser.customers import Customer, Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "Name for the whole team"


def _details(page: Page) -> Locator:
    return page.get_by_role("region", name="Details")


async def _open(page: Page, demo: Demo, customer: Customer) -> tuple[Inbox, Locator]:
    """The customer's thread, with its details: on a wide frame they open with it."""
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.is_live()
    await inbox.open(customer.name)
    details = _details(page)
    if page.viewport_size and page.viewport_size["width"] < 1240:
        await page.get_by_role("button", name="Details").click()
    await expect(details.get_by_role("heading", name=customer.name)).to_be_visible()
    return inbox, details


async def _conversation(platform: httpx.AsyncClient, customer: Customer, status: str = "active") -> dict[str, Any]:
    async def find() -> dict[str, Any] | None:
        query = {"phone_number": customer.wa_id, "status": status}
        listed = (await platform.get("/whatsapp/conversations", params=query)).json()["data"]
        return listed[0] if listed else None

    found = await eventually(find)
    assert found is not None
    return found


async def _stored(platform: httpx.AsyncClient, conversation: dict[str, Any], count: int) -> None:
    async def all_there() -> bool:
        answer = await platform.get(f"/whatsapp/conversations/{conversation['id']}")
        return bool(answer.json()["data"]["kapso"]["messages_count"] == count)

    await eventually(all_there)


async def _change(platform: httpx.AsyncClient, path: str, body: Any) -> None:
    (await platform.patch(path, json=body)).raise_for_status()


async def test_the_name_is_changed_in_its_place_for_everybody_and_taken_back(
    page: Page, context: BrowserContext, demo: Demo, customers: Customers, troubles: Troubles
) -> None:
    customer = await customers.new()
    await customer.says("Hello")
    inbox, details = await _open(page, demo, customer)
    colleague = await context.new_page()
    _, theirs = await _open(colleague, demo, customer)
    field, edit = details.get_by_role("textbox", name=NAME), details.get_by_role("button", name="Change name")

    await edit.press("Enter")
    await expect(field).to_be_focused()
    await page.keyboard.type("Nobody")
    await page.keyboard.press("Escape")
    await expect(edit).to_be_focused()
    await expect(details.get_by_role("heading", name=customer.name)).to_be_visible()

    # The colleague is typing a name too: what comes meanwhile does not touch it, and the later one counts.
    await theirs.get_by_role("button", name="Change name").click()
    await colleague.keyboard.type("Bea of the bakery")
    await edit.press("Enter")
    await page.keyboard.type(f"Ana {customer.wa_id}")
    await page.keyboard.press("Enter")
    for where in (page, colleague):
        await expect(where.locator(".thread-head h2")).to_have_text(f"Ana {customer.wa_id}")
    await expect(edit).to_be_focused()
    await expect(theirs.get_by_role("textbox", name=NAME)).to_have_value("Bea of the bakery")
    await theirs.get_by_role("button", name="Save").click()
    await expect(inbox.row("Bea of the bakery")).to_be_visible()
    # What somebody else has said since is not ours to take back.
    await expect(details.get_by_role("button", name="Undo")).to_have_count(0)
    await theirs.get_by_role("button", name="Undo").press("Enter")
    await expect(theirs.get_by_role("button", name="Change name")).to_be_focused()
    await expect(details.get_by_role("heading", name=f"Ana {customer.wa_id}")).to_be_visible()

    await edit.click()
    await field.fill("  ")
    await field.press("Enter")
    await expect(details.get_by_role("heading", name=customer.name)).to_be_visible()
    await details.get_by_role("button", name="Undo").click()
    await expect(theirs.get_by_role("heading", name=f"Ana {customer.wa_id}")).to_be_visible()

    troubles.announce("ERR_FAILED|Failed to load")

    async def fail(route: Route) -> None:
        await route.abort()

    await page.route("**/contact", fail)
    await edit.click()
    await field.fill("Lost on its way")
    await field.press("Enter")
    await expect(details.get_by_role("alert")).to_contain_text("the connection was lost")
    await expect(field).to_have_value("Lost on its way")
    await expect(page.locator(".thread-head h2")).to_have_text(f"Ana {customer.wa_id}")
    await page.unroute("**/contact")
    await details.get_by_role("button", name="Save").click()
    await expect(theirs.get_by_role("heading", name="Lost on its way")).to_be_visible()


async def test_what_was_shared_comes_in_live_and_leads_to_its_place_in_the_thread(
    page: Page, demo: Demo, customers: Customers, platform: httpx.AsyncClient
) -> None:
    customer = await customers.new()
    await customer.says("The first word, with https://example.com/first in it")
    await customer.sends("image")
    first = await _conversation(platform, customer)
    await _stored(platform, first, 2)
    await _change(platform, f"/whatsapp/conversations/{first['id']}", {"whatsapp_conversation": {"status": "ended"}})
    for number in range(20):
        await customer.says(f"Message {number}")
    second = await _conversation(platform, customer)
    await _stored(platform, second, 20)
    inbox, details = await _open(page, demo, customer)
    shared = details.get_by_role("tabpanel")
    await expect(shared.get_by_role("link")).to_have_count(1)
    await customer.sends("video")
    await expect(shared.get_by_role("link")).to_have_count(2)
    await expect(shared.get_by_role("link", name="Open Video").locator("img")).to_be_visible()
    media = details.get_by_role("tab", name="Media")
    await media.press("ArrowRight")
    await expect(details.get_by_role("tab", name="Documents")).to_be_focused()
    await expect(shared).to_have_text("No documents yet.")
    await customer.sends("document")
    await expect(shared.get_by_role("link", name="Open")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    link = shared.get_by_role("link", name="https://example.com/first")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(inbox.message("The first word")).not_to_be_in_viewport()
    await shared.get_by_role("button", name="in the conversation").click()
    await expect(inbox.message("The first word")).to_be_focused()
    await expect(inbox.message("The first word")).to_be_in_viewport()


async def test_more_of_what_was_shared_is_shown_and_the_keys_stay_beside_it(
    page: Page, demo: Demo, customers: Customers, platform: httpx.AsyncClient
) -> None:
    customer = await customers.new()
    await asyncio.gather(*(customer.says(f"See https://example.com/{number}") for number in range(31)))
    await _stored(platform, await _conversation(platform, customer), 31)
    # Narrow: the thread, which would bring the rest of them, is read no further.
    await page.set_viewport_size(ViewportSize(width=640, height=400))
    _, details = await _open(page, demo, customer)
    await details.get_by_role("tab", name="Links").click()
    links = details.get_by_role("tabpanel").get_by_role("link")
    await expect(links).to_have_count(30)
    more = details.get_by_role("tabpanel").get_by_role("button", name="Show more")
    await more.press("Enter")
    await expect(links).to_have_count(31)
    await expect(more).to_have_count(0)
    await expect(details.get_by_role("heading", name="Details")).to_be_focused()


async def test_what_is_not_there_is_nowhere(page: Page, demo: Demo, customers: Customers) -> None:
    """No conversation is assigned or started, no browser notified, and no note kept on a contact."""
    await page.add_init_script("""window.asked = [];
        Notification.requestPermission = (...given) => { asked.push(given); return Promise.resolve("denied"); };""")
    customer = await customers.new()
    await customer.says("Hello")
    inbox, details = await _open(page, demo, customer)
    first = details.locator("dl > div", has_text="First message")
    await expect(first).to_have_text(re.compile(r"First message.*\d:\d\d"))
    # Of the rows, which are buttons and say what others write, only this one is there.
    await inbox.search.fill(customer.name)
    await expect(inbox.rows).to_have_count(1)
    await page.get_by_role("button", name="Attach").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    wrong = re.compile(r"assign|new (conversation|chat|message)|start|notif|\bnotes?\b", re.IGNORECASE)
    controls = [
        page.get_by_role("button", name=wrong),
        page.get_by_role("menuitem", name=wrong),
        page.get_by_role("link", name=wrong),
        page.get_by_role("textbox", name=wrong),
        page.get_by_role("combobox", name=wrong),
        page.get_by_role("checkbox", name=wrong),
        page.get_by_role("heading", name=wrong),
    ]
    for control in controls:
        await expect(control).to_have_count(0)
    await customer.says("Are you there?")
    await expect(inbox.message("Are you there?")).to_be_visible()
    assert await page.evaluate("asked") == []


async def test_on_a_narrow_frame_details_are_a_page_and_an_earlier_conversation_leads_back_into_the_thread(
    page: Page, demo: Demo, customers: Customers, platform: httpx.AsyncClient
) -> None:
    await page.set_viewport_size(ViewportSize(width=360, height=740))
    customer = await customers.new()
    await customer.says("Once upon a time")
    first = await _conversation(platform, customer)
    await _change(platform, f"/whatsapp/conversations/{first['id']}", {"whatsapp_conversation": {"status": "ended"}})
    for number in range(20):
        await customer.says(f"Message {number}")
    await _stored(platform, await _conversation(platform, customer), 20)
    inbox, details = await _open(page, demo, customer)
    await expect(details.get_by_role("heading", name="Details")).to_be_focused()
    await expect(inbox.log).to_be_hidden()
    earlier = details.get_by_role("region", name="Earlier conversations")
    await expect(earlier.get_by_role("button")).to_contain_text("1 message")
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    toggle = page.get_by_role("button", name="Details")
    await expect(toggle).to_be_focused()
    await toggle.press("Enter")
    await details.get_by_role("button", name="Close").first.click()
    await expect(toggle).to_be_focused()
    await toggle.press("Enter")
    await earlier.get_by_role("button").click()
    await expect(details).to_have_count(0)
    await expect(inbox.message("Once upon a time")).to_be_in_viewport()


async def test_programs_notes_and_the_automations_course_are_shown_and_a_person_takes_over(
    page: Page, demo: Demo, customers: Customers, platform: httpx.AsyncClient, troubles: Troubles
) -> None:
    troubles.announce("ERR_FAILED|Failed to load|503")
    customer = await customers.new()
    await customer.says("Where is my parcel?")
    path = f"/whatsapp/conversations/{(await _conversation(platform, customer))['id']}"
    note = {"<img src=x onerror=alert(1)>": "https://shop.example.com/4711", "order": {"paid": True, "note": "x" * 400}}
    await _change(platform, path, {"whatsapp_conversation": {"metadata": note}})

    async def fail_until_pressed(route: Route) -> None:
        pressed = await page.evaluate("() => document.documentElement.dataset.pressed")
        await (route.continue_() if pressed else route.abort())

    # The page asks again by itself too, whenever the conversation has changed.
    await page.route("**/details", fail_until_pressed)
    _, details = await _open(page, demo, customer)
    retry = details.get_by_role("alert").get_by_role("button", name="Try again")
    await retry.evaluate("""(button) => button.addEventListener("click", () => {
        document.documentElement.dataset.pressed = "yes";
    }, { capture: true })""")
    await retry.click()
    data = details.get_by_role("region", name="Conversation data")
    await expect(data).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(data.get_by_role("link")).to_have_attribute("href", "https://shop.example.com/4711")
    await expect(data).not_to_contain_text("x" * 400)
    await data.get_by_role("button", name="Show all of it").click()
    await expect(data).to_contain_text("x" * 400)
    await _change(platform, path, {"whatsapp_conversation": {"metadata": {"order": "on its way"}}})
    await expect(data).to_contain_text("on its way")

    workflow = await platform.post("/workflows", json={"workflow": {"name": "Parcels"}})
    body = {"phone_number": customer.wa_id, "phone_number_id": demo.support.phone_number_id}
    executions = f"/workflows/{workflow.json()['data']['id']}/executions"
    started = (await platform.post(executions, json={"workflow_execution": body})).json()["data"]["id"]
    automation = details.get_by_role("region", name="Automation")
    await expect(automation).to_contain_text("Parcels")
    await expect(automation).to_contain_text("Answering")
    await automation.get_by_role("button", name="Handoff").click()
    await expect(automation).to_contain_text("Handed over to a person")
    await page.route("**/hand_back", lambda route: route.abort())
    await automation.get_by_role("button", name="Hand back").click()
    await expect(automation.get_by_role("alert")).to_contain_text("the connection was lost")
    await page.unroute("**/hand_back")
    await automation.get_by_role("button", name="Hand back").click()
    await expect(automation).to_contain_text("Waiting for the customer")
    failed = {"status": "failed", "error_details": {"message": "The shop did not answer"}}
    await _change(platform, f"/workflow_executions/{started}", {"workflow_execution": failed})
    await expect(automation).to_contain_text("The shop did not answer")
    await automation.get_by_text("What happened").click()
    await expect(automation.get_by_role("listitem")).to_have_count(4)
    assert await violations(page) == []
    await _change(platform, f"/workflow_executions/{started}", {"workflow_execution": {"status": "ended"}})
    await expect(automation.get_by_role("listitem").first).to_contain_text("Ended")
