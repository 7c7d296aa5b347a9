"""Every page of the dashboard: what axe finds, and that it fits on a phone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import COLOURS, violations
from tests.browser.conftest import Troubles, new_context
from tests.browser.dashboard_pages import EMPTY, PAGES, SHOWN_ONCE, open_page, paths
from tests.browser.demo import Demo
from tests.browser.test_dashboard import DESK, PHONE, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

Opened = tuple[Page, dict[str, str], Troubles]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(browser: Browser, demo: Demo) -> AsyncIterator[Opened]:
    """A page of somebody who may open them all, and their addresses."""
    context = await new_context(browser)
    troubles = Troubles(context)
    troubles.announce("status of 404")  # one of the pages says so
    page = await context.new_page()
    await sign_in(page, demo)
    yield page, await paths(page, demo), troubles
    await context.close()


@pytest.mark.parametrize("name", [*PAGES, *SHOWN_ONCE])
async def test_axe_finds_nothing_in_either_theme_and_the_page_fits_on_a_phone(opened: Opened, name: str) -> None:
    page, addresses, troubles = opened
    await page.set_viewport_size(DESK)
    await open_page(page, addresses, name)
    assert await page.title() != "Sign in · Porthole"
    if name in EMPTY:
        await expect(page.get_by_role("heading", name=EMPTY[name][1])).to_be_visible()
    assert await violations(page) == []
    await page.evaluate("() => { document.documentElement.dataset.mode = 'dark'; }")
    await page.set_viewport_size(PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert await violations(page, COLOURS) == []
    assert troubles.unannounced == []
