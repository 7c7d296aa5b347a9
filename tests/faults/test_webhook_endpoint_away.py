"""The business's own systems are away or slow, or our worker dies: nothing is lost, and the others do not wait."""

import asyncio
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.serve import bind, port_of
from shared.operations.save_webhook import NewWebhook, create_webhook
from shared.settings import Settings
from tests.database import blocks_read, count, statements
from tests.factories import ProjectRows, text_message, webhook
from tests.integration.webhook_support import Desk, open_desk
from tests.processes import running_role
from tests.receiver import SECRET, Receiver, receiving
from tests.stack import Stack
from tests.waiting import eventually

pytest_plugins = ("tests.integration.webhook_fixtures",)

RECEIVED = "whatsapp.message.received"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver is on loopback."""
    return msgspec.structs.replace(settings, allow_private_addresses=True)


async def _subscribe(engine: AsyncEngine, settings: Settings, project: ProjectRows, url: str, **fields: Any) -> None:
    wanted = NewWebhook(url=url, secret_key=SECRET, events=[RECEIVED], **fields)
    async with engine.begin() as connection:
        await create_webhook(connection, settings, project.id, project.phone_number_id, wanted)


async def _come(engine: AsyncEngine, project: ProjectRows, people: int) -> None:
    body = webhook(
        project.phone_number_id,
        messages=[text_message(f"from {index}", wa_id=f"155501{index:05}") for index in range(people)],
    )
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO inbound_event (body) VALUES (:body)"), {"body": body})


@pytest.mark.parametrize("buffered", [False, True])
async def test_a_worker_killed_between_the_request_and_its_outcome_repeats_it_under_the_same_key(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, receiver: Receiver, buffered: bool
) -> None:
    await _subscribe(
        engine, settings, project, f"{receiver.url}/hook", buffer_enabled=buffered, buffer_window_seconds=1
    )
    receiver.gate.clear()
    async with running_role("worker", settings) as worker:
        await _come(engine, project, 5)
        first = list(await receiver.count(5, 30))
        await worker.kill()
    receiver.gate.set()
    assert await count(engine, "webhook_delivery", "status = 'pending'") == 5
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE webhook_delivery SET leased_until = now()"))
    async with running_role("worker", settings):

        async def all_delivered() -> bool:
            return await count(engine, "webhook_delivery", "status = 'delivered'") == 5

        await eventually(all_delivered, 30)
    assert len(receiver.came) == 10
    again = receiver.came[5:]
    assert {(one.key, one.body) for one in again} == {(one.key, one.body) for one in first}
    assert len({one.key for one in again}) == 5


async def test_endpoints_that_never_answer_hold_up_nobody_else(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, receiver: Receiver
) -> None:
    async with open_desk(settings, engine, project) as desk:
        with bind("127.0.0.1", 0) as silent:  # takes connections, and never says a word
            for index in range(6):
                await desk.subscribe(RECEIVED, url=f"http://127.0.0.1:{port_of(silent)}/{index}")
            well = await desk.subscribe(RECEIVED, path="/well")
            await desk.comes(*(text_message("Hola", wa_id=f"155501{index:05}") for index in range(40)))
            sending = asyncio.create_task(desk.send())
            await desk.receiver.count(40)
            assert await desk.rows("id", f"endpoint_id <> '{well}' AND last_attempt_at IS NOT NULL") == []
            assert {one.path for one in desk.receiver.came} == {"/well"}
            sending.cancel()
            await desk.sender.stop(0)


async def test_a_long_queue_of_one_endpoint_costs_the_others_nothing(desk: Desk) -> None:
    """The queue is not read to find out what the others have to wait for."""
    await desk.subscribe(RECEIVED, url="http://127.0.0.1:9/")
    await desk.subscribe(RECEIVED, path="/well")
    await desk.writes("Hola")
    (one, _) = await desk.rows("id, endpoint_id, project_id")
    await desk.run(
        "INSERT INTO webhook_delivery (id, project_id, endpoint_id, event, body, idempotency_key, conversation_id)"
        " SELECT gen_random_uuid(), :project, :endpoint, 'x', '', '', gen_random_uuid() FROM generate_series(1, 50000)",
        project=one.project_id,
        endpoint=one.endpoint_id,
    )
    with statements(desk.engine) as asked:
        claimed = await desk.sender._claim(50)
    assert len({request.endpoint_id for request in claimed}) == 2
    assert await blocks_read(desk.engine, asked[0]) < 1000, "50,000 rows are in more than ten thousand blocks"


async def test_an_endpoint_that_comes_back_gets_what_it_missed(stack: Stack) -> None:
    with bind("127.0.0.1", 0) as sock:
        port = port_of(sock)
    await _subscribe(stack.engine, stack.settings, stack.project, f"http://127.0.0.1:{port}/hook")
    await stack.post_webhook(webhook(stack.project.phone_number_id, messages=[text_message("while away")]))

    async def tried() -> bool:
        return await stack.count("webhook_delivery", "attempt_count = 1 AND problem IS NOT NULL") == 1

    await eventually(tried)
    async with receiving(port) as receiver:
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE webhook_delivery SET due_at = now()"))
        (one,) = await receiver.count(1)
        assert one.json()["message"]["text"]["body"] == "while away"
