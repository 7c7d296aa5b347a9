"""What operators do in the dashboard, by the keyboard and without scripts: webhooks, events, assignments."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Troubles
from tests.browser.dashboard_pages import fail_event
from tests.browser.demo import Demo
from tests.browser.test_dashboard import PHONE, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOOK = "https://hooks.example.com/by-keyboard"


async def _go_to(page: Page, name: str) -> None:
    await page.get_by_role("navigation", name="Dashboard").get_by_role("link", name=name, exact=True).press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)


async def test_a_webhook_is_added_tried_and_deleted_by_the_keyboard(page: Page, demo: Demo, troubles: Troubles) -> None:
    troubles.announce("status of (404|422)")  # the link that is used up, and what is sent wrong on purpose
    await sign_in(page, demo)
    await _go_to(page, "Webhooks")
    await page.get_by_role("link", name="Add a webhook").press("Enter")
    await page.get_by_role("radio", name=re.compile("^The project")).focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name=re.compile("^Orders"))).to_be_checked()
    await page.get_by_role("button", name="Next").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("A webhook of Orders")
    await page.get_by_label("URL").fill(HOOK)
    await page.get_by_role("button", name="Add the webhook").press("Enter")
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.get_by_role("group", name="Events")).to_have_accessible_description(
        "Must name at least one event"
    )
    await page.get_by_label("A customer wrote").press("Space")
    await page.get_by_role("button", name="Add the webhook").press("Enter")
    await expect(page.get_by_label("Secret", exact=True)).to_have_value(re.compile("^wh_sec_"))
    await page.get_by_role("link", name="Done").press("Enter")
    await expect(page.get_by_role("heading", name="Nothing was sent yet")).to_be_visible()

    await page.get_by_role("button", name="Send a sample").press("Enter")
    await expect(page.get_by_role("status").filter(has_text="A sample is on its way.")).to_be_visible()
    await page.get_by_label("State").select_option("Delivered")
    await expect(page.get_by_role("heading", name="None is like that")).to_be_visible()
    assert "status=delivered" in page.url
    await page.get_by_label("State").select_option("Waiting")
    await page.get_by_role("link", name="whatsapp.message.received").press("Enter")
    # The page of what waits follows it by itself.
    await expect(page.get_by_text("the host hooks.example.com is not known").first).to_be_visible()
    await expect(page.get_by_role("region", name="Body, as text")).to_contain_text('"body": "This is a test."')
    await page.get_by_role("link", name=HOOK).press("Enter")

    await page.get_by_role("button", name="Pause").press("Enter")
    await expect(page.get_by_role("status").filter(has_text="Paused.")).to_be_visible()
    await page.get_by_role("button", name="Send a sample").press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The webhook is not active.")
    await expect(page.get_by_role("alert")).to_be_focused()
    await page.get_by_role("link", name="Delete").press("Enter")
    await page.get_by_role("button", name="Delete the webhook").press("Enter")
    await expect(page.get_by_role("status").filter(has_text="Deleted.")).to_be_visible()
    await expect(page.get_by_role("link", name=HOOK)).to_have_count(0)


async def test_an_event_that_is_tried_again_says_by_itself_what_came_of_it(
    page: Page, demo: Demo, troubles: Troubles
) -> None:
    troubles.announce("status of 404")
    await sign_in(page, demo)
    await page.goto(await fail_event(page, demo, "<script>alert(1)</script>"))
    await expect(page.get_by_role("region", name="What came, as text")).to_contain_text("<script>alert(1)</script>")
    await expect(page.get_by_text("Once", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Try again").press("Enter")
    await expect(page.get_by_role("status").filter(has_text="It is being tried again.")).to_be_visible()
    await expect(page.get_by_text("2 times")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()  # nobody has connected the number
    await page.get_by_role("link", name="All with this reason").press("Enter")
    await page.get_by_role("button", name="Try all of these again").press("Enter")
    await expect(page.get_by_role("status").filter(has_text="They are being tried again.")).to_be_visible()


async def test_conversations_are_assigned_and_handed_over_without_scripts(
    browser: Browser, page: Page, demo: Demo, troubles: Troubles
) -> None:
    troubles.announce("status of 404")
    await sign_in(page, demo)  # the owner comes to be with scripts; all that follows goes without
    signed_in = await page.context.storage_state()
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE, storage_state=signed_in)
    try:
        plain = await context.new_page()
        team = f"{demo.base_url}/dashboard/{demo.project_id}/team"
        for name in ("Giver", "Taker"):
            await plain.goto(f"{team}/new")
            await plain.get_by_label("Name").fill(name)
            await plain.get_by_label("Email").fill(f"{name.lower()}@example.com")
            await plain.get_by_role("button", name="Add to the team").click()
        await plain.goto(f"{demo.base_url}/dashboard/{demo.project_id}/assignments")
        await plain.get_by_label("Name, number or words").fill("Nia Thompson")
        await plain.get_by_role("button", name="Search").click()
        await plain.get_by_role("link", name=re.compile("^(A|Rea)ssign Nia Thompson$")).click()
        await plain.get_by_label("Search the team").fill("giver")
        await plain.get_by_role("button", name="Search").click()
        await plain.get_by_role("radio", name=re.compile("^Giver")).check()
        await plain.get_by_role("button", name="Assign").click()
        await expect(plain.get_by_text("Assigned.")).to_be_visible()

        await plain.goto(team)
        await plain.get_by_role("link", name="1 assigned to Giver").click()
        await plain.get_by_role("link", name="Hand all of them over").click()
        await plain.get_by_role("button", name="Hand all of them over").click()
        await expect(plain.get_by_text("Must be somebody of the team, or nobody")).to_be_visible()
        await plain.get_by_role("radio", name=re.compile("^Taker")).check()
        await plain.get_by_role("button", name="Hand all of them over").click()
        await expect(plain.get_by_role("heading", name="Giver has none")).to_be_visible()
        await plain.goto(team)
        await plain.get_by_role("link", name="1 assigned to Taker").click()
        await plain.get_by_role("link", name="Reassign Nia Thompson").click()
        await plain.get_by_role("radio", name=re.compile("^Nobody")).check()
        await plain.get_by_role("button", name="Assign").click()
        await expect(plain.get_by_text("Nobody's now.")).to_be_visible()
    finally:
        await context.close()


async def test_enter_in_a_field_sends_the_form_or_searches_and_no_address_holds_a_secret(
    browser: Browser, page: Page, demo: Demo, troubles: Troubles
) -> None:
    troubles.announce("status of (404|422)")  # WhatsApp does not know the token
    await sign_in(page, demo)
    root, asked = f"{demo.base_url}/dashboard/{demo.project_id}", list[str]()
    signed_in = await page.context.storage_state()
    without_scripts = await browser.new_context(java_script_enabled=False, viewport=PHONE, storage_state=signed_in)
    try:
        for one in (page, await without_scripts.new_page()):
            one.on("request", lambda request: asked.append(request.url))
            await one.goto(f"{root}/numbers/new")
            await one.get_by_label("Name").fill("Front desk")
            await one.get_by_label("Phone number id").fill("4242")
            await one.get_by_label("WhatsApp account id").fill("4243")
            await one.get_by_label("Access token").fill("secret")
            await one.get_by_label("Search customers").fill("no such one")
            await one.get_by_label("Search customers").press("Enter")
            await expect(one.get_by_text("Nothing else has “no such one”.")).to_be_visible()
            await one.get_by_label("Access token").fill("secret")
            await one.get_by_label("Access token").press("Enter")
            await expect(one.get_by_role("alert")).to_contain_text("nothing was stored")
            await expect(one.get_by_label("Name")).to_have_value("Front desk")

            await one.goto(f"{root}/embeds/new")
            await one.get_by_label("Search customers and numbers").fill("orders")
            await one.get_by_label("Search customers and numbers").press("Enter")
            await one.get_by_role("radio", name=re.compile("^Orders")).check()
            await one.get_by_label("Name").fill("By Enter")
            await one.get_by_label("Name").press("Enter")
            await expect(one.get_by_role("heading", name="By Enter is there")).to_be_visible()
    finally:
        await without_scripts.close()
    assert f"{root}/numbers" in asked
    assert [url for url in asked if "_token=" in url] == []
