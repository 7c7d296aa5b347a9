"""Endpoints that fail for long are switched off, and say so (Kapso: "Webhooks", "Automatic pausing")."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from shared.settings import Settings
from tests.database import count
from tests.factories import text_message
from tests.integration.webhook_support import Desk, text_of

RECEIVED = "whatsapp.message.received"
REASON = "34 of 40 deliveries within 15 minutes have failed."

pytest_plugins = ("tests.integration.webhook_fixtures",)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver is on loopback."""
    return msgspec.structs.replace(settings, allow_private_addresses=True)


async def _endpoint(desk: Desk) -> Any:
    async with desk.engine.connect() as connection:
        return (await connection.execute(text("SELECT * FROM webhook_endpoint"))).one()


@pytest.mark.parametrize(("good", "bad", "paused"), [(7, 32, False), (6, 34, True), (7, 33, False), (31, 9, False)])
async def test_an_endpoint_that_hardly_ever_answers_well_is_paused(
    desk: Desk, good: int, bad: int, paused: bool
) -> None:
    webhook_id = await desk.subscribe(RECEIVED)
    await desk.run("UPDATE webhook_endpoint SET updated_at = now() - interval '20 minutes'")
    desk.receiver.answer = lambda one: 200 if text_of(one) == "good" else 500
    words = ["good"] * good + ["bad"] * bad
    await desk.comes(*(text_message(word, wa_id=f"52155555{index:05}") for index, word in enumerate(words)))
    await desk.send()
    assert await count(desk.engine, "webhook_endpoint", "active") == (0 if paused else 1)
    assert await count(desk.engine, "webhook_delivery", "status = 'failed'") == (bad if paused else 0)
    async with desk.engine.connect() as connection:
        lines = (await connection.execute(text("SELECT * FROM audit_event"))).all()
    assert [(line.actor_type, line.action, line.object_id, line.changes) for line in lines] == (
        [("system", "webhook.paused", str(webhook_id), {"active": [True, False], "pause_reason": [None, REASON]})]
        if paused
        else []
    )
    endpoint = await _endpoint(desk)
    assert (endpoint.pause_reason, endpoint.paused_at is None) == ((REASON, False) if paused else (None, True))


async def test_a_paused_endpoint_hears_of_nothing_until_it_is_switched_on_again(desk: Desk) -> None:
    await desk.subscribe(RECEIVED)
    await desk.writes("waits")
    await desk.run("UPDATE webhook_endpoint SET active = false")
    await desk.writes("unheard")
    await desk.send()
    ((status, problem),) = await desk.rows("status, problem")
    assert (status, problem) == ("failed", "The webhook is not active.")
    await desk.run("UPDATE webhook_endpoint SET active = true")
    await desk.writes("heard")
    await desk.send()
    assert [text_of(one) for one in desk.receiver.came] == ["heard"]


async def test_failures_before_a_change_do_not_count_after_it(desk: Desk) -> None:
    await desk.subscribe(RECEIVED)
    desk.receiver.answer = lambda _: 500
    await desk.comes(*(text_message("bad", wa_id=f"52155555{index:05}") for index in range(39)))
    await desk.send()
    await desk.run("UPDATE webhook_endpoint SET updated_at = clock_timestamp()")
    await desk.comes(*(text_message("bad", wa_id=f"52155556{index:05}") for index in range(39)))
    await desk.send()
    assert await count(desk.engine, "webhook_endpoint", "active") == 1


async def test_since_when_an_endpoint_fails_is_known_until_it_takes_something(desk: Desk) -> None:
    await desk.subscribe(RECEIVED)
    await desk.writes("good")
    await desk.send()
    assert (await _endpoint(desk)).failing_since is None
    desk.receiver.answer = lambda one: 200 if text_of(one) == "good" else 500
    await desk.writes("bad", wa_id="5215555550201")
    await desk.send()
    since = (await _endpoint(desk)).failing_since
    assert since is not None
    await desk.writes("bad", wa_id="5215555550202")
    await desk.send()
    assert (await _endpoint(desk)).failing_since == since
    await desk.writes("good", wa_id="5215555550203")
    await desk.send()
    assert (await _endpoint(desk)).failing_since is None


@pytest.mark.parametrize(("failed", "hours", "paused"), [(10, 73, True), (9, 73, False), (10, 71, False)])
async def test_an_endpoint_that_takes_nothing_for_three_days_is_paused_also_where_little_happens(
    desk: Desk, failed: int, hours: int, paused: bool
) -> None:
    await desk.subscribe(RECEIVED)
    desk.receiver.answer = lambda _: 500
    await desk.comes(*(text_message("bad", wa_id=f"52155555{index:05}") for index in range(failed)))
    await desk.fail_for_good()
    assert await count(desk.engine, "webhook_delivery", "status = 'failed'") == failed
    await desk.run("UPDATE webhook_endpoint SET failing_since = now() - make_interval(hours => :hours)", hours=hours)
    await desk.writes("one more")
    await desk.send()
    endpoint = await _endpoint(desk)
    assert (endpoint.active, endpoint.paused_at is not None) == (not paused, paused)
    if paused:
        expected = f"Nothing was delivered since {endpoint.failing_since:%Y-%m-%d at %H:%M} (UTC)."
        assert endpoint.pause_reason == expected
    assert await count(desk.engine, "audit_event", "action = 'webhook.paused'") == int(paused)
