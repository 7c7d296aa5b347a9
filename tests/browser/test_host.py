"""The host's page and the inbox in its iframe speak with each other, and with nobody else."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.host import Host
from tests.browser.inbox import Inbox
from tests.compatibility.clients import NODE
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODY = "018f0000-0000-7000-8000-000000000000"

# A host that keeps what each of its elements, by id, has told it.
LISTENS = """
window.told = {};
for (const inbox of document.querySelectorAll("porthole-inbox")) {
  const told = (window.told[inbox.id] = []);
  for (const type of ["ready", "unread", "conversation-opened", "conversation-closed", "message-received",
      "handoff-requested", "resize", "ended", "error"])
    inbox.addEventListener(type, (event) => { event.preventDefault(); told.push([type, event.detail]); });
}
"""
# One that speaks the protocol by hand.
BY_HAND = """
window.heard = [];
addEventListener("message", ({ data, origin }) => heard.push({ ...data, origin }));
window.say = (message) => document.querySelector("iframe").contentWindow.postMessage(message, "BASE");
"""


class Told:
    """What a page was told, by the element with this id or by hand."""

    def __init__(self, page: Page, element: str) -> None:
        self._page = page
        self._element = element

    async def all(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._page.evaluate(
            "([id, kind]) => told[id].filter(([type]) => type === kind).map(([, detail]) => detail)",
            [self._element, kind],
        )
        return found

    async def last(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The newest of a kind, once it says what is wanted."""

        async def said() -> dict[str, Any] | None:
            newest = (await self.all(kind))[-1:]
            return next((one for one in newest if {**one, **wanted} == one), None)

        found = await eventually(said, 20)
        assert found is not None
        return found

    async def does(self, call: str, *arguments: Any) -> Any:
        """What comes of a method: True, or the failure's code."""
        return await self._page.evaluate(
            f"([id, given]) => document.getElementById(id).{call}(...given).then(() => true, ({{ code }}) => code)",
            [self._element, list(arguments)],
        )

    async def becomes(self, name: str, value: Any) -> None:
        await self._page.evaluate(
            "([id, name, value]) => { document.getElementById(id)[name] = value }", [self._element, name, value]
        )


def _elements(demo: Demo, **urls: str) -> str:
    elements = "".join(f'<porthole-inbox id="{name}" src="{url}"></porthole-inbox>' for name, url in urls.items())
    return (
        f'<script type="module" src="{demo.base_url}/porthole.js"></script>'
        f'{elements}<script type="module" nonce="host">{LISTENS}</script>'
    )


async def _hands_off(platform: httpx.AsyncClient, wa_id: str, phone_number_id: str) -> None:
    """An automation begins to answer a customer, and gives up."""
    workflow = (await platform.post("/workflows", json={"workflow": {"name": "First answers"}})).json()["data"]["id"]
    execution = {"workflow_execution": {"phone_number": wa_id, "phone_number_id": phone_number_id}}
    started = await platform.post(f"/workflows/{workflow}/executions", json=execution)
    path = f"/workflow_executions/{started.raise_for_status().json()['data']['id']}"
    (await platform.patch(path, json={"workflow_execution": {"status": "handoff"}})).raise_for_status()


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
    await _hands_off(platform, caller.wa_id, customers.phone_number_id)
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
    host.body = _elements(demo, desk=embed["embed_url"]).replace("<porthole-inbox ", '<porthole-inbox mode="dark" ')
    await page.goto(host.origin)
    desk, frame = Told(page, "desk"), page.frame_locator("#desk iframe")
    inbox, root = Inbox(frame), frame.locator("html")
    await desk.last("ready")
    await expect(page.locator("#desk iframe")).to_have_attribute("src", re.compile(r"\?mode=dark$"))
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
    if example == "react":
        options = "--noEmit --strict --jsx react-jsx --module esnext --moduleResolution bundler --target es2022"
        compiler = INBOX / "node_modules" / "typescript" / "bin" / "tsc"
        await _run_node(str(compiler), *options.split(), "App.tsx", "porthole.d.ts", cwd=folder)
    await _run_node("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", cwd=folder)
    return folder / "dist"


async def _run_node(*arguments: str, cwd: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        NODE, *arguments, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
