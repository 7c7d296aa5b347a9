"""Each number sends at its pace, and no conversation and no number waits behind another's queue."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from sqlalchemy import text

from shared.ids import new_id
from shared.operations.settle_message import Untried, message_postponed, message_refused, messages_released
from shared.send_pace import LONGEST_WAIT, PROGRAMS_LONGEST_WAIT, Place, hold, reserve
from tests.conversations import new_wa_id
from tests.meta_api import GraphRefusedError, MetaApi
from tests.stack import Stack
from tests.waiting import eventually

BURST = 45
ANA = "5215555550100"


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(valkey_url)
    yield client
    await client.aclose()


def _places(count: int, per_second: int, number: str | None = None) -> list[Place]:
    number = number or str(new_id())
    return [Place(number, per_second, new_id()) for _ in range(count)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(per_second=st.integers(1, 1000), count=st.integers(1, 200))
async def test_a_number_s_messages_get_places_that_keep_its_pace(redis: Redis, per_second: int, count: int) -> None:
    waits = await reserve(redis, _places(count, per_second))
    given_places = [wait.seconds for wait in waits if wait.too_fast is None]
    assert [wait.too_fast for wait in waits[len(given_places) :]] == ["number"] * (count - len(given_places))
    assert given_places == sorted(given_places)
    for place, seconds in enumerate(given_places):  # no more than the pace, but for what it may be ahead
        assert seconds >= place / per_second - 0.05 - 0.002
    assert 1 <= len(given_places) <= 1 + per_second * (LONGEST_WAIT + 0.051)


async def test_one_person_gets_a_burst_and_then_one_message_in_six_seconds(redis: Redis) -> None:
    place = _places(1, 1000)[0]
    waits = [(await reserve(redis, [place]))[0] for _ in range(BURST + 1)]
    assert [wait.too_fast for wait in waits] == [None] * BURST + ["conversation"]
    assert 4 < waits[-1].seconds <= 6
    (other,) = await reserve(redis, [Place(place.phone_number_id, 1000, new_id())])
    assert other.too_fast is None, "what one person has used up is no other's loss"


async def test_what_gets_no_place_uses_none_up(redis: Redis) -> None:
    number = str(new_id())
    first = await reserve(redis, _places(50, 10, number))
    again = await reserve(redis, _places(50, 10, number))
    assert sum(wait.too_fast is None for wait in first) >= 5
    assert again[0].seconds <= 0.7


async def test_a_number_that_is_held_gets_no_place_until_the_end_of_it(redis: Redis) -> None:
    number = str(new_id())
    await hold(redis, number, 30)
    await hold(redis, number, 1)
    (wait,) = await reserve(redis, _places(1, 80, number))
    assert wait.too_fast == "number"
    assert 25 < wait.seconds <= 30


async def test_without_redis_everything_goes() -> None:
    away: Redis = Redis.from_url("redis://127.0.0.1:1/0")
    assert [wait.too_fast for wait in await reserve(away, _places(200, 1))] == [None] * 200
    await hold(away, "1", 1)
    await away.aclose()


async def _conversations(stack: Stack, *people: str) -> dict[str, str]:
    for wa_id in people:
        await stack.customer_writes(wa_id, "Hola")
    token = await stack.embed()

    async def all_listed() -> dict[str, str] | None:
        rows = (await stack.get("/inbox/v1/conversations", token))["data"]
        found = {row["contact"]["phone_number"]: row["id"] for row in rows}
        return found if set(people) <= found.keys() else None

    found = await eventually(all_listed)
    assert found is not None
    return found


async def _reply(stack: Stack, conversation_id: str, body: str) -> None:
    reply = {"client_id": body, "type": "text", "text": {"body": body}}
    path, headers = f"/inbox/v1/conversations/{conversation_id}/messages", await _headers(stack)
    answer = await stack.http.post(path, json=reply, headers=headers)
    assert answer.status_code == 201, answer.text


async def _headers(stack: Stack) -> dict[str, str]:
    return {"Authorization": f"Bearer {await stack.embed()}"}


async def _received(stack: Stack) -> list[str]:
    sent: list[dict[str, Any]] = (await stack.simulator.get("/_sim/received")).json()["data"]
    return [message["text"]["body"] for message in sent if message["type"] == "text"]


async def _pace(stack: Stack, per_second: int) -> None:
    body = {"whatsapp_phone_number": {"messages_per_second": per_second}}
    answer = await stack.http.patch(
        f"/platform/v1/whatsapp/phone_numbers/{stack.project.phone_number_id}",
        json=body,
        headers={"X-API-Key": stack.project.api_key},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["messages_per_second"] == per_second


async def _hold(stack: Stack, seconds: float) -> None:
    redis: Redis = Redis.from_url(stack.settings.redis_url)
    await hold(redis, stack.project.phone_number_id, seconds)
    await redis.aclose()


async def _go(stack: Stack) -> None:
    redis: Redis = Redis.from_url(stack.settings.redis_url)
    await redis.delete(f"porthole:pace:number:{stack.project.phone_number_id}")
    await redis.aclose()


async def _all_sent(stack: Stack) -> None:
    async def sent() -> bool:
        return await stack.count("outbox") == 0

    await eventually(sent, 30)


async def test_turns_are_taken_by_conversations_and_not_by_who_was_first(stack: Stack) -> None:
    """Of many conversations that wait, one with a long queue goes first, and then waits for the others."""
    people = [new_wa_id() for _ in range(6)]
    conversations = await _conversations(stack, ANA, *people)
    await _pace(stack, 4)
    await _hold(stack, 60)
    for number in range(4):
        await _reply(stack, conversations[ANA], f"to Ana {number}")
    for wa_id in people:
        await _reply(stack, conversations[wa_id], f"to {wa_id}")
    async with stack.engine.begin() as connection:  # as if all had been written within a second, however slow this is
        await connection.execute(
            text("""
                UPDATE outbox o SET turn_at = timestamptz '2026-01-01' + p.nth * interval '1 second'
                    + CASE WHEN m.text LIKE 'to Ana %' THEN interval '0' ELSE interval '0.5 seconds' END
                FROM message m,
                    (SELECT id, row_number() OVER (PARTITION BY conversation_id ORDER BY id) - 1 AS nth FROM outbox) p
                WHERE p.id = o.id AND m.id = o.message_id
            """)
        )
    await _go(stack)
    await _all_sent(stack)
    sent = await _received(stack)
    assert [body for body in sent if body.startswith("to Ana")] == [f"to Ana {number}" for number in range(4)]
    assert sent[0] == "to Ana 0"
    assert sent.index("to Ana 1") >= len(people) - 1, sent


async def test_what_waits_for_its_number_keeps_its_turn(stack: Stack) -> None:
    people = [new_wa_id() for _ in range(20)]
    conversations = await _conversations(stack, *people)
    await _pace(stack, 10)
    await _hold(stack, 60)
    for number, wa_id in enumerate(people):
        await _reply(stack, conversations[wa_id], f"{number:02d}")
    await _go(stack)
    await _all_sent(stack)
    sent = await _received(stack)
    late = [abs(sent.index(body) - place) for place, body in enumerate(sorted(sent))]
    assert max(late) <= 3, sent


async def test_programs_leave_room_for_what_people_write(redis: Redis) -> None:
    number = str(new_id())
    while (await reserve(redis, _places(1, 80, number), PROGRAMS_LONGEST_WAIT))[0].too_fast is None:
        pass  # a program takes whatever it gets
    waits = await reserve(redis, _places(10, 80, number))
    assert [wait.too_fast for wait in waits] == [None] * 10


async def test_a_message_of_which_nobody_ever_heard_is_given_up_and_not_sent_for_ever(stack: Stack) -> None:
    conversations = await _conversations(stack, ANA)
    await _hold(stack, 60)
    await _reply(stack, conversations[ANA], "hello?")

    async def given_up() -> bool:  # a worker that has it at this moment knows the old number
        async with stack.engine.begin() as connection:
            updated = await connection.execute(text("UPDATE outbox SET unanswered = 3 WHERE leased_until IS NULL"))
        return updated.rowcount == 1

    await eventually(given_up)
    await _go(stack)
    await _all_sent(stack)
    assert await stack.count("message", "status = 'failed' AND error ->> 'title' = 'WhatsApp did not answer'") == 1
    assert await _received(stack) == []


async def test_a_worker_that_stood_still_sends_nothing_that_may_be_another_s_by_now(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversations = await _conversations(stack, ANA)
    with monkeypatch.context() as later:
        later.setattr("shared.uploads.LEASE", timedelta(0))  # as if half of it were over
        await _reply(stack, conversations[ANA], "late")

        async def tried() -> bool:
            return await stack.count("outbox", "attempts = 1") == 1

        await eventually(tried)
        await asyncio.sleep(0.5)
        assert await _received(stack) == []
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE outbox SET leased_until = now()"))
    await _all_sent(stack)
    assert await _received(stack) == ["late"]


async def test_whoever_lost_a_message_to_another_attempt_settles_nothing(stack: Stack) -> None:
    conversations = await _conversations(stack, ANA)
    await _hold(stack, 60)
    await _reply(stack, conversations[ANA], "mine")
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE outbox SET attempts = 7, leased_until = now() + interval '1 hour'"))
        message_id = (await connection.execute(text("SELECT message_id FROM outbox"))).scalar_one()
        await message_postponed(connection, message_id, 6, timedelta(seconds=1))
        await messages_released(connection, [Untried(message_id, 6, 1.0)])
        reason = {"code": 131026, "title": "", "details": ""}
        assert await message_refused(connection, stack.settings, message_id, 6, reason) == []
    assert await stack.count("outbox", "attempts = 7 AND leased_until > now()") == 1
    assert await stack.count("message", "status = 'queued'") == 1


async def test_a_number_that_whatsapp_finds_too_fast_pauses_and_loses_nothing(stack: Stack) -> None:
    people = [new_wa_id() for _ in range(6)]
    conversations = await _conversations(stack, *people)
    await stack.simulator.put("/_sim/faults", json={"fail_next": {"count": 3, "http_status": 400, "code": 130429}})
    for number, wa_id in enumerate(people):
        await _reply(stack, conversations[wa_id], f"message {number}")

    async def all_sent() -> bool:
        return await stack.count("outbox") == 0

    await eventually(all_sent, 30)
    assert sorted(await _received(stack)) == [f"message {number}" for number in range(6)]
    assert await stack.count("message", "status = 'failed'") == 0


async def test_a_program_that_is_too_fast_is_told_when_to_come_back_and_nothing_is_stored(stack: Stack) -> None:
    await _conversations(stack, ANA)
    await _pace(stack, 1)
    api = MetaApi(stack)

    async def send(times: int) -> None:
        for _ in range(times):
            await api.send("text", {"body": "Hello"}, f"+{ANA}")

    with pytest.raises(GraphRefusedError) as refused:
        await send(5)
    stored = await stack.count("message", "direction = 'outbound'")
    assert (refused.value.status, refused.value.code) == (429, 130429)
    assert stored == len(await _received(stack)) >= 1
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE phone_number SET messages_per_second = NULL"))
    await asyncio.sleep(1)  # which is when the number may send again
    await send(1)
