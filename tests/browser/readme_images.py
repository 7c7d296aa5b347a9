"""The pictures of the README, in light and in dark, of the demo's shop with the inbox in it: `make images`."""

import asyncio
import io
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, expect

from tests.browser.chromium import running_chromium
from tests.browser.demo import Demo, running_demo
from tests.browser.inbox import Inbox

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
MODES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def _take(browser: Browser, demo: Demo, mode: Literal["light", "dark"]) -> None:
    page = await browser.new_page(
        viewport={"width": 1280, "height": 760}, color_scheme=mode, reduced_motion="reduce", locale="en-GB"
    )
    await page.goto(demo.host_page_url)
    inbox = Inbox(page.frame_locator("#inbox iframe"))
    await inbox.is_live()
    await inbox.row("Priya Nair").first.click()
    await expect(inbox.root.locator("article.message").last).to_be_visible()
    await page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(await page.screenshot(animations="disabled")))
    # 256 colours are a quarter of the bytes, and nobody sees it.
    picture.convert("RGB").quantize(256).save(FOLDER / f"inbox-{mode}.png", optimize=True)
    await page.close()


async def _take_all(demo: Demo) -> None:
    async with running_chromium() as browser:
        for mode in MODES:
            await _take(browser, demo, mode)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary, running_demo(Path(temporary)) as demo:
        asyncio.run(_take_all(demo))
