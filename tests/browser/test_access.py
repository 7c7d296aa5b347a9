"""For every hand and frame: the keys, and frames of every width."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Page, Route, ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.browser.test_axe import TOOLS
from tests.media import jpeg
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

FRAMES = {
    "320 pixels": ViewportSize(width=320, height=568),
    "a desk at 200 % zoom": ViewportSize(width=640, height=400),
    "4K": ViewportSize(width=3840, height=2160),
}


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
    assert await violations(page) == []
    await page.keyboard.press("Control+/")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_in_viewport()
    await _fits(page)


@pytest.mark.parametrize(
    "size",
    [ViewportSize(width=320, height=640), FRAMES["a desk at 200 % zoom"]],
    ids=["a phone", "a desk at 200 % zoom"],
)
async def test_all_that_opens_can_be_reached_in_a_small_frame(
    page: Page, demo: Demo, customers: Customers, size: ViewportSize
) -> None:
    customer = await customers.new()
    picture = {"data": base64.b64encode(jpeg(600, 400)).decode(), "mime_type": "image/jpeg"}
    await customer.sends("image", picture | {"caption": "A caption of some length. " * 20})
    await page.set_viewport_size(size)
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.open(customer.name)
    attach, dialog = page.get_by_role("button", name="Attach"), page.get_by_role("dialog")
    for name, choices in TOOLS.items():
        await attach.click()
        item = page.get_by_role("menuitem", name=name)
        await expect(item).to_be_visible()
        await _reaches(page, "[role=menu]")
        await item.click()
        await expect(dialog.get_by_role("button").nth(1)).to_be_visible()
        await _reaches(page, "dialog")
        for choice in choices:
            await dialog.get_by_text(choice, exact=True).first.click()
            await _reaches(page, "dialog")
        await dialog.get_by_role("button", name="Close").click()
        await expect(dialog).to_have_count(0)

    await page.get_by_role("button", name="Emoji", exact=True).click()
    await expect(dialog.get_by_role("textbox", name="Search emoji")).to_be_visible()
    await expect(dialog.get_by_role("button", name="grinning face", exact=True)).to_be_attached()
    await _reaches(page, ".emoji-popup")
    await page.keyboard.press("Escape")

    await attach.click()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("menuitem", name="Photo or video").click()
    files = [FilePayload(name=f"{n}.jpg", mimeType="image/jpeg", buffer=jpeg(600, 400)) for n in range(5)]
    await (await chooser.value).set_files(files)
    await expect(page.get_by_role("button", name="Remove 4.jpg")).to_be_attached()
    await _reaches(page, "form.reply")

    await inbox.message("A caption").get_by_role("link", name="Open Photo").click()
    await expect(dialog.locator("img")).to_be_visible()
    await _reaches(page, "dialog")
    await expect(dialog.locator("img")).to_be_in_viewport(ratio=0.99)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+/")
    await expect(dialog).to_be_visible()
    await _reaches(page, "dialog")
    await dialog.get_by_text("Larger or smaller").scroll_into_view_if_needed()
    await expect(dialog.get_by_text("Larger or smaller")).to_be_in_viewport(ratio=0.99)


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
async def test_nothing_moves_for_whoever_wants_no_motion(
    page: Page, demo: Demo, customers: Customers, motion: Literal["no-preference", "reduce"]
) -> None:
    # On the way, all that the page ever lets move is begun: each says its name, or that of the property.
    await page.add_init_script("""window.moved = [];
        for (const type of ["animationstart", "transitionrun"])
            addEventListener(type, (event) => moved.push(event.animationName || event.propertyName), true);""")
    customer = await customers.new()
    quoted = await customer.says("The first")
    for number in range(20):
        await customer.says(f"Filler {number}")
    await customer.says("About that", context={"message_id": quoted})
    may_answer = asyncio.Event()

    async def hold(route: Route) -> None:
        await may_answer.wait()
        await route.continue_()

    await page.route("**/inbox/v1/conversations?**", hold)
    await page.emulate_media(reduced_motion=motion)
    await page.set_viewport_size(FRAMES["a desk at 200 % zoom"])
    await page.goto(demo.embed_url)
    await expect(page.get_by_role("status", name="Loading conversations")).to_be_visible()
    may_answer.set()
    inbox = Inbox(page)
    await inbox.row(customer.name).hover()
    await inbox.open(customer.name)
    await inbox.message("About that").get_by_role("button", name="The first").click()
    await expect(page.locator(".jump")).to_be_visible()
    await inbox.message("The first").first.focus()
    await expect(inbox.message("The first").first.get_by_role("button", name="Reply")).to_be_visible()
    await page.get_by_role("button", name="Emoji", exact=True).click()
    await expect(page.get_by_role("textbox", name="Search emoji")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Details").click()
    await expect(page.get_by_role("region", name="Details")).to_be_visible()

    async def moved() -> set[str]:
        return set(await page.evaluate("moved"))

    if motion == "reduce":
        assert await moved() == set()
    else:
        wanted = {"breathe", "appear", "found", "slide-in", "background-color"}
        await eventually(lambda: _all_of(wanted, moved))


async def _all_of(wanted: set[str], found: Callable[[], Awaitable[set[str]]]) -> bool:
    return wanted <= await found()


async def _reaches(page: Page, box: str) -> None:
    """Whatever can be pressed or filled in there can be brought into the frame, and nothing lies over it then."""
    await _fits(page)
    hidden = await page.locator(box).last.evaluate("""(box) =>
        [...box.querySelectorAll("button, input, textarea, select, a")]
        .filter((element) => element.checkVisibility() && !element.disabled && element.type !== "radio")
        .filter((element) => {
            element.scrollIntoView({ block: "nearest", inline: "nearest" });
            const { left, right, top, bottom } = element.getBoundingClientRect();
            const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
            return top < -1 || bottom > innerHeight + 1 || !(element.contains(over) || over?.contains(element));
        })
        .map((element) => element.outerHTML.slice(0, 200))""")
    assert hidden == []


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
