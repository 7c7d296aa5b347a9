"""What came in and could not be applied, in the dashboard: looked at, and tried again."""

import re
from html import unescape
from typing import Any

from sqlalchemy import text

from shared.operations.connect_number import NewNumber, connect_number
from shared.operations.retry_events import RETRIED_AT_ONCE, retry_events
from tests.dashboard import Browser, signed_in
from tests.factories import ACCESS_TOKEN, text_message, webhook
from tests.stack import Stack
from tests.waiting import eventually

EVENTS = "/dashboard/events"
STRANGER = "77700011122"


async def _fails(stack: Stack, *bodies: bytes) -> None:
    """They come in, and cannot be applied."""
    before = await stack.count("inbound_event")
    for body in bodies:
        assert (await stack.post_webhook(body)).status_code == 200

    async def settled() -> bool:
        return await stack.count("inbound_event", "state = 'failed'") == before + len(bodies)

    await eventually(settled)


def _from_stranger(*bodies: str) -> list[bytes]:
    """To a number that no project has."""
    return [webhook(STRANGER, messages=[text_message(body)]) for body in bodies]


async def _connect(stack: Stack) -> None:
    number = NewNumber(
        phone_number_id=STRANGER,
        business_account_id="900100",
        display_phone_number="+1 555 1122",
        name="Late",
        access_token=ACCESS_TOKEN,
        customer_id=None,
    )
    async with stack.engine.begin() as connection:
        await connect_number(connection, stack.project.id, number, stack.settings.secret_key)


async def _ids(stack: Stack) -> list[int]:
    async with stack.engine.connect() as connection:
        return list((await connection.execute(text("SELECT id FROM inbound_event ORDER BY id"))).scalars())


async def _lines(stack: Stack) -> list[Any]:
    async with stack.engine.connect() as connection:
        query = text("SELECT project_id, action, object_id, changes FROM audit_event WHERE actor_type = 'operator'")
        return list((await connection.execute(query)).all())


async def _reason(browser: Browser) -> str:
    found = re.search(r"reason=(\w{32})", await browser.get(EVENTS))
    assert found is not None
    return found[1]


async def test_an_event_is_shown_with_its_payload_and_applied_once_its_cause_is_gone(stack: Stack) -> None:
    async with await signed_in(stack, "operator") as browser:
        assert "All was applied" in await browser.get(EVENTS)
        await _fails(stack, *_from_stranger("<b>Hello & welcome</b>"))
        (event_id,) = await _ids(stack)
        listed = await browser.get(EVENTS)
        assert f"no project has the phone_number_id {STRANGER}" in listed
        assert "Once" in listed
        for number in (0, -1, -(10**20), 10**20):
            await browser.get(f"{EVENTS}/{number}", expect=404)
        page = f"{EVENTS}/{event_id}"
        shown = await browser.get(page)
        assert '"body": "<b>Hello & welcome</b>"' in unescape(shown)
        assert "<b>" not in shown

        async def is_tried(times: int, state: str) -> bool:
            return await stack.count("inbound_event", f"retries = {times} AND state = '{state}'") == 1

        assert (await browser.send(f"{page}/retry", page)).headers["location"] == f"{page}?done=retried"
        await eventually(lambda: is_tried(1, "failed"))
        assert "2 times" in await browser.get(EVENTS)
        await _connect(stack)
        assert (await browser.send(f"{page}/retry", page)).status_code == 303
        await eventually(lambda: is_tried(2, "done"))
        assert await stack.count("message", "text = '<b>Hello & welcome</b>'") == 1
        html = await browser.get(page)
        assert "Applied" in html
        assert "Late" in html
        assert (await browser.send(f"{page}/retry", page)).status_code == 303  # changes nothing more
        assert await is_tried(2, "done")
        assert "All was applied" in await browser.get(EVENTS)
    line = ("inbound_event.retried", str(event_id), {"events": [None, 1]})
    assert [tuple(one) for one in await _lines(stack)] == [(None, *line), (stack.project.id, *line)]


async def test_all_of_a_reason_are_tried_again_and_no_other(stack: Stack) -> None:
    await _fails(stack, *_from_stranger("One", "Two"), b"{not json", b"\xff\xfe")
    async with await signed_in(stack, "operator") as browser:
        assert "�" in await browser.get(f"{EVENTS}/{(await _ids(stack))[3]}")
        await _connect(stack)
        async with stack.engine.connect() as connection:
            query = text("SELECT md5(problem) FROM inbound_event WHERE problem LIKE '%' || :number")
            reason = (await connection.execute(query, {"number": STRANGER})).scalars().first()
        page = await browser.get(EVENTS, reason=reason)
        assert page.count("Event ") == 2
        assert "Late" in page
        answer = await browser.send(f"{EVENTS}/retry", f"{EVENTS}?reason={reason}")
        assert answer.headers["location"] == f"{EVENTS}?done=retried_all"

        async def applied() -> bool:
            return await stack.count("message") == 2

        await eventually(applied)
        assert "None fails for this reason any more" in await browser.get(EVENTS, reason=reason)
        assert (await browser.send(f"{EVENTS}/retry", EVENTS, reason=reason)).status_code == 303
    assert await stack.count("inbound_event", "state = 'failed' AND retries = 0") == 2
    assert await _lines(stack) == [(stack.project.id, "inbound_event.retried", reason, {"events": [None, 2]})]


async def _store_failed(stack: Stack, problem: str, count: int) -> None:
    insert = """
        INSERT INTO inbound_event (body, state, problem) SELECT '[]', 'failed', :problem FROM generate_series(1, :count)
    """
    async with stack.engine.begin() as connection:
        await connection.execute(text(insert), {"problem": problem, "count": count})


async def test_every_page_holds_each_event_once_and_the_oldest_are_tried_first(stack: Stack) -> None:
    await _store_failed(stack, "x", 60)
    ids = await _ids(stack)
    async with await signed_in(stack) as browser:
        path, seen = EVENTS, list[str]()
        while True:
            html = await browser.get(path)
            seen += re.findall(r">Event (\d+)<", html)
            older = re.search(r'rel="next" href="([^"]+)"', html)
            if older is None:
                break
            path = EVENTS + unescape(older[1])
        assert seen == [str(one) for one in reversed(ids)]
        newer = re.search(r'rel="prev" href="([^"]+)"', html)
        assert newer is not None
        back = await browser.get(EVENTS + unescape(newer[1]))
        assert re.findall(r">Event (\d+)<", back) == seen[25:50]
        for wrong in ({"after": "x"}, {"after": "1", "before": "2"}, {"before": "9" * 19}):
            await browser.get(EVENTS, 400, **wrong)
        reason = await _reason(browser)
    await _store_failed(stack, "x", RETRIED_AT_ONCE)
    async with stack.engine.connect() as connection:
        assert sorted(await retry_events(connection, reason)) == (await _ids(stack))[:RETRIED_AT_ONCE]


async def test_a_viewer_looks_and_tries_nothing_and_what_was_applied_is_not_shown(stack: Stack) -> None:
    await _fails(stack, b"{not json")
    await stack.customer_writes("5215555550100", "Hello")

    async def applied() -> bool:
        return await stack.count("inbound_event", "state = 'done'") == 1

    await eventually(applied)
    failed, done = await _ids(stack)
    async with await signed_in(stack, "viewer") as browser:
        assert "{not json" in await browser.get(f"{EVENTS}/{failed}")
        for path in (f"{EVENTS}/{failed}/retry", f"{EVENTS}/retry"):
            assert (await browser.send(path, EVENTS)).status_code == 403
        for event_id in (done, 10**6, 10**30):
            await browser.get(f"{EVENTS}/{event_id}", 404)
    async with await signed_in(stack, "operator", "other@example.com") as operator:
        assert (await operator.send(f"{EVENTS}/{done}/retry", EVENTS)).status_code == 404
    assert await stack.count("inbound_event", "retries > 0") == 0
