"""How a worker is woken: over several queues, by workers that serve some of them, and with one job for a burst."""

import asyncio

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import webhook_signature
from shared.jobs import Queue, Waker, connect
from shared.settings import Settings, SettingsError
from tests.database import count
from tests.factories import ProjectRows, text_message, webhook
from tests.processes import Role, running_role
from tests.waiting import eventually
from workers.queues import served_queues

TOKEN = "a token for the metrics"


async def _post(client: httpx.AsyncClient, api: Role, settings: Settings, project: ProjectRows, number: int) -> None:
    message = text_message(f"{number}", wa_id=f"1555010{number:04}", wamid=f"wamid.{number}")
    body = webhook(project.phone_number_id, messages=[message])
    signature = webhook_signature(body, settings.app_secrets()[0])
    url = f"{api.url}/webhooks/whatsapp"
    assert (await client.post(url, content=body, headers={"X-Hub-Signature-256": signature})).status_code == 200


async def _stored(engine: AsyncEngine, number: int) -> None:
    async def all_are() -> bool:
        return await count(engine, "message") == number

    await eventually(all_are, 20)


async def _batches(client: httpx.AsyncClient, worker: Role) -> float:
    answer = await client.get(f"{worker.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    (line,) = [line for line in answer.text.splitlines() if line.startswith("porthole_ingest_batch_seconds_count ")]
    return float(line.split()[1])


async def test_webhooks_are_spread_over_workers_with_a_queue_each_and_all_are_applied_once(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    settings = msgspec.structs.replace(settings, ingest_queues=2, metrics_token=TOKEN)
    first = msgspec.structs.replace(settings, worker_queues="ingest:0,send,webhooks,media")
    second = msgspec.structs.replace(settings, worker_queues="ingest:1")
    async with (
        running_role("api", settings) as api,
        running_role("worker", first) as one,
        running_role("worker", second) as other,
        httpx.AsyncClient() as client,
    ):
        for number in range(40):
            await _post(client, api, settings, project, number)
        await _stored(engine, 40)
        assert min(await _batches(client, one), await _batches(client, other)) >= 1
        for role in (one, other):
            assert await role.terminate() == 0
    assert await count(engine, "inbound_event", "state = 'done'") == 40


async def test_what_only_a_queue_without_a_worker_was_told_of_is_found_by_the_sweep(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    settings = msgspec.structs.replace(settings, ingest_queues=64)
    only = msgspec.structs.replace(settings, worker_queues="ingest:63")
    async with running_role("api", settings) as api, running_role("worker", only), httpx.AsyncClient() as client:
        for number in range(5):
            await _post(client, api, settings, project, number)
        await _stored(engine, 5)


async def test_a_burst_of_wakes_is_one_job_which_a_worker_takes_away(settings: Settings, engine: AsyncEngine) -> None:
    redis = connect(settings)
    waker = Waker(redis, Queue.INGEST)
    running = asyncio.create_task(waker.run())
    for _ in range(50):
        waker.wake()
        await asyncio.sleep(0.01)
    waker.stop()
    await running
    assert await redis.zcard(Queue.INGEST) == 1
    async with running_role("worker", settings) as worker:

        async def taken() -> bool:
            return int(await redis.zcard(Queue.INGEST)) == 0

        await eventually(taken)
        assert await worker.terminate() == 0
    assert not await redis.exists(f"arq:job:{Queue.INGEST}"), "its id can be used again"
    await redis.aclose()


def test_a_queue_that_does_not_exist_is_refused(settings: Settings) -> None:
    chosen = msgspec.structs.replace(settings, ingest_queues=3, worker_queues="ingest:2,send")
    assert served_queues(chosen) == {"porthole:ingest:2": Queue.INGEST, "porthole:send": Queue.SEND}
    everything = msgspec.structs.replace(settings, ingest_queues=2)
    assert set(served_queues(everything)) == {"porthole:ingest:1", *Queue}
    with pytest.raises(SettingsError, match="ingest:3"):
        served_queues(msgspec.structs.replace(chosen, worker_queues="ingest:3"))
