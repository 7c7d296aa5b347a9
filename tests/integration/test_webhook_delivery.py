"""How webhooks to the business's own systems are delivered: in order, again, together, and at last not at all."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.jobs import Queue, Waker, connect, wake_released
from shared.operations import settle_delivery
from shared.operations.save_webhook import NewWebhook, create_webhook
from shared.outbound_http import outbound_http
from shared.queries.deliveries import DeliveryAttempt
from shared.settings import Settings
from tests.database import count
from tests.factories import make_project, text_message, webhook
from tests.integration.webhook_support import BO, Desk, text_of
from tests.samples import shapes_in
from tests.waiting import eventually
from workers.webhooks import WebhookSender

RECEIVED, CREATED = "whatsapp.message.received", "whatsapp.conversation.created"

pytest_plugins = ("tests.integration.webhook_fixtures",)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver is on loopback."""
    return msgspec.structs.replace(settings, allow_private_addresses=True)


def _attempt(status: int, problem: str | None) -> DeliveryAttempt:
    return DeliveryAttempt(
        number=0,
        at=datetime.now(UTC),
        duration_ms=1,
        url="http://127.0.0.1/",
        request_headers={},
        response_status=status,
        problem=problem,
    )


async def test_a_delivery_is_signed_named_and_listed_as_delivered(desk: Desk) -> None:
    webhook_id = await desk.subscribe(RECEIVED, headers={"X-Source": "porthole", "User-Agent": "ours"})
    await desk.writes("Hola")
    await desk.send()
    (one,) = desk.receiver.came
    assert one.is_signed()
    assert not one.is_signed("another secret")
    assert one.headers["x-webhook-event"] == RECEIVED
    assert one.headers["x-webhook-payload-version"] == "v2"
    assert one.headers["content-type"] == "application/json"
    assert (one.headers["x-source"], one.headers["user-agent"]) == ("porthole", "ours")
    assert "x-webhook-batch" not in one.headers
    (row,) = await desk.rows()
    assert (row.endpoint_id, row.status, row.response_status, row.attempt_count) == (webhook_id, "delivered", 200, 1)
    assert (row.problem, row.body, row.idempotency_key) == (None, one.body, one.key)
    assert row.delivered_at is not None
    assert row.failed_at is None


async def test_several_endpoints_get_the_same_event_under_the_same_key_and_only_what_they_want(desk: Desk) -> None:
    await desk.subscribe(RECEIVED, path="/one")
    await desk.subscribe(RECEIVED, CREATED, path="/two")
    await desk.subscribe("whatsapp.message.read", path="/three")
    await desk.writes("Hola")
    await desk.send()
    assert sorted((one.path, one.event) for one in desk.receiver.came) == [
        ("/one", RECEIVED),
        ("/two", CREATED),
        ("/two", RECEIVED),
    ]
    assert len({one.key for one in desk.receiver.of(RECEIVED)}) == 1
    assert len({one.body for one in desk.receiver.of(RECEIVED)}) == 1


async def test_what_fails_is_tried_again_after_ten_forty_and_ninety_seconds_and_then_no_more(desk: Desk) -> None:
    await desk.subscribe(RECEIVED)
    desk.receiver.answer = lambda _: 500
    await desk.writes("Hola")
    for attempt, seconds in enumerate((10, 40, 90), 1):
        before = datetime.now(UTC)
        await desk.send()
        (row,) = await desk.rows()
        assert (row.status, row.attempt_count, row.response_status) == ("pending", attempt, 500)
        assert row.problem == "HTTP 500: the receiver's own words"
        assert seconds <= (row.due_at - before).total_seconds() < seconds + 5
        await desk.pass_time(seconds - 5)
        await desk.send()
        assert len(desk.receiver.came) == attempt, "too early"
        await desk.pass_time(5)
    await desk.send()
    (row,) = await desk.rows()
    assert (row.status, row.attempt_count) == ("failed", 4)
    assert row.failed_at is not None
    await desk.pass_time(10_000)
    await desk.send()
    assert len(desk.receiver.came) == 4
    assert len({(one.key, one.body, one.headers["x-webhook-signature"]) for one in desk.receiver.came}) == 1


async def test_a_delivery_that_succeeds_at_the_second_attempt_has_no_problem_left(desk: Desk) -> None:
    await desk.subscribe(RECEIVED)
    answers = iter((503, 202))
    desk.receiver.answer = lambda _: next(answers)
    await desk.writes("Hola")
    await desk.send()
    await desk.pass_time(10)
    await desk.send()
    (row,) = await desk.rows()
    assert (row.status, row.response_status, row.attempt_count, row.problem) == ("delivered", 202, 2, None)


@pytest.mark.parametrize("status", [301, 307, 400, 410])
async def test_only_a_2xx_is_a_success_and_no_redirect_is_followed(desk: Desk, status: int) -> None:
    await desk.subscribe(RECEIVED)
    desk.receiver.answer = lambda _: status
    await desk.writes("Hola")
    await desk.send()
    assert [one.path for one in desk.receiver.came] == ["/hook"]
    (row,) = await desk.rows()
    assert (row.status, row.response_status) == ("pending", status)


async def test_an_endpoint_that_is_not_there_is_a_failed_attempt_in_words(desk: Desk) -> None:
    await desk.subscribe(RECEIVED, url="http://127.0.0.1:9/hook")
    await desk.subscribe(RECEIVED, url="https://a-host-that-does-not-exist.invalid/hook")
    await desk.writes("Hola")
    await desk.send()
    rows = await desk.rows()
    assert [(row.status, row.response_status) for row in rows] == [("pending", None)] * 2
    assert all(row.problem.startswith("No answer: ") for row in rows)


async def test_private_addresses_are_refused_where_the_setting_does_not_allow_them(
    desk: Desk, settings: Settings, engine: AsyncEngine
) -> None:
    await desk.subscribe(RECEIVED)
    await desk.writes("Hola")
    http = outbound_http(msgspec.structs.replace(settings, allow_private_addresses=False))
    sender = WebhookSender(settings, engine, http)
    await sender.drainer.drain()
    await sender.stop(10)
    await http.close()
    (row,) = await desk.rows()
    assert row.problem == "127.0.0.1 is at an address that is not public"
    assert desk.receiver.came == []


class TestOrder:
    async def test_events_of_a_conversation_arrive_one_after_the_other(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED, CREATED)
        words = [f"line {index}" for index in range(8)]
        await desk.comes(*(text_message(word, at=1_700_000_000 + index) for index, word in enumerate(words)))
        await desk.send()
        assert desk.receiver.came[0].event == CREATED
        assert [text_of(one) for one in desk.receiver.of(RECEIVED)] == words

    async def test_an_event_waits_for_an_earlier_one_that_is_tried_again(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED)
        desk.receiver.answer = lambda one: 500 if text_of(one) == "first" else 200
        await desk.writes("first", "second")
        await desk.writes("elsewhere", wa_id=BO)
        await desk.send()
        assert sorted(text_of(one) for one in desk.receiver.came) == ["elsewhere", "first"]
        desk.receiver.answer = lambda _: 200
        await desk.pass_time(10)
        await desk.send()
        assert [text_of(one) for one in desk.receiver.came][-2:] == ["first", "second"]

    async def test_after_thirty_seconds_it_goes_out_all_the_same(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED)
        desk.receiver.answer = lambda one: 500 if text_of(one) == "first" else 200
        await desk.writes("first", "second")
        await desk.send()
        await desk.pass_time(9)
        await desk.send()
        await desk.run("UPDATE webhook_delivery SET created_at = now() - interval '29 seconds'")
        await desk.send()
        assert [text_of(one) for one in desk.receiver.came] == ["first"]
        await desk.run("UPDATE webhook_delivery SET created_at = now() - interval '31 seconds'")
        await desk.send()
        assert [text_of(one) for one in desk.receiver.came] == ["first", "second"]

    async def test_what_has_waited_for_a_worker_for_long_is_still_sent_in_order(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED)
        await desk.writes(*"abcdef")
        await desk.pass_time(3600)
        await desk.send()
        assert [text_of(one) for one in desk.receiver.came] == list("abcdef")


class TestBatches:
    async def test_messages_of_a_window_go_out_together(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED, CREATED, buffer_enabled=True, buffer_window_seconds=7)
        await desk.writes("one", "two", "three")
        await desk.writes("elsewhere", wa_id=BO)
        await desk.send()
        assert {one.event for one in desk.receiver.came} == {CREATED}
        await desk.pass_time(7)
        await desk.send()
        elsewhere, batch = sorted(desk.receiver.of(RECEIVED), key=lambda one: len(one.body))
        assert batch.is_signed()
        assert (batch.headers["x-webhook-batch"], batch.headers["x-batch-size"]) == ("true", "3")
        assert (elsewhere.headers["x-webhook-batch"], elsewhere.headers["x-batch-size"]) == ("true", "1")
        body = batch.json()
        (as_described,) = shapes_in("webhooks.md", "batch")
        assert as_described(body) == ""
        assert (body["type"], body["batch"]) == (RECEIVED, True)
        assert [one["message"]["text"]["body"] for one in body["data"]] == ["one", "two", "three"]
        assert [one["is_new_conversation"] for one in body["data"]] == [True, False, False]
        info = body["batch_info"]
        assert (info["size"], info["window_ms"]) == (3, 7000)
        assert info["conversation_id"] == body["data"][0]["conversation"]["id"]
        assert info["first_sequence"] < info["last_sequence"]
        assert await count(desk.engine, "webhook_delivery", "status = 'delivered'") == 6

    async def test_a_full_buffer_does_not_wait_for_the_end_of_its_window(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED, buffer_enabled=True, buffer_window_seconds=60, max_buffer_size=3)
        await desk.writes("a", "b")
        await desk.send()
        assert desk.receiver.came == []
        await desk.writes("c", "d")
        await desk.send()
        (batch,) = desk.receiver.came
        assert [one["message"]["text"]["body"] for one in batch.json()["data"]] == ["a", "b", "c"]
        await desk.pass_time(60)
        await desk.send()
        assert [one["message"]["text"]["body"] for one in desk.receiver.came[1].json()["data"]] == ["d"]

    async def test_a_batch_that_fails_is_delivered_one_by_one(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED, buffer_enabled=True)
        desk.receiver.answer = lambda one: 500 if "x-webhook-batch" in one.headers else 200
        await desk.writes("one", "two")
        await desk.pass_time(5)
        await desk.send()
        await desk.pass_time(10)
        await desk.send()
        batch, *singles = desk.receiver.came
        assert batch.headers["x-batch-size"] == "2"
        assert [text_of(one) for one in singles] == ["one", "two"]
        assert len({one.key for one in desk.receiver.came}) == 3
        assert [(row.status, row.attempt_count) for row in await desk.rows()] == [("delivered", 2)] * 2

    async def test_what_comes_while_a_batch_is_under_way_goes_into_the_next(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED, buffer_enabled=True)
        await desk.writes("one")
        await desk.pass_time(5)
        desk.receiver.gate.clear()
        sending = asyncio.create_task(desk.send())
        await desk.receiver.count(1)
        await desk.writes("two")
        await desk.pass_time(5)
        desk.receiver.gate.set()
        await sending
        await desk.send()
        texts = [[one["message"]["text"]["body"] for one in batch.json()["data"]] for batch in desk.receiver.came]
        assert texts == [["one"], ["two"]]


class TestLeases:
    @pytest.mark.parametrize("buffered", [False, True])
    async def test_what_a_worker_left_behind_goes_out_again_under_the_same_key(
        self, desk: Desk, buffered: bool
    ) -> None:
        await desk.subscribe(RECEIVED, buffer_enabled=buffered)
        await desk.writes("one", "two")
        await desk.pass_time(5)
        first = (await desk.sender._claim(10))[0]  # and then its process is gone
        await desk.writes("three")
        await desk.pass_time(5)
        await desk.send()
        assert desk.receiver.came == [], "the conversation waits for what may have been sent"
        await desk.pass_time(30)
        await desk.send()
        came = desk.receiver.came
        head = first.rows[0]
        assert came[0].key == (str(head.batch_id) if buffered else head.idempotency_key)
        sizes = [one.headers.get("x-batch-size") for one in came]
        assert sizes == (["2", "1"] if buffered else [None] * 3)
        assert await count(desk.engine, "webhook_delivery", "status = 'delivered'") == 3

    async def test_an_outcome_that_comes_after_the_lease_ran_out_changes_nothing(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED)
        await desk.writes("one")
        (late,) = await desk.sender._claim(10)
        await desk.pass_time(31)
        (again,) = await desk.sender._claim(10)
        async with desk.engine.begin() as connection:
            await settle_delivery.settle_deliveries(connection, late.outcomes(_attempt(500, "HTTP 500")))
        (row,) = await desk.rows()
        assert (row.status, row.attempt_count, row.problem) == ("pending", 2, None)
        async with desk.engine.begin() as connection:
            await settle_delivery.settle_deliveries(connection, again.outcomes(_attempt(200, None)))
        (row,) = await desk.rows()
        assert row.status == "delivered"

    async def test_two_workers_never_take_the_same(self, desk: Desk, settings: Settings) -> None:
        await desk.subscribe(RECEIVED)
        for index in range(6):
            await desk.writes(f"from {index}", wa_id=f"5215555560{index:02}")
        other = WebhookSender(settings, desk.engine, outbound_http(settings))
        claims = await asyncio.gather(*(sender._claim(3) for sender in (desk.sender, other)))
        claims.append(await other._claim(6))  # what one had locked, but not taken, just when the other looked
        ids = [row.id for requests in claims for request in requests for row in request.rows]
        assert len(ids) == len(set(ids)) == 6


class TestPlaces:
    async def test_one_endpoint_gets_so_many_requests_at_once_and_the_others_go_on(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED, path="/slow")
        await desk.subscribe(RECEIVED, path="/quick")
        for index in range(20):
            await desk.writes("Hola", wa_id=f"5215555560{index:02}")
        desk.receiver.gate.clear()
        sending = asyncio.create_task(desk.send())
        came = await desk.receiver.count(16)
        assert sorted(one.path for one in came) == ["/quick"] * 8 + ["/slow"] * 8
        desk.receiver.gate.set()
        await sending
        assert len(desk.receiver.came) == 40

    async def test_one_that_does_not_answer_gets_two_at_once_until_it_does(self, desk: Desk) -> None:
        gone = await desk.subscribe(RECEIVED, url="http://127.0.0.1:9/")
        await desk.writes("Hola")
        await desk.send()
        await desk.run("UPDATE webhook_endpoint SET url = :url", url=f"{desk.receiver.url}/back")
        for index in range(6):
            await desk.writes("Hola", wa_id=f"5215555560{index:02}")
        claimed = await desk.sender._claim(50)
        assert [request.endpoint_id for request in claimed] == [gone] * 2


class TestMeta:
    async def test_webhooks_of_metas_are_handed_on_as_they_came(self, desk: Desk) -> None:
        await desk.subscribe(kind="meta")
        whole = await desk.comes(text_message("Hola"))
        odd = webhook(desk.project.phone_number_id, messages=[]).replace(b'"messages"', b'"smb_message_echoes"', 1)
        await desk.apply(odd)
        await desk.send()
        assert sorted(one.body for one in desk.receiver.came) == sorted([whole, odd])
        assert {row.body for row in await desk.rows()} == {b""}, "they may quote people who are erased one day"
        for one in desk.receiver.came:
            assert one.key == hashlib.sha256(one.body).hexdigest()
            assert one.is_signed()
            assert not {"x-webhook-event", "x-webhook-payload-version"} & one.headers.keys()

    async def test_of_a_webhook_about_several_numbers_each_gets_its_own_part(
        self, desk: Desk, settings: Settings
    ) -> None:
        async with desk.engine.begin() as connection:
            theirs = await make_project(connection, settings, "Other")
        await desk.subscribe(kind="meta")
        parts = [
            msgspec.json.decode(webhook(number, messages=[text_message("Hola")]))
            for number in (desk.project.phone_number_id, theirs.phone_number_id)
        ]
        account = {"field": "account_update", "value": {"event": "something of another account's"}}
        together = {
            "object": "whatsapp_business_account",
            "entry": [
                {"id": "1", "changes": [*parts[0]["entry"][0]["changes"], *parts[1]["entry"][0]["changes"]]},
                {"id": "2", "changes": [account]},
            ],
        }
        await desk.apply(msgspec.json.encode(together))
        await desk.send()
        (one,) = desk.receiver.came
        assert one.json()["entry"] == [{"id": "1", "changes": parts[0]["entry"][0]["changes"]}]
        assert one.key == hashlib.sha256(one.body).hexdigest()
        assert await count(desk.engine, "message") == 2


async def test_each_number_is_told_of_to_its_own_endpoints_only(desk: Desk, settings: Settings) -> None:
    async with desk.engine.begin() as connection:
        theirs = await make_project(connection, settings, "Other")
        wanted = NewWebhook(url=f"{desk.receiver.url}/theirs", secret_key="theirs", events=[RECEIVED])
        await create_webhook(connection, settings, theirs.id, theirs.phone_number_id, wanted)
    await desk.subscribe(RECEIVED, CREATED)
    await desk.subscribe(RECEIVED, path="/customer", number=desk.project.customer_phone_number_id)
    numbers = (theirs.phone_number_id, desk.project.customer_phone_number_id)
    together = [msgspec.json.decode(webhook(number, messages=[text_message(number)]))["entry"][0] for number in numbers]
    await desk.apply(msgspec.json.encode({"object": "whatsapp_business_account", "entry": together}))
    await desk.send()
    assert await count(desk.engine, "message") == 2
    told = sorted((one.path, text_of(one)) for one in desk.receiver.of(RECEIVED))
    assert told == [("/customer", numbers[1]), ("/theirs", numbers[0])]
    assert [one.is_signed("theirs") for one in desk.receiver.came if one.path == "/theirs"] == [True]


async def test_without_an_endpoint_nothing_is_stored(desk: Desk) -> None:
    await desk.writes("Hola")
    assert await desk.rows() == []


async def test_the_same_webhook_twice_is_told_of_once(desk: Desk) -> None:
    await desk.subscribe(RECEIVED, CREATED)
    body = await desk.comes(text_message("Hola"))
    await desk.apply(body)
    await desk.send()
    assert [one.event for one in desk.receiver.came] == [CREATED, RECEIVED]


async def test_a_secret_that_cannot_be_read_any_more_is_a_failed_attempt(desk: Desk) -> None:
    await desk.subscribe(RECEIVED)
    await desk.run("UPDATE webhook_endpoint SET secret_key = 'garbage'")
    await desk.writes("Hola")
    await desk.send()
    (row,) = await desk.rows()
    assert row.status == "pending"
    assert "PORTHOLE_SECRET_KEY" in row.problem
    assert desk.receiver.came == []


async def test_an_answer_may_hold_anything(desk: Desk) -> None:
    """PostgreSQL's text takes no NUL, and its JSON no half of a surrogate."""

    async def serve(reader: Any, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        words = b"\x00\xed\xa0\x80\xff" * 1000
        writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: %d\r\n\r\n%b" % (len(words), words))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await desk.subscribe(RECEIVED, url=f"http://127.0.0.1:{port}/")
        await desk.writes("Hola")
        await desk.send()
    (row,) = await desk.rows()
    assert (row.status, row.response_status) == ("pending", 500)
    assert len(row.problem) <= 2000


async def test_a_job_wakes_the_worker_as_soon_as_the_transaction_is_over(
    desk: Desk, settings: Settings, engine: AsyncEngine
) -> None:
    redis = connect(msgspec.structs.replace(settings, redis_url=f"{settings.redis_url}/1"))  # no worker looks there
    waker = Waker(redis, Queue.WEBHOOKS)
    wake_released(engine, {Queue.WEBHOOKS: waker})
    running = asyncio.create_task(waker.run())
    await desk.writes("nobody wants to hear")
    assert await redis.zcard(Queue.WEBHOOKS) == 0
    await desk.subscribe(RECEIVED)
    await desk.writes("Hola")
    await eventually(lambda: redis.zcard(Queue.WEBHOOKS))
    waker.stop()
    await running
    await redis.aclose()
