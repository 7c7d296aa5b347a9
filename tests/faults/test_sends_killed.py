"""Workers die while they send, at every point and again and again. The customer gets every message once and in order.

The simulator counts what the customer's phone got. `pytest --soak tests/faults/test_sends_killed.py` kills a thousand
workers.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from multiprocessing.context import ForkServerProcess
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.webhooks.receiver import WebhookReceiver
from cli.serve import bind, port_of, serving
from cli.simulator.app import create_app as create_simulator
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.settings import Settings
from tests.database import count
from tests.factories import ACCESS_TOKEN, ProjectRows, make_embed
from tests.forked_worker import POINTS, ended, kill, start_worker
from tests.waiting import eventually

EACH = 15  # messages of a conversation: fewer than the burst that one person may get
WORKERS = 2

pytestmark = pytest.mark.timeout(120)


class World(msgspec.Struct):
    """The api and the simulated WhatsApp, and no worker."""

    settings: Settings
    engine: AsyncEngine
    api: httpx.AsyncClient
    whatsapp: httpx.AsyncClient
    phone_number_id: str

    async def customers(self, people: int) -> list[str]:
        """So many conversations, with an open window."""
        burst = {"phone_number_id": self.phone_number_id, "count": people, "contacts": people}
        worker = start_worker(self.settings)
        answer = await self.whatsapp.post("/_sim/burst", json=burst, timeout=60)
        assert answer.json()["accepted"] == people, answer.text

        async def all_in() -> bool:
            return await count(self.engine, "conversation") == people

        await eventually(all_in, 60)
        await kill(worker)
        async with self.engine.connect() as connection:
            ids = (await connection.execute(text("SELECT id FROM conversation ORDER BY id"))).scalars()
            return [str(one) for one in ids]

    async def reply(self, conversation_id: str, body: str) -> None:
        reply = {"client_id": body, "type": "text", "text": {"body": body}}
        answer = await self.api.post(f"/inbox/v1/conversations/{conversation_id}/messages", json=reply)
        assert answer.status_code in (200, 201), answer.text

    async def faults(self, **faults: Any) -> None:
        (await self.whatsapp.put("/_sim/faults", json=faults)).raise_for_status()

    async def all_sent(self, seconds: float = 60) -> None:
        async def sent() -> bool:
            return await count(self.engine, "outbox") == 0

        await eventually(sent, seconds)

    async def received(self) -> dict[str, list[str]]:
        """What each customer got, in the order in which it came."""
        got: dict[str, list[str]] = {}
        for message in (await self.whatsapp.get("/_sim/received", timeout=60)).json()["data"]:
            got.setdefault(message["wa_id"], []).append(message["text"]["body"])
        return got


@pytest.fixture
async def world(settings: Settings, engine: AsyncEngine, project: ProjectRows) -> AsyncIterator[World]:
    async with engine.begin() as connection:
        token = await make_embed(connection, project.id)
        await connection.execute(text("UPDATE phone_number SET messages_per_second = 1000"))
    async with contextlib.AsyncExitStack() as running:
        api_socket, simulator_socket = (running.enter_context(bind("127.0.0.1", 0)) for _ in range(2))
        api_url, simulator_url = (f"http://127.0.0.1:{port_of(one)}" for one in (api_socket, simulator_socket))
        settings = msgspec.structs.replace(
            settings, base_url=api_url, graph_url=simulator_url, embed_rate_limit=1_000_000
        )
        config = SimulatorConfig(
            webhook_url=f"{api_url}/webhooks/whatsapp",
            app_secret=settings.app_secrets()[0].decode(),
            verify_token=settings.whatsapp_verify_token,
            access_token=ACCESS_TOKEN,
            numbers=[SimulatedNumber(project.phone_number_id, "900100", "+1 555 0100", "Alder & Finch")],
            base_url=simulator_url,
        )
        app = WebhookReceiver(create_app(settings), settings)
        await running.enter_async_context(serving(app, api_socket))
        await running.enter_async_context(serving(create_simulator(config), simulator_socket))
        headers = {"Authorization": f"Bearer {token}"}
        api = await running.enter_async_context(httpx.AsyncClient(base_url=api_url, headers=headers, timeout=30))
        whatsapp = await running.enter_async_context(httpx.AsyncClient(base_url=simulator_url, timeout=30))
        # The first status well before a dead worker's lease ends.
        pace = {"sent_seconds": 0.02, "delivered_seconds": 0.04}
        (await whatsapp.put("/_sim/settings", json=pace)).raise_for_status()
        yield World(settings, engine, api, whatsapp, project.phone_number_id)


async def test_workers_that_die_at_every_point_of_a_send_leave_it_sent_once(world: World) -> None:
    conversations = await world.customers(len(POINTS))
    for conversation_id, point in zip(conversations, POINTS, strict=True):
        await world.reply(conversation_id, f"{point}, 1")
        await world.reply(conversation_id, f"{point}, 2")
        await world.faults(slow_seconds=1 if point == "during the call" else 0)
        await ended(start_worker(world.settings, point))
    await world.faults()
    assert await count(world.engine, "outbox") > 0
    worker = start_worker(world.settings)
    await world.all_sent()
    await kill(worker)
    assert sorted((await world.received()).values()) == sorted([f"{point}, 1", f"{point}, 2"] for point in POINTS)


@pytest.mark.timeout(3600)
async def test_workers_killed_again_and_again_send_everything_once_and_in_order(
    world: World, pytestconfig: pytest.Config
) -> None:
    whole = pytestconfig.getoption("soak")
    lives, people = (1000, 300) if whole else (8, 8)
    chance = random.Random(6)
    conversations = await world.customers(people)
    posting = asyncio.create_task(_post(world, conversations, chance))
    killed = 0
    workers: list[ForkServerProcess] = [start_worker(world.settings) for _ in range(WORKERS)]
    while killed < lives:
        await asyncio.sleep(chance.uniform(0.1, 0.7))  # how long a life is
        victim = chance.randrange(WORKERS)
        await kill(workers[victim])
        killed += 1
        workers[victim] = start_worker(world.settings)
        await world.faults(**_trouble(chance))
    await posting
    await world.faults()
    await world.all_sent(120)
    for worker in workers:
        await kill(worker)
    assert await count(world.engine, "message", "status = 'failed'") == 0
    received = await world.received()
    wanted = [[f"{one} {number:02d}" for number in range(EACH)] for one in sorted(conversations)]
    assert sorted(received.values()) == wanted
    assert await count(world.engine, "message", "direction = 'outbound' AND wamid IS NULL") == 0


def _trouble(chance: random.Random) -> dict[str, Any]:
    """What else WhatsApp does meanwhile."""
    return chance.choice(
        [
            {},
            {"drop_answer_next": 2},
            {"statuses_before_answer": True},
            {"slow_seconds": 0.2},
            {"fail_next": {"count": 3, "code": 131000, "http_status": 500}},
            {"duplicate": 1, "shuffle": True},
        ]
    )


async def _post(world: World, conversations: list[str], chance: random.Random) -> None:
    """Replies in every conversation, some of them posted twice, at most 60 waiting at a time."""
    numbers = dict.fromkeys(conversations, 0)
    while numbers:
        conversation_id = chance.choice(list(numbers))
        number = numbers[conversation_id]
        body = f"{conversation_id} {number:02d}"
        for _ in range(chance.choice([1, 1, 2])):
            await world.reply(conversation_id, body)
        numbers[conversation_id] += 1
        if number + 1 == EACH:
            del numbers[conversation_id]

        async def few_wait() -> bool:
            return await count(world.engine, "outbox") < 60

        await eventually(few_wait, 60)
