"""Chromium, as quiet as it gets: no calls of its own to the outside."""

import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import Browser, async_playwright

from tests.browser.install import find_chromium

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A microphone that beeps; a page that may ask for it gets it.
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@contextlib.asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """Raises playwright.async_api.Error when there is no browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=[*QUIET, *MICROPHONE])
        try:
            yield browser
        finally:
            await browser.close()
