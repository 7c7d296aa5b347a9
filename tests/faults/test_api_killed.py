"""A message that is sent while the caller waits: the api dies in the middle, or WhatsApp is not there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.serve import bind, port_of
from shared.settings import Settings
from tests.database import count
from tests.factories import ProjectRows
from tests.meta_api import TEMPLATE, message
from tests.processes import running_role
from tests.simulated import simulated_whatsapp
from tests.waiting import eventually


@contextlib.asynccontextmanager
async def _silence() -> AsyncIterator[str]:
    """The URL of something that takes requests and never answers."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while await reader.read(65536):
                pass
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _send(url: str, project: ProjectRows) -> asyncio.Task[httpx.Response]:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            return await client.post(
                f"/meta/whatsapp/v24.0/{project.phone_number_id}/messages",
                json=message("template", TEMPLATE),
                headers={"X-API-Key": project.api_key},
            )

    return asyncio.create_task(send())


async def _leased(engine: AsyncEngine) -> None:
    async def found() -> bool:
        return await count(engine, "outbox", "leased_until > now()") == 1

    await eventually(found)


async def _end_of_lease(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE outbox SET leased_until = now()"))


async def _settled(engine: AsyncEngine) -> None:
    async def found() -> bool:
        return await count(engine, "outbox") == 0

    await eventually(found, 20)


async def _received(whatsapp: httpx.AsyncClient) -> int:
    received: int = (await whatsapp.get("/_sim/received")).json()["count"]
    return received


async def _gone(sent: asyncio.Task[httpx.Response]) -> None:
    with contextlib.suppress(httpx.HTTPError):
        await sent


async def test_a_message_whose_api_died_before_whatsapp_had_it_is_sent_by_a_worker_once(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with _silence() as silence:
        async with running_role("api", msgspec.structs.replace(settings, graph_url=silence)) as api:
            sent = _send(api.url, project)
            await _leased(engine)
            await api.kill()
        await _gone(sent)
    async with running_role("api", settings) as api, simulated_whatsapp(settings, project, api.url) as whatsapp:
        working = msgspec.structs.replace(settings, graph_url=str(whatsapp.base_url))
        async with running_role("worker", working):
            await _end_of_lease(engine)
            await _settled(engine)

            async def delivered() -> bool:
                return await count(engine, "message", "status = 'delivered' AND wamid IS NOT NULL") == 1

            await eventually(delivered)
            assert await _received(whatsapp) == 1
    assert await count(engine, "message") == await count(engine, "conversation") == 1


async def test_a_message_that_whatsapp_had_before_the_api_died_is_settled_by_its_status_and_not_sent_again(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with running_role("api", settings) as other, simulated_whatsapp(settings, project, other.url) as whatsapp:
        working = msgspec.structs.replace(settings, graph_url=str(whatsapp.base_url))
        await whatsapp.put("/_sim/faults", json={"slow_seconds": 5, "hold_webhooks": True})
        async with running_role("api", working) as api:
            sent = _send(api.url, project)

            async def taken() -> bool:
                return await _received(whatsapp) == 1

            await eventually(taken)
            await _leased(engine)
            await api.kill()
        await _gone(sent)
        await whatsapp.put("/_sim/faults", json={})

        async def told() -> bool:
            return await count(engine, "inbound_event") > 0

        await eventually(told)
        await _end_of_lease(engine)
        async with running_role("worker", working):
            await _settled(engine)

            async def delivered() -> bool:
                return await count(engine, "message", "status = 'delivered' AND wamid IS NOT NULL") == 1

            await eventually(delivered)
        assert await _received(whatsapp) == 1


async def test_without_whatsapp_the_caller_is_told_and_may_try_again(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    with bind("127.0.0.1", 0) as sock:
        nobody = f"http://127.0.0.1:{port_of(sock)}"
    async with running_role("api", msgspec.structs.replace(settings, graph_url=nobody)) as api:
        for _ in range(2):
            answer = await _send(api.url, project)
            error: Any = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (502, 131000)
            assert "was not sent" in error["message"]
    assert await count(engine, "message", "status = 'failed' AND error ->> 'title' = 'WhatsApp was out of reach'") == 2
    assert await count(engine, "outbox") == 0
