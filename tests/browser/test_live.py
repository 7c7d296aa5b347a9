"""Messages in both directions, between a customer's phone and the inbox in a host page. Nothing is ever reloaded."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, Error, Locator, Page, Route, WebSocketRoute, expect

from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customers
from tests.browser.demo import Demo
from tests.browser.host import Host
from tests.browser.inbox import Inbox
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_text_typed_on_the_phone_appears_in_the_list_and_in_the_open_thread(
    inbox: Inbox, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    phone = await context.new_page()
    await phone.goto(demo.simulator_url + customer.phone_path)
    await phone.get_by_role("textbox", name="Message").fill("Is the *shop* open?")
    await phone.get_by_role("button", name="Send", exact=True).click()

    await expect(inbox.names.first).to_have_text(customer.name)
    await expect(inbox.rows.first).to_contain_text("Is the shop open?")
    await expect(inbox.unread(customer.name, 1)).to_be_visible()

    await inbox.open(customer.name)
    await expect(inbox.unread(customer.name, 1)).to_have_count(0)
    await phone.get_by_role("textbox", name="Message").fill("I am at the door")
    await phone.keyboard.press("Enter")
    await expect(inbox.message("I am at the door")).to_be_visible()
    await expect(inbox.rows.first).to_contain_text("I am at the door")
    await expect(inbox.row(customer.name).locator(".unread")).to_have_count(0)


async def test_a_new_message_moves_its_conversation_to_the_top(inbox: Inbox, customers: Customers) -> None:
    first, second = await customers.new(), await customers.new()
    now = int(time.time())  # WhatsApp counts in whole seconds
    await first.says("One", timestamp=now)
    await second.says("Two", timestamp=now + 1)
    await expect(inbox.rows.first).to_contain_text(second.name)
    await first.says("Three", timestamp=now + 2)
    await expect(inbox.rows.first).to_contain_text(first.name)
    await expect(inbox.unread(first.name, 2)).to_be_visible()


async def test_an_open_thread_goes_on_into_that_of_somebody_who_turns_out_to_be_the_same_person(
    inbox: Inbox, customers: Customers
) -> None:
    first, second = await customers.new(), await customers.new()
    await first.says("Do you mend tents?")
    await inbox.open(first.name)
    await second.says("Do you mend boots?")
    await expect(inbox.row(second.name)).to_be_visible()
    await second.sends("system", {"type": "user_changed_number", "wa_id": first.wa_id})
    await expect(inbox.message("Do you mend boots?")).to_be_visible()
    await expect(inbox.message("Do you mend tents?")).to_be_visible()


async def test_a_reply_reaches_the_phone_and_its_ticks_follow_it_until_it_is_read(
    inbox: Inbox, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Do you mend zips?")
    await inbox.open(customer.name)
    await _record_ticks(inbox.log)

    await inbox.reply("We do, bring it in")
    ticks = inbox.message("We do, bring it in").get_by_role("img")
    await expect(ticks).to_have_accessible_name("Delivered")
    waiting, *later = await _recorded_ticks(inbox.log)
    assert waiting in {"Waiting to be sent", "Sending"}
    assert [name for name in later if name not in {"Waiting to be sent", "Sending"}] == ["Sent", "Delivered"]

    phone = await context.new_page()
    await phone.goto(demo.simulator_url + customer.phone_path)
    await expect(phone.locator("#thread")).to_contain_text("We do, bring it in")
    await expect(ticks).to_have_accessible_name("Read")
    await expect(inbox.message("We do, bring it in")).to_have_count(1)


async def test_a_reply_appears_at_once_on_a_phone_that_has_the_chat_open(
    inbox: Inbox, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Hello?")
    phone = await context.new_page()
    await phone.goto(demo.simulator_url + customer.phone_path)
    await inbox.open(customer.name)
    await inbox.reply("Good morning")
    await expect(phone.locator("#thread")).to_contain_text("Good morning")
    await expect(inbox.message("Good morning").get_by_role("img")).to_have_accessible_name("Read")


async def test_a_refused_reply_says_why_and_can_be_sent_again(
    inbox: Inbox, customers: Customers, simulator: httpx.AsyncClient
) -> None:
    customer = await customers.new()
    await customer.says("Are you there?")
    await inbox.open(customer.name)
    (await simulator.put("/_sim/faults", json={"async_fail_next": {"count": 1, "code": 131026}})).raise_for_status()
    await inbox.reply("Yes, we are")
    refused = inbox.message("Yes, we are")
    await expect(refused.get_by_role("img")).to_have_accessible_name("Not delivered")
    await expect(refused).to_contain_text("undeliverable", ignore_case=True)
    await refused.get_by_role("button", name="Send again").click()
    await expect(refused.get_by_role("img")).to_have_accessible_name("Delivered")
    await expect(refused).to_have_count(1)


async def test_two_frames_side_by_side_agree(
    page: Page, host: Host, make_embed: MakeEmbed, customers: Customers
) -> None:
    embed = await make_embed(allowed_origins=[host.origin])
    host.frames = [embed["embed_url"]] * 2
    await page.goto(host.origin)
    left, right = (Inbox(page.frame_locator(f"#frame-{index}")) for index in range(2))
    await left.is_live()
    await right.is_live()

    customer = await customers.new()
    await customer.says("Hello, both of you")
    for inbox in (left, right):
        await expect(inbox.unread(customer.name, 1)).to_be_visible()
    await left.open(customer.name)
    for inbox in (left, right):
        await expect(inbox.row(customer.name).locator(".unread")).to_have_count(0)

    await left.back.click()
    await right.open(customer.name)
    await right.reply("Hello, from the right")
    await expect(left.row(customer.name)).to_contain_text("Hello, from the right")
    await left.open(customer.name)
    await left.reply("And from the left")
    for inbox in (left, right):
        await expect(inbox.messages).to_have_count(3)
        await expect(inbox.messages.last).to_contain_text("And from the left")
        await expect(inbox.messages.last.get_by_role("img")).to_have_accessible_name("Delivered")


async def test_a_page_that_was_offline_catches_up_with_nothing_missing_or_doubled(
    page: Page, context: BrowserContext, demo: Demo, customers: Customers, troubles: Troubles
) -> None:
    wires = Wires()
    await wires.put_under(context)
    await page.goto(demo.host_page_url)
    inbox = Inbox(page.frame_locator("#inbox iframe"))
    await inbox.is_live()
    customer, newcomer = await customers.new(), await customers.new()
    await customer.says("Before")
    await inbox.open(customer.name)
    await expect(inbox.message("Before")).to_be_visible()

    troubles.announce("ERR_INTERNET_DISCONNECTED|WebSocket connection to .* failed")
    await context.set_offline(True)
    await wires.cut()
    await expect(inbox.connection("No connection")).to_be_attached()
    await expect(inbox.root.get_by_text("New messages appear when it is back")).to_be_visible()
    await customer.says("While it was away")
    await newcomer.says("A first message, unheard")
    await inbox.reply("Written without a connection")
    await expect(inbox.root.get_by_text("What you send goes out as soon as it is back")).to_be_visible()
    await expect(inbox.message("Written without a connection")).to_be_visible()
    await expect(inbox.message("While it was away")).to_have_count(0)

    wires.mend()
    await context.set_offline(False)
    await expect(inbox.message("While it was away")).to_be_visible()
    await expect(inbox.unread(newcomer.name, 1)).to_be_visible()
    await expect(inbox.messages.last.get_by_role("img")).to_have_accessible_name("Delivered")
    await inbox.is_live()
    await customer.says("After")
    await expect(inbox.message("After")).to_be_visible()
    texts = [text.split("\n") for text in await inbox.messages.locator(".text").all_inner_texts()]
    assert sorted(texts) == sorted([["Before"], ["While it was away"], ["Written without a connection"], ["After"]])


async def test_a_page_that_is_told_to_move_connects_anew_at_once_and_asks_what_it_missed_meanwhile(
    page: Page, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    wires = Wires()
    await wires.put_under(context)
    await page.goto(demo.host_page_url)
    inbox = Inbox(page.frame_locator("#inbox iframe"))
    await inbox.is_live()
    customer = await customers.new()
    await customer.says("Before")
    await inbox.open(customer.name)
    label = inbox.connection("Live$")
    await label.evaluate("""label => {
        window.shown = [];
        new MutationObserver(() => window.shown.push(label.textContent))
            .observe(label, { characterData: true, childList: true, subtree: true });
    }""")

    wires.before_next(customer.says("Between the two"))
    wires.move()
    await expect(inbox.message("Between the two")).to_be_visible()
    await customer.says("After")
    await expect(inbox.message("After")).to_be_visible()
    assert wires.opened == 2
    assert await label.evaluate("() => window.shown") == []
    assert await inbox.messages.locator(".text").all_inner_texts() == ["Before", "Between the two", "After"]


async def test_a_page_whose_socket_is_blocked_asks_by_itself(
    page: Page, context: BrowserContext, demo: Demo, customers: Customers, troubles: Troubles
) -> None:
    wires = Wires()
    await wires.cut()
    await wires.put_under(context)
    await context.clock.install()
    await page.goto(demo.host_page_url)
    inbox = Inbox(page.frame_locator("#inbox iframe"))
    await expect(inbox.rows.first).to_be_visible()
    await context.clock.fast_forward(3_000)
    await expect(inbox.connection("Live connection blocked")).to_be_attached()
    customer = await customers.new()
    await customer.says("Can you read this?")
    await expect(inbox.unread(customer.name, 1)).to_have_count(0)

    async def asked_again() -> bool:
        await context.clock.fast_forward(5_000)
        return await inbox.unread(customer.name, 1).is_visible()

    async def tried_again() -> bool:
        await context.clock.fast_forward(30_000)
        with contextlib.suppress(Error):
            await inbox.connection("Live$").wait_for(state="attached", timeout=1_000)
            return True
        return False

    await eventually(asked_again)
    wires.mend()
    await eventually(tried_again)


async def test_older_messages_load_above_without_moving_what_is_in_view(inbox: Inbox, context: BrowserContext) -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await may_answer.wait()
        await route.continue_()

    await context.route("**/messages?after=*", hold)
    await inbox.find("Sofia Rossi")
    await expect(inbox.messages.first).to_be_attached()
    before = await inbox.messages.count()
    await inbox.log.hover()
    await inbox.log.evaluate("log => { log.scrollTop = 0; }")
    await asyncio.wait_for(asked.wait(), 5)
    in_view = inbox.root.locator(f"#{await inbox.messages.first.get_attribute('id')}")
    await expect(in_view).to_be_in_viewport()
    place = await _top(in_view)

    may_answer.set()
    await expect(inbox.messages).not_to_have_count(before)
    assert abs(await _top(in_view) - place) < 3

    await inbox.log.evaluate("log => { log.scrollTop = 0; }")
    await expect(inbox.root.get_by_text("Start of the conversation")).to_be_in_viewport()
    await expect(inbox.messages.first).to_contain_text("My sister and I want to walk the Alta Via 1")


class Wires:
    """The WebSockets of a context, which can be cut: what is open closes, what is tried fails; or told to move."""

    def __init__(self) -> None:
        self._are_cut = False
        self._open: list[WebSocketRoute] = []
        self._before_next: Coroutine[Any, Any, object] | None = None
        self.opened = 0

    async def put_under(self, context: BrowserContext) -> None:
        await context.route_web_socket("**/realtime/**", self._connect)

    async def cut(self) -> None:
        self._are_cut = True
        for wire in self._open:
            await wire.close()
        self._open.clear()

    def move(self) -> None:
        """Say what a server says that is about to stop."""
        for wire in self._open:
            wire.send('42["move"]')

    def before_next(self, happens: Coroutine[Any, Any, object]) -> None:
        """Have this happen while the next one is about to open."""
        self._before_next = happens

    def mend(self) -> None:
        self._are_cut = False

    async def _connect(self, wire: WebSocketRoute) -> None:
        if self._are_cut:
            await wire.close()
        else:
            if self._before_next is not None:
                await self._before_next
                self._before_next = None
            wire.connect_to_server()
            self._open.append(wire)
            self.opened += 1


async def _top(element: Locator) -> float:
    """As it is drawn: what a frame is about to set right is not seen."""
    await element.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    box = await element.bounding_box()
    assert box is not None
    return box["y"]


async def _record_ticks(log: Locator) -> None:
    await log.evaluate(
        """log => {
            window.recordedTicks = [];
            const record = () => {
                const label = [...log.querySelectorAll(".ticks")].at(-1)?.getAttribute("aria-label");
                if (label && label !== window.recordedTicks.at(-1)) window.recordedTicks.push(label);
            };
            new MutationObserver(record).observe(log, { subtree: true, childList: true, attributes: true });
        }"""
    )


async def _recorded_ticks(log: Locator) -> list[str]:
    recorded: list[str] = await log.evaluate("() => window.recordedTicks")
    return recorded
