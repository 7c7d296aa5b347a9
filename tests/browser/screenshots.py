"""Pictures of every page at the sizes that matter, for eyes: `python -m tests.browser.screenshots OUTDIR`."""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, FrameLocator, Page, ViewportSize, expect

from tests.browser.chromium import running_chromium
from tests.browser.demo import Demo, running_demo

Mode = Literal["light", "dark"]
MODES: Sequence[Mode] = ("light", "dark")
DESK = ViewportSize(width=1280, height=800)
WIDE = ViewportSize(width=1600, height=900)
PHONE = ViewportSize(width=360, height=740)
# Conversations of the demo that between them have every kind of message.
THREADS = ("Priya Nair", "Sofia Rossi", "Marta Oliveira", "Sam Carter", "Ethan Brooks", "Tomáš Novák")


class Album:
    def __init__(self, browser: Browser, demo: Demo, directory: Path) -> None:
        self._browser = browser
        self._demo = demo
        self._directory = directory

    async def host(self, size: ViewportSize, mode: Mode) -> None:
        """The list first, then with a thread, then with its details."""
        page = await self._page(self._demo.host_page_url, size, mode)
        inbox = page.frame_locator("#inbox iframe")
        name = f"host-{size['width']}-{mode}"
        await expect(inbox.locator("button.row").first).to_be_visible()
        await expect(inbox.locator(".connection-live")).to_be_visible()
        await self._take(page, f"{name}-list")
        await self._open(inbox, THREADS[0])
        await self._take(page, f"{name}-thread")
        await inbox.locator("#details-toggle").click()
        await self._take(page, f"{name}-details")
        await page.close()

    async def embed(self, size: ViewportSize, mode: Mode, threads: Sequence[str], query: str = "") -> None:
        page = await self._page(self._demo.embed_url + query, size, mode)
        await expect(page.locator(".connection-live")).to_be_visible()
        for thread in threads:
            await self._open(page, thread)
            await self._take(page, f"embed-{size['width']}-{mode}-{thread.split()[0].lower()}")
        await page.close()

    async def phone(self, size: ViewportSize, mode: Mode) -> None:
        page = await self._page(self._demo.simulator_url, size, mode)
        await expect(page.locator(".person").first).to_be_visible()
        await self._take(page, f"phone-{size['width']}-{mode}-people")
        await page.locator(".person", has_text=THREADS[0]).click()
        await expect(page.locator("#thread .bubble").first).to_be_visible()
        await self._take(page, f"phone-{size['width']}-{mode}-chat")
        await page.close()

    async def unavailable(self, size: ViewportSize, mode: Mode) -> None:
        page = await self._page(f"{self._demo.base_url}/embed/unknown", size, mode)
        await self._take(page, f"unavailable-{size['width']}-{mode}")
        await page.close()

    async def _open(self, inbox: Page | FrameLocator, name: str) -> None:
        search = inbox.get_by_role("textbox", name="Search")
        await search.fill(name)
        await inbox.locator("button.row", has_text=name).first.click()
        await expect(inbox.locator("article.message").last).to_be_visible()
        if await search.is_visible():
            await search.fill("")
            await expect(inbox.locator("button.row").nth(3)).to_be_visible()
            await inbox.locator("textarea, section.log").last.focus()

    async def _page(self, url: str, size: ViewportSize, mode: Mode) -> Page:
        page = await self._browser.new_page(viewport=size, color_scheme=mode, reduced_motion="reduce")
        await page.goto(url)
        return page

    async def _take(self, page: Page, name: str) -> None:
        await page.screenshot(path=self._directory / f"{name}.png", animations="disabled")


async def take_all(demo: Demo, directory: Path) -> None:
    async with running_chromium() as browser:
        album = Album(browser, demo, directory)
        for mode in MODES:
            for size in (DESK, PHONE):
                await album.host(size, mode)
                await album.phone(size, mode)
                await album.unavailable(size, mode)
            await album.embed(ViewportSize(width=768, height=800), mode, THREADS[:2])
        await album.embed(WIDE, "light", THREADS)


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, running_demo(Path(temporary)) as demo:
        asyncio.run(take_all(demo, directory))


if __name__ == "__main__":
    main()
