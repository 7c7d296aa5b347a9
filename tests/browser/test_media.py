"""What a customer's file looks like in the thread: on its way, here, lost, and fetched again.

With PORTHOLE_SCREENSHOTS=<folder> it also takes pictures of it, for eyes.
"""

import base64
import os
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from cli.simulator.media_types import sample
from tests.browser.conftest import Troubles
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.media import bomb_of_pixels, jpeg

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIZES = (ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740))


def _file(name: str, **more: Any) -> dict[str, Any]:
    mime_type, data = sample(name)
    return {"data": base64.b64encode(data).decode(), "mime_type": mime_type} | more


def _picture(width: int, height: int) -> dict[str, Any]:
    return {"data": base64.b64encode(jpeg(width, height)).decode(), "mime_type": "image/jpeg"}


async def _swipe(page: Page, picture: Locator, distance: int) -> None:
    """A finger on the screen, which Playwright's mouse is not."""
    box = await picture.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    client = await page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + distance / 2, "y": y}]),
        ("touchMove", [{"x": x + distance, "y": y}]),
        ("touchEnd", []),
    ):
        await client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


async def _faults(simulator: httpx.AsyncClient, **wanted: Any) -> None:
    (await simulator.put("/_sim/faults", json=wanted)).raise_for_status()


async def _is_loaded(image: Locator) -> None:
    await expect(image).to_be_visible()
    await expect(image).to_have_js_property("complete", value=True)
    assert await image.evaluate("image => image.naturalWidth") > 0


async def test_a_photo_is_a_skeleton_then_a_picture_that_opens_whole(
    inbox: Inbox, page: Page, customers: Customers, simulator: httpx.AsyncClient
) -> None:
    customer = await customers.new()
    await customer.says("A photo comes")
    await inbox.open(customer.name)
    await _faults(simulator, media_download_next={"count": 1, "slow_seconds": 2})
    photo = {"data": base64.b64encode(jpeg(1200, 800)).decode(), "mime_type": "image/jpeg", "caption": "Our lamp"}
    await customer.sends("image", photo)
    message = inbox.message("Our lamp")
    await expect(message.get_by_role("img", name="Photo, On its way")).to_be_visible()
    link = message.get_by_role("link", name="Open Photo")
    await _is_loaded(link.locator("img"))
    box = await link.bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(1.5, abs=0.02)
    await link.click()
    lightbox = inbox.root.get_by_role("dialog", name="Photos and videos")
    await _is_loaded(lightbox.get_by_role("img", name="Our lamp"))
    await expect(lightbox.get_by_role("img", name="Our lamp")).to_have_js_property("naturalWidth", 1200)
    await expect(lightbox).to_contain_text(customer.name)
    await expect(lightbox.locator("footer")).to_have_text("Our lamp")
    async with page.expect_download() as saved:
        await lightbox.get_by_role("link", name="Download").click()
    assert (await saved.value).suggested_filename.endswith((".jpg", ".jpeg"))
    await page.keyboard.press("Escape")
    await expect(lightbox).to_have_count(0)
    await expect(link).to_be_focused()
    # A tab of its own for whoever wants one.
    async with page.context.expect_page() as opened:
        await link.click(modifiers=["Control"])
    tab = await opened.value
    await tab.wait_for_load_state()
    assert await tab.evaluate("document.contentType") == "image/jpeg"


async def test_an_album_is_a_grid_of_messages_that_the_lightbox_goes_through(
    inbox: Inbox, page: Page, customers: Customers
) -> None:
    customer = await customers.new()
    now = int(time.time())
    wamids = [
        await customer.sends("image", _picture(400 + 40 * place, 300), timestamp=now + place) for place in range(6)
    ]
    await customer.sends("video", _file("video"), timestamp=now + 6)
    await inbox.open(customer.name)
    album = inbox.root.get_by_role("group", name="7 photos and videos")
    tiles = album.get_by_role("article")
    await expect(tiles).to_have_count(7)
    await customer.sends("reaction", {"message_id": wamids[0], "emoji": "👍"})
    await expect(tiles.first.get_by_role("list", name="Reactions")).to_contain_text("👍")
    more = album.get_by_role("button", name="Show 4 more")
    await expect(more).to_have_text("+4")
    await more.click()
    await expect(tiles.nth(4)).to_be_focused()
    await expect(more).to_have_count(0)
    await _is_loaded(tiles.nth(5).locator("img"))
    await tiles.nth(4).press("ArrowDown")
    await expect(tiles.nth(5)).to_be_focused()

    await tiles.nth(1).get_by_role("link").click()
    lightbox = inbox.root.get_by_role("dialog")
    shown = lightbox.locator(".lightbox-stage :is(img, video)")
    await expect(lightbox).to_contain_text("2 of 7")
    await page.keyboard.press("ArrowRight")
    await expect(lightbox).to_contain_text("3 of 7")
    await page.keyboard.press("ArrowLeft")
    await _is_loaded(shown)
    await page.keyboard.press("+")
    await expect(shown).to_have_css("transform", "matrix(1.5, 0, 0, 1.5, 0, 0)")
    await page.keyboard.press("-")
    await expect(shown).to_have_css("transform", "matrix(1, 0, 0, 1, 0, 0)")
    await shown.dblclick()
    await expect(shown).to_have_css("transform", re.compile(r"^matrix\(2\.5, "))
    await page.keyboard.press("0")
    await shown.hover()
    await page.mouse.wheel(0, -400)
    await expect(shown).to_have_css("transform", re.compile(r"^matrix\(2\.7"))
    await page.keyboard.press("0")
    await _swipe(page, shown, -200)
    await expect(lightbox).to_contain_text("3 of 7")
    await page.keyboard.press("End")
    await expect(lightbox).to_contain_text("7 of 7")
    await expect(lightbox.locator("video")).to_have_attribute("src", re.compile("^/inbox/v1/media/"))
    await expect(lightbox.get_by_role("button", name="Next")).to_have_count(0)
    await customer.sends("revoke", {"original_message_id": wamids[5]})
    await expect(lightbox).to_contain_text("6 of 6")
    await page.keyboard.press("Escape")
    # What was deleted stands alone now, and the film after it.
    rest = inbox.root.get_by_role("group", name="5 photos and videos").get_by_role("article")
    await expect(rest.nth(1).get_by_role("link")).to_be_focused()


async def test_a_film_has_its_picture_and_plays(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    await customer.sends("video", _file("video", caption="Look at it"))
    await inbox.open(customer.name)
    film = inbox.message("Look at it").locator("video")
    await expect(film).to_have_attribute("poster", re.compile("/thumbnail"))
    await expect(film).to_have_attribute("src", re.compile("^/inbox/v1/media/"))
    # The browser of the tests may lack H.264, but not the answer.
    assert (
        await film.evaluate("film => fetch(film.src, {headers: {Range: 'bytes=0-1'}}).then(({status}) => status)")
        == 206
    )


async def test_a_voice_message_plays_and_shows_where_it_is(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    await customer.sends("audio", _file("audio", voice=True))
    await inbox.open(customer.name)
    message = inbox.messages.last
    await expect(message.locator(".media-bars rect")).to_have_count(44)
    await expect(message).to_contain_text("0:04")
    await message.get_by_role("button", name="Play").click()
    pause = message.get_by_role("button", name="Pause")
    await expect(pause).to_be_visible()
    await expect(message.locator(".media-bars .played").first).to_be_attached()
    await pause.click()
    place = message.get_by_role("slider", name="Position in Voice message")
    await place.fill("3")
    await expect(message).to_contain_text("0:03 / 0:04")
    await place.press("Home")
    await place.press("ArrowRight")
    await expect(place).to_have_attribute("aria-valuetext", "0:00 / 0:04")


async def test_one_voice_message_plays_at_a_time_as_fast_as_wanted_and_the_next_follows(
    inbox: Inbox, page: Page, customers: Customers
) -> None:
    customer = await customers.new()
    now = int(time.time())
    for place in range(3):
        await customer.sends("audio", _file("audio", voice=True), timestamp=now + place)
    await inbox.open(customer.name)
    await expect(inbox.messages).to_have_count(3)
    first, second, third = (inbox.messages.nth(place) for place in range(3))
    await expect(first.get_by_role("img", name="Not played yet")).to_be_visible()
    await first.get_by_role("button", name="Play").click()
    await first.get_by_role("button", name="Speed: 1×").click()
    await first.get_by_role("button", name="Speed: 1.5×").click()
    await expect(first.get_by_role("button", name="Speed: 2×")).to_be_visible()
    await third.get_by_role("button", name="Play").click()
    await expect(first.get_by_role("button", name="Play")).to_be_visible()
    await expect(first.get_by_role("img", name="Played", exact=True)).to_be_visible()
    await second.get_by_role("button", name="Play").click()
    await expect(second.get_by_role("button", name="Speed: 2×")).to_be_visible()
    await second.get_by_role("slider").fill("3.5")
    await expect(third.get_by_role("button", name="Pause")).to_be_visible()
    await expect(second.get_by_role("button", name="Play")).to_be_visible()

    # After an hour the message is asked for again, before anything is played or shown.
    await page.clock.set_fixed_time(time.time() + 3 * 60 * 60)
    async with page.expect_request(re.compile(r"/inbox/v1/messages/[-0-9a-f]+$")):
        await first.get_by_role("button", name="Play").click()


async def test_a_document_shows_its_page_name_and_size_and_a_poisoned_picture_can_be_saved(
    inbox: Inbox, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.sends("document", _file("document", filename="Rechnung März.pdf"))
    poisoned = {"data": base64.b64encode(bomb_of_pixels()).decode(), "mime_type": "image/png"}
    await customer.sends("image", poisoned)
    await inbox.open(customer.name)
    card = inbox.messages.get_by_role("link", name="Open Rechnung März.pdf")
    await _is_loaded(card.locator("img"))
    await expect(card).to_contain_text("PDF · 1 page · 1 kB")
    saved = inbox.messages.get_by_role("link", name="Open Photo")
    await expect(saved).to_have_class("media-document")


async def test_a_lost_file_says_so_and_is_fetched_again(
    inbox: Inbox, customers: Customers, simulator: httpx.AsyncClient
) -> None:
    customer = await customers.new()
    await _faults(simulator, media_gone=True)
    await customer.sends("sticker", _file("sticker"))
    await inbox.open(customer.name)
    message = inbox.messages.last
    await expect(message).to_contain_text("WhatsApp no longer has this file.", timeout=45_000)
    await _faults(simulator)
    await message.get_by_role("button", name="Fetch again").click()
    await _is_loaded(message.locator(".media-sticker img"))


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
@pytest.mark.parametrize("mode", ["light", "dark"])
async def test_every_kind_fits_its_thread(
    page: Page,
    demo: Demo,
    customers: Customers,
    simulator: httpx.AsyncClient,
    troubles: Troubles,
    size: ViewportSize,
    mode: str,
) -> None:
    customer = await customers.new()
    await customer.sends("image", {"data": base64.b64encode(jpeg(600, 2400)).decode(), "mime_type": "image/jpeg"})
    await customer.sends("image", _file("jpeg", caption="With words below it that go on for a little longer"))
    await customer.sends("sticker", _file("animated_sticker"))
    await customer.sends("video", _file("video"))
    await customer.sends("audio", _file("audio", voice=True))
    await customer.sends("document", _file("document", filename=f"{'a-long-name-' * 8}.pdf"))
    await customer.sends("document", {"data": "UEsDBA==", "mime_type": "application/zip", "filename": "all of it.zip"})
    await page.set_viewport_size(size)
    await page.goto(f"{demo.embed_url}?mode={mode}")
    inbox = Inbox(page)
    await inbox.is_live()
    await inbox.find(customer.name)
    await expect(inbox.messages.locator(".media-document")).to_have_count(2, timeout=20_000)
    await expect(inbox.messages.locator(".media-frame")).to_have_count(3)
    tall, sticker = [await inbox.messages.nth(place).locator("a").bounding_box() for place in (0, 2)]
    assert tall is not None
    assert sticker is not None
    assert (tall["width"], tall["height"]) == (96, 340)
    assert (sticker["width"], sticker["height"]) == (160, 160)
    await _faults(simulator, media_gone=True)
    await customer.sends("image", _file("jpeg"))
    await expect(inbox.messages.last).to_contain_text("WhatsApp no longer has", timeout=20_000)
    await _faults(simulator, media_download_next={"count": 9, "slow_seconds": 4})
    await customer.sends("image", _file("jpeg"))
    await expect(inbox.messages.last.locator(".media-pending")).to_be_visible()
    assert await inbox.log.evaluate("log => log.scrollWidth <= log.clientWidth")
    folder = os.environ.get("PORTHOLE_SCREENSHOTS")
    if folder is not None:
        for place in range(4):
            await inbox.log.evaluate("(log, place) => log.scrollTo(0, log.scrollHeight * place / 4)", place)
            await page.wait_for_timeout(400)
            await page.screenshot(path=Path(folder, f"media-{size['width']}-{mode}-{place}.png"))
    await _faults(simulator)
