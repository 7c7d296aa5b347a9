"""The demo, a browser, and a page that may not have any trouble that the test did not announce."""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect

from tests.browser.chromium import running_chromium
from tests.browser.customers import Customers
from tests.browser.demo import Demo, running_demo
from tests.browser.host import Host, running_host
from tests.browser.inbox import Inbox
from tests.servers import server_directory

expect.set_options(timeout=15_000)  # milliseconds: several tests share two cores

# Chromium says most violations in its console too; this one says them all.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
    console.error(`securitypolicyviolation: ${violatedDirective} ${blockedURI} ${sourceFile}`));
"""

MakeEmbed = Callable[..., Awaitable[dict[str, Any]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first of them also waits for the demo and for a browser."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.timeout(150))


class Troubles:
    """Errors of the console and of scripts, in every page and frame of the test."""

    def __init__(self, context: BrowserContext) -> None:
        self._announced: list[str] = []
        self._seen: list[str] = []
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._seen.append(str(error.error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._seen.append(message.text)

    def announce(self, pattern: str) -> None:
        """What matches is expected from now on."""
        self._announced.append(pattern)

    @property
    def unannounced(self) -> list[str]:
        return [text for text in self._seen if not any(re.search(pattern, text) for pattern in self._announced)]


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    with server_directory() as directory, running_demo(directory) as demo:
        yield demo


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    try:
        async with running_chromium() as browser:
            yield browser
    except Error as error:
        reason = f"no browser for the browser tests; python -m tests.browser.install brings one: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


async def new_context(browser: Browser) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", color_scheme="light", reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    await context.add_init_script(REPORT_VIOLATIONS)
    return context


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await new_context(browser)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def troubles(context: BrowserContext) -> AsyncIterator[Troubles]:
    troubles = Troubles(context)
    yield troubles
    assert troubles.unannounced == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, troubles: Troubles) -> Page:
    return await context.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def inbox(page: Page, demo: Demo) -> Inbox:
    """The demo's inbox in its host page, connected."""
    await page.goto(demo.host_page_url)
    inbox = Inbox(page.frame_locator("#inbox iframe"))
    await inbox.is_live()
    return inbox


@pytest_asyncio.fixture(loop_scope="session")
async def simulator(demo: Demo) -> AsyncIterator[httpx.AsyncClient]:
    """Its faults end with the test, also where that failed: others use the same one."""
    async with httpx.AsyncClient(base_url=demo.simulator_url) as client:
        yield client
        (await client.put("/_sim/faults", json={})).raise_for_status()


@pytest_asyncio.fixture(loop_scope="session")
async def customers(simulator: httpx.AsyncClient, demo: Demo) -> Customers:
    """They write to the number "Support"."""
    return Customers(simulator, demo.support.phone_number_id)


@pytest_asyncio.fixture(loop_scope="session")
async def host() -> AsyncIterator[Host]:
    async with running_host() as host:
        yield host


@pytest_asyncio.fixture(loop_scope="session")
async def platform(demo: Demo) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{demo.base_url}/platform/v1", headers={"X-API-Key": demo.api_key}
    ) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def make_embed(platform: httpx.AsyncClient, demo: Demo) -> MakeEmbed:
    """An embed of the whole project; answers what the platform's API answers."""

    async def make(**fields: Any) -> dict[str, Any]:
        body = {"inbox_embed": {"name": "Care desk", "scope_type": "project"} | fields}
        answer = await platform.post("/inbox_embeds", json=body)
        answer.raise_for_status()
        data: dict[str, Any] = answer.json()["data"]
        return data

    return make
