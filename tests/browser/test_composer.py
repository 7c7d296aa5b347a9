"""What a person writes and sends, from the inbox to the phone. All of it in one inbox, in which each test has a
conversation of its own.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, FilePayload, Locator, Page, Route, expect

from tests.browser.conftest import MakeEmbed, Troubles, new_context
from tests.browser.customers import Customer, Customers
from tests.browser.demo import Demo
from tests.browser.host import Host
from tests.browser.inbox import Inbox
from tests.media import jpeg
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = 24 * 60 * 60


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await new_context(browser)
    yield context
    await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def inbox(page: Page, demo: Demo) -> Inbox:
    await page.goto(demo.host_page_url)
    inbox = Inbox(page.frame_locator("#inbox iframe"))
    await inbox.is_live()
    return inbox


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def in_front(page: Page, troubles: Troubles) -> None:
    """A page in the background is slow to draw."""
    await page.bring_to_front()


@pytest_asyncio.fixture(loop_scope="session")
async def lone_page(browser: Browser) -> AsyncIterator[Page]:
    """Apart from the others: with a clock of its own, for one."""
    context = await new_context(browser)
    troubles = Troubles(context)
    yield await context.new_page()
    await context.close()
    assert troubles.unannounced == []


def _picture(name: str, width: int = 600) -> FilePayload:
    return FilePayload(name=name, mimeType="image/jpeg", buffer=jpeg(width, 400))


async def _phone(context: BrowserContext, demo: Demo, customer: Customer) -> Locator:
    """The chat on the customer's phone."""
    page = await context.new_page()
    await page.goto(demo.simulator_url + customer.phone_path)
    return page.locator("#thread")


async def _is_drawn(image: Locator) -> None:
    await expect(image).to_have_js_property("complete", value=True)
    assert await image.evaluate("image => image.naturalWidth") > 0


async def _attach(page: Page, inbox: Inbox, item: str, *files: FilePayload) -> None:
    await inbox.root.get_by_role("button", name="Attach").click()
    async with page.expect_file_chooser() as chooser:
        await inbox.root.get_by_role("menuitem", name=item).click()
    await (await chooser.value).set_files(files)


async def _open_tool(inbox: Inbox, item: str) -> Locator:
    """The dialog of a tool."""
    await inbox.root.get_by_role("button", name="Attach").click()
    await inbox.root.get_by_role("menuitem", name=item).click()
    dialog = inbox.root.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    return dialog


def _claimed(embed: dict[str, Any], user: str) -> str:
    """The address of an embed, for somebody whom the host names."""
    claims = {"sub": user, "name": user, "exp": int(time.time()) + 3600}
    return f"{embed['embed_url']}#user={jwt.encode(claims, embed['signing_secret'], algorithm='HS256')}"


async def _is_delivered(message: Locator) -> None:
    await expect(message.get_by_role("img", name=re.compile("Delivered|Read"))).to_be_visible()


async def test_pictures_go_with_their_words_in_the_order_in_which_they_were_chosen(
    inbox: Inbox, page: Page, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("May I see it?")
    await inbox.open(customer.name)
    await inbox.composer.fill("From the front")
    await _attach(page, inbox, "Photo or video", _picture("front.jpg"), _picture("back.jpg", 300))
    tray = inbox.root.get_by_role("list", name="Files to send")
    await expect(tray.get_by_role("textbox", name="Caption of front.jpg")).to_have_value("From the front")
    await tray.get_by_role("textbox", name="Caption of back.jpg").fill("And from behind")
    await tray.get_by_role("textbox", name="Caption of back.jpg").press("Enter")
    await expect(tray).to_have_count(0)
    await expect(inbox.composer).to_be_focused()
    for words in ("From the front", "And from behind"):
        await _is_delivered(inbox.message(words))
        await _is_drawn(inbox.message(words).get_by_role("link", name="Open").locator("img"))

    thread = await _phone(context, demo, customer)
    await expect(thread.get_by_role("img", name="Photo")).to_have_count(2)
    await _is_drawn(thread.get_by_role("img", name="Photo").last)
    text = await thread.inner_text()
    assert text.index("From the front") < text.index("And from behind")


async def test_a_file_that_is_refused_or_lost_says_so_and_holds_the_message_back(
    inbox: Inbox, page: Page, customers: Customers, troubles: Troubles
) -> None:
    async def fail(route: Route) -> None:
        await route.abort()

    troubles.announce("Failed to load resource")
    customer = await customers.new()
    await customer.says("Send me the offer")
    await inbox.open(customer.name)
    await page.route("**/uploads/**", fail)
    await _attach(page, inbox, "Photo or video", _picture("lost.jpg"))
    await expect(inbox.root.get_by_role("alert")).to_contain_text("the connection was lost")
    await expect(inbox.root.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await page.unroute("**/uploads/**")
    await inbox.root.get_by_role("button", name="Try again").click()
    await expect(inbox.root.get_by_role("button", name="Send", exact=True)).to_be_enabled()

    program = FilePayload(name="offer.exe", mimeType="application/x-msdownload", buffer=b"MZ\x90\x00" * 200)
    await _attach(page, inbox, "Document", program)
    await expect(inbox.root.get_by_role("alert")).to_contain_text("cannot be sent")
    await expect(inbox.root.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await inbox.root.get_by_role("button", name="Remove offer.exe").click()
    await inbox.root.get_by_role("button", name="Send", exact=True).click()
    await _is_delivered(inbox.messages.last)


async def test_files_are_dropped_and_pasted_anywhere_on_the_thread(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    await customer.says("Do you have a picture?")
    await inbox.open(customer.name)
    give = """(thread, [kind, name]) => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], name, {type: "application/pdf"}));
        const more = kind === "paste" ? {clipboardData: data} : {dataTransfer: data};
        const make = kind === "paste" ? ClipboardEvent : DragEvent;
        return thread.dispatchEvent(new make(kind, {bubbles: true, cancelable: true, ...more}));
    }"""
    thread = inbox.root.locator(".thread")
    await thread.evaluate(give, ["dragenter", "list.pdf"])
    await expect(inbox.root.get_by_text("Drop the files to attach them")).to_be_visible()
    assert (
        await thread.evaluate(give, ["drop", "list.pdf"]) is False
    )  # or the browser would leave the page for the file
    await expect(inbox.root.get_by_text("Drop the files to attach them")).to_have_count(0)
    await thread.evaluate(give, ["paste", "prices.pdf"])
    for name in ("list.pdf", "prices.pdf"):
        await expect(inbox.root.get_by_role("button", name=f"Remove {name}")).to_be_visible()


async def test_a_voice_note_is_spoken_heard_and_sent(
    inbox: Inbox, page: Page, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Can you call me?")
    await inbox.open(customer.name)
    record = inbox.root.get_by_role("button", name="Record a voice message")
    await record.click()
    await expect(inbox.root.get_by_text("Recording", exact=True)).to_be_attached(timeout=20_000)
    await page.keyboard.press("Escape")
    await expect(inbox.composer).to_be_focused()

    await record.click()
    recorder = inbox.root.get_by_role("group", name="Voice message")
    await expect(recorder.locator("time")).to_have_text("0:01")
    # The tests' microphone beeps: there is something to see, and it moves on.
    seen = await _levels(recorder)
    await eventually(lambda: _changes(recorder, seen))
    await recorder.get_by_role("button", name="Pause").click()
    await recorder.get_by_role("button", name="Go on recording").click()
    await recorder.get_by_role("button", name="Stop and listen").click()
    await recorder.get_by_role("button", name="Play").click()
    await expect(recorder.get_by_role("button", name="Pause")).to_be_visible()
    await recorder.get_by_role("button", name="Send", exact=True).click()
    await _is_delivered(inbox.messages.last)
    await expect(inbox.messages.last.get_by_role("slider", name="Position in Voice message")).to_be_attached()
    thread = await _phone(context, demo, customer)
    await expect(thread.locator("audio")).to_have_count(1)


async def test_what_was_sent_goes_out_when_its_files_are_up_whatever_is_open_then(
    inbox: Inbox, page: Page, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    arrived = asyncio.Event()

    async def hold(route: Route) -> None:
        await arrived.wait()
        await route.continue_()

    files, voice = await customers.new(), await customers.new()
    await voice.says("Can you call me?")
    await files.says("May I see it?")
    await page.route("**/uploads/**", hold)
    await inbox.open(files.name)
    await _attach(page, inbox, "Photo or video", _picture("front.jpg"))
    await inbox.root.get_by_role("textbox", name="Caption of front.jpg").fill("From the front")
    await inbox.root.get_by_role("button", name="Send", exact=True).click()
    await expect(inbox.root.get_by_role("button", name="Sends as soon as the files are up")).to_be_visible()
    await inbox.open(voice.name)
    await inbox.root.get_by_role("button", name="Record a voice message").click()
    recorder = inbox.root.get_by_role("group", name="Voice message")
    await expect(recorder.locator("time")).to_have_text("0:01", timeout=20_000)
    await recorder.get_by_role("button", name="Send", exact=True).click()
    await inbox.open(files.name)
    arrived.set()
    await _is_delivered(inbox.message("From the front"))
    await expect(inbox.root.get_by_role("list", name="Files to send")).to_have_count(0)
    thread = await _phone(context, demo, voice)
    await expect(thread.locator("audio")).to_have_count(1)
    await page.unroute("**/uploads/**")


async def test_words_that_lose_their_file_are_in_the_field_again(
    lone_page: Page, make_embed: MakeEmbed, customers: Customers
) -> None:
    embed, customer = await make_embed(), await customers.new()
    await customer.says("May I see it?")
    await lone_page.goto(embed["embed_url"])
    inbox = Inbox(lone_page)
    await inbox.open(customer.name)
    await inbox.composer.fill("From the front")
    await _attach(lone_page, inbox, "Photo or video", _picture("wrong.jpg"))
    caption = inbox.root.get_by_role("textbox", name="Caption of wrong.jpg")
    await expect(caption).to_have_value("From the front")
    await inbox.root.get_by_role("button", name="Remove wrong.jpg").click()
    await expect(inbox.composer).to_have_value("From the front")
    await expect(inbox.composer).to_be_focused()

    await _attach(lone_page, inbox, "Photo or video", _picture("right.jpg"))
    await expect(inbox.root.get_by_role("textbox", name="Caption of right.jpg")).to_have_value("From the front")
    await lone_page.reload()
    await inbox.open(customer.name)
    await expect(inbox.composer).to_have_value("From the front")


async def _levels(recorder: Locator) -> list[float]:
    """How high the bars of the meter stand, of the 22 that they may; silence is 2."""
    bars = recorder.locator(".recording-level rect")
    heights: list[float] = await bars.evaluate_all("bars => bars.map((bar) => Number(bar.getAttribute('height')))")
    return heights


async def _changes(recorder: Locator, before: list[float]) -> bool:
    now = await _levels(recorder)
    return now != before and max(now) > 4


async def test_how_far_up_a_file_is_is_told_until_it_is_there(
    lone_page: Page, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Send me all of it")
    await lone_page.goto(demo.embed_url)
    inbox = Inbox(lone_page)
    await inbox.open(customer.name)
    network = await lone_page.context.new_cdp_session(lone_page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    await network.send("Network.emulateNetworkConditions", slow)
    document = FilePayload(name="all.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n" + bytes(1_000_000))
    await _attach(lone_page, inbox, "Document", document)
    bar = lone_page.get_by_role("progressbar", name="Uploading all.pdf")
    await expect(bar).to_be_visible()
    shares: list[float] = []

    async def well_on_its_way() -> bool:
        shares.append(await bar.evaluate("bar => bar.position"))
        return 0.3 < shares[-1] < 1

    await eventually(well_on_its_way)
    assert shares == sorted(shares)
    await network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    await expect(bar).to_have_count(0)
    await expect(lone_page.get_by_role("list", name="Files to send")).to_contain_text("1 MB")
    await lone_page.get_by_role("button", name="Remove all.pdf").press("Enter")
    await expect(inbox.composer).to_be_focused()


async def test_a_frame_without_the_microphone_says_who_can_give_it(
    lone_page: Page, host: Host, make_embed: MakeEmbed, customers: Customers
) -> None:
    embed, customer = await make_embed(allowed_origins=[host.origin]), await customers.new()
    await customer.says("Can you call me?")
    host.frames = [embed["embed_url"]]
    await lone_page.goto(host.origin)
    inbox = Inbox(lone_page.frame_locator("#frame-0"))
    await inbox.open(customer.name)
    await inbox.root.get_by_role("button", name="Record a voice message").click()
    await expect(inbox.root.get_by_role("alert")).to_contain_text('has to add allow="microphone" to the iframe')
    await inbox.root.get_by_role("group", name="Voice message").get_by_role("button", name="Close").click()
    await expect(inbox.composer).to_be_focused()


async def test_a_template_is_found_filled_in_and_sent_when_the_window_is_closed(
    inbox: Inbox, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Where is my order?", timestamp=int(time.time()) - DAY - 60)
    await inbox.find(customer.name)
    await inbox.search.fill("")
    await expect(inbox.composer).to_have_count(0)
    button = inbox.root.get_by_role("button", name="Send a template")
    await expect(button).to_have_accessible_description(re.compile("reply window is closed"))
    await button.click()
    dialog = inbox.root.get_by_role("dialog")
    await dialog.get_by_role("searchbox", name="Search templates").fill("warehouse")
    await expect(dialog.get_by_role("listitem")).to_have_count(1)
    await dialog.get_by_role("button", name="order_update").click()
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog.get_by_text("Please fill this in.")).to_have_count(4)
    for name, value in {"Header 1": "A-7", "Text 1": "Ana", "Text 2": "A-7", "End of the address": "A-7"}.items():
        await dialog.get_by_label(name).fill(value)
    preview = dialog.get_by_role("region", name="Preview")
    await expect(preview).to_contain_text("Hi Ana, your order A-7 has left our warehouse.")
    await expect(preview.get_by_role("link", name="Track it")).to_have_attribute("href", re.compile("/track/A-7$"))
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog).to_have_count(0)
    sent = inbox.message("Hi Ana, your order A-7 has left our warehouse.")
    await _is_delivered(sent)
    for words in ("Order A-7", "Thank you for shopping with us"):
        await expect(sent.get_by_text(words, exact=True)).to_be_visible()
    await expect(sent.get_by_role("listitem")).to_have_text(["Talk to us", "Track it"])
    thread = await _phone(context, demo, customer)
    await expect(thread).to_contain_text("Hi Ana, your order A-7 has left our warehouse.")
    await expect(thread.get_by_role("link", name="Track it")).to_have_attribute("href", re.compile("/track/A-7$"))


async def test_a_question_with_buttons_is_asked_and_answered(
    inbox: Inbox, page: Page, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Which one is better?")
    await inbox.open(customer.name)
    dialog = await _open_tool(inbox, "Buttons, list or link")
    await dialog.get_by_text("Picture", exact=True).click()
    async with page.expect_file_chooser() as chooser:
        await dialog.get_by_role("button", name="Choose a picture").click()
    await (await chooser.value).set_files(_picture("both.jpg"))
    await _is_drawn(dialog.get_by_role("region", name="Preview").locator("img"))
    await dialog.get_by_label("Text", exact=True).last.fill("Which do you like?")
    await expect(dialog.get_by_text("1 / 3", exact=True)).to_be_visible()
    await dialog.get_by_label("Button 1").fill("The left one")
    await dialog.get_by_role("button", name="Add a button").click()
    second = dialog.get_by_role("textbox", name="Button 2")
    await expect(second).to_be_focused()
    await second.fill("The left one")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog.get_by_text("Another one is called that already.")).to_be_visible()
    await second.fill("The right one")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(inbox.composer).to_be_focused()
    await _is_delivered(inbox.message("Which do you like?"))
    thread = await _phone(context, demo, customer)
    await thread.get_by_role("button", name="The right one").click()
    await expect(inbox.messages.last).to_contain_text("The right one")


async def test_a_form_is_in_the_thread_at_once_and_comes_back_with_what_the_server_says_of_its_fields(
    inbox: Inbox, page: Page, customers: Customers, troubles: Troubles
) -> None:
    async def refuse(route: Route) -> None:
        body = {"error": "The message is not valid.", "code": "invalid", "request_id": "1"}
        wrong = {"location.latitude": ["must be on earth"]}
        await route.fulfill(status=422, json=body | {"errors": wrong})

    troubles.announce("Failed to load resource")
    customer = await customers.new()
    await customer.says("Where are you?")
    await inbox.open(customer.name)
    dialog = await _open_tool(inbox, "Location")
    await page.route("**/messages", refuse)
    await dialog.get_by_label("Latitude").fill("51.38")
    await dialog.get_by_label("Longitude").fill("-2.36")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog.get_by_label("Latitude")).to_have_accessible_description("must be on earth")
    await expect(dialog.get_by_role("alert")).to_have_text("The message is not valid.")
    await page.unroute("**/messages")
    arrived = asyncio.Event()

    async def hold(route: Route) -> None:
        await arrived.wait()
        await route.continue_()

    await page.route("**/messages", hold)
    await dialog.get_by_label("Name of the place").fill("Alder & Finch")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(inbox.root.get_by_role("dialog")).to_have_count(0)
    await expect(inbox.composer).to_be_focused()
    await expect(inbox.message("Alder & Finch").get_by_role("img", name="Waiting to be sent")).to_be_visible()
    arrived.set()
    await _is_delivered(inbox.message("Alder & Finch"))
    await page.unroute("**/messages")


async def test_what_the_server_had_not_confirmed_outlives_a_reload_and_goes_out_once(
    lone_page: Page, demo: Demo, customers: Customers, make_embed: MakeEmbed
) -> None:
    async def lose(route: Route) -> None:
        await route.fetch()  # the server has it, and its answer never comes

    embed, customer = await make_embed(), await customers.new()
    await customer.says("Are you there?")
    await lone_page.goto(embed["embed_url"])
    inbox = Inbox(lone_page)
    await inbox.open(customer.name)
    await lone_page.route("**/messages", lose)
    await inbox.reply("I am")
    await inbox.reply("And I will be")
    waiting = inbox.message("And I will be").get_by_role("img", name="Waiting to be sent")
    await expect(waiting).to_be_visible()
    await lone_page.unroute("**/messages")
    await lone_page.reload()
    await inbox.open(customer.name)
    for words in ("I am", "And I will be"):
        await _is_delivered(inbox.message(words))
    await expect(inbox.messages).to_have_count(3)
    thread = await _phone(lone_page.context, demo, customer)
    await expect(thread.locator(".bubble")).to_have_count(3)


async def test_a_message_is_answered_and_reacted_to_with_the_keyboard(
    inbox: Inbox, page: Page, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Is the kettle in stock?")
    await customer.says("And the teapot?")
    await inbox.open(customer.name)
    thread = await _phone(context, demo, customer)
    await page.bring_to_front()
    await inbox.composer.press("ArrowUp")
    await expect(inbox.message("And the teapot?")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    kettle = inbox.message("Is the kettle in stock?").first
    await expect(kettle).to_be_focused()
    await kettle.get_by_role("button", name="Reply").press("Enter")
    await expect(inbox.composer).to_be_focused()
    quote = inbox.root.locator(".quote-bar")
    await expect(quote).to_contain_text("Is the kettle in stock?")
    await page.keyboard.press("Escape")
    await expect(quote).to_have_count(0)

    await kettle.hover()
    await kettle.get_by_role("button", name="Reply").click()
    await inbox.reply("It is")
    await expect(quote).to_have_count(0)
    answer = inbox.messages.last
    await expect(answer.get_by_role("button", name="Is the kettle in stock?")).to_be_visible()
    await _is_delivered(answer)

    await kettle.hover()
    await kettle.get_by_role("button", name="React", exact=True).click()
    await kettle.get_by_role("button", name="React with 👍").click()
    chip = kettle.get_by_role("list", name="Reactions")
    await expect(chip).to_contain_text("👍")
    await expect(thread.get_by_text("👍")).to_be_visible()
    await kettle.focus()
    await kettle.get_by_role("button", name="React", exact=True).click()
    await kettle.get_by_role("button", name="Take 👍 back").click()
    await expect(chip).to_have_count(0)
    await expect(thread.get_by_text("👍")).to_have_count(0)


async def test_a_message_that_failed_is_sent_again_in_its_place_or_put_away(
    inbox: Inbox, page: Page, customers: Customers, simulator: httpx.AsyncClient
) -> None:
    customer = await customers.new()
    await customer.says("A picture, please")
    await inbox.open(customer.name)
    faults = {"async_fail_next": {"count": 2, "code": 131026}}
    (await simulator.put("/_sim/faults", json=faults)).raise_for_status()
    await _attach(page, inbox, "Photo or video", _picture("a.jpg"))
    await inbox.root.get_by_role("textbox", name="Caption").fill("Here it is")
    await inbox.root.get_by_role("textbox", name="Caption").press("Enter")
    failed = inbox.message("Here it is")
    await expect(failed).to_contain_text("could not reach this person")
    await failed.get_by_text("WhatsApp’s own words (131026)").click()
    await expect(failed.get_by_text("Message undeliverable", exact=False).first).to_be_visible()
    await inbox.reply("Did it arrive?")
    other = inbox.message("Did it arrive?")
    await expect(other).to_contain_text("could not reach this person")
    await other.get_by_role("button", name="Delete").click()
    await expect(other).to_have_count(0)
    await failed.get_by_role("button", name="Send again").click()
    await _is_delivered(failed)
    await expect(failed).to_have_count(1)
    await page.reload()
    await inbox.open(customer.name)
    await expect(inbox.messages).to_have_count(2)


async def test_the_window_is_counted_down_closes_and_opens_without_a_reload(
    lone_page: Page, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Hello", timestamp=int(time.time()) - DAY + 2 * 60 * 60 + 600)
    await lone_page.clock.install()
    await lone_page.goto(demo.embed_url)
    inbox = Inbox(lone_page)
    await inbox.find(customer.name)
    await expect(lone_page.get_by_text("Reply window open for 2 more hours")).to_be_visible()
    await lone_page.clock.fast_forward("01:20:00")
    await expect(lone_page.get_by_text(re.compile(r"Reply window closes in (49|50) minutes"))).to_be_visible()
    await inbox.composer.fill("Half written")
    await lone_page.clock.fast_forward("50:00")
    await expect(inbox.composer).to_have_count(0)
    await expect(lone_page.get_by_role("button", name="Send a template")).to_be_visible()
    await customer.says("Still there?")
    await expect(inbox.composer).to_have_value("Half written")


async def test_what_was_begun_outlives_the_visit_is_in_every_tab_and_is_nobody_elses(
    context: BrowserContext, demo: Demo, make_embed: MakeEmbed, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Is it blue?")
    embed = await make_embed()

    async def visit(user: str = "") -> tuple[Page, Inbox]:
        page = await context.new_page()
        await page.goto(_claimed(embed, user) if user else embed["embed_url"])
        inbox = Inbox(page)
        await inbox.open(customer.name)
        return page, inbox

    first, inbox = await visit()
    await inbox.message("Is it blue?").hover()
    await inbox.message("Is it blue?").get_by_role("button", name="Reply").click()
    await inbox.composer.fill("It is")
    await first.close()

    first, inbox = await visit()
    second, other = await visit()
    for page, one in ((first, inbox), (second, other)):
        await expect(one.composer).to_have_value("It is")
        await expect(page.locator(".quote-bar")).to_contain_text("Is it blue?")
    colleague, theirs = await visit("Jo Marsh")
    await expect(theirs.composer).to_have_value("")
    await expect(colleague.locator(".quote-bar")).to_have_count(0)
    await theirs.composer.fill("A word of Jo's")
    await other.composer.press_sequentially(" not")
    await expect(inbox.composer).to_have_value("It is not")
    await other.composer.press("Enter")
    await _is_delivered(other.message("It is not"))
    for page, one in ((first, inbox), (second, other)):
        await expect(one.composer).to_have_value("")
        await expect(page.locator(".quote-bar")).to_have_count(0)
    await expect(theirs.composer).to_have_value("A word of Jo's")
    for page in (first, second, colleague):
        await page.close()


async def test_a_conversation_is_ended_and_that_is_undone(inbox: Inbox, customers: Customers) -> None:
    customer = await customers.new()
    await customer.says("Thank you, bye")
    await inbox.open(customer.name)
    await inbox.root.locator(".thread").get_by_role("button", name="End conversation").click()
    await expect(inbox.row(customer.name)).to_have_count(0)
    await expect(inbox.root.get_by_role("note")).to_contain_text("You ended this conversation.")
    await inbox.root.get_by_role("button", name="Undo").click()
    await expect(inbox.row(customer.name)).to_be_visible()
    await expect(inbox.composer).to_be_focused()


async def test_the_field_takes_lines_marks_and_input_methods_and_the_customer_sees_that_somebody_types(
    inbox: Inbox, page: Page, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Anybody there?")
    await inbox.open(customer.name)
    told: list[Any] = []
    page.on("request", lambda request: told.append(request.url) if request.url.endswith("/typing") else None)
    async with page.expect_response("**/typing") as answer:
        await inbox.composer.press_sequentially("Yes, ")
    assert (await answer.value).status == 204
    await page.keyboard.press("Shift+Enter")
    await inbox.composer.press_sequentially("we are")
    await expect(inbox.composer).to_have_value("Yes, \nwe are")
    assert len(told) == 1
    await page.keyboard.press("Shift+Home")
    for keys, text in (("Control+b", "*we are*"), ("Control+i", "*_we are_*"), ("Control+i", "*we are*")):
        await page.keyboard.press(keys)
        await expect(inbox.composer).to_have_value(f"Yes, \n{text}")
    await inbox.composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    await expect(inbox.composer).to_have_value("Yes, \n*we are*")
    await inbox.composer.fill("\n" * 40)
    box = await inbox.composer.bounding_box()
    assert box is not None
    assert 150 < box["height"] < 300
    await inbox.composer.fill("")
    await page.keyboard.press("ArrowUp")
    await expect(inbox.message("Anybody there?")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(inbox.composer).to_be_focused()
    await expect(inbox.messages).to_have_count(1)


async def test_emoji_go_where_the_caret_is_and_any_of_them_is_a_reaction(
    inbox: Inbox, page: Page, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("We open today")
    await inbox.open(customer.name)
    await inbox.composer.fill("Hello!")
    await page.keyboard.press("ArrowLeft")
    button = inbox.root.get_by_role("button", name="Emoji", exact=True)
    await button.click()
    picker = inbox.root.get_by_role("dialog", name="Emoji")
    search = picker.get_by_role("textbox", name="Search emoji")
    await expect(search).to_be_focused()
    await search.fill("pop part")
    await page.keyboard.press("Enter")
    await expect(inbox.composer).to_have_value("Hello🎉!")
    await picker.get_by_title("dark skin tone", exact=True).click()
    await search.fill("waving hand")
    await page.keyboard.press("ArrowDown")
    await expect(picker.get_by_role("button", name="waving hand")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(inbox.composer).to_have_value("Hello🎉👋🏿!")
    await page.keyboard.press("ArrowUp")
    await expect(search).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(picker).to_have_count(0)
    await expect(inbox.composer).to_be_focused()
    await button.click()
    used = picker.get_by_role("region", name="Used last").get_by_role("button")
    await expect(used).to_have_text(["👋🏿", "🎉"])
    await picker.get_by_role("button", name="Flags", exact=True).click()
    await expect(picker.get_by_role("button", name="Portugal", exact=True)).to_be_attached()
    await inbox.log.click(position={"x": 5, "y": 5})
    await expect(picker).to_have_count(0)
    await inbox.composer.fill("")

    message = inbox.message("We open today")
    await message.hover()
    await message.get_by_role("button", name="React", exact=True).press("Enter")
    await message.get_by_role("button", name="More emoji").press("Enter")
    dialog = inbox.root.get_by_role("dialog", name="React")
    await dialog.get_by_role("textbox", name="Search emoji").fill("octopus")
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(message.get_by_role("list", name="Reactions")).to_contain_text("🐙")
    await expect(message).to_be_focused()


async def test_a_canned_reply_is_found_behind_a_slash_and_filled_in(
    context: BrowserContext, platform: httpx.AsyncClient, make_embed: MakeEmbed, customers: Customers
) -> None:
    text = "Dear {{contact.first_name}},\nyour refund {{order.number}} is on its way.\n{{agent.name}}"
    body = {"canned_reply": {"shortcut": "Refund", "text": text}}
    (await platform.post("/canned_replies", json=body)).raise_for_status()
    customer = await customers.new()
    await customer.says("My money?")
    page = await context.new_page()
    await page.goto(_claimed(await make_embed(), "Jo Marsh"))
    inbox = Inbox(page)
    await inbox.open(customer.name)
    options = page.get_by_role("listbox", name="Canned replies").get_by_role("option")
    await inbox.composer.press_sequentially("/")
    await expect(options).to_have_count(5)
    await page.keyboard.press("ArrowUp")
    await expect(options.last).to_have_attribute("aria-selected", "true")
    active = await options.last.get_attribute("id")
    assert active is not None
    await expect(inbox.composer).to_have_attribute("aria-activedescendant", active)
    await inbox.composer.press_sequentially("ref")
    await expect(options).to_have_text(
        re.compile(r"^/refundDear Visitor,.*\{\{order\.number\}\}.*Jo Marsh$", re.DOTALL)
    )
    await page.keyboard.press("Escape")
    await inbox.composer.press_sequentially("u")
    await expect(options).to_have_count(0)
    await expect(inbox.composer).to_have_value("/refu")

    await inbox.composer.fill("")
    await inbox.composer.press_sequentially("Hi! /post")
    await page.keyboard.press("Enter")
    await expect(inbox.composer).to_have_value(re.compile(r"^Hi! You can return it within 30 days, Visitor:"))
    await inbox.composer.fill("")
    await inbox.composer.press_sequentially("/refund")
    await page.keyboard.press("Tab")
    await expect(inbox.composer).to_have_value(re.compile(r"^Dear Visitor,\nyour refund \{\{order\.number\}\} is"))
    await page.keyboard.type("R-12")
    await page.keyboard.press("Enter")
    await _is_delivered(inbox.message("your refund R-12 is on its way"))
    await inbox.composer.press_sequentially("/nothing")
    await page.keyboard.press("Enter")
    await _is_delivered(inbox.message("/nothing"))
    await page.close()
