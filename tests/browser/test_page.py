"""The page in the frame: filters, theme, sizes, keyboard, what it refuses, and what it does with hostile text."""

import asyncio
import re
import time
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, Locator, Page, Route, ViewportSize, expect

from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.host import Host
from tests.browser.inbox import Inbox
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

NARROW = ViewportSize(width=360, height=740)
LONG_AGO = 25 * 60 * 60


async def test_every_filter_narrows_the_list_and_the_address_follows(
    page: Page, demo: Demo, customers: Customers
) -> None:
    newest = await customers.new()
    await newest.says("Here I am")
    await page.goto(f"{demo.embed_url}?mode=light")
    inbox = Inbox(page)
    await expect(inbox.row(newest.name)).to_be_visible()

    handoff = page.get_by_role("button", name="Handoff", exact=True)
    await handoff.click()
    await expect(inbox.names).to_have_text(["Tomáš Novák", "Dmitri Volkov"])
    await expect(page).to_have_url(re.compile(r"\?mode=light&handoff=1$"))
    await handoff.click()

    unread = page.get_by_role("button", name="Unread", exact=True)
    await unread.click()
    await expect(page).to_have_url(re.compile(r"\?mode=light&unread=1$"))
    await expect(inbox.row(newest.name)).to_be_visible()
    await expect(inbox.rows.filter(has_not=page.locator(".unread"))).to_have_count(0)
    await unread.click()

    number = page.get_by_role("combobox", name="WhatsApp number")
    await number.select_option("Orders")
    await expect(inbox.row("Pierre Moreau")).to_be_visible()
    await expect(inbox.row(newest.name)).to_have_count(0)
    await expect(page).to_have_url(re.compile(f"mode=light&whatsapp_config_id={_orders(demo)}$"))
    await number.select_option("All numbers")

    await page.get_by_text("Ended", exact=True).click()
    await expect(inbox.row("Samir Patel")).to_be_visible()
    await expect(inbox.row(newest.name)).to_have_count(0)
    await expect(page).to_have_url(re.compile(r"\?mode=light&status=ended$"))

    await inbox.search.fill("samir")
    await expect(inbox.names).to_have_text(["Samir Patel"])
    await expect(page).to_have_url(re.compile(r"\?mode=light&status=ended&search=samir$"))
    await inbox.search.fill("nobody has this name")
    await page.get_by_role("button", name="Search everywhere").click()
    await expect(page).to_have_url(re.compile(r"\?mode=light&status=all&search=nobody"))
    await page.locator(".notice").get_by_role("button", name="Clear search").click()
    await expect(inbox.row(newest.name)).to_be_visible()
    await expect(inbox.search).to_have_value("")
    await expect(page).to_have_url(re.compile(r"\?mode=light&status=all$"))


async def test_the_address_sets_the_filters_at_first(page: Page, demo: Demo) -> None:
    await page.goto(f"{demo.embed_url}?status=ended&search=e&whatsapp_config_id={_orders(demo)}")
    inbox = Inbox(page)
    await expect(inbox.names).to_have_text(["Freya Andersen", "Julia Klein", "Daniel Kim"])
    await expect(page.get_by_role("radio", name="Ended")).to_be_checked()
    await expect(inbox.search).to_have_value("e")
    await expect(page.get_by_role("combobox", name="WhatsApp number")).to_have_value(_orders(demo))

    await page.goto(f"{demo.embed_url}?unread=1&handoff=true")
    await expect(inbox.names).to_have_text(["Tomáš Novák"])
    for name in ("Unread", "Handoff"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")


async def test_a_search_never_changes_what_is_being_typed(page: Page, demo: Demo) -> None:
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.search.press_sequentially("sofia ")
    await expect(page).to_have_url(re.compile(r"\?search=sofia$"))
    await expect(inbox.names).to_have_text(["Sofia Rossi"])
    await inbox.search.press_sequentially("ros")
    await expect(inbox.search).to_have_value("sofia ros")
    await expect(page).to_have_url(re.compile(r"\?search=sofia\+ros$"))
    await inbox.search.press("Escape")
    await expect(inbox.search).to_have_value("")
    await expect(inbox.names.nth(5)).to_be_visible()


async def test_a_conversation_that_no_longer_fits_the_filter_leaves_the_list(
    page: Page, demo: Demo, customers: Customers
) -> None:
    await page.goto(f"{demo.embed_url}?unread=1")
    inbox = Inbox(page)
    customer = await customers.new()
    await customer.says("Read me")
    await expect(inbox.row(customer.name)).to_be_visible()
    await inbox.open(customer.name)
    await expect(inbox.row(customer.name)).to_have_count(0)
    await expect(inbox.message("Read me")).to_be_visible()


@pytest.mark.parametrize(
    ("of_the_embed", "of_the_address", "of_the_visitor", "shown"),
    [
        ("system", None, None, "light"),
        ("dark", None, None, "dark"),
        ("light", "dark", None, "dark"),
        ("light", " Dark ", None, "dark"),
        ("dark", "pink", None, "dark"),
        ("dark", "light", "dark", "dark"),
    ],
)
async def test_the_theme_is_the_visitors_then_the_addresss_then_the_embeds_and_never_flashes(
    page: Page,
    make_embed: MakeEmbed,
    of_the_embed: str,
    of_the_address: str | None,
    of_the_visitor: str | None,
    shown: str,
) -> None:
    embed = await make_embed(default_mode=of_the_embed)
    url = embed["embed_url"] + (f"?mode={of_the_address}" if of_the_address else "")
    if of_the_visitor:
        await page.goto(url)
        await _choose_theme(page, of_the_visitor)
    await _watch_colours(page)
    # The inbox itself comes late, so that what is painted before it is seen too.
    painted = asyncio.Event()

    async def hold(route: Route) -> None:
        await painted.wait()
        await route.continue_()

    await page.route("**/assets/inbox/assets/main*.js", hold)
    await page.goto(url, wait_until="commit")
    await eventually(lambda: page.evaluate("() => performance.getEntriesByName('first-paint').length"))
    painted.set()
    await expect(Inbox(page).rows.first).to_be_visible()
    assert await _colours(page) == [{"light": "rgb(244, 246, 248)", "dark": "rgb(15, 19, 23)"}[shown]]


async def test_the_theme_of_the_device_is_followed_until_the_visitor_chooses(page: Page, demo: Demo) -> None:
    await page.emulate_media(color_scheme="dark")
    await page.goto(demo.embed_url)
    body = page.locator("body")
    await expect(body).to_have_css("background-color", "rgb(15, 19, 23)")
    await page.emulate_media(color_scheme="light")
    await expect(body).to_have_css("background-color", "rgb(244, 246, 248)")
    await _choose_theme(page, "dark")
    await expect(body).to_have_css("background-color", "rgb(15, 19, 23)")
    await page.reload()
    await expect(page.get_by_role("button", name="Dark theme")).to_be_visible()
    await expect(body).to_have_css("background-color", "rgb(15, 19, 23)")


async def test_a_narrow_frame_shows_one_panel_at_a_time(page: Page, inbox: Inbox, customers: Customers) -> None:
    await page.set_viewport_size(NARROW)
    customer = await customers.new()
    await customer.says("On a small screen")
    await expect(inbox.row(customer.name)).to_be_in_viewport(ratio=1)
    await expect(inbox.root.get_by_text("No conversation open")).to_be_hidden()

    await inbox.open(customer.name)
    await expect(inbox.message("On a small screen")).to_be_in_viewport(ratio=1)
    await expect(inbox.composer).to_be_in_viewport(ratio=1)
    await expect(inbox.row(customer.name)).to_be_hidden()
    await inbox.root.get_by_role("button", name="Details").click()
    await expect(inbox.root.get_by_text("Reply window", exact=True)).to_be_visible()
    await expect(inbox.composer).to_be_hidden()
    await inbox.root.get_by_role("button", name="Close").click()

    await inbox.back.click()
    await expect(inbox.row(customer.name)).to_be_in_viewport()
    await expect(inbox.composer).to_be_hidden()
    assert await inbox.root.locator("body").evaluate("body => body.scrollWidth <= innerWidth")


async def test_an_unknown_token_gets_a_plain_page_and_401(page: Page, demo: Demo, troubles: Troubles) -> None:
    troubles.announce("401")
    answer = await page.goto(f"{demo.base_url}/embed/unknown")
    assert answer is not None
    assert answer.status == 401
    await expect(Inbox(page).gone).to_be_visible()
    await expect(page.get_by_text("revoked or has expired")).to_be_visible()


async def test_a_revoked_embed_closes_an_open_inbox(
    page: Page,
    host: Host,
    make_embed: MakeEmbed,
    platform: httpx.AsyncClient,
    customers: Customers,
    troubles: Troubles,
) -> None:
    customer = await customers.new()
    await customer.says("For your eyes only")
    embed = await make_embed(allowed_origins=[host.origin])
    host.frames = [embed["embed_url"]]
    await page.goto(host.origin)
    inbox = Inbox(page.frame_locator("#frame-0"))
    await inbox.is_live()
    await inbox.open(customer.name)
    troubles.announce("401")  # what the page was about to ask
    (await platform.delete(f"/inbox_embeds/{embed['id']}")).raise_for_status()
    await expect(inbox.gone).to_be_visible()
    await expect(inbox.messages).to_have_count(0)
    await expect(inbox.rows).to_have_count(0)


async def test_only_an_allowed_origin_may_frame_the_inbox(
    page: Page, host: Host, make_embed: MakeEmbed, troubles: Troubles, demo: Demo
) -> None:
    embed = await make_embed(allowed_origins=[host.origin])
    host.frames = [embed["embed_url"]]
    await page.goto(host.origin)
    await expect(Inbox(page.frame_locator("#frame-0")).rows.first).to_be_visible()

    troubles.announce("frame-ancestors")
    host.frames = [demo.embed_url]  # which allows the demo's own host page
    async with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        await page.goto(host.origin)
    await expect(page.frame_locator("#frame-0").locator("#inbox")).to_have_count(0)


async def test_hostile_text_is_shown_as_text_and_runs_nothing(
    inbox: Inbox, page: Page, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    markup = "<img src=x onerror=\"top.name='pwned'\"><script>top.name='pwned'</script>"
    script = "javascript:top.name='pwned'"
    long_word = "W" * 400
    reversed_name = "Quote \u202efdp.exe"
    customer = await customers.new(f"{markup[:40]} {long_word[:30]}")
    for text in (markup, script, long_word, reversed_name):
        await customer.says(text)
    phone = await context.new_page()
    await phone.goto(demo.simulator_url + customer.phone_path)

    await expect(inbox.rows.first).to_contain_text(reversed_name)
    await expect(inbox.names.first).to_have_text(customer.name)
    await inbox.rows.first.click()
    await inbox.root.get_by_role("button", name="Details").click()
    for text in (markup, script, long_word, reversed_name):
        await expect(inbox.message(text)).to_be_visible()
        await expect(phone.locator("#thread")).to_contain_text(text)
    # What overrides the direction ends with the text: the time beside it still reads from the left.
    body = inbox.message(reversed_name).locator(".text")
    await expect(body).to_have_css("unicode-bidi", "isolate")
    for root, box in ((inbox.root, "section.log"), (phone, "#thread")):
        await expect(root.locator(f"{box} :is(a, img, script)")).to_have_count(0)
        assert await root.locator(box).evaluate("box => box.scrollWidth <= box.clientWidth")
    await expect(inbox.root.locator("#inbox :is(img, script)")).to_have_count(0)
    assert [await shown.evaluate("() => window.name") for shown in (page, phone)] == ["", ""]


async def test_links_lead_to_the_web_only_and_tell_it_nothing(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    await customer.says("See https://a.example/x?q=1 and data:text/html,x and www.b.example.")
    await inbox.open(customer.name)
    links = inbox.message("See").get_by_role("link")
    await expect(links).to_have_text(["https://a.example/x?q=1", "www.b.example"])
    for link in await links.all():
        await expect(link).to_have_attribute("rel", re.compile("noopener noreferrer"))
        await expect(link).to_have_attribute("target", "_blank")


async def test_the_keyboard_alone_is_enough(page: Page, inbox: Inbox, customers: Customers) -> None:
    other, customer = await customers.new(), await customers.new()
    now = int(time.time())
    await customer.says("Second in the list", timestamp=now + 1)
    await other.says("First in the list", timestamp=now + 2)
    await expect(inbox.names.first).to_have_text(other.name)
    await _tab_to(page, inbox.rows.first)
    await page.keyboard.press("ArrowDown")
    await expect(inbox.row(customer.name)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(inbox.composer).to_be_focused()
    await page.keyboard.type("Typed")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("in two lines")
    await page.keyboard.press("Enter")
    await expect(inbox.message("Typed").locator(".text")).to_have_text("Typed\nin two lines", use_inner_text=True)
    await expect(inbox.composer).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(inbox.row(customer.name)).to_be_focused()
    await expect(inbox.composer).to_have_count(0)


async def test_nobody_can_write_into_an_ended_conversation(page: Page, demo: Demo) -> None:
    await page.goto(f"{demo.embed_url}?status=ended&search=Samir")
    inbox = Inbox(page)
    await inbox.open("Samir Patel")
    await expect(page.get_by_text("This conversation has ended.")).to_be_visible()
    await expect(inbox.composer).to_have_count(0)


async def test_a_closed_reply_window_says_so_and_opens_when_the_customer_writes(
    inbox: Inbox, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Yesterday", timestamp=int(time.time()) - LONG_AGO)
    await inbox.find(customer.name)
    closed = inbox.root.get_by_text("The 24-hour reply window is closed.")
    await expect(closed).to_be_visible()
    await expect(inbox.composer).to_have_count(0)
    await customer.says("And today")
    await expect(closed).to_have_count(0)
    await expect(inbox.composer).to_be_editable()


async def test_nobody_writes_between_an_automation_and_its_customer(inbox: Inbox) -> None:
    await inbox.find("Ethan Brooks")
    await expect(inbox.root.get_by_text("An automation is answering this conversation.")).to_be_visible()
    await expect(inbox.composer).to_have_count(0)


async def test_the_inbox_works_where_storage_is_blocked(page: Page, demo: Demo) -> None:
    await page.add_init_script(
        """for (const area of ["localStorage", "sessionStorage"])
            Object.defineProperty(window, area, { get() { throw new DOMException("blocked", "SecurityError"); } });"""
    )
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.find("Lucía Fernández")
    await _choose_theme(page, "dark")
    await expect(page.locator("body")).to_have_css("background-color", "rgb(15, 19, 23)")


def _orders(demo: Demo) -> str:
    return next(number.whatsapp_config_id for number in demo.phone_numbers if number.name == "Orders")


async def _choose_theme(page: Page, mode: str) -> None:
    switch = page.get_by_role("button", name=re.compile("(Dark|Light) theme|Theme of the device"))
    wanted = f"{mode.capitalize()} theme"
    for _ in range(3):
        if await switch.get_attribute("aria-label") == wanted:
            return
        await switch.click()
    await expect(switch).to_have_accessible_name(wanted)


async def _watch_colours(page: Page) -> None:
    """Note the page's background in every frame that it draws."""
    await page.add_init_script(
        """window.coloursSeen = new Set();
        const look = () => {
            if (document.body) window.coloursSeen.add(getComputedStyle(document.body).backgroundColor);
            requestAnimationFrame(look);
        };
        requestAnimationFrame(look);"""
    )


async def _colours(page: Page) -> Any:
    return await page.evaluate("() => [...window.coloursSeen]")


async def _tab_to(page: Page, target: Locator) -> None:
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await target.evaluate("element => element === element.ownerDocument.activeElement"):
            return
    await expect(target).to_be_focused()
