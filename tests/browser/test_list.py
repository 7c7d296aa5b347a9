"""The list: what a search finds and marks, rows that keep their places, and what is shown where there is nothing."""

import asyncio
import re
import time

import httpx
import pytest
from playwright.async_api import Page, Route, ViewportSize, expect

from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

NARROW = ViewportSize(width=360, height=740)
ROW = 68  # pixels


async def test_a_search_marks_what_it_has_found_and_opens_the_thread_there(
    page: Page, demo: Demo, customers: Customers
) -> None:
    zoe = await customers.new("Zoë <b>Ortiz</b>")
    now = int(time.time())
    await zoe.says("A <i>gréen</i> lantern, please", timestamp=now - 20)
    await zoe.says("Are you there?", timestamp=now - 10)
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.is_live()
    row = inbox.row(zoe.name)
    found, preview = row.locator("mark"), row.locator(".row-preview")

    await inbox.search.fill("ZOE")
    await expect(row.locator(".row-name mark")).to_have_text(["Zoë"])
    await expect(preview).to_have_text("Are you there?")
    await inbox.search.fill("<b>ortiz")
    await expect(found).to_have_text(["<b>Ortiz"])
    number = zoe.wa_id[-9:]
    await inbox.search.fill(f"{number[:3]} ({number[3:6]}) {number[6:]}")
    await expect(preview).to_have_text(f"+{zoe.wa_id}")
    await expect(found).to_have_text([number])

    await inbox.search.fill("LANTERN green")
    await expect(found).to_have_text(["gréen", "lantern"])
    await expect(preview).to_have_text("A <i>gréen</i> lantern, please")
    # What is said now counts as well, in what was found and elsewhere; what does not hold the words takes nothing away.
    other = await customers.new()
    await other.says("Lanterns, but green ones")
    await expect(inbox.row(other.name).locator("mark")).to_have_text(["Lantern", "green"])
    await zoe.says("Hello?")
    await expect(inbox.unread(zoe.name, 3)).to_be_visible()
    await expect(preview).to_have_text("A <i>gréen</i> lantern, please")
    await row.click()
    await expect(inbox.message("A <i>gréen</i> lantern, please")).to_be_in_viewport()
    await inbox.search.press("Escape")
    await expect(found).to_have_count(0)


async def test_keys_lead_from_the_search_through_the_rows(page: Page, demo: Demo) -> None:
    await page.goto(f"{demo.embed_url}?status=all")
    inbox = Inbox(page)
    await inbox.search.fill("e")
    await inbox.search.press("Enter")
    await expect(page).to_have_url(re.compile("search=e$"))
    await expect(inbox.rows.nth(8)).to_be_attached()
    await inbox.search.press("ArrowDown")
    items = page.locator(".rows li")
    for key, place in (("ArrowDown", 2), ("ArrowUp", 1), ("ArrowUp", 1), ("PageDown", None), ("Home", 1)):
        await page.keyboard.press(key)
        focused = items.filter(has=page.locator(":focus"))
        if place is None:
            await expect(focused).not_to_have_attribute("aria-posinset", "1")
        else:
            await expect(focused).to_have_attribute("aria-posinset", str(place))
    await page.keyboard.press("End")
    last = await items.filter(has=page.locator(":focus")).get_attribute("aria-posinset")
    assert int(last or 0) > 20
    await page.keyboard.press("Enter")
    await expect(inbox.messages.last).to_be_visible()


async def test_what_is_read_below_stays_where_it_is_while_pushes_reorder_the_list(
    inbox: Inbox, page: Page, customers: Customers
) -> None:
    list_box, rows = inbox.root.locator(".rows"), inbox.root.locator(".rows ul")
    await list_box.evaluate(f"box => box.scrollTop = {12 * ROW}")
    watched = inbox.root.locator(".rows li[aria-posinset='15'] button")
    name = str(await watched.locator(".row-name").text_content())
    before = await inbox.row(name).bounding_box()
    height = await rows.evaluate("list => list.offsetHeight")
    for _ in range(3):
        await (await customers.new()).says("I come on top")
    await expect(rows).to_have_css("height", f"{height + 3 * ROW}px")
    await expect(inbox.root.locator(".rows li[aria-posinset='18'] .row-name")).to_have_text(name)
    assert await inbox.row(name).bounding_box() == before


async def test_no_row_slips_from_under_a_moving_mouse(inbox: Inbox, page: Page, customers: Customers) -> None:
    now = int(time.time())
    first, second, third = [await customers.new() for _ in range(3)]
    for place, customer in enumerate((third, second, first)):
        await customer.says("Here", timestamp=now + place)
    order = [first.name, second.name, third.name]
    names = inbox.names
    for place, name in enumerate(order):
        await expect(names.nth(place)).to_have_text(name)
    box = await inbox.row(second.name).bounding_box()
    assert box is not None

    async def move() -> None:
        for step in range(100_000):
            await page.mouse.move(box["x"] + 100 + step % 2, box["y"] + 30)
            await asyncio.sleep(0.05)

    moving = asyncio.create_task(move())
    try:
        await expect(inbox.row(third.name).locator(".row-preview")).to_have_text("Here")
        await third.says("I would be the first", timestamp=now + 10)
        # Its words are there, so that the push has come.
        await expect(inbox.row(third.name).locator(".row-preview")).to_have_text("I would be the first")
        assert [await names.nth(place).text_content() for place in range(3)] == order
    finally:
        moving.cancel()
    await expect(names.first).to_have_text(third.name)


async def test_the_list_pages_on_and_has_but_the_rows_near_the_view_in_the_document(
    page: Page, demo: Demo, customers: Customers, platform: httpx.AsyncClient
) -> None:
    # Below everybody that other tests look for: they came with the phone's history, a hundred days ago.
    count, start = 100, int(time.time()) - 100 * 24 * 60 * 60
    threads = [
        {
            "wa_id": f"4917157{place:06d}",
            "messages": [{"direction": "inbound", "timestamp": start - place, "text": {"body": f"Pilgrim {place}."}}],
        }
        for place in range(count)
    ]
    await customers.post("/history", {"phone_number_id": customers.phone_number_id, "threads": threads})

    async def all_there() -> bool:
        found = await platform.get("/whatsapp/conversations", params={"phone_number": f"4917157{count - 1:06d}"})
        return bool(found.json()["data"])

    await eventually(all_there, 60)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/conversations?" in request.url else None)
    await page.goto(f"{demo.embed_url}?status=all&search=4917157")
    inbox = Inbox(page)
    last = page.locator(f"li[aria-posinset='{count}']")
    await expect(inbox.rows.first).to_contain_text("Pilgrim 0.")

    async def at_the_end() -> bool:
        await page.locator(".rows").evaluate("box => box.scrollTo(0, box.scrollHeight)")
        assert await inbox.rows.count() < 40
        return await last.count() > 0

    await eventually(at_the_end, 60)
    await expect(last).to_contain_text(f"Pilgrim {count - 1}.")
    await expect(last).to_have_attribute("aria-setsize", str(count))
    assert len([url for url in asked if "after=" in url]) == 3
    await page.locator(".rows").evaluate(f"box => box.scrollTo(0, {50 * ROW})")
    await expect(page.locator("li[aria-posinset='51']")).to_contain_text("Pilgrim 50.")
    assert await inbox.rows.count() < 40


async def test_a_row_has_its_marks(page: Page, demo: Demo, customers: Customers) -> None:
    ana, nameless = await customers.new("Ana de Lima"), await customers.new("+49 171 5550199")
    await ana.sends("location", {"latitude": 46.62, "longitude": 8.04, "name": "Grindelwald"})
    await nameless.says("Only words")
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    row, other = inbox.row(ana.name), inbox.row(nameless.name)
    await expect(row.locator(".avatar")).to_have_text("AL")
    await expect(row.locator(".row-preview")).to_contain_text("Grindelwald")
    await expect(row.locator(".row-preview svg")).to_have_count(1)
    await expect(row.get_by_role("img", name="Handoff")).to_have_count(0)
    # Who has no name has no initials, and words need no sign of what they are.
    await expect(other.locator(".avatar")).to_have_text("")
    await expect(other.locator(".avatar svg")).to_have_count(1)
    await expect(other.locator(".row-preview svg")).to_have_count(0)
    # Which of the business's numbers it is, as long as that is not said above.
    await expect(row.locator(".row-number")).to_have_text("Support")
    await page.get_by_role("combobox", name="WhatsApp number").select_option("Support")
    await expect(page).to_have_url(re.compile("whatsapp_config_id="))
    await expect(row.locator(".row-number")).to_have_count(0)
    await inbox.search.fill("Tomáš Novák")
    await expect(inbox.row("Tomáš Novák").get_by_role("img", name="Handoff")).to_be_visible()


async def test_where_there_is_nothing_the_list_says_why_and_what_to_do(
    page: Page, demo: Demo, make_embed: MakeEmbed, platform: httpx.AsyncClient
) -> None:
    inbox = Inbox(page)
    await page.goto(demo.embed_url)
    await inbox.search.fill("Samir Patel")  # who is in an ended conversation
    await expect(page.get_by_role("heading", name="Nothing found for \u2068Samir Patel\u2069")).to_be_visible()
    await page.get_by_role("button", name="Search everywhere").click()
    await expect(inbox.names).to_have_text(["Samir Patel"])
    await inbox.search.fill("nobody is called so")
    await expect(page.get_by_text("Check the spelling")).to_be_visible()
    await page.locator(".notice").get_by_role("button", name="Clear search").click()
    await expect(inbox.names.nth(5)).to_be_visible()

    nobodys = await platform.post("/customers", json={"customer": {"name": "Nobody writes to them"}})
    embed = await make_embed(scope_type="customer", scope_id=nobodys.json()["data"]["id"])
    await page.goto(f"{embed['embed_url']}?unread=1")
    await expect(page.get_by_role("heading", name="No conversation matches")).to_be_visible()
    await page.get_by_role("button", name="Clear filters").click()
    await expect(page.get_by_role("heading", name="All quiet")).to_be_visible()


async def test_a_list_that_cannot_be_loaded_says_so_and_a_lost_connection_leaves_what_is_known(
    page: Page, demo: Demo, troubles: Troubles
) -> None:
    troubles.announce("500|ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket")
    asked, fails, answers = asyncio.Event(), True, 0

    async def answer(route: Route) -> None:
        nonlocal answers
        await asked.wait()
        answers += 1
        await (route.fulfill(status=500, body="{}") if fails else route.continue_())

    await page.route("**/inbox/v1/conversations?*", answer)
    await page.goto(demo.embed_url)
    await expect(page.get_by_role("status", name="Loading conversations")).to_be_visible()
    asked.set()
    inbox = Inbox(page)
    await inbox.is_live()

    async def asked_again() -> bool:  # by itself, since the server is there
        return answers == 2

    await eventually(asked_again)
    failed = page.get_by_role("alert").filter(has_text="Conversations could not be loaded")
    await expect(failed).to_be_visible()
    fails = False
    await failed.get_by_role("button", name="Try again").click()
    await expect(inbox.rows.first).to_be_visible()
    known = str(await inbox.names.first.text_content())

    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection. New messages appear")).to_be_visible()
    await inbox.search.fill(known.lower())
    await expect(inbox.names).to_have_text([known])
    await inbox.search.fill("f nobody")
    await expect(failed).to_be_visible()
    await inbox.search.fill("Liam")
    await page.context.set_offline(False)
    await expect(page.get_by_text("No connection. New messages appear")).to_have_count(0)
    await expect(inbox.names).to_have_text(["Liam Nguyen"])
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)


async def test_the_address_chooses_the_language_and_arabic_reads_from_the_right(
    page: Page, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new("+49 171 5550100")
    await customer.says("مرحبا، رقمي +49 171 5550100")
    await page.set_viewport_size(NARROW)
    await page.goto(f"{demo.embed_url}?lang=AR&mode=dark")
    inbox = Inbox(page)
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    row = inbox.row(customer.name)
    await expect(row).to_be_visible()
    await expect(page.get_by_role("textbox", name="ابحث عن اسم أو رقم أو رسالة")).to_be_visible()
    await expect(row.locator(".unread")).to_have_accessible_name("رسالة واحدة غير مقروءة")
    await expect(row.locator("bdi.row-name")).to_have_css("direction", "ltr")
    await expect(row.locator(".row-preview")).to_have_css("direction", "rtl")
    name, time_shown = await row.locator(".row-name").bounding_box(), await row.locator("time").bounding_box()
    assert name is not None
    assert time_shown is not None
    assert time_shown["x"] + time_shown["width"] <= name["x"]
    assert await page.locator("body").evaluate("body => body.scrollWidth <= innerWidth")
    await page.goto(f"{demo.embed_url}?lang=tlh")
    await expect(page.get_by_role("textbox", name="Search name, number or message")).to_be_visible()


async def test_a_row_shows_what_was_begun_what_has_failed_and_keeps_its_shape_whatever_the_name(
    page: Page, demo: Demo, customers: Customers
) -> None:
    names = ("Z" + "\u0300\u0316" * 60 + "algo", "\u202eevil\u2066" * 5, "W" * 200)
    hostile = [await customers.new(name) for name in names]
    for customer in hostile:
        await customer.says("Hello\n\u202e" + "x" * 300)
    await page.set_viewport_size(NARROW)
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    rows = page.locator(".rows")
    for customer in hostile:
        row = inbox.rows.filter(has=page.get_by_text(customer.name, exact=True))
        outer, name = await row.bounding_box(), await row.locator(".row-name").bounding_box()
        time_shown = await row.locator("time").bounding_box()
        assert outer is not None
        assert name is not None
        assert time_shown is not None
        assert outer["height"] == ROW
        assert name["height"] <= ROW / 2
        assert name["x"] + name["width"] <= time_shown["x"] < outer["x"] + outer["width"]
        await expect(row.locator(".row-name")).to_have_css("overflow", "hidden")
    assert await rows.evaluate("box => box.scrollWidth <= box.clientWidth")

    await inbox.search.fill("Ingrid Haugen")
    await expect(inbox.row("Ingrid Haugen").get_by_role("img", name="Automation failed")).to_be_visible()
    await inbox.search.fill("Paul Becker")
    await expect(inbox.row("Paul Becker").get_by_role("img", name="Not delivered")).to_be_visible()

    writer = await customers.new()
    await writer.says("A question")
    steps = await page.evaluate("history.length")
    await inbox.find(writer.name)
    await inbox.composer.fill("An answer *that* is not ready")
    await inbox.back.click()
    await expect(inbox.row(writer.name)).to_contain_text("Draft: An answer *that* is not ready")
    await inbox.row(writer.name).click()
    await inbox.composer.press("Enter")
    await expect(inbox.message("An answer that is not ready")).to_be_visible()
    await inbox.back.click()
    await expect(inbox.row(writer.name)).not_to_contain_text("Draft")
    # A frame's steps would be steps of the host's own Back button.
    assert await page.evaluate("history.length") == steps
