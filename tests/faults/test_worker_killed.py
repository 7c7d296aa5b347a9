"""Workers die without a goodbye, again and again; nothing is lost and nothing comes twice."""

import asyncio
import random

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import webhook_signature
from shared.settings import Settings
from tests.database import count
from tests.factories import ProjectRows, text_message, webhook
from tests.processes import running_role
from tests.waiting import eventually

BURST = 500
TRICKLE = 150
PAUSE = 0.01  # seconds: who comes after so long a silence is handed over


@pytest.mark.timeout(120)
async def test_workers_killed_at_random_points_of_a_burst_lose_no_message_and_double_none(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    chance = random.Random(4)
    async with running_role("api", settings) as api, running_role("worker", settings) as worker:
        burst = asyncio.create_task(_post_burst(api.url, settings, project.phone_number_id))

        async def some_are_in() -> bool:
            return await count(engine, "message") > 0

        await eventually(some_are_in)
        await worker.kill()
        assert await count(engine, "message") < BURST, "the worker was too fast to be killed in the middle"
        assert await burst == [200] * BURST
        for _ in range(2):
            async with running_role("worker", settings) as another:
                wanted = chance.randint(await count(engine, "message"), BURST)

                async def enough(wanted: int = wanted) -> bool:
                    return await count(engine, "message") >= wanted

                await eventually(enough, 30)
                await another.kill()

        async with running_role("worker", settings):

            async def all_are_in() -> bool:
                return await count(engine, "inbound_event", "state = 'pending'") == 0

            await eventually(all_are_in, 30)

    assert await count(engine, "message") == BURST
    assert await count(engine, "message", "wamid LIKE 'wamid.burst%'") == BURST
    assert await count(engine, "conversation") == await count(engine, "contact") == 7
    assert await count(engine, "conversation", "unread_count = messages_count") == 7
    assert await count(engine, "inbound_event", "state = 'done'") == BURST


@pytest.mark.timeout(120)
async def test_workers_killed_while_webhooks_are_handed_to_them_lose_no_message_and_double_none(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    chance = random.Random(5)
    async with running_role("api", settings) as api:
        trickle = asyncio.create_task(_post_trickle(api.url, settings, project.phone_number_id))
        while not trickle.done():
            async with running_role("worker", settings) as worker:
                wanted = await count(engine, "message") + chance.randint(20, 60)

                async def enough(wanted: int = wanted) -> bool:
                    return trickle.done() or await count(engine, "message") >= wanted

                await eventually(enough, 30)
                await worker.kill()
        answers = await trickle
        async with running_role("worker", settings):

            async def all_are_in() -> bool:
                return await count(engine, "inbound_event", "state = 'pending'") == 0

            await eventually(all_are_in, 30)
    accepted = answers.count(200)
    assert set(answers) <= {200, 503}
    assert await count(engine, "message") >= accepted > TRICKLE / 2
    assert await count(engine, "message") == await count(engine, "inbound_event", "state = 'done'")
    assert await count(engine, "conversation", "unread_count = messages_count") == 1
    assert await count(engine, "conversation", f"messages_count = {await count(engine, 'message')}") == 1


async def _post_trickle(url: str, settings: Settings, phone_number_id: str) -> list[int]:
    """Signed webhooks of one customer, each some time after the one before."""
    secret = settings.app_secrets()[0]
    answers = []
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        for number in range(TRICKLE):
            body = webhook(phone_number_id, messages=[text_message(f"{number}", wamid=f"wamid.trickle{number:04d}")])
            headers = {"X-Hub-Signature-256": webhook_signature(body, secret)}
            answers.append((await client.post("/webhooks/whatsapp", content=body, headers=headers)).status_code)
            await asyncio.sleep(PAUSE)
    return answers


async def _post_burst(url: str, settings: Settings, phone_number_id: str) -> list[int]:
    """500 signed webhooks of 7 customers, 20 at a time."""
    secret = settings.app_secrets()[0]
    gate = asyncio.Semaphore(20)

    async with httpx.AsyncClient(base_url=url, timeout=20) as client:

        async def post(number: int) -> int:
            body = webhook(
                phone_number_id,
                messages=[
                    text_message(f"Message {number}", wa_id=f"1555010{number % 7}", wamid=f"wamid.burst{number:04d}")
                ],
            )
            async with gate:
                headers = {"X-Hub-Signature-256": webhook_signature(body, secret)}
                return (await client.post("/webhooks/whatsapp", content=body, headers=headers)).status_code

        return await asyncio.gather(*(post(number) for number in range(BURST)))
