"""Pictures of every page at the sizes that matter, for eyes: `make screenshots`."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import httpx
from playwright.async_api import Browser, Page, Route, ViewportSize, expect

from tests.browser.chromium import running_chromium
from tests.browser.customers import Customer, Customers
from tests.browser.dashboard_pages import PAGES, SHOWN_ONCE, open_page
from tests.browser.dashboard_pages import paths as dashboard_paths
from tests.browser.demo import Demo, running_demo
from tests.browser.every_kind import write_every_kind
from tests.browser.inbox import Inbox
from tests.browser.test_dashboard import sign_in

SIZES = (
    ViewportSize(width=1280, height=800),
    ViewportSize(width=768, height=900),
    ViewportSize(width=360, height=740),
)
# Conversations of the demo that between them have every kind of message.
THREADS = ("Priya Nair", "Sofia Rossi", "Marta Oliveira", "Sam Carter", "Ethan Brooks", "Tomáš Novák")
DIALOGS = ("location", "contact", "interactive", "template")
# Nothing in view is on its way any more. Pictures in parts of a thread that are out of view are not even asked for.
_SETTLED = """() => ![...document.querySelectorAll(".spinner, .skeleton, .details-bones, .media-pending")].some(one =>
    one.checkVisibility({visibilityProperty: true})) && [...document.images].every(image => image.complete ||
    !image.checkVisibility({contentVisibilityAuto: true}))"""

# What the thread asks for there is asked for in the next frame.
_TO_THE_TOP = """log => new Promise(asked => {
    log.scrollTop = 0;
    requestAnimationFrame(() => requestAnimationFrame(asked));
})"""


class Look(NamedTuple):
    name: str
    fields: dict[str, str]
    """Of the embed."""


LOOKS = (
    Look("light", {"default_mode": "light"}),
    Look("dark", {"default_mode": "dark"}),
    Look("arabic", {"default_mode": "light", "language": "ar"}),
)


class Album:
    """Takes the pictures of one look at one size: `<look>-<width>-<what>.png`."""

    def __init__(
        self, browser: Browser, demo: Demo, every_kind: Customer, directory: Path, look: Look, size: ViewportSize
    ) -> None:
        self._browser = browser
        self._demo = demo
        self._every_kind_of = every_kind
        self._look = look
        self._size = size
        self._path = str(directory / f"{look.name}-{size['width']}-%s.png")

    async def take_all(self) -> None:
        embed = await self._embed(scope_type="project", name="Team inbox")
        page = await self._page(embed["embed_url"])
        await self._list(page)
        await self._threads(page)
        await self._every_kind(page)
        await self._dialogs(page)
        await page.close()
        await self._trouble()

    async def _list(self, page: Page) -> None:
        await expect(page.locator("button.row").nth(3)).to_be_visible()
        await self._take(page, "list")
        search = page.locator(".search input")
        await search.fill("tent")
        await expect(page.locator(".row mark").first).to_be_visible()
        await self._take(page, "list-search")
        await search.fill("nobody has this name")
        await expect(page.locator("button.row")).to_have_count(0)
        await self._take(page, "list-nothing-found")
        await search.fill("")

    async def _threads(self, page: Page) -> None:
        for name in THREADS:
            await self._open(page, name)
            await self._take(page, f"thread-{name.split()[0].lower()}")
            log = page.locator("section.log")
            await log.evaluate(_TO_THE_TOP)
            await self._take(page, f"thread-{name.split()[0].lower()}-top")
        if await page.locator(".details").count() == 0:
            await page.locator("#details-toggle").click()
        await expect(page.locator(".details")).to_be_visible()
        await self._take(page, "details")

    async def _every_kind(self, page: Page) -> None:
        """The whole thread in one frame that is as high, and the pictures of it one by one."""
        await self._open(page, self._every_kind_of.name)
        await expect(page.locator("article.message").last).to_contain_text("That was all")
        await page.set_viewport_size(ViewportSize(width=self._size["width"], height=4200))
        await self._take(page, "every-kind")
        await page.set_viewport_size(self._size)
        await page.locator(".album a").first.click()
        await expect(page.get_by_role("dialog").locator("img").first).to_be_visible()
        await self._take(page, "lightbox")
        await page.keyboard.press("Escape")

    async def _dialogs(self, page: Page) -> None:
        await self._open(page, THREADS[0])
        attach = page.locator("form.reply button[aria-haspopup]").first
        await attach.click()
        await expect(page.get_by_role("menu")).to_be_visible()
        await self._take(page, "attach")
        await page.keyboard.press("Escape")
        await page.locator("form.reply button[aria-haspopup]").nth(1).click()
        await expect(page.locator(".emoji-popup")).to_be_visible()
        await self._take(page, "emoji")
        await page.keyboard.press("Escape")
        await page.locator("form.reply textarea").press_sequentially("/")
        await expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
        await self._take(page, "canned")
        await page.locator("form.reply textarea").fill("")
        for at, name in enumerate(DIALOGS):
            await attach.click()
            await page.get_by_role("menuitem").nth(4 + at).click()
            await expect(page.get_by_role("dialog")).to_be_visible()
            await self._take(page, f"dialog-{name}")
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.press("Control+/")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await self._take(page, "keys")
        await page.keyboard.press("Escape")

    async def _trouble(self) -> None:
        """Nothing there, no server, no connection, and an embed that is over."""
        customer = await self._platform("POST", "/customers", {"customer": {"name": "New here"}})
        embed = await self._embed(scope_type="customer", scope_id=customer["id"], name="New here")
        page = await self._page(embed["embed_url"])
        await expect(page.locator(".notice").first).to_be_visible()
        await self._take(page, "empty")
        await self._platform("DELETE", f"/inbox_embeds/{embed['id']}")
        await expect(page.locator(".row, .search")).to_have_count(0)
        await self._take(page, "revoked")
        await page.goto(f"{self._demo.base_url}/embed/unknown")
        await self._take(page, "unknown")

        async def fail(route: Route) -> None:
            await route.abort()

        embed = await self._embed(scope_type="project", name="Team inbox")
        await page.route("**/inbox/v1/**", fail)
        await page.goto(embed["embed_url"])
        await expect(page.get_by_role("alert")).to_be_visible()
        await self._take(page, "no-server")
        await page.unroute("**/inbox/v1/**")
        await page.route("**/inbox/v1/conversations?**", fail)
        await page.reload()
        await expect(page.get_by_role("alert")).to_be_visible()
        await self._take(page, "no-list")
        await page.close()

    async def _embed(self, **fields: str) -> dict[str, str]:
        return await self._platform("POST", "/inbox_embeds", {"inbox_embed": fields | self._look.fields})

    async def _platform(self, method: str, path: str, body: object = None) -> dict[str, str]:
        headers = {"X-API-Key": self._demo.api_key}
        async with httpx.AsyncClient(base_url=f"{self._demo.base_url}/platform/v1", headers=headers) as client:
            answer = await client.request(method, path, json=body)
        answer.raise_for_status()
        data: dict[str, str] = answer.json()["data"] if answer.content else {}
        return data

    async def _open(self, page: Page, name: str) -> None:
        inbox = Inbox(page)
        for way_back in (".details .icon-button", ".thread-head .only-narrow"):
            button = page.locator(way_back).first
            if not await page.locator(".search input").is_visible() and await button.is_visible():
                await button.click()
        await page.locator(".search input").fill(name)
        await inbox.row(name).first.click()
        await expect(page.locator("article.message").last).to_be_visible()

    async def _page(self, url: str) -> Page:
        page = await self._browser.new_page(viewport=self._size, reduced_motion="reduce")
        await page.goto(url)
        return page

    async def _take(self, page: Page, what: str) -> None:
        await page.wait_for_load_state("networkidle")
        await page.wait_for_function(_SETTLED)
        await page.screenshot(path=self._path % what, animations="disabled")


async def _around(browser: Browser, demo: Demo, directory: Path) -> None:
    """The demo's host page with the inbox in it, and the simulated phone."""
    for size in (SIZES[0], SIZES[-1]):
        page = await browser.new_page(viewport=size, reduced_motion="reduce")
        await page.goto(demo.host_page_url)
        await Inbox(page.frame_locator("#inbox iframe")).is_live()
        await page.screenshot(path=directory / f"host-{size['width']}.png")
        await page.goto(demo.simulator_url)
        await page.locator(".person", has_text=THREADS[0]).click()
        await expect(page.locator("#thread .bubble").first).to_be_visible()
        await page.screenshot(path=directory / f"phone-{size['width']}.png")
        await page.close()


async def _dashboard(browser: Browser, demo: Demo, directory: Path) -> None:
    """Every page of the dashboard: `dashboard-<theme>-<width>-<name>.png`."""
    page = await browser.new_page(reduced_motion="reduce")
    await page.goto(demo.first_owner_url, wait_until="networkidle")
    await _in_themes(page, directory, "set-up")
    await page.goto(f"{demo.base_url}/dashboard", wait_until="networkidle")
    await _in_themes(page, directory, "sign-in")
    await page.set_viewport_size(SIZES[0])
    await sign_in(page, demo)
    addresses = await dashboard_paths(page, demo)
    for name in (*PAGES, *SHOWN_ONCE):
        await open_page(page, addresses, name)
        await page.wait_for_load_state("networkidle")
        await _in_themes(page, directory, name)
    await page.close()


async def _in_themes(page: Page, directory: Path, name: str) -> None:
    for size in (SIZES[0], SIZES[-1]):
        await page.set_viewport_size(size)
        for theme in ("light", "dark"):
            await page.evaluate("theme => { document.documentElement.dataset.mode = theme; }", theme)
            path = directory / f"dashboard-{theme}-{size['width']}-{name}.png"
            await page.screenshot(path=path, full_page=True, animations="disabled")


async def take_all(demo: Demo, directory: Path) -> None:
    async with running_chromium() as browser, httpx.AsyncClient(base_url=demo.simulator_url) as simulator:
        await _around(browser, demo, directory)
        every_kind = await write_every_kind(demo, Customers(simulator, demo.support.phone_number_id))
        await _dashboard(browser, demo, directory)
        for look in LOOKS:
            for size in SIZES:
                await Album(browser, demo, every_kind, directory, look, size).take_all()


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, running_demo(Path(temporary)) as demo:
        asyncio.run(take_all(demo, directory))


if __name__ == "__main__":
    main()
