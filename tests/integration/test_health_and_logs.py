"""/healthz, /readyz, and what the logs do and do not say."""

import json

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import webhook_signature
from shared.db import is_deadlock
from shared.migrate import downgrade
from shared.settings import Settings
from tests.factories import ProjectRows, make_embed, text_message, webhook
from tests.processes import running_role
from tests.stack import Stack
from tests.waiting import eventually


async def test_a_process_is_alive_and_ready(stack: Stack) -> None:
    assert (await stack.http.get("/healthz")).json() == {"status": "ok"}
    ready = await stack.http.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ok", "postgres": "ok", "redis": "ok", "migrations": "ok", "subscriptions": "ok"
    }  # fmt: skip


@pytest.mark.own_roles
async def test_an_old_database_is_not_ready_and_says_so(stack: Stack) -> None:

    async def downgraded() -> bool:
        try:
            await downgrade(stack.engine, "base")
        except DBAPIError as error:  # it has met the worker, which is not stopped for it here
            if not is_deadlock(error):
                raise
            return False
        return True

    await eventually(downgraded)

    async def says_so() -> bool:
        ready = await stack.http.get("/readyz")
        return ready.status_code == 503 and ready.json()["migrations"] == "not migrated"

    await eventually(says_so)


async def test_each_role_answers_on_its_own_port(settings: Settings) -> None:

    async with (
        running_role("realtime", settings) as realtime,
        running_role("worker", settings) as worker,
        httpx.AsyncClient() as client,
    ):
        for role in (realtime, worker):
            assert (await client.get(f"{role.url}/readyz")).status_code == 200
            assert await role.terminate() == 0


async def test_what_is_nowhere_is_a_json_404_with_the_requests_id(stack: Stack) -> None:
    answer = await stack.http.get("/nowhere", headers={"X-Request-ID": "from-the-proxy-1"})
    assert answer.status_code == 404
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "from-the-proxy-1"
    unsafe = await stack.http.get("/nowhere", headers={"X-Request-ID": 'x"\t<script>'})
    assert "script" not in unsafe.headers["x-request-id"]
    wrong_method = await stack.http.put("/webhooks/whatsapp")
    assert (wrong_method.status_code, wrong_method.json()["code"]) == (405, "method_not_allowed")


async def test_logs_are_json_with_a_request_id_and_hold_no_token_key_or_message(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, capfd: pytest.CaptureFixture[str]
) -> None:

    async with engine.begin() as connection:
        token = await make_embed(connection, project.id)
    secret_text = "my card number is 4111"
    async with running_role("up", settings) as up, httpx.AsyncClient(base_url=up.url) as client:
        body = webhook(project.phone_number_id, messages=[text_message(secret_text, wa_id="4915550100")])
        signature = webhook_signature(body, settings.app_secrets()[0])
        await client.post("/webhooks/whatsapp", content=body, headers={"X-Hub-Signature-256": signature})
        await client.post("/webhooks/whatsapp", content=body, headers={"X-Hub-Signature-256": "sha256=0"})
        await client.get(f"/embed/{token}")
        await client.get(f"/embed/{token}/extra")
        await client.get(
            "/inbox/v1/conversations", params={"search": secret_text}, headers={"Authorization": f"Bearer {token}"}
        )
        await client.post("/platform/v1/inbox_embeds", json={}, headers={"X-API-Key": project.api_key})
        await up.terminate()
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert {line["path"] for line in requests} >= {"/embed/{token}", "/inbox/v1/conversations", "/webhooks/whatsapp"}
    assert all(line["request_id"] and line["status"] and "ms" in line for line in requests)
    everything = json.dumps(lines)
    for secret in (
        token,
        project.api_key,
        secret_text,
        "4915550100",
        settings.secret_key,
        "app-secret",
        "graph-access",
    ):
        assert secret not in everything, secret


async def test_a_failing_statement_is_logged_without_the_values_it_was_given(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, capfd: pytest.CaptureFixture[str]
) -> None:
    async with engine.begin() as connection:
        token = await make_embed(connection, project.id)
        await connection.execute(text("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (false)"))
    body = webhook(project.phone_number_id, messages=[text_message("a question", wa_id="4915550100")])
    headers = {"Authorization": f"Bearer {token}"}
    async with running_role("up", settings) as up, httpx.AsyncClient(base_url=up.url) as client:
        signature = webhook_signature(body, settings.app_secrets()[0])
        await client.post("/webhooks/whatsapp", content=body, headers={"X-Hub-Signature-256": signature})

        async def listed() -> list[dict[str, str]]:
            rows: list[dict[str, str]] = (await client.get("/inbox/v1/conversations", headers=headers)).json()["data"]
            return rows

        conversation_id = (await eventually(listed))[0]["id"]
        reply = {"client_id": "c", "type": "text", "text": {"body": "the secret answer"}}
        answer = await client.post(f"/inbox/v1/conversations/{conversation_id}/messages", json=reply, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        await up.terminate()
    logged = capfd.readouterr().err
    assert "database_failed" in logged
    assert "the secret answer" not in logged
    assert token not in logged
