"""<porthole-inbox>: what it tells the host's page, and what it does for it."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator

import httpx
import jwt
import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.host import Host
from tests.browser.inbox import Inbox
from tests.browser.told import LISTENS, Told
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODY = "018f0000-0000-7000-8000-000000000000"

CONTRAST = """
(root, names) => {
  const lightness = (name) => {
    const probe = root.querySelector("body").appendChild(document.createElement("i"));
    probe.style.color = `var(${name})`;
    const parts = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    probe.remove();
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const [one, other] = names.map(lightness);
  return Math.max(one / other, other / one);
}
"""


def _elements(demo: Demo, **urls: str) -> str:
    elements = "".join(f'<porthole-inbox id="{name}" src="{url}"></porthole-inbox>' for name, url in urls.items())
    return (
        f'<script type="module" src="{demo.base_url}/porthole.js"></script>'
        f'{elements}<script type="module" nonce="host">{LISTENS}</script>'
    )


@contextlib.asynccontextmanager
async def _handed_off(platform: httpx.AsyncClient, wa_id: str, phone_number_id: str) -> AsyncIterator[None]:
    """An automation begins to answer a customer, and gives up; in the end nothing of it is left open."""
    workflow = (await platform.post("/workflows", json={"workflow": {"name": "First answers"}})).json()["data"]["id"]
    execution = {"workflow_execution": {"phone_number": wa_id, "phone_number_id": phone_number_id}}
    started = await platform.post(f"/workflows/{workflow}/executions", json=execution)
    path = f"/workflow_executions/{started.raise_for_status().json()['data']['id']}"
    (await platform.patch(path, json={"workflow_execution": {"status": "handoff"}})).raise_for_status()
    try:
        yield
    finally:
        (await platform.patch(path, json={"workflow_execution": {"status": "ended"}})).raise_for_status()


async def test_the_element_tells_what_happens_and_does_what_it_is_asked(
    page: Page, demo: Demo, host: Host, make_embed: MakeEmbed, customers: Customers, platform: httpx.AsyncClient,
    troubles: Troubles,
) -> None:  # fmt: skip
    troubles.announce("404")  # of what the host asks for in vain
    known, caller = await customers.new(), await customers.new()
    await known.says("Hello")
    embed = await make_embed(allowed_origins=[host.origin], name="Care desk")
    host.body = _elements(demo, desk=embed["embed_url"])
    # As strict as a host can be; the nonce is for what the test itself writes into the page.
    sources = f"script-src {demo.base_url} 'nonce-host'; style-src 'nonce-host'; frame-src {demo.base_url}"
    host.policy = f"default-src 'none'; {sources}"
    await page.goto(host.origin)
    desk, inbox = Told(page, "desk"), Inbox(page.frame_locator("#desk iframe"))
    assert await desk.last("ready") == {"version": 1, "embed": {"id": embed["id"], "name": "Care desk"}}
    await expect(page.locator("#desk iframe")).to_have_attribute("title", "Care desk")
    await expect(inbox.row(known.name)).to_be_visible()
    before = (await desk.last("unread", more=False))["count"]
    assert 0 < (await desk.last("resize"))["height"] <= 2000

    # A message comes: its words stay in the frame.
    await caller.says("Is anybody there?")
    received = await desk.last("message-received")
    assert received["contact"] | {"id": ""} == {"id": "", "name": caller.name, "phone_number": caller.wa_id}
    assert set(received) == {"conversation_id", "message_id", "timestamp", "contact"}
    await desk.last("unread", count=before + 1)
    await caller.says("Hello?")  # the same conversation is still one
    await eventually(lambda: desk.all("message-received"), 20)
    await expect(inbox.unread(caller.name, 2)).to_be_visible()
    assert (await desk.last("unread"))["count"] == before + 1

    # The host opens it; reading it counts down, and so does whatever a colleague reads elsewhere.
    assert await desk.does("openContact", {"phone_number": f"+{caller.wa_id[:4]} {caller.wa_id[4:]}"}) is True
    await expect(inbox.message("Is anybody there?")).to_be_visible()
    await desk.last("conversation-opened", conversation_id=received["conversation_id"])
    await desk.last("unread", count=before)
    assert await desk.does("openContact", {"phone_number": known.wa_id}) is True
    await desk.last("conversation-closed", conversation_id=received["conversation_id"])
    assert await desk.does("openConversation", received["conversation_id"]) is True
    await desk.last("conversation-opened", conversation_id=received["conversation_id"])
    assert await desk.does("openConversation", NOBODY) == "not_found"
    assert await desk.does("openContact", {"id": NOBODY}) == "not_found"
    assert await desk.does("openContact", {"phone_number": "x"}) == "invalid_message"

    # A person is needed, which is told once, whatever happens there afterwards.
    async with _handed_off(platform, caller.wa_id, customers.phone_number_id):
        handoff = await desk.last("handoff-requested")
        assert (handoff["contact"]["name"], handoff["by"]) == (caller.name, None)
        await caller.says("Thank you")
        await expect(inbox.message("Thank you")).to_be_visible()
        assert len(await desk.all("handoff-requested")) == 1

        assert await desk.does("setFilters", {"handoff": True, "search": caller.wa_id}) is True
        await expect(inbox.names).to_have_text([caller.name])
    assert await desk.does("setFilters", {"search": "", "handoff": False}) is True
    assert await desk.does("setFilters", {"status": "open"}) == "invalid_message"
    assert await desk.all("error") == []


async def test_the_theme_and_the_brand_are_the_hosts_until_the_visitor_chooses_and_outlive_the_frames_page(
    page: Page, demo: Demo, host: Host, make_embed: MakeEmbed, platform: httpx.AsyncClient
) -> None:
    embed = await make_embed(allowed_origins=[host.origin])
    url = f"{embed['embed_url']}?mode=light"
    host.body = _elements(demo, desk=url).replace("<porthole-inbox ", '<porthole-inbox mode="dark" ')
    await page.goto(host.origin)
    desk, frame = Told(page, "desk"), page.frame_locator("#desk iframe")
    inbox, root = Inbox(frame), frame.locator("html")
    await desk.last("ready")
    await expect(page.locator("#desk iframe")).to_have_attribute("src", re.compile(r"\?mode=dark$"))
    await expect(root).to_have_attribute("data-mode", "dark")
    await desk.becomes("mode", None)  # what the address says
    await expect(root).to_have_attribute("data-mode", "light")
    await desk.becomes("mode", "dark")
    await expect(root).to_have_attribute("data-mode", "dark")
    await desk.becomes("mode", "light")
    await expect(root).to_have_attribute("data-mode", "light")

    # A pale yellow is darkened until it can be read on white, and what stands on it is chosen.
    await desk.becomes("brand", {"accent": "#ffee88", "radius": 3, "font": "Georgia, 'My Font'"})
    await expect(root).to_have_css("--radius", "3px")
    assert await root.evaluate(CONTRAST, ["--accent", "--surface"]) >= 4.5
    assert await root.evaluate(CONTRAST, ["--on-accent", "--accent"]) >= 4.5
    await expect(root.locator("body")).to_have_css("font-family", re.compile("^Georgia, "))
    in_light = await root.evaluate("root => root.style.getPropertyValue('--accent')")
    await desk.becomes("mode", "dark")
    await expect(root).not_to_have_attribute("style", re.compile(re.escape(in_light)))
    assert await root.evaluate(CONTRAST, ["--accent", "--surface"]) >= 4.5

    # What may not be, changes nothing.
    for wrong in ({"accent": "url(//x.example)"}, {"accent": "rgb(0 0 0 / 50%)"}, {"accent": "var(--text)"},
                  {"font": "x; } body {"}, {"font": "inherit"}, {"radius": 300}, {"shadow": "none"}):  # fmt: skip
        await desk.becomes("brand", wrong)
        assert await desk.does("setFilters", {}) is True  # so that the error is not the one before
        (field,) = (await desk.last("error", code="invalid_message"))["errors"]
        assert field == f"brand.{next(iter(wrong))}"
        await expect(root).to_have_css("--radius", "3px")
    await desk.becomes("brand", {"radius": 5})
    await expect(root).to_have_css("--radius", "5px")

    # The embed changes, the frame loads anew, and is greeted anew.
    change = {"inbox_embed": {"name": "Desk of care"}}
    (await platform.patch(f"/inbox_embeds/{embed['id']}", json=change)).raise_for_status()
    await desk.last("ready", embed={"id": embed["id"], "name": "Desk of care"})
    await expect(root).to_have_css("--radius", "5px")
    await expect(root).to_have_attribute("data-mode", "dark")

    await inbox.is_live()
    await frame.get_by_role("button", name=re.compile("theme", re.IGNORECASE)).click()
    chosen = await root.get_attribute("data-mode")
    assert chosen != "dark"
    await desk.becomes("mode", "light" if chosen == "system" else "system")
    assert await desk.does("setFilters", {}) is True  # what was said before has been heard
    await expect(root).to_have_attribute("data-mode", chosen or "")


async def test_a_fresh_user_claim_ends_a_wait_and_loads_nothing_anew_whatever_the_list_shows(
    page: Page, demo: Demo, host: Host, make_embed: MakeEmbed, troubles: Troubles
) -> None:
    troubles.announce("401")
    embed = await make_embed(allowed_origins=[host.origin])

    def url(seconds: int) -> str:
        claims = {"sub": "1", "name": "Ana", "exp": int(time.time()) + seconds}
        return f"{embed['embed_url']}#user={jwt.encode(claims, embed['signing_secret'], algorithm='HS256')}"

    host.body = _elements(demo, desk=url(-5))
    await page.goto(host.origin)
    desk = Told(page, "desk")
    assert await desk.last("ended") == {"code": "expired_user_claim"}
    asked = asyncio.create_task(desk.does("setFilters", {"unread": True}))
    await desk.becomes("src", url(600))
    assert await asked is True
    frame = page.frames[1]
    await frame.evaluate("window.kept = history.length")
    fresh = url(3600)
    await desk.becomes("src", fresh)
    await frame.wait_for_url(re.compile(rf"\?unread=1{re.escape(fresh[fresh.index('#') :])}$"))
    assert await frame.evaluate("window.kept === history.length")
    assert len(await desk.all("ready")) == 1


async def test_the_last_that_is_opened_stays_open(
    page: Page, demo: Demo, host: Host, make_embed: MakeEmbed, customers: Customers
) -> None:
    slow, quick, chosen = [await customers.new() for _ in range(3)]
    host.body = _elements(demo, desk=(await make_embed(allowed_origins=[host.origin]))["embed_url"])
    await page.goto(host.origin)
    desk, inbox = Told(page, "desk"), Inbox(page.frame_locator("#desk iframe"))
    await inbox.is_live()
    for customer in (slow, quick, chosen):
        await customer.says(f"I am {customer.name}")
        await expect(inbox.row(customer.name)).to_be_visible()
    goes_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await goes_on.wait()
        await route.continue_()

    await page.route(re.compile(rf"/inbox/v1/conversations\?contact=\D*{slow.wa_id}"), hold)

    async def open_slowly() -> "asyncio.Task[object]":
        goes_on.clear()
        async with page.expect_request(re.compile(slow.wa_id)):
            return asyncio.create_task(desk.does("openContact", {"phone_number": slow.wa_id}))

    late = await open_slowly()
    assert await desk.does("openContact", {"phone_number": quick.wa_id}) is True
    goes_on.set()
    assert await late == "superseded"
    late = await open_slowly()
    await inbox.open(chosen.name)
    goes_on.set()
    assert await late == "superseded"
    await expect(inbox.message(f"I am {chosen.name}")).to_be_visible()
    names = [opened["contact"]["name"] for opened in await desk.all("conversation-opened")]
    assert names == [quick.name, chosen.name]

    # A frame of the height that is told does not scroll.
    assert await desk.does("setFilters", {"search": chosen.wa_id}) is True
    await expect(inbox.names).to_have_text([chosen.name])

    async def fits() -> bool:
        height = (await desk.all("resize"))[-1]["height"]
        await page.locator("#desk").evaluate("(desk, height) => { desk.style.height = `${height}px`; }", height)
        parts = inbox.root.locator(".rows, .log, .details-body")
        high_enough = await parts.evaluate_all("all => all.every((one) => one.scrollHeight <= one.clientHeight)")
        return await parts.count() == 3 and bool(high_enough)

    await eventually(fits, 10)


async def test_two_inboxes_on_one_page_are_two(
    page: Page, demo: Demo, host: Host, make_embed: MakeEmbed, customers: Customers, platform: httpx.AsyncClient,
    troubles: Troubles,
) -> None:  # fmt: skip
    troubles.announce("404")  # of what is asked for in vain
    orders = next(number for number in demo.phone_numbers if number.name == "Orders")
    care = await make_embed(allowed_origins=[host.origin], name="All")
    narrow = await make_embed(
        allowed_origins=[host.origin], name="Orders", scope_type="phone_number", scope_id=orders.phone_number_id
    )
    host.body = _elements(demo, all=care["embed_url"], orders=narrow["embed_url"])
    await page.goto(host.origin)
    everything, some = Told(page, "all"), Told(page, "orders")
    assert (await everything.last("ready"))["embed"]["name"] == "All"
    assert (await some.last("ready"))["embed"]["name"] == "Orders"
    assert (await some.last("unread"))["count"] < (await everything.last("unread"))["count"]
    await Inbox(page.frame_locator("#orders iframe")).is_live()
    customer = await customers.new()
    await customer.says("To Support")
    received = await everything.last("message-received")
    assert received["contact"]["name"] == customer.name
    # Outside the scope there is no such conversation.
    assert await everything.does("openConversation", received["conversation_id"]) is True
    assert await some.does("openConversation", received["conversation_id"]) == "not_found"
    assert await some.does("openContact", {"phone_number": customer.wa_id}) == "not_found"
    assert await some.all("message-received") == []
    (await platform.delete(f"/inbox_embeds/{narrow['id']}")).raise_for_status()
    assert await some.last("ended") == {"code": "revoked_token"}
    assert await everything.all("ended") == []


async def test_the_demos_host_shows_how_many_wait_and_who_writes(
    inbox: Inbox, page: Page, customers: Customers
) -> None:
    badge = page.locator("#unread")
    await expect(badge).not_to_be_empty()
    before = int(await badge.inner_text())
    customer = await customers.new()
    await customer.says("Me too")
    await expect(badge).to_have_text(str(before + 1))
    await expect(page).to_have_title(re.compile(rf"^\({before + 1}\) Messages"))
    await expect(page.locator("#news")).to_have_text(f"{customer.name} has just written")
    await inbox.open(customer.name)
    await expect(badge).to_have_text(str(before))
