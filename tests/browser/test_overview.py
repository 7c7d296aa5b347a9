"""The overview in a browser: it follows what happens, under somebody who reads it, and stops when nobody does."""

import re
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, expect

from tests.browser.conftest import Troubles, new_context
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.test_dashboard import looks_right, sign_in
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

_HIDE = """hidden => {
    const get = () => hidden ? "hidden" : "visible";
    Object.defineProperty(document, "visibilityState", { configurable: true, get });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def session(browser: Browser, demo: Demo) -> list[Any]:
    """The cookies of somebody who has signed in, once: that may be done five times a minute."""
    context = await new_context(browser)
    await sign_in(await context.new_page(), demo)
    cookies: list[Any] = [*await context.cookies()]
    await context.close()
    return cookies


@pytest_asyncio.fixture(loop_scope="session")
async def overview(page: Page, demo: Demo, session: list[Any]) -> Page:
    await page.context.add_cookies(session)
    await page.goto(f"{demo.base_url}/dashboard")
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return page


async def _messages_in(page: Page) -> int:
    return int(await page.locator(".tile", has_text="Messages in").locator(".tile-figure").inner_text())


async def test_a_message_appears_in_the_chart_and_nothing_else_moves(overview: Page, customers: Customers) -> None:
    page = overview
    before = await _messages_in(page)
    details = page.get_by_text("The same in numbers").first
    await details.click()
    await expect(page.get_by_role("table", name="Messages, oldest first")).to_be_visible()
    last = page.locator("#messages-table tbody tr").last
    await last.scroll_into_view_if_needed()
    scrolled = await page.evaluate("scrollY")
    assert scrolled > 0
    await details.focus()
    drawn = await page.locator("#messages-chart svg").get_attribute("aria-label")
    await (await customers.new()).says("Is this counted?")

    async def counted() -> bool:
        return await _messages_in(page) > before

    await eventually(counted)
    assert await page.locator("#messages-chart svg").get_attribute("aria-label") != drawn
    await expect(page.get_by_role("table", name="Messages, oldest first")).to_be_visible()
    await expect(details).to_be_focused()
    assert await page.evaluate("scrollY") == scrolled


async def test_it_asks_only_while_somebody_can_see_it_and_says_when_nobody_answers(
    overview: Page, troubles: Troubles
) -> None:
    troubles.announce("ERR_FAILED|^htmx:")  # while the server is away
    page = overview
    asked: list[str] = []

    def note(request: Request) -> None:
        if "span=24h" in request.url:
            asked.append(request.url)

    page.on("request", note)
    await page.clock.install()
    await page.reload()
    await page.evaluate(_HIDE, True)
    asked.clear()
    await page.clock.run_for(60_000)
    assert asked == []
    async with page.expect_response(re.compile("span=24h")):
        await page.evaluate(_HIDE, False)
    async with page.expect_response(re.compile("span=24h")):
        await page.clock.run_for(6_000)

    stale = page.locator("#updated[data-stale]")
    await page.route("**/overview?span=24h", lambda route: route.abort())
    await page.clock.run_for(6_000)
    await expect(stale).to_have_count(1)
    await page.unroute("**/overview?span=24h")
    await page.clock.run_for(6_000)
    await expect(stale).to_have_count(0)


async def test_it_looks_right_and_hours_are_the_browsers_own(overview: Page) -> None:
    page = overview
    zone = await page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    await expect(page.locator("#updated")).to_contain_text(f"are those of {zone}.")
    await page.get_by_role("link", name="7 days").click()
    await expect(page.get_by_role("heading", name="Messages per day")).to_be_visible()
    summaries = page.get_by_text("The same in numbers")
    for place in range(await summaries.count()):
        await summaries.nth(place).click()
    await looks_right(page, "the overview")
    await page.get_by_role("link", name="the oldest for").click()
    await expect(page.get_by_role("heading", name="Handoffs")).to_be_visible()
    await expect(page.get_by_text("Waits for").first).to_be_visible()
    await looks_right(page, "the handoffs")
