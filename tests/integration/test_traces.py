"""Traces of messages, as a collector gets them from an api and a worker that are processes of their own."""

import asyncio
import sys

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import tracing
from shared.crypto import webhook_signature
from shared.settings import Settings, SettingsError
from tests.database import count
from tests.factories import ACCESS_TOKEN, ProjectRows, make_embed, text_message, webhook
from tests.meta_api import ANA, TEMPLATE, message
from tests.processes import modules_of_a_role, running_role
from tests.receiver import receiving
from tests.simulated import simulated_whatsapp
from tests.traces import Span, spans_of
from tests.waiting import eventually

QUESTION, ANSWER = "Is my card 4111 1111 declined?", "No, it went through"
BURST = 40  # of them, some are stored and applied together
REPLY = "POST /inbox/v1/conversations/{conversation_id}/messages"
TEMPLATE_OF_GRAPH = "POST /v25.0/{id}/messages"


@pytest.mark.timeout(120)
async def test_one_trace_leads_from_the_webhook_to_the_push_and_one_from_the_reply_to_whatsapp(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, capfd: pytest.CaptureFixture[str]
) -> None:
    async with engine.begin() as connection:
        token = await make_embed(connection, project.id)
    async with receiving() as collector:
        settings = msgspec.structs.replace(settings, otlp_endpoint=collector.url)
        async with (
            running_role("api", msgspec.structs.replace(settings, otlp_endpoint="")) as untraced,
            simulated_whatsapp(settings, project, untraced.url) as whatsapp,
        ):
            settings = msgspec.structs.replace(settings, graph_url=str(whatsapp.base_url))
            async with (
                running_role("api", settings) as api,
                running_role("worker", settings) as worker,
                httpx.AsyncClient(base_url=api.url, headers={"Authorization": f"Bearer {token}"}) as client,
            ):
                hello = {"phone_number_id": project.phone_number_id, "type": "text", "text": {"body": QUESTION}}
                (await whatsapp.post(f"/_sim/users/{ANA}/messages", json=hello)).raise_for_status()

                async def arrived() -> list[str]:
                    return [one["id"] for one in (await client.get("/inbox/v1/conversations")).json()["data"]]

                (conversation_id,) = await eventually(arrived)
                await _customer_writes(client, settings, project, 1)  # alone: handed over
                await asyncio.gather(
                    *(_customer_writes(client, settings, project, number) for number in range(2, BURST))
                )
                reply = {"client_id": "1", "type": "text", "text": {"body": ANSWER}}
                path = f"/inbox/v1/conversations/{conversation_id}/messages"
                assert (await client.post(path, json=reply)).status_code == 201
                await _settled(engine)
                headers = {"X-API-Key": project.api_key}
                meta = f"/meta/whatsapp/v24.0/{project.phone_number_id}/messages"
                answer = await client.post(meta, json=message("text", {"body": ANSWER}), headers=headers)
                assert answer.status_code == 200, answer.text
                await client.get(f"/embed/{token}/extra")
                for role in (api, worker):
                    assert await role.terminate() == 0
    spans = spans_of(collector.came)
    for trace in (found := _traces_of(spans, "POST /webhooks/whatsapp")):
        assert _path(trace) == [
            ("porthole-api", "SERVER", "POST /webhooks/whatsapp"),
            ("porthole-worker", "CONSUMER", "process inbound_event"),
            ("porthole-worker", "PRODUCER", "publish pushes"),
        ]
    assert len(found) == BURST - 1
    (trace,) = _traces_of(spans, REPLY)
    assert {(one.kind, one.name) for one in trace} == {
        ("SERVER", REPLY), ("PRODUCER", "publish pushes"), ("CONSUMER", "process outbox"), ("CLIENT", TEMPLATE_OF_GRAPH)
    }  # fmt: skip
    assert _path([one for one in trace if one.kind != "PRODUCER"]) == [
        ("porthole-api", "SERVER", REPLY),
        ("porthole-worker", "CONSUMER", "process outbox"),
        ("porthole-worker", "CLIENT", TEMPLATE_OF_GRAPH),
    ]
    logged = [msgspec.json.decode(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    (line,) = (one for one in logged if f"{one.get('method')} {one.get('path')}" == REPLY)
    assert line["trace_id"] == trace[0].trace_id.hex()
    (trace,) = _traces_of(spans, "POST /meta/whatsapp/{version}/{phone_number_id}/messages")
    (called,) = (one for one in trace if one.kind == "CLIENT")
    assert (called.service, called.name) == ("porthole-api", TEMPLATE_OF_GRAPH)
    assert called.attributes["http.response.status_code"] == 200
    assert called.attributes["server.address"] == "127.0.0.1"
    assert all(one.parent_id or one.kind == "SERVER" for one in spans), "nothing begins a trace but a request"
    exported = b"".join(one.body for one in collector.came)
    secrets = [
        QUESTION, ANSWER, "4111", ANA, "Ana", "wamid", project.phone_number_id, str(conversation_id),
        token, project.api_key, ACCESS_TOKEN, "sha256=", settings.secret_key, settings.database_url,
    ]  # fmt: skip
    assert [one for one in secrets if one.encode() in exported] == []


def _traces_of(spans: list[Span], name: str) -> list[list[Span]]:
    return [[one for one in spans if one.trace_id == root.trace_id] for root in spans if root.name == name]


def _path(trace: list[Span]) -> list[tuple[str, str, str]]:
    """The spans of a trace without branches, from its beginning on."""
    children = {one.parent_id: one for one in trace}
    assert len(children) == len(trace)
    path, parent = [], b""
    while parent in children:
        one = children[parent]
        path.append((one.service, one.kind, one.name))
        parent = one.span_id
    return path


async def _customer_writes(client: httpx.AsyncClient, settings: Settings, project: ProjectRows, number: int) -> None:
    body = webhook(
        project.phone_number_id, messages=[text_message(QUESTION, wa_id=ANA, wamid=f"wamid.traced{number:04d}")]
    )
    headers = {"X-Hub-Signature-256": webhook_signature(body, settings.app_secrets()[0])}
    assert (await client.post("/webhooks/whatsapp", content=body, headers=headers)).status_code == 200


async def _settled(engine: AsyncEngine) -> None:
    async def done() -> bool:
        return await count(engine, "outbox") + await count(engine, "inbound_event", "state = 'pending'") == 0

    await eventually(done)


async def test_what_whatsapp_refuses_is_an_error_with_its_status_and_without_its_words(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with (
        receiving() as collector,
        running_role("api", settings) as other,
        simulated_whatsapp(settings, project, other.url) as whatsapp,
    ):
        fault = {"fail_next": {"count": 1, "code": 131026, "http_status": 400}}
        (await whatsapp.put("/_sim/faults", json=fault)).raise_for_status()
        settings = msgspec.structs.replace(
            settings, graph_url=str(whatsapp.base_url), otlp_endpoint=f"{collector.url}/"
        )
        async with running_role("api", settings) as api, httpx.AsyncClient(base_url=api.url) as client:
            path = f"/meta/whatsapp/v24.0/{project.phone_number_id}/messages"
            await client.post(path, json=message("template", TEMPLATE), headers={"X-API-Key": project.api_key})
            assert await api.terminate() == 0
    failed = [one for one in spans_of(collector.came) if one.name == TEMPLATE_OF_GRAPH]
    assert [(one.failed, one.attributes["error.type"]) for one in failed] == [(True, "400")]


async def test_a_collector_that_is_away_holds_nothing_up(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    settings = msgspec.structs.replace(settings, otlp_endpoint="http://127.0.0.1:9")
    async with running_role("up", settings) as up, httpx.AsyncClient(base_url=up.url) as client:
        await _customer_writes(client, settings, project, 1)

        async def applied() -> bool:
            return await count(engine, "inbound_event", "state = 'done' AND traceparent IS NOT NULL") == 1

        await eventually(applied)
        assert await up.terminate() == 0


def test_without_the_setting_nothing_of_opentelemetry_is_imported() -> None:
    assert modules_of_a_role("litestar")
    assert modules_of_a_role("opentelemetry") == []


def test_with_the_setting_and_without_the_extra_it_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "shared.otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    settings = msgspec.structs.replace(settings, otlp_endpoint="http://collector:4318")
    with pytest.raises(SettingsError, match=r"porthole\[otel\]"), tracing.exporting(settings, "api"):
        pass
