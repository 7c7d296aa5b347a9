"""The short way of a plain message: the same rows and events as the long way gives, or nothing at all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from api.webhooks.intake import Intake
from shared.events import Event
from shared.handover import Handover, Handovers
from shared.jobs import Queue, Waker, connect
from shared.kept_connection import KeptConnection
from shared.operations.receive_plain import PREPARE, plain_message, receive_plain
from shared.settings import Settings
from shared.whatsapp.webhook import decode_webhook
from tests.applying import apply, ingesting, store
from tests.factories import ProjectRows, new_wamid, text_message, webhook
from tests.meta_payloads import inbound
from workers.ingest import Ingest

ANA = "5215555550100"

PLAIN: list[tuple[str, Any]] = [
    ("text", {"body": "¿Llegó?\nGracias 🙏"}),
    ("location", {"latitude": 19.4, "longitude": -99.1, "name": "Zócalo"}),
    ("contacts", [{"name": {"formatted_name": "Ana P"}}]),
    ("button", {"payload": "STOP", "text": "Stop"}),
    ("interactive", {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}),
    ("order", {"catalog_id": "C", "text": "asap", "product_items": []}),
    ("unsupported", {"type": "poll_creation"}),
    ("request_welcome", {}),
    ("hologram", {"depth": 3}),
]


@pytest.fixture
async def short(engine: AsyncEngine) -> AsyncIterator[Callable[[bytes], Awaitable[Event | None]]]:
    """Takes a webhook in by the short way, if it can."""
    connection = KeptConnection(engine, PREPARE)

    async def receive(body: bytes) -> Event | None:
        await store(engine, [body])
        event_id, received_at = await _one(engine, "SELECT id, received_at FROM inbound_event ORDER BY id DESC LIMIT 1")
        message = plain_message(decode_webhook(body, received_at))
        assert message is not None
        return await receive_plain(await connection.driver(), event_id, message)

    yield receive
    await connection.close()


@pytest.fixture
async def ingest(engine: AsyncEngine, settings: Settings) -> AsyncIterator[Ingest]:
    async with ingesting(engine, settings) as ingest:
        yield ingest


async def _one(engine: AsyncEngine, query: str, **values: Any) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(text(query), values)).one()


async def _run(engine: AsyncEngine, statement: str, **values: Any) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement), values)


async def _rows(engine: AsyncEngine, number: str) -> list[dict[str, Any]]:
    """All that is stored of a number's messages and conversations, but for what differs from one to the next."""
    ours = {"id", "rev", "conversation_id", "phone_number_id", "contact_id", "last_message_id", "wamid", "wamid_key"}
    kept = []
    async with engine.connect() as connection:
        for table in ("conversation", "message"):
            found = await connection.execute(
                text(f"SELECT * FROM {table} WHERE phone_number_id = :number ORDER BY id"), {"number": number}
            )
            kept += [
                {name: value for name, value in row.items() if name not in ours and not name.endswith("ated_at")}
                for row in found.mappings()
            ]
    return kept


def _shape(event: Event) -> Any:
    """What an iframe receives, but for the ids."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            mine = {"id", "rev", "conversation_id", "wamid", "phone_number_id", "whatsapp_config_id", "created_at"}
            return {name: plain(one) for name, one in value.items() if name not in mine}
        return [plain(one) for one in value] if isinstance(value, list) else value

    return len(event.channels), plain(msgspec.to_builtins(event.push))


@pytest.mark.parametrize("mode", [None, "handoff"])
@pytest.mark.parametrize(("kind", "content"), PLAIN)
async def test_the_short_way_leads_where_the_long_one_does(
    engine: AsyncEngine,
    project: ProjectRows,
    short: Callable[[bytes], Awaitable[Event | None]],
    kind: str,
    content: Any,
    mode: str | None,
) -> None:
    numbers = (project.phone_number_id, project.customer_phone_number_id)
    await _run(engine, "UPDATE phone_number SET customer_id = NULL")
    shapes = []
    for number, is_short in zip(numbers, (False, True), strict=True):
        await apply(engine, [webhook(number, messages=[text_message("first", wa_id=ANA, at=1_790_000_000)])])
        by = '{"id": "7", "name": "Ana Ribeiro"}' if mode else None
        await _run(engine, "UPDATE conversation SET mode = :mode, handed_off_by = CAST(:by AS jsonb)", mode=mode, by=by)
        body = webhook(number, messages=[inbound(kind, content, wa_id=ANA, at=1_790_000_060)])
        event = await short(body) if is_short else (await apply(engine, [body])).events[0]
        assert event is not None
        shapes.append(_shape(event))
    assert shapes[0] == shapes[1]
    assert await _rows(engine, numbers[0]) == await _rows(engine, numbers[1])
    assert await _one(engine, "SELECT state FROM inbound_event") == ("done",)


async def _nothing(engine: AsyncEngine, project: ProjectRows) -> bytes:
    return webhook(project.phone_number_id, messages=[text_message("hi", wa_id="15550009999")])


async def _new_name(engine: AsyncEngine, project: ProjectRows) -> bytes:
    return webhook(project.phone_number_id, messages=[text_message("hi")], name="Somebody Else")


async def _ended(engine: AsyncEngine, project: ProjectRows) -> bytes:
    await _run(engine, "UPDATE conversation SET status = 'ended', ended_at = now()")
    return webhook(project.phone_number_id, messages=[text_message("hi")])


async def _switched_off(engine: AsyncEngine, project: ProjectRows) -> bytes:
    await _run(engine, "UPDATE phone_number SET inbound_processing_enabled = false")
    return webhook(project.phone_number_id, messages=[text_message("hi")])


async def _unknown_number(engine: AsyncEngine, project: ProjectRows) -> bytes:
    return webhook("106999999999999", messages=[text_message("hi")])


async def _changed_before(engine: AsyncEngine, project: ProjectRows) -> bytes:
    wamid = new_wamid()
    await apply(
        engine,
        [webhook(project.phone_number_id, messages=[inbound("revoke", {"original_message_id": wamid}, wa_id=ANA)])],
    )
    return webhook(project.phone_number_id, messages=[text_message("hi", wamid=wamid)])


@pytest.mark.parametrize("make", [_nothing, _new_name, _ended, _switched_off, _unknown_number, _changed_before])
async def test_what_is_not_plain_for_the_database_changes_nothing(
    engine: AsyncEngine,
    project: ProjectRows,
    short: Callable[[bytes], Awaitable[Event | None]],
    make: Callable[[AsyncEngine, ProjectRows], Awaitable[bytes]],
) -> None:
    await apply(engine, [webhook(project.phone_number_id, messages=[text_message("first")])])
    body = await make(engine, project)
    before = await _rows(engine, project.phone_number_id)
    assert await short(body) is None
    assert await _rows(engine, project.phone_number_id) == before
    assert await _one(engine, "SELECT state FROM inbound_event") == ("pending",)


async def test_a_repeat_is_stored_once(
    engine: AsyncEngine, project: ProjectRows, short: Callable[[bytes], Awaitable[Event | None]]
) -> None:
    body = webhook(project.phone_number_id, messages=[text_message("hi")])
    await apply(engine, [body])
    assert await short(body) is None
    assert await _one(engine, "SELECT unread_count, messages_count FROM conversation") == (1, 1)


def _handover(
    settings: Settings, body: bytes, event_id: int = 77, *, secret_key: str | None = None, age: int = 0
) -> bytes:
    received_at = datetime.now(UTC) - timedelta(seconds=age)
    return Handovers(secret_key or settings.secret_key).seal(Handover(event_id, received_at, body))


async def test_what_is_handed_over_is_stored_with_what_it_tells(
    engine: AsyncEngine, settings: Settings, project: ProjectRows, ingest: Ingest
) -> None:
    await apply(engine, [webhook(project.phone_number_id, messages=[text_message("first")])])
    body = webhook(project.phone_number_id, messages=[text_message("hi")])
    for _ in range(2):  # a second time it is a repeat
        ingest.hand_over(_handover(settings, body))
        assert not await ingest.step()
    assert await _one(engine, "SELECT id, body, state FROM inbound_event") == (77, body, "done")
    assert await _one(engine, "SELECT messages_count FROM conversation") == (2,)


async def test_what_the_api_has_stored_already_is_done(
    engine: AsyncEngine, settings: Settings, project: ProjectRows, ingest: Ingest
) -> None:
    await apply(engine, [webhook(project.phone_number_id, messages=[text_message("first")])])
    body = webhook(project.phone_number_id, messages=[text_message("hi")])
    await _run(engine, "INSERT INTO inbound_event (id, body) VALUES (77, :body)", body=body)
    ingest.hand_over(_handover(settings, body))
    await ingest.step()
    assert await _one(engine, "SELECT id, state FROM inbound_event") == (77, "done")
    assert await _one(engine, "SELECT messages_count FROM conversation") == (2,)


async def test_a_handover_that_no_api_has_sealed_just_now_is_not_believed(
    engine: AsyncEngine, settings: Settings, project: ProjectRows, ingest: Ingest
) -> None:
    await apply(engine, [webhook(project.phone_number_id, messages=[text_message("first")])])
    body = webhook(project.phone_number_id, messages=[text_message("hi")])
    sealed = _handover(settings, body)
    forged = [
        _handover(settings, body, secret_key="somebody else's key, as long as ours"),
        _handover(settings, body, age=120),
        _handover(settings, body, age=-120),
        sealed[:-1] + bytes([sealed[-1] ^ 1]),
        sealed[:20],
    ]
    for payload in forged:
        ingest.hand_over(payload)
        await ingest.step()
    assert await _one(engine, "SELECT (SELECT count(*) FROM inbound_event), (SELECT count(*) FROM message)") == (0, 1)


async def test_an_event_of_the_same_id_that_is_another_one_is_left_alone(
    engine: AsyncEngine, settings: Settings, project: ProjectRows, ingest: Ingest
) -> None:
    await apply(engine, [webhook(project.phone_number_id, messages=[text_message("first")])])
    await _run(engine, "INSERT INTO inbound_event (id, kind, body) VALUES (77, 'workflow', 'x')")
    ingest.hand_over(_handover(settings, webhook(project.phone_number_id, messages=[text_message("hi")])))
    await ingest.step()
    assert await _one(engine, "SELECT count(*) FROM message") == (1,)


async def test_an_event_that_another_worker_has_is_not_waited_for(
    engine: AsyncEngine, settings: Settings, project: ProjectRows, ingest: Ingest
) -> None:
    await apply(engine, [webhook(project.phone_number_id, messages=[text_message("first")])])
    body = webhook(project.phone_number_id, messages=[text_message("hi")])
    await _run(engine, "INSERT INTO inbound_event (id, body) VALUES (77, :body)", body=body)
    async with engine.connect() as other:
        await other.execute(text("SELECT FROM inbound_event FOR UPDATE"))
        ingest.hand_over(_handover(settings, body))
        with capture_logs() as logs:
            await ingest.step()
        assert logs == [], "it has not waited for its lock in vain"
    assert await _one(engine, "SELECT state FROM inbound_event") == ("pending",)


@contextlib.asynccontextmanager
async def _running_intake(engine: AsyncEngine, settings: Settings) -> AsyncIterator[Intake]:
    redis = connect(settings)
    intake = Intake(engine, Waker(redis, Queue.INGEST), settings.secret_key)
    running = asyncio.create_task(intake.run())
    yield intake
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await redis.aclose()


@pytest.mark.parametrize("commits", [True, False])
async def test_the_api_answers_when_it_is_committed_by_whomever(
    engine: AsyncEngine, settings: Settings, commits: bool
) -> None:
    async with _running_intake(engine, settings) as intake:
        (last_id,) = await _one(engine, "SELECT nextval('inbound_event_id_seq')")
        next_id = last_id + 1
        async with engine.connect() as worker:
            await worker.execute(
                text("INSERT INTO inbound_event (id, body, state) VALUES (:id, :body, 'done')"),
                {"id": next_id, "body": b'{"a": 1}'},
            )
            storing = asyncio.create_task(intake.store(b'{"a": 1}'))
            done, _ = await asyncio.wait([storing], timeout=0.3)
            assert not done, "it is not committed yet"
            await (worker.commit() if commits else worker.rollback())
        await storing
    state = "done" if commits else "pending"
    assert await _one(engine, "SELECT count(*), max(state) FROM inbound_event WHERE id = :id", id=next_id) == (1, state)


async def test_an_id_that_another_webhook_has_got_meanwhile_costs_nothing(
    engine: AsyncEngine, settings: Settings
) -> None:
    """After a failover to a copy that lacks the newest, a sequence may give an id again."""
    async with _running_intake(engine, settings) as intake:
        (last_id,) = await _one(engine, "SELECT nextval('inbound_event_id_seq')")
        await _run(engine, "INSERT INTO inbound_event (id, body, state) VALUES (:id, 'other', 'done')", id=last_id + 1)
        await intake.store(b'{"a": 1}')
    assert await _one(engine, "SELECT body, state FROM inbound_event ORDER BY id DESC LIMIT 1") == (
        b'{"a": 1}',
        "pending",
    )


async def test_a_worker_that_cannot_get_the_conversation_does_not_hold_the_api_up(
    engine: AsyncEngine, settings: Settings, project: ProjectRows, ingest: Ingest
) -> None:
    await apply(engine, [webhook(project.phone_number_id, messages=[text_message("first")])])
    body = webhook(project.phone_number_id, messages=[text_message("hi")])
    async with engine.connect() as other:
        await other.execute(text("SELECT FROM conversation FOR UPDATE"))
        ingest.hand_over(_handover(settings, body))
        await asyncio.wait_for(ingest.step(), 5)
    assert await _one(engine, "SELECT count(*) FROM inbound_event") == (0,)
    await store(engine, [body])  # as the api does
    await ingest.step()
    assert await _one(engine, "SELECT messages_count FROM conversation") == (2,)


async def test_several_workers_that_are_handed_the_same_store_it_once(
    engine: AsyncEngine, settings: Settings, project: ProjectRows
) -> None:
    await apply(engine, [webhook(project.phone_number_id, messages=[text_message("first")])])
    async with contextlib.AsyncExitStack() as started:
        workers = [await started.enter_async_context(ingesting(engine, settings)) for _ in range(3)]
        for number in range(20):
            body = webhook(project.phone_number_id, messages=[text_message(f"message {number}")])
            for worker in workers:
                worker.hand_over(_handover(settings, body, event_id=number + 1))
            await asyncio.gather(*(worker.step() for worker in workers))
    assert await _one(engine, "SELECT count(*), count(DISTINCT id) FROM message") == (21, 21)
    assert await _one(engine, "SELECT messages_count, unread_count FROM conversation") == (21, 21)
