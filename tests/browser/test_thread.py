"""A long thread: the reader's place in it, and the ways to a message that is far away."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.conftest import Troubles
from tests.browser.customers import Customer, Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINES = 260
APART = 1_800  # seconds: some 48 lines a day

# What is told is gone again soon.
_LISTEN = """region => {
    window.told = [];
    const options = { childList: true, characterData: true, subtree: true };
    new MutationObserver(() => window.told.push(region.textContent)).observe(region, options);
}"""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def talker(demo: Demo) -> AsyncIterator[Customer]:
    """Somebody who has written for days, which came with the phone's history, and answers the fourth line with the
    last.
    """
    token = demo.embed_url.rsplit("/", 1)[-1]
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(base_url=demo.simulator_url) as simulator,
        httpx.AsyncClient(base_url=f"{demo.base_url}/inbox/v1", headers=headers) as api,
    ):
        customers = Customers(simulator, demo.support.phone_number_id)
        talker = await customers.new("Talkative Tess")
        start = int(time.time()) - LINES * APART
        lines = [
            {"direction": "inbound", "timestamp": start + n * APART, "text": {"body": f"Line {n}."}}
            for n in range(LINES - 1)
        ]
        thread = {"wa_id": talker.wa_id, "name": talker.name, "messages": lines}
        history = {"phone_number_id": customers.phone_number_id, "threads": [thread]}

        async def came(count: int) -> bool:
            rows = await api.get("/conversations", params={"search": talker.wa_id, "status": "all"})
            return bool(sum(row["messages_count"] for row in rows.json()["data"]) == count)

        quoted = (await customers.post("/history", history))["wamids"][4]
        await eventually(lambda: came(LINES - 1))
        await talker.says(f"Line {LINES - 1}.", context={"message_id": quoted})
        await eventually(lambda: came(LINES))
        yield talker


async def test_a_quote_of_a_message_far_up_leads_there_and_from_there_back_to_the_end(
    page: Page, inbox: Inbox, talker: Customer
) -> None:
    await _open_at_end(inbox, talker)
    quote = inbox.message(f"Line {LINES - 1}.").get_by_role("button", name="Line 4.")
    quoted = _said(inbox, "Line 4.")
    await expect(quoted).to_have_count(0)
    region = inbox.root.locator(".app > [aria-live]")
    await region.evaluate(_LISTEN)
    await quote.click()
    await expect(quoted).to_be_in_viewport()
    await expect(quoted).to_be_focused()

    async def is_heard() -> bool:
        told: list[str] = await region.evaluate("() => window.told")
        return any(re.fullmatch(r"Message from .*: Line 4\.", words) for words in told)

    await eventually(is_heard)

    # What comes now belongs below a part that is not loaded.
    await talker.says("Are you still there?")
    latest = inbox.root.get_by_role("button", name="1 new message")
    await expect(latest).to_be_visible()
    await expect(inbox.message("Are you still there?")).to_have_count(0)
    await expect(quoted).to_be_in_viewport()
    await latest.click()
    await expect(inbox.message("Are you still there?")).to_be_in_viewport()
    await expect(latest).to_have_count(0)
    await expect(quoted).to_have_count(0)

    await quote.click()
    await expect(quoted).to_be_in_viewport()
    await expect(quoted).to_be_focused()
    await inbox.log.hover()

    async def at_the_end() -> bool:
        await page.mouse.wheel(0, 2_000)
        return await inbox.message("Are you still there?").count() > 0

    await eventually(at_the_end, 60)
    texts = await inbox.messages.locator(".bubble > .text").all_text_contents()
    assert texts == [*(f"Line {n}." for n in range(int(texts[0][5:-1]), LINES)), "Are you still there?"]


async def test_a_reply_from_far_up_goes_to_the_end_first(inbox: Inbox, talker: Customer) -> None:
    await _open_at_end(inbox, talker)
    await inbox.message(f"Line {LINES - 1}.").get_by_role("button", name="Line 4.").click()
    await expect(_said(inbox, "Line 4.")).to_be_focused()
    await inbox.reply("We are here")
    reply = inbox.message("We are here")
    await expect(reply).to_be_in_viewport()
    await expect(reply.get_by_role("img")).to_have_accessible_name("Delivered")
    await expect(reply).to_have_count(1)
    await expect(inbox.root.locator(".jump")).to_have_count(0)


async def test_new_messages_leave_the_reader_where_he_is_and_so_does_another_conversation(
    page: Page, inbox: Inbox, talker: Customer, customers: Customers
) -> None:
    other = await customers.new()
    await other.says("Hello from elsewhere")
    await _open_at_end(inbox, talker)
    await inbox.log.hover()
    await page.mouse.wheel(0, -900)
    line = await _first_in_view(inbox)
    await expect(inbox.root.get_by_role("button", name="Go to the latest message")).to_be_visible()
    place = await _top(line)

    await talker.says("One more thing")
    await expect(inbox.root.get_by_role("button", name="1 new message")).to_be_visible()
    await expect(inbox.message("One more thing")).to_be_attached()
    assert abs(await _top(line) - place) < 3

    await inbox.find(other.name)
    await expect(inbox.message("Hello from elsewhere")).to_be_visible()
    await inbox.find(talker.name)
    await expect(line).to_be_in_viewport()
    assert abs(await _top(line) - place) < 3

    await page.set_viewport_size({"width": 1280, "height": 500})  # as when a keyboard comes up
    assert abs(await _top(line) - place) < 3
    await inbox.root.locator(".jump").click()
    await expect(inbox.message("One more thing")).to_be_in_viewport()
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.set_viewport_size({"width": 1280, "height": 400})
    await expect(inbox.message("One more thing")).to_be_in_viewport()


async def test_a_thread_opens_where_the_reader_left_off(inbox: Inbox, customers: Customers) -> None:
    customer, other = await customers.new(), await customers.new()
    start = int(time.time()) - 100
    await customer.says("The last that was read", timestamp=start)
    await other.says("Hello from elsewhere", timestamp=start)
    await inbox.find(customer.name)
    await expect(inbox.row(customer.name).locator(".unread")).to_have_count(0)
    await inbox.find(other.name)
    await asyncio.gather(*(customer.says(f"Unread {n}.", timestamp=start + 1 + n) for n in range(30)))
    await inbox.search.fill(customer.name)
    await expect(inbox.unread(customer.name, 30)).to_be_visible()
    await inbox.row(customer.name).click()
    line = inbox.log.locator(".divider-unread")
    await expect(line).to_have_text("30 unread messages")
    await expect(line).to_be_in_viewport()
    await expect(inbox.message("Unread 0.")).to_be_in_viewport()
    await expect(inbox.message("Unread 29.")).not_to_be_in_viewport()
    first, last = await _top(inbox.message("Unread 0.")), await _top(inbox.message("The last that was read"))
    assert last < await _top(line) < first
    # It stays until the thread is opened again, though all of it has been read by then.
    await inbox.root.locator(".jump").click()
    await expect(inbox.message("Unread 29.")).to_be_in_viewport()
    await expect(inbox.row(customer.name).locator(".unread")).to_have_count(0)
    await expect(line).to_be_attached()
    await inbox.find(other.name)
    await inbox.find(customer.name)
    await expect(line).to_have_count(0)


async def test_a_thread_that_did_not_come_is_asked_for_again_and_the_keys_stay_with_it(
    page: Page, context: BrowserContext, inbox: Inbox, customers: Customers, troubles: Troubles
) -> None:
    troubles.announce("Failed to load resource")
    customer = await customers.new()
    await customer.says("Can you hear me?")

    async def fail(route: Route) -> None:
        await route.abort()

    first_page = re.compile(r"/messages(\?|$)")
    await context.route(first_page, fail)
    await inbox.row(customer.name).click()
    failed = inbox.root.get_by_role("alert").filter(has_text="Messages could not be loaded")
    await expect(failed).to_contain_text("Check the connection, then try again.")
    await context.unroute(first_page)
    await failed.get_by_role("button", name="Try again").press("Enter")
    await expect(inbox.message("Can you hear me?")).to_be_visible()
    await expect(inbox.composer).to_be_focused()

    # A banner is closed, and the keys go on in the thread that it stood in.
    await context.route(re.compile(r"/conversations/[-0-9a-f]+$"), fail)
    await inbox.root.locator(".thread").get_by_role("button", name="End conversation").click()
    banner = inbox.root.locator(".banner-failed")
    await banner.get_by_role("button", name="Close").press("Enter")
    await expect(banner).to_have_count(0)
    await expect(inbox.composer).to_be_focused()


async def test_the_day_stays_in_view_and_a_page_that_did_not_come_is_asked_for_again(
    page: Page, context: BrowserContext, inbox: Inbox, talker: Customer, troubles: Troubles
) -> None:
    troubles.announce("Failed to load resource")
    failing = True

    async def fail(route: Route) -> None:
        await (route.abort() if failing else route.continue_())

    await context.route("**/messages?after=*", fail)
    await _open_at_end(inbox, talker)
    await inbox.log.hover()
    retry = inbox.log.get_by_role("button", name="Try again")

    async def at_the_top() -> bool:
        await page.mouse.wheel(0, -3_000)
        return await retry.is_visible()

    await eventually(at_the_top)
    await expect(inbox.messages.first).to_be_in_viewport()
    failing = False
    before = await inbox.messages.count()
    await retry.click()
    await expect(inbox.messages).not_to_have_count(before)
    await expect(retry).to_have_count(0)

    async def at_the_start() -> bool:
        await page.mouse.wheel(0, -3_000)
        return await inbox.root.get_by_text("Start of the conversation").is_visible()

    await eventually(at_the_start)
    await page.mouse.wheel(0, 900)
    days = inbox.root.locator(".day-name")
    top = (await inbox.log.bounding_box() or {"y": 0.0})["y"]

    async def a_day_is_at_the_top() -> bool:
        return any([0 <= await _top(day) - top < 20 for day in await days.all()])

    await eventually(a_day_is_at_the_top)


async def test_a_screen_reader_hears_what_is_written_here_and_how_much_elsewhere(
    inbox: Inbox, customers: Customers
) -> None:
    here, elsewhere = await customers.new(), await customers.new()
    await here.says("Hello")
    await inbox.find(here.name)
    heard = inbox.root.locator(".app > [aria-live]")
    await here.says("Anybody there?")
    await expect(heard).to_have_text(f"New message from {here.name}: Anybody there?")
    await elsewhere.says("Psst")
    await expect(heard).to_have_text("1 new message in another conversation")
    await asyncio.gather(*(here.says(f"Knock {n}") for n in range(3)))
    await expect(heard).to_have_text("3 new messages")


async def _open_at_end(inbox: Inbox, talker: Customer) -> None:
    await inbox.find(talker.name)
    await expect(inbox.messages.last).to_be_in_viewport()


def _said(inbox: Inbox, text: str) -> Locator:
    """The message itself, and none that quotes it."""
    return inbox.messages.filter(has=inbox.root.locator(".bubble > .text", has_text=text))


async def _first_in_view(inbox: Inbox) -> Locator:
    message_id = await inbox.log.evaluate(
        """log => [...log.querySelectorAll("article")]
            .find(one => one.getBoundingClientRect().top > log.getBoundingClientRect().top).id"""
    )
    return inbox.root.locator(f"#{message_id}")


async def _top(element: Locator) -> float:
    """As it is drawn: what a frame is about to set right is not seen."""
    await element.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    box = await element.bounding_box()
    assert box is not None
    return box["y"]
