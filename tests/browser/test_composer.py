"""What a person sends beside text, from the inbox to the customer's phone."""

import re
import time
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, FilePayload, Locator, Page, Route, expect

from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customer, Customers
from tests.browser.demo import Demo
from tests.browser.host import Host
from tests.browser.inbox import Inbox
from tests.media import jpeg

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = 24 * 60 * 60


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


async def test_a_frame_without_the_microphone_says_who_can_give_it(
    page: Page, host: Host, make_embed: MakeEmbed, customers: Customers
) -> None:
    embed, customer = await make_embed(allowed_origins=[host.origin]), await customers.new()
    await customer.says("Can you call me?")
    host.frames = [embed["embed_url"]]
    await page.goto(host.origin)
    inbox = Inbox(page.frame_locator("#frame-0"))
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
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog).to_have_count(0)
    await _is_delivered(inbox.message("Hi Ana, your order A-7 has left our warehouse."))
    thread = await _phone(context, demo, customer)
    await expect(thread).to_contain_text("Hi Ana, your order A-7 has left our warehouse.")
    await expect(thread.get_by_role("link", name="Track it")).to_have_attribute("href", re.compile("/track/A-7$"))


async def test_a_question_with_buttons_is_asked_and_answered(
    inbox: Inbox, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Which one is better?")
    await inbox.open(customer.name)
    dialog = await _open_tool(inbox, "Buttons, list or link")
    await dialog.get_by_label("Text", exact=True).last.fill("Which do you like?")
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


async def test_what_the_server_says_of_a_field_stands_at_the_field(
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
    await dialog.get_by_label("Name of the place").fill("Alder & Finch")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await _is_delivered(inbox.message("Alder & Finch"))


async def test_a_message_is_answered_and_reacted_to_with_the_keyboard(
    inbox: Inbox, page: Page, context: BrowserContext, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Is the kettle in stock?")
    await customer.says("And the teapot?")
    await inbox.open(customer.name)
    thread = await _phone(context, demo, customer)
    await page.bring_to_front()  # a page in the background is slow to draw
    await inbox.composer.focus()
    await page.keyboard.press("Shift+Tab")  # to the button beside the field
    await page.keyboard.press("Shift+Tab")
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
    page: Page, demo: Demo, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Hello", timestamp=int(time.time()) - DAY + 2 * 60 * 60 + 600)
    await page.clock.install()
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.find(customer.name)
    await expect(page.get_by_text("Reply window open for 2 more hours")).to_be_visible()
    await page.clock.fast_forward("01:20:00")
    await expect(page.get_by_text(re.compile(r"Reply window closes in (49|50) minutes"))).to_be_visible()
    await inbox.composer.fill("Half written")
    await page.clock.fast_forward("50:00")
    await expect(inbox.composer).to_have_count(0)
    await expect(page.get_by_role("button", name="Send a template")).to_be_visible()
    await customer.says("Still there?")
    await expect(inbox.composer).to_have_value("Half written")


async def test_what_was_begun_outlives_a_reload(page: Page, demo: Demo, customers: Customers) -> None:
    customer = await customers.new()
    await customer.says("Is it blue?")
    await page.goto(demo.embed_url)
    inbox = Inbox(page)
    await inbox.open(customer.name)
    await inbox.message("Is it blue?").hover()
    await inbox.message("Is it blue?").get_by_role("button", name="Reply").click()
    await inbox.composer.fill("It is")
    await page.reload()
    await inbox.open(customer.name)
    await expect(inbox.composer).to_have_value("It is")
    await expect(page.locator(".quote-bar")).to_contain_text("Is it blue?")


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


async def test_the_customer_sees_that_somebody_types(inbox: Inbox, page: Page, customers: Customers) -> None:
    customer = await customers.new()
    await customer.says("Anybody there?")
    await inbox.open(customer.name)
    told: list[Any] = []
    page.on("request", lambda request: told.append(request.url) if request.url.endswith("/typing") else None)
    async with page.expect_response("**/typing") as answer:
        await inbox.composer.press_sequentially("Yes, ")
    assert (await answer.value).status == 204
    await inbox.composer.press_sequentially("we are")
    assert len(told) == 1
