"""For every eye: axe finds nothing wrong with any state of the page, in either theme."""

import asyncio
import base64
import re
import time

import httpx
import pytest
from playwright.async_api import FilePayload, Page, Route, ViewportSize, expect

from tests.browser.axe import COLOURS, violations
from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.media import jpeg

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Conversations of the demo that between them have every kind of message and every state of the composer.
THREADS = ("Priya Nair", "Sofia Rossi", "Marta Oliveira", "Sam Carter", "Ethan Brooks", "Tomáš Novák")
# Narrow enough for details to stay closed, which axe need not look at each time.
WITHOUT_DETAILS = ViewportSize(width=1024, height=800)
# The dialogs, and what is chosen in them one after the other.
TOOLS = {
    "Location": (),
    "Contact card": (),
    "Buttons, list or link": ("List", "Link"),
    "Template": ("order_update",),
}


async def _axe(page: Page, state: str) -> None:
    """The theme is the device's, which may change at any time: nothing but colours changes with it."""
    await page.emulate_media(color_scheme="dark")
    assert await violations(page, COLOURS) == [], f"{state}, dark"
    await page.emulate_media(color_scheme="light")
    assert await violations(page) == [], f"{state}, light"


async def test_axe_finds_nothing_in_the_list_and_in_threads(page: Page, demo: Demo) -> None:
    await page.goto(f"{demo.embed_url}?status=all")
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
    await page.get_by_role("region", name="Details").get_by_role("button", name="Change name").click()
    await _axe(page, "details, with the name being changed")
    await page.keyboard.press("Control+/")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await _axe(page, "the keys")


async def test_axe_finds_nothing_in_what_the_composer_opens(page: Page, demo: Demo, customers: Customers) -> None:
    customer = await customers.new()
    await page.set_viewport_size(WITHOUT_DETAILS)
    await customer.says("Hello")
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.open(customer.name)
    attach = page.get_by_role("button", name="Attach")
    for name, choices in TOOLS.items():
        await attach.click()
        item = page.get_by_role("menuitem", name=name)
        await expect(item).to_be_visible()
        if name == "Location":
            await _axe(page, "the menu")
        await item.click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("button").nth(1)).to_be_visible()
        await _axe(page, name)
        for choice in choices:
            await dialog.get_by_text(choice, exact=True).first.click()
            await _axe(page, f"{name}: {choice}")
        if choices:
            await dialog.get_by_role("button", name="Send", exact=True).click()
            await expect(dialog.get_by_text("Please fill this in.").first).to_be_visible()
            await _axe(page, f"{name}, not filled in")
        await dialog.get_by_role("button", name="Close").click()
        await expect(dialog).to_have_count(0)
    await page.get_by_role("button", name="Emoji", exact=True).click()
    await expect(page.get_by_role("textbox", name="Search emoji")).to_be_focused()
    # All of them once: there are thousands.
    assert await violations(page) == [], "the emoji"
    await page.keyboard.type("cat")
    await expect(page.get_by_role("button", name="cat", exact=True)).to_be_visible()
    await _axe(page, "emoji that were found")
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


async def test_axe_finds_nothing_in_what_is_about_to_be_sent_and_has_failed(
    page: Page, demo: Demo, customers: Customers, simulator: httpx.AsyncClient, troubles: Troubles
) -> None:
    troubles.announce("422")
    customer = await customers.new()
    await page.set_viewport_size(WITHOUT_DETAILS)
    await customer.says("Hello")
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.open(customer.name)
    await inbox.message("Hello").hover()
    await inbox.message("Hello").get_by_role("button", name="Reply").click()
    await expect(page.locator(".quote-bar")).to_be_visible()
    await page.get_by_role("button", name="Attach").click()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("menuitem", name="Document").click()
    program = FilePayload(name="offer.exe", mimeType="application/x-msdownload", buffer=b"MZ\x90\x00" * 200)
    picture = FilePayload(name="lamp.jpg", mimeType="image/jpeg", buffer=jpeg(600, 400))
    await (await chooser.value).set_files([program, picture])
    await expect(page.get_by_role("list", name="Files to send").get_by_role("alert")).to_be_visible()
    await _axe(page, "a quote, and files of which one is refused")
    for name in ("offer.exe", "lamp.jpg"):
        await page.get_by_role("button", name=f"Remove {name}").click()

    await page.get_by_role("button", name="Record a voice message").click()
    recorder = page.get_by_role("group", name="Voice message")
    await expect(recorder.locator("time")).to_have_text("0:01")
    await _axe(page, "a voice message being spoken")
    await recorder.get_by_role("button", name="Stop and listen").click()
    await expect(recorder.get_by_role("button", name="Play")).to_be_visible()
    await _axe(page, "a voice message to listen to")
    await page.keyboard.press("Escape")

    (await simulator.put("/_sim/faults", json={"async_fail_next": {"count": 1, "code": 131026}})).raise_for_status()
    await inbox.reply("Here it is")
    await inbox.message("Here it is").get_by_text("WhatsApp’s own words (131026)").click()
    await _axe(page, "a message that failed")


async def test_axe_finds_nothing_in_an_album_and_in_what_it_opens(page: Page, demo: Demo, customers: Customers) -> None:
    customer, now = await customers.new(), int(time.time())
    picture = {"data": base64.b64encode(jpeg(600, 400)).decode(), "mime_type": "image/jpeg"}
    for place in range(5):
        await customer.sends("image", picture, timestamp=now + place)
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.open(customer.name)
    album = page.get_by_role("group", name="5 photos and videos")
    await expect(album.get_by_role("link", name="Open Photo")).to_have_count(5)
    await _axe(page, "an album")
    await album.get_by_role("link", name="Open Photo").first.click()
    await expect(page.get_by_role("dialog", name="Photos and videos")).to_contain_text("1 of 5")
    await _axe(page, "the lightbox")


async def test_axe_finds_nothing_while_it_loads_and_when_it_cannot(page: Page, demo: Demo, troubles: Troubles) -> None:
    troubles.announce("ERR_FAILED|Failed to load")
    answers = asyncio.Event()

    async def hold(route: Route) -> None:
        await answers.wait()
        await route.continue_()

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

    await page.unroute("**/inbox/v1/conversations?**")
    await page.route("**/inbox/v1/conversations?**", hold)
    await page.reload()
    await expect(page.get_by_role("status", name="Loading conversations")).to_be_visible()
    await _axe(page, "a list on its way")
    await page.route(re.compile(r"/messages(\?|$)"), hold)
    answers.set()
    answers = asyncio.Event()
    await Inbox(page).rows.first.click()
    await expect(page.get_by_role("status", name="Loading messages")).to_be_visible()
    await _axe(page, "a thread on its way")
    await page.route(re.compile(r"/messages(\?|$)"), fail)
    answers.set()
    await page.reload()
    await Inbox(page).rows.first.click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await _axe(page, "no thread")


async def test_axe_finds_nothing_without_a_connection(page: Page, demo: Demo, troubles: Troubles) -> None:
    troubles.announce("ERR_INTERNET_DISCONNECTED|WebSocket")
    await page.context.route_web_socket("**/realtime/**", lambda wire: wire.close())
    await page.clock.install()
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.rows.first.click()
    await expect(inbox.messages.last).to_be_visible()
    await page.clock.fast_forward(3_000)
    await expect(inbox.connection("Live connection blocked")).to_be_attached()
    await _axe(page, "asking every few seconds")
    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection. New messages appear")).to_be_visible()
    await _axe(page, "offline")
    await page.context.set_offline(False)


async def test_axe_finds_nothing_where_there_is_nothing(
    page: Page, demo: Demo, troubles: Troubles, make_embed: MakeEmbed, platform: httpx.AsyncClient
) -> None:
    troubles.announce("401")
    nobodys = await platform.post("/customers", json={"customer": {"name": "Nobody writes to them"}})
    embed = await make_embed(scope_type="customer", scope_id=nobodys.json()["data"]["id"])
    await page.goto(embed["embed_url"])
    await expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    await Inbox(page).is_live()
    await _axe(page, "no conversation")
    (await platform.delete(f"/inbox_embeds/{embed['id']}")).raise_for_status()
    await expect(Inbox(page).gone).to_be_visible()
    await _axe(page, "closed while it was open")
    await page.goto(f"{demo.base_url}/embed/unknown")
    await expect(Inbox(page).gone).to_be_visible()
    await _axe(page, "closed before it was opened")


async def test_axe_finds_nothing_from_right_to_left(page: Page, make_embed: MakeEmbed) -> None:
    embed = await make_embed(language="ar")
    await page.goto(embed["embed_url"])
    rows = page.locator("button.row")
    await expect(rows.first).to_be_visible()
    await rows.first.click()
    await expect(page.get_by_role("article").last).to_be_visible()
    await _axe(page, "Arabic")
