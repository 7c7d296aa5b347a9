"""A full run at the most talkative level, with what goes right and what goes wrong, logs no secret."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import msgspec
import pytest
import socketio
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.serve import bind, port_of, serving
from cli.simulator.app import create_app as create_simulator
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.crypto import webhook_signature
from shared.settings import Settings
from tests.database import count
from tests.factories import ACCESS_TOKEN, ProjectRows, text_message, webhook
from tests.processes import running_role
from tests.waiting import eventually

NEW_NUMBER = "999000111222333"


class Run:
    """Calls to a Porthole that logs, and the secrets that went over its wires."""

    def __init__(self, client: httpx.AsyncClient, settings: Settings, project: ProjectRows) -> None:
        self.client = client
        self.settings = settings
        self.project = project
        self.secrets = {project.api_key, ACCESS_TOKEN, settings.secret_key, settings.whatsapp_verify_token}
        self.secrets |= {secret.decode() for secret in settings.app_secrets()}

    def secret(self, value: str) -> str:
        """A value that must not be logged."""
        self.secrets.add(value)
        return value

    async def platform(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = await self.client.request(
            method, path, json=body, headers={"X-API-Key": self.project.api_key, **headers}
        )
        return answer.json() if answer.content else None

    async def inbox(self, token: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.client.request(
            method, f"/inbox/v1{path}", json=body, headers={"Authorization": f"Bearer {token}", **headers}
        )

    async def meta_posts(self, body: bytes, signature: str | None = None) -> None:
        signed = signature or webhook_signature(body, self.settings.app_secrets()[0])
        await self.client.post("/webhooks/whatsapp", content=body, headers={"X-Hub-Signature-256": signed})


@pytest.fixture
async def graph(settings: Settings, project: ProjectRows) -> AsyncIterator[str]:
    """The URL of a WhatsApp that nobody listens to."""
    with bind("127.0.0.1", 0) as sock:
        url = f"http://127.0.0.1:{port_of(sock)}"
        config = SimulatorConfig(
            webhook_url="http://127.0.0.1:9/webhooks/whatsapp",
            app_secret=settings.app_secrets()[0].decode(),
            verify_token=settings.whatsapp_verify_token,
            access_token=ACCESS_TOKEN,
            numbers=[
                SimulatedNumber(number, "900100", "+1 555 0100", "Alder & Finch")
                for number in (project.phone_number_id, NEW_NUMBER)
            ],
            base_url=url,
        )
        async with serving(create_simulator(config), sock):
            yield url


async def test_no_log_line_of_a_full_run_holds_a_secret(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, graph: str, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = msgspec.structs.replace(
        settings, log_level="debug", graph_url=graph, allow_private_addresses=True, platform_rate_limit=100
    )
    async with (
        running_role("up", settings) as up,
        httpx.AsyncClient(base_url=up.url, timeout=20) as client,
    ):
        run = Run(client, settings, project)
        await _keys_and_numbers(run)
        token = await _embeds(run)
        await _conversations(run, engine, token)
        await _webhooks(run, graph)
        await _sockets(run, up.url, token)
        await _limits(run)
        await up.terminate()
    logged = capfd.readouterr().err
    lines = [json.loads(line) for line in logged.splitlines()]
    assert {line["level"] for line in lines} >= {"info", "warning"}
    assert len([line for line in lines if line["event"] == "request"]) > 50
    assert {secret for secret in run.secrets if secret in logged} == set()


async def _keys_and_numbers(run: Run) -> None:
    made = await run.platform("POST", "/platform/v1/api_keys", {"api_key": {"name": "another"}})
    run.secret(made["data"]["key"])
    for guess in ("a wrong key that somebody tries", made["data"]["key"] + "x"):
        await run.client.get("/platform/v1/customers", headers={"X-API-Key": run.secret(guess)})
        await run.client.get("/platform/v1/customers", headers={"Authorization": f"Bearer {guess}"})
    number = {
        "name": "New",
        "phone_number_id": NEW_NUMBER,
        "business_account_id": "900100",
        "access_token": run.secret("wrong-access-token-of-a-number"),
    }
    await run.platform("POST", "/platform/v1/whatsapp/phone_numbers", {"whatsapp_phone_number": number})
    await run.platform(
        "POST",
        "/platform/v1/whatsapp/phone_numbers",
        {"whatsapp_phone_number": {**number, "access_token": ACCESS_TOKEN}},
    )
    await run.platform("GET", f"/platform/v1/whatsapp/phone_numbers/{NEW_NUMBER}/health")


async def _embeds(run: Run) -> str:
    body = {"inbox_embed": {"scope_type": "project", "name": "Support"}}
    made = await run.platform(
        "POST", "/platform/v1/inbox_embeds", body, **{"Idempotency-Key": run.secret("idem-key-1")}
    )
    data = made["data"]
    run.secret(data["signing_secret"])
    token = run.secret(data["token"])
    for path in (token, f"{token}x", f"{token}/extra", f"{token}?mode=dark"):
        await run.client.get(f"/embed/{path}")
        for misspelt in ("/porthole/embed/", "/EMBED/", "/Embed/", "//embed/", "/realtime/", "/inbox/v1/", "/docs/"):
            await run.client.get(f"{misspelt}{path}")
    await run.client.post(f"/embed/{token}")
    await run.inbox(run.secret("a-wrong-token-that-somebody-tries"), "GET", "/session")
    now = datetime.now(UTC)
    for name, expires, key in (
        ("Ana Ribeiro-Visible", now + timedelta(hours=1), data["signing_secret"]),
        ("Ana Ribeiro-Expired", now - timedelta(hours=1), data["signing_secret"]),
        ("Mallory", now + timedelta(hours=1), "x" * 40),
    ):
        claim = run.secret(jwt.encode({"sub": "42", "name": name, "exp": expires}, key, algorithm="HS256"))
        await run.inbox(token, "GET", "/session", **{"X-Porthole-User": claim})
    rotated = await run.platform("POST", f"/platform/v1/inbox_embeds/{data['id']}/rotate", {})
    await run.client.get(f"/embed/{token}")
    return run.secret(rotated["data"]["token"])


async def _conversations(run: Run, engine: AsyncEngine, token: str) -> None:
    question = run.secret("my card number is 4111")
    message = text_message(question, wa_id=run.secret("4915550100777"))
    await run.meta_posts(webhook(run.project.phone_number_id, messages=[message], name=run.secret("Quentin Secretive")))
    await run.meta_posts(b"{not json", "sha256=0")
    await run.meta_posts(b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[7]}]}')

    async def stored() -> bool:
        return await count(engine, "conversation") == 1

    await eventually(stored)
    await run.inbox(token, "GET", f"/conversations?search={question}")
    listed = (await run.inbox(token, "GET", "/conversations")).json()["data"]
    path = f"/conversations/{listed[0]['id']}"
    answer = {"client_id": "c1", "type": "text", "text": {"body": run.secret("the secret answer")}}
    await run.inbox(token, "POST", f"{path}/messages", answer)
    await run.inbox(token, "PATCH", f"{path}/contact", {"display_name": run.secret("Renamed Secretive")})
    meta = f"/meta/whatsapp/v24.0/{run.project.phone_number_id}"
    for to in ("4915550100777", "not a number"):
        await run.platform(
            "POST",
            f"{meta}/messages",
            {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": run.secret("an api answer")}},
        )
    uploaded = await run.client.post(
        f"{meta}/media",
        headers={"X-API-Key": run.project.api_key},
        data={"messaging_product": "whatsapp", "type": "text/plain"},
        files={"file": ("secret.txt", run.secret("what is in the file").encode(), "text/plain")},
    )
    media_id = uploaded.json()["id"]
    found = await run.platform("GET", f"/meta/whatsapp/v24.0/{media_id}?phone_number_id={run.project.phone_number_id}")
    run.secret(found["download_url"].partition("token=")[2])
    await run.client.get(found["download_url"].replace(run.settings.base_url, str(run.client.base_url)))
    await run.client.get("/meta/whatsapp/media_download", params={"token": run.secret("a-wrong-media-token")})


async def _webhooks(run: Run, graph: str) -> None:
    wanted = {
        "url": f"{graph}/nowhere",
        "secret_key": run.secret("the webhook's own secret"),
        "headers": {"X-Custom": run.secret("a credential in a header")},
        "events": ["whatsapp.message.received"],
    }
    path = f"/platform/v1/whatsapp/phone_numbers/{run.project.phone_number_id}/webhooks"
    made = await run.platform("POST", path, {"whatsapp_webhook": wanted})
    await run.platform("POST", f"/platform/v1/whatsapp/webhooks/{made['data']['id']}/test", {})

    async def tried() -> bool:
        deliveries = await run.platform("GET", "/platform/v1/webhook_deliveries")
        return bool(deliveries["data"]) and deliveries["data"][0]["attempt_count"] > 0

    await eventually(tried, 20)


async def _sockets(run: Run, url: str, token: str) -> None:
    for auth in (
        {"token": token},
        {"token": run.secret("a-wrong-token-on-the-socket")},
        {"token": token, "user": "x.y.z"},
    ):
        client = socketio.AsyncClient(reconnection=False)
        try:
            await client.connect(url, auth=auth, transports=["websocket"], socketio_path="/realtime/socket.io")
        except socketio.exceptions.ConnectionError:
            continue
        await client.disconnect()


async def _limits(run: Run) -> None:
    for _ in range(110):
        await run.platform("GET", "/platform/v1/inbox_embeds")
