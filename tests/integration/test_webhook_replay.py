"""Deliveries that somebody has sent once more."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from shared.operations.emit_webhooks import emit_inactive
from shared.operations.replay_deliveries import replay_delivery, replay_failed
from shared.settings import Settings
from tests.conversations import customer_wrote, new_wa_id
from tests.database import count
from tests.factories import make_project
from tests.integration.webhook_support import ANA, BO, Desk, text_of
from tests.platform_api import PlatformApi, audit_lines
from tests.receiver import SECRET, Receiver
from tests.samples import shapes_in
from tests.stack import Stack
from tests.waiting import eventually

RECEIVED, INACTIVE = "whatsapp.message.received", "whatsapp.conversation.inactive"
LONG_AGO = "2026-01-01T00:00:00Z"
NOBODY = "018f0000-0000-7000-8000-000000000000"

pytest_plugins = ("tests.integration.webhook_fixtures",)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver is on loopback."""
    return msgspec.structs.replace(settings, allow_private_addresses=True)


async def _replay(desk: Desk, delivery_id: UUID) -> UUID:
    async with desk.engine.begin() as connection:
        replay_id, is_new = await replay_delivery(connection, desk.project.id, delivery_id)
    assert is_new
    return replay_id


async def _replay_failed(desk: Desk, webhook_id: UUID, seconds: int = 3600) -> tuple[int, bool]:
    """Of the last so many seconds; how many, and whether there are more."""
    async with desk.engine.begin() as connection:
        since = await connection.scalar(text("SELECT now() - make_interval(secs => :seconds)"), {"seconds": seconds})
        replayed = await replay_failed(connection, desk.project.id, webhook_id, since)
    return replayed.replayed, replayed.more


class TestOne:
    async def _delivered(self, stack: Stack, receiver: Receiver) -> tuple[PlatformApi, dict[str, Any]]:
        """One delivery that has arrived."""
        api = PlatformApi(stack)
        path = f"/whatsapp/phone_numbers/{stack.project.phone_number_id}/webhooks"
        await api.create(
            path, {"whatsapp_webhook": {"url": f"{receiver.url}/hook", "secret_key": SECRET, "events": [RECEIVED]}}
        )
        await customer_wrote(stack)

        async def delivered() -> Any:
            return (await api.get("/webhook_deliveries", status="delivered"))["data"]

        (row,) = await eventually(delivered)
        return api, row

    async def test_it_goes_out_as_it_was_under_the_same_key_and_is_listed_as_a_replay(
        self, stack: Stack, receiver: Receiver
    ) -> None:
        api, row = await self._delivered(stack, receiver)
        answer = await api.answer("POST", f"/webhook_deliveries/{row['id']}/replay")
        assert answer.status_code == 201, answer.text
        replay = answer.json()["data"]
        assert (replay["replay_of"], replay["event"]) == (row["id"], RECEIVED)
        first, second = await receiver.count(2)
        assert (first.key, first.body, first.event) == (second.key, second.body, second.event)
        assert second.is_signed()

        async def delivered() -> Any:
            shown = (await api.get(f"/webhook_deliveries/{replay['id']}"))["data"]
            return shown if shown["status"] == "delivered" else None

        shown = await eventually(delivered)
        assert (shown["idempotency_key"], shown["request_body"].encode()) == (second.key, second.body)
        (as_described,) = shapes_in("webhooks.md", "delivery")
        assert as_described({"data": shown}) == ""
        (attempt,) = shown["attempts"]
        assert (attempt["number"], attempt["response_status"]) == (1, 200)
        listed = (await api.get("/webhook_deliveries"))["data"]
        assert [(one["id"], one["replay_of"]) for one in listed] == [(replay["id"], row["id"]), (row["id"], None)]
        line = ("webhook_delivery.replayed", row["id"], {"replay": [None, replay["id"]]})
        assert line in await audit_lines(stack)

    async def test_a_replay_of_a_replay_is_one_of_the_first(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED)
        await desk.writes("Hola")
        await desk.send()
        (first,) = await desk.rows()
        second = await _replay(desk, first.id)
        await desk.send()
        await _replay(desk, second)
        assert [row.replay_of for row in await desk.rows()] == [None, first.id, first.id]

    async def test_of_several_who_ask_at_once_one_sends(self, stack: Stack, receiver: Receiver) -> None:
        api, row = await self._delivered(stack, receiver)
        receiver.gate.clear()
        path = f"/webhook_deliveries/{row['id']}/replay"
        answers = await asyncio.gather(*(api.answer("POST", path) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
        ids = {answer.json()["data"]["id"] for answer in answers}
        assert len(ids) == 1
        waiting = await api.answer("POST", f"/webhook_deliveries/{ids.pop()}/replay")
        assert (waiting.status_code, waiting.json()["code"]) == (422, "not_settled")
        receiver.gate.set()
        assert len(await receiver.count(2)) == 2

    async def test_what_cannot_be_sent_again_is_refused_and_what_is_not_ours_is_not_there(
        self, stack: Stack, receiver: Receiver
    ) -> None:
        api, row = await self._delivered(stack, receiver)
        path = f"/webhook_deliveries/{row['id']}"
        async with stack.engine.begin() as connection:
            other = await make_project(connection, stack.settings, "Other")
            await connection.execute(text("UPDATE webhook_endpoint SET active = false"))
        answer = await api.answer("POST", f"{path}/replay")
        assert (answer.status_code, answer.json()["code"]) == (422, "webhook_inactive")
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE webhook_endpoint SET active = true"))
            await connection.execute(text("UPDATE webhook_delivery SET body = ''"))
        answer = await api.answer("POST", f"{path}/replay")
        assert (answer.status_code, answer.json()["code"]) == (422, "body_gone")
        assert (await api.get(path))["data"]["request_body"] is None
        for caller, place in ((PlatformApi(stack, other.api_key), path), (api, f"/webhook_deliveries/{NOBODY}")):
            for answer in (await caller.answer("GET", place), await caller.answer("POST", f"{place}/replay")):
                assert (answer.status_code, answer.json()["error"]) == (404, "Webhook delivery not found")
        assert len(receiver.came) == 1

    async def test_what_happens_now_does_not_wait_for_a_replay(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED)
        await desk.writes("first")
        await desk.send()
        (first,) = await desk.rows()
        await _replay(desk, first.id)
        desk.receiver.answer = lambda one: 500 if text_of(one) == "first" else 200
        await desk.send()
        await desk.writes("second")
        await desk.send()
        assert [text_of(one) for one in desk.receiver.came] == ["first", "first", "second"]

    async def test_a_silence_that_was_told_of_can_be_told_of_again(self, desk: Desk) -> None:
        await desk.subscribe(INACTIVE, inactivity_minutes=1)
        await desk.writes("Hola")
        await desk.run("UPDATE conversation SET last_active_at = now() - interval '1 minute'")
        await desk.run("UPDATE webhook_endpoint SET created_at = now() - interval '1 hour'")
        async with desk.engine.begin() as connection:
            await emit_inactive(connection)
        await desk.send()
        (told,) = await desk.rows()
        await _replay(desk, told.id)
        async with desk.engine.begin() as connection:
            await emit_inactive(connection)
        await desk.send()
        assert [one.key for one in desk.receiver.came] == [told.idempotency_key] * 2

    async def test_who_is_erased_takes_the_replays_along(self, stack: Stack, receiver: Receiver) -> None:
        api, row = await self._delivered(stack, receiver)
        receiver.gate.clear()
        assert (await api.answer("POST", f"/webhook_deliveries/{row['id']}/replay")).status_code == 201
        await api.remove(f"/whatsapp/contacts/{row['conversation_phone_number']}")
        assert await stack.count("webhook_delivery") == 0


class TestAllThatFailed:
    async def test_it_goes_out_again_in_its_order_and_not_twice(self, desk: Desk) -> None:
        webhook_id = await desk.subscribe(RECEIVED, buffer_enabled=True)
        other = await desk.subscribe(RECEIVED, path="/other")
        desk.receiver.answer = lambda _: 500
        await desk.writes("one", "two", "three")
        await desk.writes("elsewhere", wa_id=BO)
        await desk.pass_time(5)
        await desk.fail_for_good()
        assert await count(desk.engine, "webhook_delivery", "status = 'failed'") == 8
        desk.receiver.came.clear()
        desk.receiver.answer = lambda one: 500 if text_of(one) == "elsewhere" else 200
        assert await _replay_failed(desk, webhook_id) == (4, False)
        assert await _replay_failed(desk, webhook_id) == (0, False), "they are on their way"
        await desk.send()
        came = desk.receiver.came
        assert [text_of(one) for one in came if text_of(one) != "elsewhere"] == ["one", "two", "three"]
        assert {one.path for one in came} == {"/hook"}
        assert not any("x-webhook-batch" in one.headers for one in came)
        await desk.fail_for_good()
        assert await _replay_failed(desk, webhook_id) == (1, False), "the others have arrived"
        assert await _replay_failed(desk, other) == (4, False)

    async def test_it_is_done_in_pieces_from_a_time_on(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shared.operations.replay_deliveries.REPLAYED_AT_ONCE", 2)
        webhook_id = await desk.subscribe(RECEIVED)
        desk.receiver.answer = lambda _: 500
        await desk.writes("too old")
        await desk.fail_for_good()
        await desk.pass_time(7200)
        await desk.writes("a", "b", "c", wa_id=ANA)
        await desk.fail_for_good()
        desk.receiver.came.clear()
        desk.receiver.answer = lambda _: 200
        assert await _replay_failed(desk, webhook_id) == (2, True)
        assert await _replay_failed(desk, webhook_id) == (1, False)
        assert await _replay_failed(desk, webhook_id) == (0, False)
        await desk.send()
        assert [text_of(one) for one in desk.receiver.came] == ["a", "b", "c"]

    async def test_the_call(self, stack: Stack, receiver: Receiver) -> None:
        api = PlatformApi(stack)
        path = f"/whatsapp/phone_numbers/{stack.project.phone_number_id}/webhooks"
        wanted = {"url": f"{receiver.url}/hook", "secret_key": SECRET, "events": [RECEIVED]}
        webhook_id = (await api.create(path, {"whatsapp_webhook": wanted}))["id"]
        replay = f"/whatsapp/webhooks/{webhook_id}/replay"
        wa_id = new_wa_id()
        await customer_wrote(stack, wa_id=wa_id)
        await receiver.count(1)

        async def settled() -> Any:
            return (await api.get("/webhook_deliveries", status="delivered"))["data"]

        await eventually(settled)
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE webhook_delivery SET status = 'failed', problem = 'HTTP 500'"))
        for since, replayed in (("2999-01-01T00:00:00", 0), (LONG_AGO, 1)):
            answer = await api.answer("POST", replay, {"since": since})
            assert (answer.status_code, answer.json()) == (200, {"data": {"replayed": replayed, "more": False}})
        first, second = await receiver.count(2)
        assert (first.key, first.body) == (second.key, second.body)
        changes = {"since": [None, LONG_AGO], "deliveries": [None, 1]}
        assert ("webhook.replayed", webhook_id, changes) in await audit_lines(stack)
        for body in ({}, {"since": "yesterday"}, {"since": "0001-01-01T00:00:00+14:00"}):
            assert await api.wrong_fields("POST", replay, body) == {"since"}
        await api.change(f"{path}/{webhook_id}", {"whatsapp_webhook": {"active": False}})
        answer = await api.answer("POST", replay, {"since": LONG_AGO})
        assert (answer.status_code, answer.json()["code"]) == (422, "webhook_inactive")
