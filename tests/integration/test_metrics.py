"""/metrics: what each role counts, and who may read it."""

import asyncio
import time

import httpx
import msgspec
import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import webhook_signature
from shared.pubsub import PubSub
from shared.scope import Scope
from shared.settings import Settings
from tests.conversations import customer_wrote
from tests.factories import ProjectRows, make_embed, text_message, webhook
from tests.processes import running_role
from tests.stack import Stack, connected_iframe
from tests.unit.test_operations_docs import metrics_of
from tests.waiting import eventually

TOKEN = "a token for the metrics"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, metrics_token=TOKEN)


async def _read(client: httpx.AsyncClient, url: str) -> Samples:
    answer = await client.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _of(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


async def test_the_api_counts_webhooks_by_their_answer_and_the_worker_what_waits_and_what_it_applied(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    body = webhook(project.phone_number_id, messages=[text_message("counted")])
    signature = {"X-Hub-Signature-256": webhook_signature(body, settings.app_secrets()[0])}
    async with running_role("api", settings) as api, httpx.AsyncClient() as client:
        url = f"{api.url}/webhooks/whatsapp"
        answers = await asyncio.gather(*(client.post(url, content=body, headers=signature) for _ in range(3)))
        assert {answer.status_code for answer in answers} == {200}
        await client.post(url, content=body)
        await client.post(url, content=b"x" * (settings.webhook_max_bytes + 1))
        samples = await _read(client, api.url)
        assert _of(samples, "porthole_webhooks_total", result="accepted") == 3
        assert _of(samples, "porthole_webhooks_total", result="wrong_signature") == 1
        assert _of(samples, "porthole_webhooks_total", result="too_large") == 1
        assert _of(samples, "porthole_intake_commit_webhooks_sum") == 3
        assert 1 <= _of(samples, "porthole_intake_commit_seconds_count") <= 3
        assert _of(samples, "porthole_intake_waiting_bytes") == 0

        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO inbound_event (body, state) VALUES ('', 'failed')"))
        async with running_role("worker", settings) as worker:

            async def applied() -> bool:
                return _of(await _read(client, worker.url), "porthole_ingest_batch_webhooks_sum") == 3

            await eventually(applied)
            samples = await _read(client, worker.url)
            assert _of(samples, "porthole_ingest_batch_seconds_count") >= 1
            assert _of(samples, "porthole_events_failed", kind="whatsapp") == 1
            assert _of(samples, "porthole_waiting", queue="ingest") == 0
            assert _of(samples, "porthole_ingest_oldest_seconds") == 0
            assert {_of(samples, "porthole_waiting", queue=queue) for queue in ("send", "webhooks", "media")} == {0}


async def test_a_worker_that_serves_other_queues_tells_what_waits_for_ingest_and_since_when(
    settings: Settings, engine: AsyncEngine
) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO inbound_event (body, received_at) SELECT '{}', now() - interval '1 minute' FROM"
                " generate_series(1, 12000)"
            )
        )
    settings = msgspec.structs.replace(settings, worker_queues="send,webhooks")
    async with running_role("worker", settings) as worker, httpx.AsyncClient() as client:
        samples = await _read(client, worker.url)
    assert _of(samples, "porthole_waiting", queue="ingest") == 10_000, "no more are counted"
    assert 60 <= _of(samples, "porthole_ingest_oldest_seconds") < 120


@pytest.mark.parametrize("role", ["up", "api", "realtime", "worker"])
async def test_with_the_token_each_role_has_those_that_the_document_names_and_nobody_reads_them_without(
    settings: Settings, role: str
) -> None:
    async with running_role(role, settings) as running, httpx.AsyncClient() as client:
        for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": TOKEN}):
            answer = await client.get(f"{running.url}/metrics", headers=headers)
            assert answer.status_code == 401
            assert "porthole" not in answer.text
        headers = {"Authorization": f"Bearer {TOKEN}"}
        families = text_string_to_metric_families((await client.get(f"{running.url}/metrics", headers=headers)).text)
        roles = ["api", "realtime", "worker"] if role == "up" else [role]
        assert set().union(*map(metrics_of, roles)) <= {family.name for family in families}


async def test_where_no_token_is_set_there_are_none(settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, metrics_token="")
    async with running_role("worker", settings) as worker, httpx.AsyncClient() as client:
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer"}):
            assert (await client.get(f"{worker.url}/metrics", headers=headers)).status_code == 404


async def test_the_realtime_role_counts_iframes_channels_and_what_it_writes(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with engine.begin() as connection:
        token = await make_embed(connection, project.id)
    pubsub = PubSub(settings)
    async with (
        running_role("realtime", settings) as realtime,
        connected_iframe(realtime.url, token) as iframe,
        httpx.AsyncClient() as client,
    ):
        now = b"%d" % (time.time_ns() // 1000)
        await pubsub.publish([(Scope(project.id).channel(), now + b'[{"type":"message.created"}]')])
        await iframe.event("message.created")
        samples = await _read(client, realtime.url)
    await pubsub.close()
    assert _of(samples, "porthole_realtime_iframes") == 1
    assert _of(samples, "porthole_realtime_channels") == 2  # of the scope, and of the embed
    assert _of(samples, "porthole_realtime_messages_in_total") == 1
    assert _of(samples, "porthole_realtime_messages_waiting") == 0
    assert _of(samples, "porthole_realtime_packets_out_total") == 1
    assert _of(samples, "porthole_realtime_bytes_out_total") > 30
    assert _of(samples, "porthole_realtime_slow_dropped_total") == 0
    assert 0 < _of(samples, "porthole_realtime_delivery_seconds_sum") < 5


def _here(name: str, **labels: str) -> float:
    """A figure of this process, in which the stack runs."""
    return REGISTRY.get_sample_value(name, labels) or 0


async def test_what_whatsapp_said_to_sends_and_how_long_answers_took_is_counted(stack: Stack) -> None:
    conversation_id = await customer_wrote(stack)
    names = [
        ("porthole_send_seconds_count", {"result": "accepted"}),
        ("porthole_request_seconds_count", {"door": "inbox", "status": "2xx"}),
        ("porthole_request_seconds_count", {"door": "inbox", "status": "4xx"}),
        ("porthole_media_total", {"result": "stored"}),
    ]
    before = [_here(name, **labels) for name, labels in names]
    headers = {"Authorization": f"Bearer {await stack.embed()}"}
    path = f"/inbox/v1/conversations/{conversation_id}/messages"
    body = {"client_id": "1", "type": "text", "text": {"body": "Hi"}}
    assert (await stack.http.post(path, json=body, headers=headers)).status_code == 201
    assert (await stack.http.post(path, json={}, headers=headers)).status_code == 422
    await stack.simulator.post("/_sim/users", json={"wa_id": "15550100", "name": "Ana"})
    picture = {"phone_number_id": stack.project.phone_number_id, "type": "image"}
    assert (await stack.simulator.post("/_sim/users/15550100/messages", json=picture)).status_code == 201

    async def counted() -> bool:
        return [_here(name, **labels) for name, labels in names] == [value + 1 for value in before]

    await eventually(counted)
