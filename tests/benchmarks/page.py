"""How fast the page is where there is much to show: 10,000 conversations, and an open thread with 10,000 messages."""

import asyncio
import functools
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
from playwright.async_api import Browser, Locator, Page, Route, ViewportSize, expect
from sqlalchemy import text

from shared.crypto import webhook_signature
from tests.benchmarks.servers import Porthole
from tests.browser.chromium import running_chromium
from tests.factories import text_message, webhook
from tests.processes import running_role
from tests.waiting import eventually

FILLED = 200_000  # messages, of 10,000 contacts
MESSAGES = 10_000
WA_ID = "15550000000"  # the first of the contacts
SAID = "The quick brown fox jumps over the lazy dog, and nobody has to wait for it."
PUSHES = 40
LOADS = 9
VIEWPORT: ViewportSize = {"width": 1280, "height": 800}
LIMITS = {"list_ms": 300.0, "typing_task_ms": 16.0, "push_task_ms": 16.0}
_CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata"]

_FIRST_ROW = "first row: "
_TELL_FIRST_ROW = f"""
new MutationObserver((_, observer) => {{
  if (!document.querySelector("button.row")) return;
  observer.disconnect();
  const painted = new MessageChannel();
  painted.port1.onmessage = () => console.log(`{_FIRST_ROW}${{performance.now()}}`);
  requestAnimationFrame(() => painted.port2.postMessage(null));
}}).observe(document, {{ childList: true, subtree: true }});
"""

_MAKE_LONG = text(
    """
    WITH own AS (
        SELECT v.id, v.project_id, v.phone_number_id FROM conversation v
        JOIN contact_identity i ON i.contact_id = v.contact_id
        WHERE i.value = :wa_id AND v.status = 'active'
    ), made AS (
        INSERT INTO message (id, project_id, conversation_id, phone_number_id, wamid, wamid_key, direction, type,
                             content, text, preview, status, sent_at)
        SELECT gen_random_uuid(), own.project_id, own.id, own.phone_number_id, 'wamid.LONG' || n, 'LONG' || n,
               CASE WHEN n % 3 = 0 THEN 'outbound' ELSE 'inbound' END, 'text',
               jsonb_build_object('body', repeat('Line ' || n || ' of many. ', 1 + n % 9)), '', 'Line ' || n,
               CASE WHEN n % 3 = 0 THEN 'read' ELSE 'received' END, now() - (:messages - n) * interval '20 minutes'
        FROM own, generate_series(1, :messages) AS n
    )
    UPDATE conversation SET last_active_at = now(), last_inbound_at = now(), messages_count = :messages
    FROM own WHERE conversation.id = own.id
    """
)


class PageFigures(msgspec.Struct):
    """`list_ms` is from the navigation to the first row of the list, `first_visit_ms` the same in a new tab of a
    browser that has nothing of it yet; the tasks are the longest ones of the page's main thread, by its own CPU: other
    processes do not count. Memory is of the script's heap, after a collection.
    """

    list_ms: float
    first_visit_ms: float
    typing_task_ms: float
    push_task_ms: float
    key_ms: float
    heap_mb: float
    nodes: int


async def measure_page(porthole: Porthole) -> PageFigures:
    """On a database that `fill` has filled with FILLED messages."""
    async with porthole.engine.begin() as connection:
        await connection.execute(_MAKE_LONG, {"wa_id": WA_ID, "messages": MESSAGES})
    async with running_role("up", porthole.settings) as up, running_chromium() as browser:
        url = f"{up.url}/embed/{porthole.token}"
        first_visit_ms = statistics.median([await _first_visit(browser, url) for _ in range(LOADS)])
        page = await browser.new_page(viewport=VIEWPORT)
        await page.add_init_script(_TELL_FIRST_ROW)
        list_ms = statistics.median([await _first_row(page, url) for _ in range(LOADS)])
        await page.route(re.compile(r"/inbox/v1/conversations(/[^/]+/messages)?\?"), _ask_for_more)
        await page.goto(url)
        await _load_everything(page)
        await page.locator("textarea").click()
        typing = await _longest_task(browser, page, lambda: page.keyboard.type(SAID))
        pushes = await _longest_task(browser, page, lambda: _push(porthole, page))
        session = await page.context.new_cdp_session(page)
        await session.send("HeapProfiler.collectGarbage")
        usage = await session.send("Runtime.getHeapUsage")
        nodes = (await session.send("Memory.getDOMCounters"))["nodes"]
    return PageFigures(
        list_ms=round(list_ms, 1),
        first_visit_ms=round(first_visit_ms, 1),
        typing_task_ms=typing[0],
        push_task_ms=pushes[0],
        key_ms=round(typing[1] / len(SAID), 2),
        heap_mb=round(usage["usedSize"] / 1e6, 1),
        nodes=nodes,
    )


async def _first_row(page: Page, url: str) -> float:
    """Milliseconds from the navigation until the first row of the list is painted. The page takes the time itself: a
    waiting Playwright would put a script larger than the page's own into it.
    """
    async with page.expect_console_message(lambda message: message.text.startswith(_FIRST_ROW)) as told:
        await page.goto(url)
    await page.wait_for_load_state("networkidle")
    return float((await told.value).text.removeprefix(_FIRST_ROW))


async def _first_visit(browser: Browser, url: str) -> float:
    async with await browser.new_page(viewport=VIEWPORT) as page:
        await page.add_init_script(_TELL_FIRST_ROW)
        return await _first_row(page, url)


async def _ask_for_more(route: Route) -> None:
    """The largest pages: it is not the loading that is measured."""
    await route.continue_(url=f"{route.request.url}&limit=100")


async def _load_everything(page: Page) -> None:
    """The reader scrolls to the ends of the list and of the thread."""
    await page.locator("button.row").first.click()
    await expect(page.locator(".message").first).to_be_attached()
    start = page.locator(".log-edge", has_text="Start of the conversation")
    await _scroll_until(page.locator("section.log"), "element.scrollTop = 0", start)
    await page.locator(".jump").click()
    last = page.locator("li[aria-setsize]:not([aria-setsize='-1'])").first
    await _scroll_until(page.locator(".rows"), "element.scrollTop = element.scrollHeight", last)
    await page.locator(".rows").evaluate("element => { element.scrollTop = 0; }")


async def _scroll_until(box: Locator, step: str, there: Locator) -> None:
    deadline = time.monotonic() + 600
    while not await there.count():
        assert time.monotonic() < deadline, "not everything was loaded"
        await box.evaluate(f"element => {{ {step}; }}")
        await asyncio.sleep(0.05)


async def _push(porthole: Porthole, page: Page) -> None:
    """Messages arrive in the open thread, one after the other."""
    async with httpx.AsyncClient(base_url=porthole.api_url) as client:
        for number in range(PUSHES):
            message = text_message(f"Push {number}.", wa_id=WA_ID)
            body = webhook(porthole.phone_number_id, messages=[message], name="Customer 0")
            headers = {"X-Hub-Signature-256": webhook_signature(body, porthole.app_secret)}
            (await client.post("/webhooks/whatsapp", content=body, headers=headers)).raise_for_status()
            await eventually(functools.partial(_is_last, page, message["text"]["body"]), 60)


async def _is_last(page: Page, said: str) -> bool:
    last = ".day:last-child > .part:last-child > :last-child"
    return said in str(await page.evaluate(f"document.querySelector('{last}')?.textContent"))


async def _longest_task(browser: Browser, page: Page, act: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """CPU milliseconds of the longest task of the page's main thread meanwhile, and of all of them together, but for
    what this measurement asks of the page.
    """
    await browser.start_tracing(page=page, categories=_CATEGORIES)
    await act()
    await asyncio.sleep(0.5)  # what was left for later
    events: list[dict[str, Any]] = msgspec.json.decode(await browser.stop_tracing())["traceEvents"]
    main = next(
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    )
    own = [event for event in events if (event["pid"], event["tid"]) == main and event["ph"] == "X"]
    asked = [event["ts"] for event in own if "DevToolsSession" in str(event["args"])]
    tasks = [
        event.get("tdur", event["dur"]) / 1000
        for event in own
        if event["name"] == "RunTask" and not any(event["ts"] <= at <= event["ts"] + event["dur"] for at in asked)
    ]
    return round(max(tasks), 1), sum(tasks)
