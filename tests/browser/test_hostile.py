"""Everything hostile, sent to the real webhook: no script runs, nothing is loaded from elsewhere, no layout breaks."""

import base64
import re
import time

import httpx
import pytest
from playwright.async_api import Page, Request, ViewportSize, expect

from tests.browser import hostile
from tests.browser.conftest import MakeEmbed
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.factories import new_wamid
from tests.media import jpeg
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIZES = (ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740))
# Pixels: a message with the longest beginning of a text, all in capital letters, on a phone.
MOST_HEIGHT = 1600


async def test_hostile_messages_break_nothing_in_any_pane(
    page: Page,
    demo: Demo,
    customers: Customers,
    simulator: httpx.AsyncClient,
    make_embed: MakeEmbed,
) -> None:
    customer = await customers.new("Hostile")
    phone_number_id = demo.support.phone_number_id
    for body in hostile.webhooks(phone_number_id, customer.wa_id, "Hostile"):
        await _deliver(simulator, body)
    earlier = int(time.time()) - 60
    for place, name in enumerate(hostile.TEXTS):
        hello = {"id": new_wamid(), "type": "text", "text": {"body": name}, "timestamp": str(earlier)}
        wa_id = f"4917156{place:06d}"
        await _deliver(simulator, hostile.webhook(phone_number_id, wa_id, name, [hello | {"from": wa_id}]))
    for file in hostile.FILES:
        await customer.sends("document", file)
    picture = {"data": base64.b64encode(jpeg()).decode(), "mime_type": "image/jpeg"}
    await customer.sends("image", {**picture, "caption": f"{hostile.TEXTS[1]} {'W' * 2000}"})
    watched = _Watched(page, demo.base_url)
    embed = await make_embed(language="ar")
    for url, size in ((demo.embed_url, SIZES[0]), (embed["embed_url"], SIZES[1])):
        await page.set_viewport_size(size)
        await page.goto(url)
        inbox = Inbox(page)
        await _rows_are_alike(inbox)
        await inbox.open("Hostile")
        await _load_all(inbox)
        await _fits(page, inbox)
        await _opens_its_panels(page, inbox)
        await watched.saw_nothing()


class _Watched:
    """What a script, or an address that is loaded, would have left behind."""

    def __init__(self, page: Page, base_url: str) -> None:
        self._page = page
        self._base_url = base_url
        self._seen: list[str] = []
        page.on("dialog", lambda dialog: self._seen.append(dialog.message))
        page.on("request", self._ask)
        page.on("popup", lambda popup: self._seen.append(popup.url))

    def _ask(self, request: Request) -> None:
        if not request.url.startswith((self._base_url, "data:", "blob:")):
            self._seen.append(request.url)

    async def saw_nothing(self) -> None:
        assert self._seen == []
        assert await self._page.evaluate(
            "[top.pwned, {}.pwned, document.querySelectorAll('#inbox script').length]"
        ) == [
            None,
            None,
            0,
        ]


async def _deliver(simulator: httpx.AsyncClient, body: str) -> None:
    answer = await simulator.post("/_sim/webhooks", json={"body": body})
    assert answer.raise_for_status().json()["status_code"] == 200


async def _rows_are_alike(inbox: Inbox) -> None:
    await expect(inbox.rows.nth(9)).to_be_attached()
    heights = await inbox.rows.evaluate_all("rows => rows.map((row) => row.getBoundingClientRect().height)")
    assert len(set(heights)) == 1, heights
    assert await inbox.root.locator(".list").evaluate("list => list.scrollWidth <= list.clientWidth")


async def _load_all(inbox: Inbox) -> None:
    async def at_the_start() -> bool:
        await inbox.log.evaluate("log => log.scrollTo(0, 0)")
        return bool(await inbox.log.locator(".log-edge").first.inner_text())

    await eventually(at_the_start)
    await expect(inbox.messages.first).to_contain_text("<script>")


async def _fits(page: Page, inbox: Inbox) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await inbox.log.evaluate("log => log.scrollWidth <= log.clientWidth")
    wrong = await inbox.log.evaluate(
        """(log, most) => {
            const frame = log.getBoundingClientRect();
            return [...log.querySelectorAll(".log-content .message, .log-content .bubble > *")].flatMap((element) => {
                const { left, right, height } = element.getBoundingClientRect();
                const fits = height <= most && left >= frame.left - 1 && right <= frame.right + 1;
                return fits ? [] : [[element.className, left, right, height, element.textContent.slice(0, 80)]];
            });
        }""",
        MOST_HEIGHT,
    )
    assert wrong == []


async def _opens_its_panels(page: Page, inbox: Inbox) -> None:
    # On a wide frame they are open anyway.
    details = page.locator(".details")
    toggle = page.locator("#details-toggle")
    if await toggle.get_attribute("aria-expanded") == "false":
        await toggle.click()
    await expect(details).to_be_visible()
    shared = details.get_by_role("tabpanel")
    for place in range(3):
        await details.get_by_role("tab").nth(place).click()
        await expect(shared.get_by_role("listitem").first).to_be_visible()
        assert await details.evaluate("pane => pane.scrollWidth <= pane.clientWidth")
        for link in await shared.get_by_role("link").all():
            assert re.match("https?://|/inbox/v1/media/", await link.get_attribute("href") or "")
    await details.locator(".details-head button:visible").click()
    await inbox.log.evaluate("log => log.scrollTo(0, log.scrollHeight)")
    await inbox.messages.last.locator("a.media-frame").click()
    lightbox = page.get_by_role("dialog")
    await expect(lightbox).to_contain_text("onerror")
    assert await lightbox.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    await page.keyboard.press("Escape")
    await expect(lightbox).to_have_count(0)
