"""docs/examples/host: each example, built as its reader would build it, on an origin of its own; and what
docs/host-page.md adds for TypeScript.
"""

import asyncio
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import MakeEmbed
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.host import Host
from tests.browser.inbox import Inbox
from tests.compatibility.clients import NODE
from tests.samples import samples_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "host"
PACKAGES = Path(__file__).parent / "hosts" / "node_modules"
INBOX = Path(__file__).resolve().parents[2] / "templates" / "inbox"


@pytest.mark.parametrize("example", ["html", "react", "vue"])
async def test_an_example_from_the_documents(
    page: Page, demo: Demo, host: Host, make_embed: MakeEmbed, customers: Customers, tmp_path: Path, example: str
) -> None:
    embed = await make_embed(allowed_origins=[host.origin])
    host.folder = await _site(example, tmp_path, demo, embed["embed_url"])
    await page.goto(f"{host.origin}/index.html")
    inbox, count = Inbox(page.frame_locator("porthole-inbox iframe")), page.locator("output")
    await inbox.is_live()
    await expect(count).not_to_be_empty()
    before = int(await count.inner_text())
    customer = await customers.new()
    await customer.says("I have a question")
    await expect(page.get_by_role("status").last).to_have_text(f"{customer.name} wrote")
    await expect(count).to_have_text(str(before + 1))

    await page.get_by_label("Dark").check()
    await expect(inbox.root.locator("html")).to_have_attribute("data-mode", "dark")
    await expect(inbox.root.locator("html")).to_have_css("--radius", "4px")
    await page.get_by_label("Unread only").check()
    unread = inbox.root.get_by_role("button", name="Unread", exact=True)
    await expect(unread).to_have_attribute("aria-pressed", "true")
    await page.get_by_label("Phone number").fill(f"+{customer.wa_id}")
    await page.get_by_role("button", name="Open").click()
    await expect(inbox.message("I have a question")).to_be_visible()
    await expect(count).to_have_text(str(before))
    await page.get_by_label("Phone number").fill("12")
    await page.get_by_role("button", name="Open").click()
    await expect(page.get_by_role("status").last).to_contain_text("phone number with its country code")


async def _site(example: str, folder: Path, demo: Demo, embed_url: str) -> Path:
    """The example's files with the addresses of this demo, built as their reader would build them."""
    for file in (EXAMPLES / example).iterdir():
        source = file.read_text().replace("https://inbox.example.com/embed/TOKEN", embed_url)
        (folder / file.name).write_text(source.replace("https://inbox.example.com", demo.base_url))
    if example == "html":
        return folder
    async with httpx.AsyncClient(base_url=demo.base_url) as client:
        (folder / "porthole.d.ts").write_bytes((await client.get("/porthole.d.ts")).content)
    (folder / "node_modules").symlink_to(PACKAGES)
    typed = "App.tsx"
    if example == "vue":
        typed = "declared.ts"
        (declared,) = (one.text for one in samples_of(EXAMPLES.parents[1] / "host-page.md") if one.language == "ts")
        (folder / typed).write_text(declared)
    options = (
        "--noEmit --strict --skipLibCheck --jsx react-jsx --module esnext --moduleResolution bundler --target es2022"
    )
    compiler = INBOX / "node_modules" / "typescript" / "bin" / "tsc"
    await _run_node(str(compiler), *options.split(), typed, "porthole.d.ts", cwd=folder)
    await _run_node("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", cwd=folder)
    return folder / "dist"


async def _run_node(*arguments: str, cwd: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        NODE, *arguments, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
