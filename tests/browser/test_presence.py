"""Two colleagues at one conversation: each reads that the other is there, and that a reply is being typed."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from playwright.async_api import BrowserContext, Locator, Page, ViewportSize, expect

from tests.browser.conftest import MakeEmbed
from tests.browser.customers import Customers
from tests.browser.inbox import Inbox

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIZES = [ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)]


def _url(embed: dict[str, Any], name: str) -> str:
    claims = {"sub": name, "name": name, "exp": datetime.now(UTC) + timedelta(hours=1)}
    return f"{embed['embed_url']}#user={jwt.encode(claims, embed['signing_secret'], algorithm='HS256')}"


async def _says(presence: Locator, words: str) -> None:
    await expect(presence).to_have_text(re.compile(f"^{words}$".replace("{", "\u2068").replace("}", "\u2069")))


async def test_whoever_has_the_same_conversation_open_is_named_and_seen_to_reply(
    page: Page, context: BrowserContext, customers: Customers, make_embed: MakeEmbed
) -> None:
    embed, customer, somebody_else = await make_embed(), await customers.new(), await customers.new()
    await customer.says("Do you mend zips?")
    await somebody_else.says("Hello?")
    colleague = await context.new_page()
    await page.goto(_url(embed, "Ana Ribeiro"))
    await colleague.goto(_url(embed, "Ben Carter"))
    ana, ben = Inbox(page), Inbox(colleague)
    presence = page.locator(".presence")
    await ana.open(customer.name)
    await page.get_by_role("button", name="Details").click()
    header = page.locator(".thread-head")
    height = await header.bounding_box()
    await expect(presence).to_have_count(0)

    await ben.open(customer.name)
    await _says(presence, "{Ben Carter} is looking at this too")
    await _says(colleague.locator(".presence"), "{Ana Ribeiro} is looking at this too")
    await ben.composer.fill("We do")
    await _says(presence, "{Ben Carter} is replying…")
    await expect(page.locator(".app > [aria-live]")).to_have_text("\u2068Ben Carter\u2069 is replying…")
    assert await header.bounding_box() == height
    await _look_at_every_size(page, ben)

    await ben.composer.press("Enter")
    await _says(presence, "{Ben Carter} is looking at this too")
    await ben.composer.fill("Bring it in")
    await _says(presence, "{Ben Carter} is replying…")
    await ben.search.focus()
    await _says(presence, "{Ben Carter} is looking at this too")
    await ben.open(somebody_else.name)
    await expect(presence).to_have_count(0)
    await ben.open(customer.name)
    await _says(presence, "{Ben Carter} is looking at this too")
    await colleague.close()
    await expect(presence).to_have_count(0)


async def test_typing_ends_by_itself_and_a_person_is_no_colleague_of_their_own(
    page: Page, context: BrowserContext, customers: Customers, make_embed: MakeEmbed
) -> None:
    embed, customer = await make_embed(), await customers.new()
    await customer.says("Do you mend zips?")
    same, nameless = await context.new_page(), await context.new_page()
    await nameless.clock.install()
    await page.goto(_url(embed, "Ana Ribeiro"))
    await same.goto(_url(embed, "Ana Ribeiro"))
    await nameless.goto(embed["embed_url"])
    for one in (page, same, nameless):
        await Inbox(one).open(customer.name)
    presence = page.locator(".presence")
    await _says(presence, "A colleague is looking at this too")
    await _says(nameless.locator(".presence"), "{Ana Ribeiro} is looking at this too")
    await Inbox(nameless).composer.fill("We do")
    await _says(presence, "A colleague is replying…")
    await nameless.clock.fast_forward(5_000)
    await _says(presence, "A colleague is looking at this too")


async def _look_at_every_size(page: Page, colleague: Inbox) -> None:
    """With pictures for eyes in PORTHOLE_SCREENSHOTS."""
    folder = os.environ.get("PORTHOLE_SCREENSHOTS")
    presence = page.locator(".presence")
    for size in SIZES:
        await page.set_viewport_size(size)
        await colleague.composer.press_sequentially("!")  # it lasts for some seconds only
        await _says(presence, "{Ben Carter} is replying…")
        assert await presence.evaluate("words => words.scrollWidth <= words.clientWidth")
        assert await page.locator(".thread-head").evaluate("head => head.scrollWidth <= head.clientWidth")
        for mode in ("light", "dark") if folder else ():
            await page.emulate_media(color_scheme="dark" if mode == "dark" else "light")
            await page.screenshot(path=Path(str(folder), f"presence-{size['width']}-{mode}.png"))
    await page.set_viewport_size(SIZES[0])
