"""Which iframes of this process listen to which channel.

A channel is subscribed when its first iframe joins and unsubscribed when its last one leaves, so that the load of a
process follows its own iframes and not the whole deployment's traffic.
"""

import asyncio
import itertools
import random
from collections.abc import Callable, Hashable, Set
from typing import Any
from uuid import uuid4

import hiredis
import structlog
from redis.exceptions import RedisError

from shared.pubsub import PubSub
from shared.redis_link import RedisLink
from shared.tasks import keep_running

log = structlog.get_logger()

SUBSCRIBE_SECONDS = 5.0
RECONNECT_SECONDS = 0.5
HEARTBEAT_SECONDS = 3.0
SILENCE_SECONDS = 10.0
FIRST_CHANNEL = "inbox:heartbeat"


class _Channel:
    __slots__ = ("lost", "members", "node", "subscribed")

    def __init__(self) -> None:
        self.members: set[Hashable] = set()
        self.node: str | None = None
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
        self._nodes: dict[str, _Node] = {}
        self._new_nodes: asyncio.Queue[_Node] = asyncio.Queue()
        self.opened = asyncio.Event()

    async def join(self, channel: str, member: Hashable) -> None:
        """Return when messages of the channel reach the member. Raises TimeoutError, RedisError or OSError if they
        cannot; `leave` is due all the same.
        """
        entry = self._channels.get(channel)
        if entry is None:
            entry = self._channels[channel] = _Channel()
            entry.members.add(member)
            await self._subscribe(channel, entry)
        entry.members.add(member)
        async with asyncio.timeout(SUBSCRIBE_SECONDS):
            await entry.subscribed.wait()

    def leave(self, channel: str, member: Hashable) -> None:
        entry = self._channels.get(channel)
        if entry is None:
            return
        entry.members.discard(member)
        if not entry.members:
            del self._channels[channel]
            if entry.node is not None:
                self._nodes[entry.node].unsubscribe(channel)

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
                await asyncio.sleep(RECONNECT_SECONDS)
            else:
                return

    async def _subscribe(self, channel: str, entry: _Channel) -> None:
        name = await self._pubsub.node_of(channel)
        if self._channels.get(channel) is entry:
            entry.node = name
            self._node(name).subscribe(channel)

    def _node(self, name: str) -> "_Node":
        if name not in self._nodes:
            self._nodes[name] = _Node(name, self._pubsub, self)
            self._new_nodes.put_nowait(self._nodes[name])
        return self._nodes[name]

    def heard(self, kind: bytes, channel: str, payload: bytes) -> None:
        """Called by a node's connection."""
        if kind.endswith(b"message"):
            self._deliver(channel, payload)
            return
        entry = self._channels.get(channel)
        if entry is not None and kind.endswith(b"subscribe") and not kind.endswith(b"unsubscribe"):
            entry.subscribed.set()
            if entry.lost:
                entry.lost = False
                self._missed(channel)

    def channels_of(self, node: str) -> list[str]:
        return [channel for channel, entry in self._channels.items() if entry.node == node]

    def lose(self, node: str) -> None:
        """What the node's iframes hear is not complete any more."""
        for channel in self.channels_of(node):
            self._channels[channel].lost = True

    async def move(self, node: str) -> bool:
        """In a Cluster: subscribe to each of the node's channels where it is now, if that is elsewhere. Returns whether
        the node is still there.
        """
        await self._pubsub.look_again()
        for channel in self.channels_of(node):
            entry = self._channels[channel]
            if await self._pubsub.node_of(channel) != node:
                entry.lost = True
                await self._subscribe(channel, entry)
        if self._pubsub.knows(node):
            return True
        self._nodes.pop(node, None)
        return False


class _Node:
    """One subscribing connection to a node, which only `run` opens."""

    def __init__(self, name: str, pubsub: PubSub, hub: Hub) -> None:
        self._name = name
        self._pubsub = pubsub
        self._hub = hub
        self._link: RedisLink | None = None
        self._moved = asyncio.Event()
        self._heartbeat = ""

    def hears(self) -> bool:
        return self._link is not None and self._link.silent_for() < SILENCE_SECONDS

    def subscribe(self, channel: str) -> None:
        """While there is no connection, `run` subscribes to all channels when it has one."""
        self._send("SUBSCRIBE", channel)

    def unsubscribe(self, channel: str) -> None:
        self._send("UNSUBSCRIBE", channel)

    def _send(self, command: str, *channels: str) -> None:
        if self._link is None:
            return
        if self._pubsub.is_sharded:  # channels of one command must be of one slot
            self._link.send([(f"S{command}", channel) for channel in channels])
        else:
            self._link.send([(command, *channels)])

    async def run(self) -> None:
        """Listen until cancelled, or until the node has left the Cluster, over a new connection whenever the old one
        breaks or falls silent.
        """
        there = True
        while there:
            try:
                await self._listen()
                log.warning("subscriptions_lost", node=self._name)
                there = await self._hub.move(self._name)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("subscriptions_lost", node=self._name, error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - no secret

    async def _heartbeat_channel(self) -> str:
        """A channel of our own that this node carries."""
        own = f"inbox:heartbeat:{uuid4().hex}"
        for number in itertools.count():
            channel = f"{own}:{number}"
            if await self._pubsub.node_of(channel) == self._name:
                return channel
        raise AssertionError

    async def _listen(self) -> None:
        """Return when the connection is lost."""
        self._moved.clear()
        self._heartbeat = await self._heartbeat_channel()
        link = await self._pubsub.open_link(self._name, self._hear)
        self._hub.opened.set()
        self._link = link  # first, so that a join during the next line subscribes its own channel
        beating = asyncio.create_task(self._beat())
        moving = asyncio.create_task(self._follow())
        try:
            self._send("SUBSCRIBE", self._heartbeat, *self._hub.channels_of(self._name))
            await link.until_lost(SILENCE_SECONDS)
        finally:
            self._link = None
            self._hub.lose(self._name)
            beating.cancel()
            moving.cancel()
            await link.close()

    def _hear(self, reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError):  # MOVED, in a Cluster
            log.warning("subscription_refused", error=str(reply))
            self._moved.set()
            return
        kind, channel, payload = reply
        name = channel.decode()
        if name == self._heartbeat:
            return
        if kind == b"sunsubscribe" and name in self._hub.channels_of(self._name):  # its slot went to another node
            self._moved.set()
        self._hub.heard(kind, name, payload)

    async def _follow(self) -> None:
        """Subscribe elsewhere to what this node carries no more."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            try:
                await self._hub.move(self._name)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("move_failed", error=type(error).__name__)
                self._moved.set()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _beat(self) -> None:
        """Say something to ourselves, so that a connection which died without a word is noticed."""
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._pubsub.publish([(self._heartbeat, b"")])
            except (RedisError, OSError, TimeoutError) as error:
                log.info("heartbeat_failed", error=type(error).__name__)
            await asyncio.sleep(HEARTBEAT_SECONDS)
