"""The dashboard in a browser: the first run, an embed from its form to its end, by the keyboard and without scripts."""

import re

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.conftest import Troubles
from tests.browser.demo import Demo
from tests.browser.inbox import Inbox
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

EMAIL, PASSWORD = "olga@example.com", "a few words in a row"
PHONE, DESK = ViewportSize(width=360, height=740), ViewportSize(width=1280, height=800)


async def looks_right(page: Page, state: str) -> None:
    """Axe finds nothing in either theme, and nothing is wider than a phone."""
    for theme in ("light", "dark"):
        await page.evaluate("theme => { document.documentElement.dataset.mode = theme; }", theme)
        assert await violations(page) == [], f"{state}, {theme}"
    await page.set_viewport_size(PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], state
    assert await violations(page) == [], f"{state}, on a phone"
    await page.set_viewport_size(DESK)


async def sign_in(page: Page, demo: Demo) -> None:
    """As the owner, who comes to be if this is the first who asks."""
    await page.goto(demo.first_owner_url)
    if await page.get_by_role("heading", name="Set up Porthole").is_visible():
        await page.get_by_label("Your name").fill("Olga Own")
        await page.get_by_label("Email").fill(EMAIL)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_label("The password once more").fill(PASSWORD)
        await page.get_by_role("button", name="Create the account").click()
    else:
        await page.goto(f"{demo.base_url}/dashboard")
        await page.get_by_label("Email").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    await page.get_by_role("navigation", name="Dashboard").get_by_role("link", name="Inbox Embeds").click()
    await expect(page.get_by_role("heading", name="Inbox Embeds")).to_be_visible()


async def test_from_the_printed_link_to_an_embed_and_its_end(
    page: Page, context: BrowserContext, demo: Demo, troubles: Troubles
) -> None:
    troubles.announce("status of (401|404|422)")  # what is sent wrong on purpose, and the link that is used up
    await page.goto(demo.first_owner_url)
    if await page.get_by_role("heading", name="Set up Porthole").is_visible():
        await looks_right(page, "set-up")
    await sign_in(page, demo)
    await looks_right(page, "the list")

    await page.get_by_role("link", name="Create an embed").click()
    await page.get_by_label("Name").fill("Browser's embed")
    # The search finds as one types, and says how many; the arrow keys choose.
    await page.get_by_label("Search customers and numbers").press_sequentially("+1 503-555-0100")
    await expect(page.get_by_role("status").filter(has_text="1 found")).to_have_count(1)
    whole = page.get_by_role("radio", name="The whole project")
    await whole.focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name="Support +1 503-555-0100")).to_be_checked()
    await page.get_by_label("Where it may be embedded").fill("http://crm.example.com")
    await looks_right(page, "the form")
    await page.get_by_label("Expires at").focus()
    await page.get_by_role("button", name="Create the embed").press("Enter")

    await expect(page.get_by_role("alert")).to_be_focused()
    origins = page.get_by_label("Where it may be embedded")
    await expect(origins).to_have_accessible_description(re.compile("plain http is for localhost only"))
    await expect(page.get_by_role("radio", name="Support +1 503-555-0100")).to_be_checked()
    await looks_right(page, "the form with an error")
    await origins.fill("https://crm.example.com")
    await page.get_by_role("button", name="Create the embed").press("Enter")

    await expect(page.get_by_text("Shown only now.")).to_be_visible()
    preview = Inbox(page.frame_locator("#preview"))
    await preview.is_live()
    await page.get_by_role("group", name="How to show it").get_by_text("Dark").click()
    await expect(page.frame_locator("#preview").locator("html")).to_have_attribute("data-mode", "dark")
    await preview.is_live()
    await page.get_by_role("group", name="How to show it").get_by_text("Phone").click()
    box = await page.locator("#preview").bounding_box()
    assert box is not None
    assert box["width"] <= 375
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    for label in ("Iframe", "Element", "Signing secret", "URL"):
        await page.get_by_role("button", name=f"Copy {label}").click()
        shown = await page.get_by_label(label, exact=True).input_value()

        async def is_copied(shown: str = shown) -> bool:
            return bool(await page.evaluate("navigator.clipboard.readText()") == shown)

        await eventually(is_copied)
        await expect(page.get_by_role("status").filter(has_text="Copied.")).to_have_count(1)
    url = await page.get_by_label("URL", exact=True).input_value()
    for label in ("Iframe", "Element"):
        assert f'src="{url}"' in await page.get_by_label(label, exact=True).input_value()

    other = await context.new_page()
    await other.goto(url)
    await Inbox(other).is_live()
    await page.get_by_role("link", name="Done").click()
    await expect(page.get_by_text("1 live")).to_be_visible()  # the preview is gone, and the other page is counted
    await looks_right(page, "an embed")
    await page.get_by_role("link", name="Revoke").click()
    await page.get_by_role("button", name="Revoke the embed").click()
    await expect(page.get_by_role("status").filter(has_text="Revoked.")).to_be_visible()
    await expect(page.get_by_role("link", name="Browser's embed")).to_have_count(0)
    await expect(other.get_by_role("heading")).not_to_have_text("Browser's embed")
    await page.get_by_label("State").select_option("Revoked")
    await expect(page.get_by_role("link", name="Browser's embed")).to_be_visible()
    assert "status=revoked" in page.url


async def test_every_other_page_looks_right_and_the_menu_works_on_a_phone(
    page: Page, demo: Demo, troubles: Troubles
) -> None:
    troubles.announce("status of 404")
    await sign_in(page, demo)
    for name in ("Numbers", "Customers", "Team", "API keys", "Audit log", "Operators"):
        await page.get_by_role("navigation", name="Dashboard").get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(name)
        await looks_right(page, name)
    await page.set_viewport_size(PHONE)
    menu = page.get_by_role("navigation", name="Dashboard")
    await expect(menu).to_be_hidden()
    await page.get_by_text("Menu", exact=True).click()
    await menu.get_by_role("link", name="Inbox Embeds").click()
    await expect(page.get_by_role("heading", name="Inbox Embeds")).to_be_visible()
    # The theme changes at once, and is there when the page is loaded again.
    account = page.get_by_text("Olga Own").first
    await account.click()
    async with page.expect_response(lambda answer: answer.url.endswith("/dashboard/theme")):
        await page.get_by_role("button", name="Dark").click()
    await expect(page.locator("html")).to_have_attribute("data-mode", "dark")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-mode", "dark")
    await account.click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    await account.click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await looks_right(page, "sign-in")


async def test_it_all_works_without_scripts(browser: Browser, page: Page, demo: Demo, troubles: Troubles) -> None:
    troubles.announce("status of 404")
    await sign_in(page, demo)  # the owner comes to be with scripts; all that follows goes without
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE)
    try:
        plain = await context.new_page()
        await plain.goto(f"{demo.base_url}/dashboard")
        await plain.get_by_label("Email").fill(EMAIL)
        await plain.get_by_label("Password").fill(PASSWORD)
        await plain.get_by_role("button", name="Sign in").click()
        await expect(plain.get_by_role("img", name=re.compile("^Messages in the last 24 hours: "))).to_be_visible()
        await plain.get_by_role("link", name="Inbox Embeds").click()
        await plain.get_by_role("link", name="Create an embed").click()
        await plain.get_by_label("Name").fill("Plain embed")
        await plain.get_by_label("Search customers and numbers").fill("orders")
        await plain.get_by_role("button", name="Search").first.click()
        await expect(plain.get_by_label("Name")).to_have_value("Plain embed")
        await plain.get_by_role("radio", name=re.compile("^Orders")).check()
        await plain.get_by_role("button", name="Create the embed").click()
        await expect(plain.get_by_role("heading", name="Plain embed is there")).to_be_visible()
        await plain.get_by_role("link", name="Done").click()
        await plain.get_by_role("link", name="Rotate").click()
        await plain.get_by_role("button", name="Rotate").click()
        await expect(plain.get_by_role("heading", name="Plain embed is rotated")).to_be_visible()
        await plain.get_by_role("link", name="Done").click()
        await plain.get_by_role("link", name="Revoke").click()
        await plain.get_by_role("button", name="Revoke the embed").click()
        await expect(plain.get_by_text("Revoked.")).to_be_visible()
    finally:
        await context.close()
