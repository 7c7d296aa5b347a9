"""A host that is not porthole.js: who is heard, who is answered, and what becomes of garbage."""

from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.demo import Demo
from tests.browser.host import Host
from tests.browser.inbox import Inbox
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

BY_HAND = """
window.heard = [];
addEventListener("message", ({ data, origin }) => heard.push({ ...data, origin }));
window.say = (message) => document.querySelector("iframe").contentWindow.postMessage(message, "BASE");
"""

GARBAGE = """
[null, 1, "hello", [], {}, [1, 2], {type: "hello"}, {porthole: null}, {porthole: 0}, {porthole: "1", type: "hello"},
 {porthole: 1}, {porthole: 1, type: 5}, {porthole: 1, type: "constructor"}, {porthole: 1, type: "__proto__"},
 {porthole: 1, type: "open-conversation"}, {porthole: 1, type: "open-conversation", conversation_id: "../session"},
 {porthole: 1, type: "open-contact", contact: "x".repeat(1e6)}, {porthole: 1, type: "set-filters", filters: null},
 {porthole: 1, type: "set-filters", filters: {search: "x".repeat(201)}}, {porthole: 1, type: "set-mode", mode: "pink"},
 {porthole: 1, type: "set-filters", filters: {status: "all", unread: "yes", owner: "me"}, id: "seven"},
 {porthole: 1, type: "set-brand", brand: {accent: {light: "red"}}}, {porthole: 1, type: "hello", id: {}}, new Map(), 5n]
"""


async def test_a_host_speaks_by_hand_and_garbage_does_nothing(
    page: Page, demo: Demo, host: Host, make_embed: MakeEmbed, troubles: Troubles
) -> None:
    troubles.announce("404")
    embed = await make_embed(allowed_origins=[host.origin])
    frame = f'<iframe id="frame-0" src="{embed["embed_url"]}"></iframe>'
    host.body = f'{frame}<script type="module">{BY_HAND.replace("BASE", demo.base_url)}</script>'
    await page.goto(host.origin)
    inbox = Inbox(page.frame_locator("#frame-0"))
    await inbox.is_live()

    async def heard(kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await page.evaluate("kind => heard.filter(({ type }) => type === kind)", kind)
        return found

    # Before a hello, and after what is none, the inbox is silent.
    await page.evaluate(f"for (const one of {GARBAGE}.filter((one) => one?.type !== 'hello')) say(one)")
    assert await page.evaluate("heard.length") == 0
    await page.evaluate('say({ porthole: 1, type: "hello" })')
    (ready,) = await eventually(lambda: heard("ready"), 20) or []
    assert ready | {"origin": ""} == {
        "porthole": 1, "type": "ready", "version": 1, "embed": {"id": embed["id"], "name": embed["name"]}, "origin": "",
    }  # fmt: skip
    assert ready["origin"] == demo.base_url
    assert await heard("error") == []

    names = await inbox.names.all_text_contents()
    await page.evaluate(f"for (const one of {GARBAGE}) say(one)")
    await page.evaluate('say({ porthole: 1, type: "open-contact", contact: { phone_number: "10000" }, id: "last" })')

    async def answered() -> bool:
        return any(error.get("id") == "last" for error in await heard("error"))

    await eventually(answered, 20)
    *errors, last = await heard("error")
    assert last["code"] == "not_found"
    assert {error["code"] for error in errors} == {"unsupported_version", "invalid_message"}
    (seven,) = (error for error in errors if error.get("id") == "seven")
    assert set(seven["errors"]) == {"filters.unread", "filters.owner"}
    assert all(error["error"] for error in errors)
    assert await heard("done") == []
    assert await inbox.names.all_text_contents() == names

    # A mode of null is the embed's own.
    for mode, shown in (('"dark"', "dark"), ("null", embed["default_mode"])):
        await page.evaluate(f'say({{ porthole: 1, type: "set-mode", mode: {mode} }})')
        await expect(inbox.root.locator("html")).to_have_attribute("data-mode", shown)

    # Whoever says hello again, being loaded anew itself, hears all of it again.
    await page.evaluate('say({ porthole: 1, type: "hello" })')
    await eventually(lambda: _several(heard, "unread"), 20)
    assert len(await heard("ready")) == 2


async def _several(heard: Any, kind: str) -> bool:
    return len(await heard(kind)) > 1


@pytest.mark.parametrize(
    ("origin", "patterns", "hears"),
    [
        ("https://shop.example.com", ["*.example.com"], True),
        ("https://a.shop.example.com", ["https://other.example", "*.example.com"], True),
        ("https://example.com", ["*.example.com"], False),
        ("https://shop.example.com.evil.example", ["*.example.com"], False),
        ("https://shop.example.com:8443", ["*.example.com"], False),
        ("https://shop.example.com", [], True),
    ],
)
async def test_the_inbox_speaks_only_with_the_origins_that_may_embed_it(
    page: Page, demo: Demo, make_embed: MakeEmbed, troubles: Troubles, origin: str, patterns: list[str], hears: bool
) -> None:
    """The browser keeps the frame from other pages by itself; here it is not told to, and the page has to."""
    troubles.announce(
        "LOCAL_NETWORK_ACCESS"
    )  # what the browser asks of a page of the web that embeds one of this machine
    embed = await make_embed(allowed_origins=patterns)
    frame = f'<iframe src="{embed["embed_url"]}"></iframe>'
    script = BY_HAND.replace("BASE", demo.base_url)

    async def without_ancestors(route: Route) -> None:
        answer = await route.fetch()
        headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
        await route.fulfill(response=answer, headers=headers)

    async def of_the_host(route: Route) -> None:
        icon = '<link rel="icon" href="data:,">'
        await route.fulfill(content_type="text/html", body=f"{icon}{frame}<script type=module>{script}</script>")

    await page.route(f"{embed['embed_url']}*", without_ancestors)
    await page.route(f"{origin}/", of_the_host)
    await page.goto(f"{origin}/")
    await expect(page.frame_locator("iframe").locator("#inbox > *").first).to_be_attached()
    chunk = page.wait_for_event("response", lambda response: "/assets/line-" in response.url)
    await page.evaluate('say({ porthole: 1, type: "hello" })')
    await chunk
    if hears:
        await page.wait_for_function("heard.some(({ type }) => type === 'ready')")
    else:
        # The inbox itself says when it has read what was said to it.
        child = page.frames[1]
        await child.evaluate(
            "() => new Promise((heard) => { addEventListener('message', heard); postMessage(1, '*'); })"
        )
        assert await page.evaluate("heard.length") == 0
