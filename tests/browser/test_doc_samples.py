"""What a reader copies from the README and from docs/ into a page of their own, in a browser.

README.md, docs/start.md, docs/embedding.md, docs/host-page.md.
"""

import asyncio
import base64
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.conftest import MakeEmbed
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.host import Host
from tests.browser.inbox import Inbox
from tests.media import jpeg
from tests.samples import ROOT, samples_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _sample(document: str, language: str, number: int = 0) -> str:
    return [one.text for one in samples_of(ROOT / document) if one.language == language][number]


def _here(html: str, demo: Demo, embed_url: str) -> str:
    return html.replace("https://inbox.example.com/embed/TOKEN", embed_url).replace(
        "https://inbox.example.com", demo.base_url
    )


async def test_the_iframe_of_the_readme(page: Page, demo: Demo, host: Host, make_embed: MakeEmbed) -> None:
    embed = await make_embed(allowed_origins=[host.origin])
    host.body = _here(_sample("README.md", "html"), demo, embed["embed_url"])
    await page.goto(host.origin)
    await Inbox(page.frame_locator("iframe")).is_live()


async def test_five_minutes(page: Page, demo: Demo, host: Host, customers: Customers, tmp_path: Path) -> None:
    """The commands of docs/start.md make a page, in which a customer's message is at once."""
    (commands,) = (one.text for one in samples_of(ROOT / "docs" / "start.md") if one.way == "run")
    assert "http://localhost:8080" in commands
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euc", commands.replace("http://localhost:8080", host.origin)),
        cwd=tmp_path,
        env=os.environ | {"PORTHOLE_URL": demo.base_url, "PORTHOLE_API_KEY": demo.api_key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    assert [path.name for path in (tmp_path / "my-page").iterdir()] == ["index.html"]
    host.folder = tmp_path / "my-page"
    await page.goto(f"{host.origin}/index.html")
    inbox = Inbox(page.frame_locator("iframe"))
    await inbox.is_live()
    customer = await customers.new()
    await customer.says("Are you there?")
    await expect(inbox.row(customer.name)).to_contain_text("Are you there?")


async def test_the_element_and_its_brand(page: Page, demo: Demo, host: Host, make_embed: MakeEmbed) -> None:
    embed = await make_embed(allowed_origins=[host.origin])
    host.body = _here(_sample("docs/host-page.md", "html"), demo, embed["embed_url"])
    await page.goto(host.origin)
    inbox = Inbox(page.frame_locator("porthole-inbox iframe"))
    await inbox.is_live()
    await page.evaluate(f"const inbox = document.querySelector('porthole-inbox'); {_sample('docs/host-page.md', 'js')}")
    await expect(inbox.root.locator("html")).to_have_css("--radius", "4px")


async def test_the_messages_by_hand(page: Page, demo: Demo, host: Host, make_embed: MakeEmbed) -> None:
    embed = await make_embed(allowed_origins=[host.origin])
    script = _sample("docs/host-page.md", "js", 1)
    host.body = f'<iframe src="{embed["embed_url"]}"></iframe><script type="module">{script}</script>'
    await page.goto(host.origin)
    await Inbox(page.frame_locator("iframe")).is_live()
    await page.wait_for_function("/^\\(\\d+\\) Messages$/.test(document.title)")


async def test_a_sandbox_of_the_tokens_that_the_guide_names_lets_files_be_saved_and_links_open_outside_of_it(
    page: Page, context: BrowserContext, host: Host, make_embed: MakeEmbed, customers: Customers
) -> None:
    guide = (ROOT / "docs" / "embedding.md").read_text()
    (tokens,) = re.findall(r"use `sandbox`, the inbox needs `([^`]+)`", guide)
    embed = await make_embed(allowed_origins=[host.origin])
    customer = await customers.new()
    await customer.says("As in https://shop.example.com/lamp")
    await customer.sends("image", {"data": base64.b64encode(jpeg(400, 300)).decode(), "mime_type": "image/jpeg"})
    host.body = f'<iframe src="{embed["embed_url"]}" sandbox="{tokens}"></iframe>'
    await page.goto(host.origin)
    inbox = Inbox(page.frame_locator("iframe"))
    await inbox.is_live()
    await inbox.open(customer.name)

    await context.route("https://shop.example.com/**", lambda route: route.fulfill(body="A lamp"))
    async with context.expect_page() as opened:
        await inbox.messages.get_by_role("link", name="https://shop.example.com/lamp").click()
    tab = await opened.value
    # A sandbox without allow-modals, which the guide does not name, would show nothing.
    async with tab.expect_event("dialog") as shown:
        await tab.evaluate("() => void setTimeout(() => alert('Welcome'))")
    await (await shown.value).dismiss()

    await inbox.messages.get_by_role("link", name="Open Photo").click()
    async with page.expect_download() as saved:
        await inbox.root.get_by_role("link", name="Download").click()
    assert (await saved.value).suggested_filename.endswith((".jpg", ".jpeg"))

    await page.keyboard.press("Escape")
    await inbox.reply("That one")
    await expect(inbox.message("That one")).to_be_visible()
