"""An automation answers, a person takes over, and a conversation goes to somebody else: all of it live."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customer, Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAUSED = "Replies are paused while an automation is answering."


Automate = Callable[[Customer], Awaitable[str]]


@pytest_asyncio.fixture(loop_scope="session")
async def automate(platform: httpx.AsyncClient) -> AsyncIterator[Automate]:
    """Lets an engine begin to answer a customer; returns the execution's id. After the test nothing is left open."""
    started: list[str] = []

    async def start(customer: Customer) -> str:
        workflow = await platform.post("/workflows", json={"workflow": {"name": "First answers"}})
        execution = {"phone_number": customer.wa_id, "phone_number_id": customer.everyone.phone_number_id}
        path = f"/workflows/{workflow.json()['data']['id']}/executions"
        answer = await platform.post(path, json={"workflow_execution": execution})
        answer.raise_for_status()
        started.append(answer.json()["data"]["id"])
        return started[-1]

    yield start
    for execution_id in started:
        await _report(platform, execution_id, status="ended")


async def _report(platform: httpx.AsyncClient, execution_id: str, **fields: Any) -> None:
    answer = await platform.patch(f"/workflow_executions/{execution_id}", json={"workflow_execution": fields})
    answer.raise_for_status()


async def test_a_person_takes_over_with_the_keyboard_and_a_colleague_sees_it(
    inbox: Inbox, context: BrowserContext, demo: Demo, customers: Customers, automate: Automate
) -> None:
    customer = await customers.new()
    await customer.says("Where is my parcel?")
    await inbox.open(customer.name)
    await expect(inbox.composer).to_be_focused()
    page = await context.new_page()
    await page.goto(demo.embed_url)
    colleague = Inbox(page)
    await colleague.open(customer.name)

    await automate(customer)
    note, button = inbox.root.get_by_role("note"), inbox.root.locator(".thread").get_by_role("button", name="Handoff")
    await expect(note).to_have_text(PAUSED)
    await expect(button).to_have_accessible_description(PAUSED)
    await expect(inbox.composer).to_have_count(0)
    await expect(inbox.root.get_by_text("An automation is answering this conversation.")).to_be_visible()
    await expect(colleague.composer).to_have_count(0)

    await button.focus()
    await button.press("Enter")
    await expect(inbox.composer).to_be_focused()
    await expect(inbox.root.get_by_text(f"You can reply to {customer.name} now.")).to_be_attached()
    await expect(inbox.root.get_by_text("A person is needed here")).to_be_visible()
    await expect(colleague.composer).to_be_visible()
    await inbox.reply("On its way to you")
    await expect(colleague.message("On its way to you")).to_be_visible()

    await inbox.root.locator(".thread").get_by_role("button", name="Hand back").press("Enter")
    await expect(note).to_have_text(PAUSED)
    await expect(inbox.root.get_by_text(f"The automation answers {customer.name} again.")).to_be_attached()
    await expect(inbox.root.locator("#composer")).to_be_focused()
    await expect(colleague.composer).to_have_count(0)


async def test_the_banner_names_the_person_where_the_host_says_who_is_looking(
    page: Page, customers: Customers, platform: httpx.AsyncClient, make_embed: MakeEmbed, automate: Automate
) -> None:
    customer, embed = await customers.new(), await make_embed()
    claims = {"sub": "42", "name": "Mei Tanaka", "exp": datetime.now(UTC) + timedelta(hours=1)}
    claim = jwt.encode(claims, embed["signing_secret"], algorithm="HS256")
    await customer.says("Hello?")
    await page.goto(f"{embed['embed_url']}#user={claim}")
    inbox = Inbox(page)
    await inbox.open(customer.name)
    execution_id = await automate(customer)
    await page.locator(".thread").get_by_role("button", name="Handoff").click()
    banner = page.locator(".banner-handoff")
    await expect(banner).to_have_text(re.compile("Mei Tanaka.? has taken over this conversation"))
    await _report(platform, execution_id, status="waiting")
    await expect(inbox.composer).to_have_count(0)
    await _report(platform, execution_id, status="handoff")
    await expect(banner).to_contain_text("A person is needed here")


async def test_a_failure_of_the_automation_and_its_end_are_seen_at_once(
    inbox: Inbox, customers: Customers, platform: httpx.AsyncClient, automate: Automate
) -> None:
    customer = await customers.new()
    await customer.says("Hello?")
    await inbox.open(customer.name)
    execution_id = await automate(customer)
    await expect(inbox.composer).to_have_count(0)
    await _report(platform, execution_id, status="failed", error_details={"message": "no answer"})
    await expect(inbox.root.locator(".banner-failed")).to_contain_text("The automation failed")
    await expect(inbox.composer).to_be_visible()
    await _report(platform, execution_id, status="ended")
    await expect(inbox.root.locator(".banner-failed")).to_have_count(0)


async def test_a_handoff_that_does_not_reach_the_server_says_so_and_can_be_tried_again(
    inbox: Inbox, page: Page, troubles: Troubles, customers: Customers, automate: Automate
) -> None:
    async def fail(route: Route) -> None:
        await route.abort()

    troubles.announce("Failed to load resource")
    customer = await customers.new()
    await customer.says("Hello?")
    await inbox.open(customer.name)
    await automate(customer)
    button = inbox.root.locator(".thread").get_by_role("button", name="Handoff")
    await page.route("**/handoff", fail)
    await button.click()
    await expect(inbox.root.get_by_role("alert")).to_have_text("The automation could not be stopped. Try again.")
    await page.unroute("**/handoff")
    await button.click()
    await expect(inbox.composer).to_be_visible()


async def test_a_conversation_that_is_given_to_a_colleague_leaves_the_inbox_of_who_had_it(
    page: Page, customers: Customers, platform: httpx.AsyncClient, make_embed: MakeEmbed
) -> None:
    mine, other, *_ = [user["user_id"] for user in (await platform.get("/users")).json()["data"]]
    embed, customer = await make_embed(assigned_user_id=mine), await customers.new()
    await page.goto(f"{embed['embed_url']}?status=active")
    inbox = Inbox(page)
    await inbox.is_live()
    await customer.says("For whom is this?")
    conversation = await _conversation(platform, customer)
    path = f"/whatsapp/conversations/{conversation}/assignments"
    made = (await platform.post(path, json={"assignment": {"user_id": mine}})).json()["data"]
    # What is read is told before it is taken away: later, the page would be told that there is no such conversation.
    async with page.expect_response("**/read"):
        await inbox.open(customer.name)
    await expect(inbox.message("For whom is this?")).to_be_visible()
    await platform.patch(f"{path}/{made['id']}", json={"assignment": {"user_id": other}})
    await expect(inbox.row(customer.name)).to_have_count(0)
    await expect(page.get_by_role("heading", name="No conversation open")).to_be_visible()
    await platform.patch(f"{path}/{made['id']}", json={"assignment": {"user_id": mine}})
    await expect(inbox.row(customer.name)).to_be_visible()


async def _conversation(platform: httpx.AsyncClient, customer: Customer) -> str:
    async def find() -> str | None:
        listed = (await platform.get("/whatsapp/conversations", params={"phone_number": customer.wa_id})).json()["data"]
        return listed[0]["id"] if listed else None

    found = await eventually(find)
    assert found is not None
    return found
