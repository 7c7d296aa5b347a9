"""Channels, on the server or the Cluster that PORTHOLE_PUBSUB_URL names.

In a Cluster they are sharded: a channel belongs to a slot, and only the slot's primary carries what is said on it,
where plain PUBLISH goes to every node. https://valkey.io/topics/pubsub/, "Sharded Pub/Sub"
"""

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from redis.asyncio import Connection, Redis, RedisCluster
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import NoPermissionError, RedisClusterException, RedisError

from shared.publisher import Message, Publisher
from shared.redis_link import RedisLink
from shared.settings import Settings

ANSWER_SECONDS = 2.0  # of a server that is asked about itself
ONLY_NODE = ""


class PubSub:
    """What kind of server it is, is asked with the first use. Methods raise RedisError, OSError or TimeoutError while
    it is away.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = settings.pubsub_url or settings.redis_url
        self._redis: Redis = self._client(Redis)
        self._cluster: RedisCluster | None = None
        self._asked = False
        self._asking = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None
        self._publishers: dict[str, Publisher] = {}

    async def node_of(self, channel: str) -> str:
        """The name of the node that carries a channel."""
        if not self._asked:
            await self._ask()
        if self._cluster is None:
            return ONLY_NODE
        with _as_lost():
            node = self._cluster.get_node_from_key(channel)
        if node is None:
            raise LostConnectionError("no node has the channel's slot")
        return node.name

    @property
    def is_sharded(self) -> bool:
        """Known once `node_of` has answered."""
        return self._cluster is not None

    def carries_something(self, node: str) -> bool:
        """Whether a node has channels at all, as far as was last seen."""
        if self._cluster is None:
            return True
        return any(nodes[0].name == node for nodes in self._cluster.nodes_manager.slots_cache.values())

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish pairs of a channel and a payload: in order on each node, in one round trip to each."""
        try:
            await self._publish(messages)
        except asyncio.CancelledError:  # its time was over: whoever publishes next may find another node there
            self._start_looking()
            raise
        except (RedisError, OSError):
            if self._cluster is None:
                raise
            await self.look_again()
            await self._publish(messages)  # to say it twice does no harm

    async def _publish(self, messages: Sequence[Message]) -> None:
        by_node: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            by_node[await self.node_of(message[0])].append(message)
        if len(by_node) == 1:
            [(node, same)] = by_node.items()
            await self._publisher(node).publish(same)
        else:
            await asyncio.gather(*(self._publisher(node).publish(same) for node, same in by_node.items()))

    async def open_link(self, node: str, heard: Callable[[Any], None]) -> RedisLink:
        """A connection to a node, for subscriptions."""
        return await RedisLink.open(self._connection(node), heard)

    async def look_again(self) -> None:
        """Ask the Cluster again which node has what; all who want to know at a time share one look."""
        looking = self._start_looking()
        if looking is not None:
            await asyncio.shield(looking)

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        for publisher in self._publishers.values():
            await publisher.close()
        self._publishers.clear()
        if self._cluster is not None:
            await self._cluster.aclose()
        await self._redis.aclose()

    async def _ask(self) -> None:
        async with self._asking:
            if self._asked:
                return
            try:
                told = await self._redis.info("cluster")
            except NoPermissionError:  # who may not ask is given a server, not a Cluster
                told = {}
            if told.get("cluster_enabled"):
                cluster: RedisCluster = self._client(RedisCluster)
                with _as_lost():
                    self._cluster = await cluster.initialize()
            self._asked = True

    def _start_looking(self) -> asyncio.Task[None] | None:
        if self._cluster is None:
            return None
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(self._cluster))
            self._looking.add_done_callback(_retrieve)
        return self._looking

    async def _look(self, cluster: RedisCluster) -> None:
        manager = cluster.nodes_manager
        # redis-py asks them in this order, and believes the first that answers; it may be the last to know.
        known_nodes = list(manager.startup_nodes.items())
        random.shuffle(known_nodes)
        manager.startup_nodes = dict(known_nodes)
        with _as_lost():
            await manager.initialize()
        known = {node.name for node in cluster.get_nodes()}
        for name in self._publishers.keys() - known:
            await self._publishers.pop(name).close()

    def _client(self, kind: Any) -> Any:
        return kind.from_url(self._url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS)

    def _publisher(self, node: str) -> Publisher:
        publisher = self._publishers.get(node)
        if publisher is None:
            command = "SPUBLISH" if self.is_sharded else "PUBLISH"
            publisher = self._publishers[node] = Publisher(lambda: self._connection(node), command)
        return publisher

    def _connection(self, node: str) -> Connection:
        if self._cluster is None:
            connection: Connection = self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
            return connection
        found = self._cluster.get_node(node_name=node)
        if found is None:
            raise LostConnectionError(f"{node} is no node of the Cluster any more")
        return found.connection_class(**found.connection_kwargs)


def _retrieve(looking: asyncio.Task[None]) -> None:
    """Nobody may have waited for it; what it raises is not to be complained about."""
    if not looking.cancelled():
        looking.exception()


@contextlib.contextmanager
def _as_lost() -> Iterator[None]:
    """What redis-py raises of a Cluster that has no node for something, or changes while it is asked, is no
    RedisError.
    """
    try:
        yield
    except (RedisClusterException, RuntimeError, LookupError) as error:
        raise LostConnectionError(str(error)) from error
