"""What a customer's file looks like in the thread: on its way, here, lost, and fetched again.

With PORTHOLE_SCREENSHOTS=<folder> it also takes pictures of it, for eyes.
"""

import base64
import os
import re
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
    async with page.context.expect_page() as opened:
        await link.click()
    tab = await opened.value
    await tab.wait_for_load_state()
    assert await tab.evaluate("document.contentType") == "image/jpeg"
    assert await tab.evaluate("document.querySelector('img').naturalWidth") == 1200


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
    await expect(message).to_contain_text("0:03")


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
    await expect(message).to_contain_text("WhatsApp no longer has this file.", timeout=20_000)
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
