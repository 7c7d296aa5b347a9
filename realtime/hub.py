"""Which iframes of this process listen to which channel.

A channel is subscribed when its first iframe joins and unsubscribed when its last one leaves, so that the load of a
process follows its own iframes and not the whole deployment's traffic.
"""

import asyncio
from collections.abc import Callable, Hashable, Set
from typing import Any

import structlog
from redis.exceptions import RedisError

from realtime.node import Node
from shared.pubsub import PubSub
from shared.tasks import keep_running

log = structlog.get_logger()

SUBSCRIBE_SECONDS = 5.0
RETRY_SECONDS = 0.5
FIRST_CHANNEL = "inbox:heartbeat"


class _Channel:
    __slots__ = ("lost", "members", "node", "subscribed")

    def __init__(self) -> None:
        self.members: set[Hashable] = set()
        self.node: Node | None = None
        self.subscribed = asyncio.Event()
        self.lost = False  # with its connection; whoever listens has missed something


class Hub:
    """`deliver(channel, payload)` is called for each message, in order; `missed(channel)` after a channel was lost with
    its connection and is subscribed again, so that its iframes can ask for what they missed. `opened` is set with the
    first connection.
    """

    def __init__(self, pubsub: PubSub, deliver: Callable[[str, bytes], None], missed: Callable[[str], None]) -> None:
        self._pubsub = pubsub
        self._deliver = deliver
        self._missed = missed
        self._channels: dict[str, _Channel] = {}
        self._nodes: dict[str, Node] = {}
        self._new_nodes: asyncio.Queue[Node] = asyncio.Queue()
        self.opened = asyncio.Event()

    async def join(self, channel: str, member: Hashable) -> None:
        """Return when messages of the channel reach the member. Raises TimeoutError, RedisError or OSError if they
        cannot; `leave` is due all the same.
        """
        entry = self._channels.setdefault(channel, _Channel())
        entry.members.add(member)
        async with asyncio.timeout(SUBSCRIBE_SECONDS):
            if entry.node is None:
                await self._find_place(channel, entry)
            await entry.subscribed.wait()

    def leave(self, channel: str, member: Hashable) -> None:
        entry = self._channels.get(channel)
        if entry is None:
            return
        entry.members.discard(member)
        if not entry.members:
            del self._channels[channel]
            if entry.node is not None:
                entry.node.unsubscribe(channel)

    def members(self, channel: str) -> Set[Any]:
        """Who listens to a channel in this process."""
        entry = self._channels.get(channel)
        return entry.members if entry is not None else frozenset()

    def channels(self) -> int:
        """How many there are."""
        return len(self._channels)

    def hears(self) -> bool:
        """Whether what is said on every channel would be heard: its node's connection has been heard just now."""
        return bool(self._nodes) and all(node.hears() for node in self._nodes.values())

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen_at_all())
            for node in self._nodes.values():
                tasks.create_task(keep_running(node.run))
            while True:
                node = await self._new_nodes.get()
                tasks.create_task(keep_running(node.run))

    async def _listen_at_all(self) -> None:
        """Open a connection before there is an iframe, so that it is known whether it would be served."""
        while True:
            try:
                self._node(await self._pubsub.node_of(FIRST_CHANNEL))
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("no_pubsub", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _find_place(self, channel: str, entry: _Channel) -> None:
        name = await self._pubsub.node_of(channel)
        if entry.node is None and self._channels.get(channel) is entry:
            self._place(channel, entry, name)

    def _place(self, channel: str, entry: _Channel, name: str) -> None:
        entry.node = self._node(name)
        entry.node.subscribe(channel)

    def _node(self, name: str) -> Node:
        if name not in self._nodes:
            self._nodes[name] = Node(name, self._pubsub, self)
            self._new_nodes.put_nowait(self._nodes[name])
        return self._nodes[name]

    def heard(self, channel: str, payload: bytes) -> None:
        """Something was said on a channel. A mistake in one message costs no other."""
        try:
            self._deliver(channel, payload)
        except Exception:
            log.exception("delivery_failed")

    def subscribed(self, channel: str) -> None:
        entry = self._channels.get(channel)
        if entry is None:
            return
        entry.subscribed.set()
        if entry.lost:
            entry.lost = False
            self._missed(channel)

    def channels_of(self, node: Node) -> list[str]:
        return [channel for channel, entry in self._channels.items() if entry.node is node]

    def is_of(self, channel: str, node: Node) -> bool:
        entry = self._channels.get(channel)
        return entry is not None and entry.node is node

    def lose(self, channel: str) -> None:
        """What its iframes hear is not complete any more, until it is subscribed again."""
        entry = self._channels[channel]
        entry.lost = True
        entry.subscribed.clear()

    async def move(self, node: Node) -> None:
        """In a Cluster: subscribe anew to what the node does not carry for us any more, wherever it is now."""
        await self._pubsub.look_again()
        for channel in self.channels_of(node):
            name = await self._pubsub.node_of(channel)
            entry = self._channels.get(channel)
            if entry is None or entry.node is not node:
                continue
            if name != node.name:
                self.lose(channel)
                self._place(channel, entry, name)
            elif not entry.subscribed.is_set():
                node.subscribe(channel)

    def drop_if_gone(self, node: Node) -> bool:
        """Forget a node that has left the Cluster, or has nothing in it any more."""
        if self._pubsub.carries_something(node.name) or self.channels_of(node):
            return False
        if self._nodes.get(node.name) is node:
            del self._nodes[node.name]
        return True
