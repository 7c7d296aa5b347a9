"""Pub/sub over a Cluster: channels spread over its shards, and follow them."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.scope import Scope
from shared.settings import Settings
from tests.factories import ProjectRows, text_message, webhook
from tests.stack import Iframe, Stack, running_stack
from tests.valkey_cluster import ValkeyCluster, running_cluster
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[ValkeyCluster]:
    async with running_cluster(tmp_path) as cluster:
        yield cluster


@pytest.fixture
async def stack(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, cluster: ValkeyCluster
) -> AsyncIterator[Stack]:
    settings = msgspec.structs.replace(settings, pubsub_url=cluster.url)
    async with running_stack(settings, engine, project) as stack:
        yield stack


def _channels(project: ProjectRows) -> dict[str, str]:
    """What a message of the customer's number is told on."""
    number = project.customer_phone_number_id
    return {
        "project": Scope(project.id).channel(),
        "phone_number": Scope(project.id, phone_number_id=number).channel(),
        "customer": Scope(project.id, customer_id=project.customer_id).channel(),
    }


async def _embed(stack: Stack, scope: str) -> str:
    ids = {"phone_number": stack.project.customer_phone_number_id, "customer": str(stack.project.customer_id)}
    return await stack.embed(scope_type=scope, scope_id=ids.get(scope))


async def _write(stack: Stack, body: str) -> None:
    number = stack.project.customer_phone_number_id
    assert (await stack.post_webhook(webhook(number, messages=[text_message(body)]))).status_code == 200


async def _hears_again(stack: Stack, iframe: Iframe) -> None:
    async def heard() -> bool:
        await _write(stack, "again?")
        return bool(iframe.events)

    await eventually(heard, 30)


async def test_channels_spread_over_the_shards_and_every_iframe_hears_its_own(
    stack: Stack, cluster: ValkeyCluster
) -> None:
    channels = _channels(stack.project)
    tokens = [await _embed(stack, scope) for scope in channels]
    async with stack.iframe(tokens[0]) as one, stack.iframe(tokens[1]) as two, stack.iframe(tokens[2]) as three:
        for node in cluster.nodes:
            own = {channel for channel in channels.values() if await cluster.node_of(channel) is node}
            assert await cluster.heard_by(node) & set(channels.values()) == own
        await _write(stack, "to all three")
        for iframe in (one, two, three):
            assert (await iframe.event("message.created"))["message"]["text"]["body"] == "to all three"
            assert len(iframe.events) == 1


async def test_a_channel_whose_slot_moves_is_followed_and_its_iframes_are_told_to_catch_up(
    stack: Stack, cluster: ValkeyCluster
) -> None:
    channel = _channels(stack.project)["phone_number"]
    async with stack.iframe(await _embed(stack, "phone_number")) as iframe:
        before = await cluster.node_of(channel)
        await cluster.move(channel)

        async def told() -> bool:
            return iframe.gaps > 0

        await eventually(told, 20)

        async def known() -> bool:
            return await cluster.node_of(channel) is not before

        await eventually(known)
        after = await cluster.node_of(channel)
        assert [channel in await cluster.heard_by(node) for node in cluster.nodes] == [
            node is after for node in cluster.nodes
        ]
        await _write(stack, "after the move")
        await iframe.event("message.created")


async def test_a_shard_that_is_away_costs_only_its_own_channels_and_is_heard_again_when_it_is_back(
    stack: Stack, cluster: ValkeyCluster
) -> None:
    channel = _channels(stack.project)["customer"]
    node = await cluster.node_of(channel)
    async with stack.iframe(await _embed(stack, "customer")) as iframe:
        node.server.stop()
        await _write(stack, "nobody hears this one here")
        node.server.start()

        async def told() -> bool:
            return iframe.gaps > 0

        await eventually(told, 30)
        await _hears_again(stack, iframe)

        async def ready() -> bool:
            return (await stack.http.get("/readyz")).status_code == 200

        await eventually(ready)


@pytest.mark.parametrize("how", ["killed", "planned"])
async def test_a_failover_is_followed(
    stack: Stack, cluster: ValkeyCluster, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.node.SILENCE_SECONDS", 3.0)
    monkeypatch.setattr("realtime.node.HEARTBEAT_SECONDS", 0.5)
    channel = _channels(stack.project)["phone_number"]
    primary = await cluster.node_of(channel)
    replica = await cluster.replicate(primary)
    async with stack.iframe(await _embed(stack, "phone_number")) as iframe:
        # Whoever publishes knows the Cluster by now: only who comes later needs the node that the URL names.
        await _write(stack, "before")
        await iframe.event("message.created")
        iframe.events.clear()
        if how == "killed":
            primary.server.stop()
        else:
            await replica.ask("CLUSTER", "FAILOVER")

        async def told() -> bool:
            return iframe.gaps > 0

        await eventually(told, 30)
        await _hears_again(stack, iframe)
        assert channel in await cluster.heard_by(replica)
        if how == "planned":  # the old one is connected still, and has nothing for anybody: it is let go
            gaps = iframe.gaps

            async def let_go() -> bool:
                return await cluster.heard_by(primary) == set()

            await eventually(let_go, 20)
            assert iframe.gaps == gaps
