"""The subscribing connection to one node: the server, or a primary of the Cluster."""

import asyncio
import random
from collections import Counter, deque
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import hiredis
import structlog
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import RedisError

from shared.pubsub import PubSub
from shared.redis_link import RedisLink
from shared.tasks import cancel_all

if TYPE_CHECKING:
    from realtime.hub import Hub

log = structlog.get_logger()

RECONNECT_SECONDS = 0.5
FOLLOW_SECONDS = 0.5
HEARTBEAT_SECONDS = 3.0
SILENCE_SECONDS = 10.0
MOST_TRIES = 50_000  # for a channel that a node carries: enough for one of a few slots
TRIES_AT_ONCE = 500


class Node:
    """Holds the subscriptions to those channels of the hub that the node carries. Only `run` opens its connection."""

    def __init__(self, name: str, pubsub: PubSub, hub: "Hub") -> None:
        self.name = name
        self._pubsub = pubsub
        self._hub = hub
        self._link: RedisLink | None = None
        # What was asked for is answered in that order, each command for one channel by one reply or one error.
        self._asked: deque[str] = deque()
        self._awaited: Counter[str] = Counter()
        self._moved = asyncio.Event()
        self._heartbeat = ""

    def hears(self) -> bool:
        """Whether it has been heard just now: its heartbeat, at the least."""
        return self._link is not None and self._link.silent_for() < SILENCE_SECONDS

    def subscribe(self, *channels: str) -> None:
        """While there is no connection, `run` subscribes to all channels when it has one."""
        self._send("SUBSCRIBE", channels)

    def unsubscribe(self, *channels: str) -> None:
        self._send("UNSUBSCRIBE", channels)

    def _send(self, command: str, channels: tuple[str, ...]) -> None:
        if self._link is None or not self._link.is_open:
            return
        self._asked.extend(channels)
        self._awaited.update(channels)
        command = f"S{command}" if self._pubsub.is_sharded else command
        self._link.send([(command, channel) for channel in channels])

    async def run(self) -> None:
        """Listen over a new connection whenever the old one breaks or falls silent, until cancelled, or until the node
        has nothing for us any more.
        """
        while True:
            try:
                await self._listen()
                log.warning("subscriptions_lost", node=self.name)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("subscriptions_lost", node=self.name, error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            try:
                await self._hub.move(self)
            except (RedisError, OSError, TimeoutError) as error:
                log.info("move_failed", node=self.name, error=type(error).__name__)
            if self._hub.drop_if_gone(self):
                return

    async def _listen(self) -> None:
        """Return when the connection is lost."""
        self._heartbeat = await self._heartbeat_channel()
        self._link = link = await self._pubsub.open_link(self.name, self._hear)
        self._asked.clear()
        self._awaited.clear()
        self._moved.clear()
        self._hub.opened.set()
        helping = [asyncio.create_task(self._beat()), asyncio.create_task(self._follow())]
        try:
            self.subscribe(self._heartbeat, *self._hub.channels_of(self))
            await link.until_lost(SILENCE_SECONDS)
        finally:
            self._link = None
            for channel in self._hub.channels_of(self):
                self._hub.lose(channel)
            await cancel_all(helping)
            await link.close()

    async def _heartbeat_channel(self) -> str:
        """A channel of our own that this node carries. Raises ConnectionError if none was found."""
        own = f"inbox:heartbeat:{uuid4().hex}"
        for number in range(MOST_TRIES):
            channel = f"{own}:{number}"
            if await self._pubsub.node_of(channel) == self.name:
                return channel
            if number % TRIES_AT_ONCE == 0:
                await asyncio.sleep(0)
        raise LostConnectionError(f"{self.name} carries no channel")

    def _hear(self, reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError):  # MOVED or CLUSTERDOWN, in a Cluster
            log.warning("subscription_refused", node=self.name, error=str(reply))
            self._answered()
            self._moved.set()
            return
        kind, channel_bytes, payload = reply
        channel = channel_bytes.decode()
        if kind.endswith(b"message"):
            if channel != self._heartbeat:
                self._hub.heard(channel, payload)
            return
        if not self._awaited[channel]:  # not asked for: its slot has gone to another node
            if self._hub.is_of(channel, self):
                self._hub.lose(channel)
            self._moved.set()
            return
        self._answered()
        if not self._awaited[channel] and self._hub.is_of(channel, self):  # else there is more to come
            self._hub.subscribed(channel)

    def _answered(self) -> None:
        channel = self._asked.popleft()
        self._awaited[channel] -= 1
        if not self._awaited[channel]:
            del self._awaited[channel]

    async def _follow(self) -> None:
        """Subscribe elsewhere to what this node carries no more, and ask again until all is heard."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            try:
                await self._hub.move(self)
                if await self._pubsub.node_of(self._heartbeat) != self.name:
                    self._heartbeat = await self._heartbeat_channel()
                    self.subscribe(self._heartbeat)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("move_failed", node=self.name, error=type(error).__name__)
                self._moved.set()
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _beat(self) -> None:
        """Say something to ourselves, so that a connection which died without a word is noticed."""
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._pubsub.publish([(self._heartbeat, b"")])
            except (RedisError, OSError, TimeoutError) as error:
                log.info("heartbeat_failed", node=self.name, error=type(error).__name__)
            await asyncio.sleep(HEARTBEAT_SECONDS)
