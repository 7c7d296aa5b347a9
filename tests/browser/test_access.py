"""For every hand, eye and frame: axe on each state, the keys, and frames of every width."""

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Conversations of the demo that between them have every kind of message and every state of the composer.
THREADS = ("Priya Nair", "Sofia Rossi", "Marta Oliveira", "Sam Carter", "Ethan Brooks", "Tomáš Novák")
TOOLS = ("Location", "Contact card", "Buttons, list or link", "Template")
FRAMES = {
    "320 pixels": ViewportSize(width=320, height=568),
    "a desk at 200 % zoom": ViewportSize(width=640, height=400),
    "4K": ViewportSize(width=3840, height=2160),
}


async def _axe(page: Page, state: str) -> None:
    assert await violations(page) == [], state


@pytest.mark.parametrize("mode", ["light", "dark"])
async def test_axe_finds_nothing_in_any_state(page: Page, demo: Demo, mode: str) -> None:
    await page.goto(f"{demo.embed_url}?mode={mode}&status=all")
    inbox = Inbox(page)
    await inbox.is_live()
    await _axe(page, "the list")
    await inbox.search.fill("nobody has this name")
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    await _axe(page, "nothing found")
    for name in THREADS:
        await inbox.find(name)
        await _axe(page, f"the thread of {name}")
    # At this width they are open beside the thread.
    await expect(page.get_by_role("region", name="Details")).to_be_visible()
    await _axe(page, "details")
    await page.keyboard.press("Control+/")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await _axe(page, "the keys")


async def test_axe_finds_nothing_in_what_the_composer_opens(page: Page, demo: Demo, customers: Customers) -> None:
    customer = await customers.new()
    await customer.says("Hello")
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.open(customer.name)
    attach = page.get_by_role("button", name="Attach")
    for name in TOOLS:
        await attach.click()
        item = page.get_by_role("menuitem", name=name)
        await expect(item).to_be_visible()
        if name == TOOLS[0]:
            await _axe(page, "the menu")
        await item.click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("button").nth(1)).to_be_visible()
        await _axe(page, name)
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
    await page.get_by_role("button", name="Emoji", exact=True).click()
    await expect(page.get_by_role("textbox", name="Search emoji")).to_be_focused()
    await _axe(page, "the emoji")
    await page.keyboard.press("Escape")
    await inbox.composer.press_sequentially("/")
    await expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    await _axe(page, "canned replies")
    await inbox.composer.fill("")
    await inbox.message("Hello").focus()
    await _axe(page, "what can be done with a message")
    await inbox.message("Hello").get_by_role("button", name="React", exact=True).click()
    await expect(page.get_by_role("button", name="More emoji")).to_be_visible()
    await _axe(page, "reactions")


async def test_axe_finds_nothing_when_something_is_wrong(
    page: Page, demo: Demo, troubles: Troubles, make_embed: MakeEmbed
) -> None:
    troubles.announce("401|ERR_FAILED|Failed to load")
    await page.goto(f"{demo.base_url}/embed/unknown")
    await _axe(page, "no longer available")

    async def fail(route: Route) -> None:
        await route.abort()

    await page.route("**/inbox/v1/**", fail)
    await page.goto(demo.embed_url)
    await expect(page.get_by_role("alert")).to_be_visible()
    await _axe(page, "no server")
    await page.unroute("**/inbox/v1/**")
    await page.route("**/inbox/v1/conversations?**", fail)
    await page.reload()
    await expect(page.get_by_role("alert")).to_be_visible()
    await _axe(page, "no list")


async def test_axe_finds_nothing_from_right_to_left(page: Page, make_embed: MakeEmbed) -> None:
    embed = await make_embed(language="ar")
    await page.goto(embed["embed_url"])
    rows = page.locator("button.row")
    await expect(rows.first).to_be_visible()
    await rows.first.click()
    await expect(page.get_by_role("article").last).to_be_visible()
    await _axe(page, "Arabic")


@pytest_asyncio.fixture(loop_scope="session")
async def desk(page: Page, demo: Demo, customers: Customers) -> Inbox:
    """An inbox with three newest conversations; the last customer's is the first."""
    for number in range(3):
        customer = await customers.new()
        await customer.says(f"Message {number}")
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.is_live()
    await expect(inbox.rows.first).to_contain_text("Message 2")
    return inbox


async def test_keys_lead_from_one_conversation_to_the_next(page: Page, desk: Inbox) -> None:
    current = page.locator("button.row[aria-current]")
    for text in ("Message 2", "Message 1", "Message 0"):
        await page.keyboard.press("Alt+ArrowDown")
        await expect(current).to_contain_text(text)
        await expect(desk.composer).to_be_focused()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(current).to_contain_text("Message 1")
    await page.keyboard.type("Still to be sent")
    # From within the reply, and the reply is there again afterwards.
    await page.keyboard.press("Control+k")
    await expect(desk.search).to_be_focused()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(current).to_contain_text("Message 0")
    await page.keyboard.press("Alt+ArrowUp")
    await expect(desk.composer).to_have_value("Still to be sent")
    # From a row as well, which the arrow keys alone would move.
    await desk.rows.nth(1).focus()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(current).to_contain_text("Message 0")


async def test_the_list_follows_keys_that_open_what_it_does_not_show(page: Page, desk: Inbox) -> None:
    await page.set_viewport_size(ViewportSize(width=1280, height=400))
    for _ in range(6):
        await page.keyboard.press("Alt+ArrowDown")
    await expect(page.locator("button.row[aria-current]")).to_be_in_viewport(ratio=1)


async def test_keys_lead_out_of_the_details_and_from_the_thread_to_the_search_on_a_narrow_frame(
    page: Page, desk: Inbox
) -> None:
    await page.set_viewport_size(FRAMES["a desk at 200 % zoom"])
    await desk.rows.first.click()
    toggle = page.get_by_role("button", name="Details")
    await toggle.press("i")
    await expect(page.get_by_role("region", name="Details")).to_be_visible()
    await page.keyboard.press("i")
    await expect(toggle).to_be_focused()
    await page.keyboard.press("/")
    await expect(desk.search).to_be_focused()


async def test_a_choice_opens_with_the_keys_that_it_always_opens_with(page: Page, desk: Inbox) -> None:
    await page.get_by_role("combobox", name="WhatsApp number").focus()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(page.locator("button.row[aria-current]")).to_have_count(0)


async def test_keys_that_are_characters_are_typed_where_one_types_and_can_be_turned_off(
    page: Page, desk: Inbox
) -> None:
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    await page.keyboard.press("/")
    await expect(desk.search).to_be_focused()
    await page.keyboard.type("?/i")
    await expect(desk.search).to_have_value("?/i")
    await page.keyboard.press("Escape")
    await desk.rows.first.focus()
    await page.keyboard.press("?")
    await expect(keys).to_be_visible()
    await keys.get_by_role("checkbox").uncheck()
    await page.keyboard.press("Escape")
    await expect(desk.rows.first).to_be_focused()
    await page.keyboard.press("?")
    await page.keyboard.press("/")
    await expect(desk.rows.first).to_be_focused()
    await expect(keys).to_have_count(0)
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await keys.get_by_role("checkbox").check()
    await page.reload()
    await expect(desk.rows.first).to_be_visible()
    await page.keyboard.press("?")
    await expect(keys).to_be_visible()


@pytest.mark.parametrize("size", FRAMES.values(), ids=FRAMES)
async def test_frames_of_every_size(page: Page, demo: Demo, size: ViewportSize) -> None:
    await page.set_viewport_size(size)
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.is_live()
    await _fits(page)
    await inbox.find("Priya Nair")
    await _fits(page)
    await expect(inbox.composer).to_be_in_viewport(ratio=1)
    details = page.get_by_role("region", name="Details")
    if await details.count() == 0:
        await page.get_by_role("button", name="Details").click()
    await expect(details).to_be_in_viewport()
    await _fits(page)
    await _axe(page, "details")
    await page.keyboard.press("Control+/")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_in_viewport()
    await _fits(page)


async def _fits(page: Page) -> None:
    """Nothing has to be scrolled sideways, and nothing that can be pressed lies outside the frame."""
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    outside = await page.evaluate("""() => [...document.querySelectorAll("button, input, textarea, a")]
        .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden"))
        .filter((element) => {
            const { left, right } = element.getBoundingClientRect();
            return left < -1 || right > innerWidth + 1;
        })
        .map((element) => element.outerHTML.slice(0, 200))""")
    assert outside == []
