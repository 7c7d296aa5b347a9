"""Which iframes of this process listen to which Redis channel.

A channel is subscribed when its first iframe joins and unsubscribed when its last one leaves, so that the load of a
process follows its own iframes and not the whole deployment's traffic.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog
from redis.asyncio import Connection, Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

SUBSCRIBE_SECONDS = 5.0
RECONNECT_SECONDS = 0.5
HEARTBEAT_SECONDS = 3.0
SILENCE_SECONDS = 10.0


class Hub:
    """One subscribing connection, which only `run` opens and reads.

    `deliver(channel, payload)` is called for each message, in order; `missed(channel)` after a channel was lost with
    its connection and is subscribed again, so that its iframes can ask for what they missed.
    """

    def __init__(
        self,
        redis: Redis,
        deliver: Callable[[str, bytes], Awaitable[None]],
        missed: Callable[[str], Awaitable[None]],
    ) -> None:
        self._redis = redis
        self._deliver = deliver
        self._missed = missed
        self._members: dict[str, set[str]] = {}
        self._subscribed: dict[str, asyncio.Event] = {}
        self._lost: set[str] = set()
        self._connection: Connection | None = None
        self._heartbeat = f"inbox:heartbeat:{uuid4().hex}"

    async def join(self, channel: str, sid: str) -> None:
        """Return when messages of the channel reach the iframe. Raises TimeoutError, RedisError or OSError if they
        cannot; `leave` is due all the same.
        """
        self._members.setdefault(channel, set()).add(sid)
        subscribed = self._subscribed.get(channel)
        if subscribed is None:
            subscribed = self._subscribed[channel] = asyncio.Event()
            await self._send("SUBSCRIBE", channel)
        async with asyncio.timeout(SUBSCRIBE_SECONDS):
            await subscribed.wait()

    async def leave(self, channel: str, sid: str) -> None:
        members = self._members.get(channel, set())
        members.discard(sid)
        if members:
            return
        self._members.pop(channel, None)
        self._lost.discard(channel)
        if self._subscribed.pop(channel, None) is not None:
            try:
                await self._send("UNSUBSCRIBE", channel)
            except (RedisError, OSError) as error:  # the connection is gone, and the subscription with it
                log.info("unsubscribe_failed", error=type(error).__name__)

    async def _send(self, command: str, channel: str) -> None:
        """Write a command; while there is no connection, `run` subscribes to all channels when it has one."""
        if self._connection is not None:
            await self._connection.send_command(command, channel, check_health=False)

    async def run(self) -> None:
        """Deliver until cancelled, over a new connection whenever the old one breaks or falls silent."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat())
            while True:
                connection = self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
                try:
                    await self._listen(connection)
                except (RedisError, OSError, TimeoutError) as error:
                    log.warning("subscriptions_lost", error=type(error).__name__)
                finally:
                    self._connection = None
                    self._lost.update(self._subscribed)
                    await connection.disconnect(nowait=True)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, connection: Connection) -> None:
        await connection.connect()  # type: ignore[no-untyped-call]
        self._connection = connection  # first, so that a join during the next line subscribes its own channel
        await connection.send_command("SUBSCRIBE", self._heartbeat, *self._members, check_health=False)
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):  # our own heartbeat is the least that must be heard
                kind, channel, payload = await connection.read_response()
            await self._handle(kind, channel.decode(), payload)

    async def _handle(self, kind: bytes, channel: str, payload: bytes) -> None:
        if kind == b"message" and channel != self._heartbeat:
            await self._deliver(channel, payload)
        elif kind == b"subscribe" and channel in self._subscribed:
            self._subscribed[channel].set()
            if channel in self._lost:
                self._lost.discard(channel)
                await self._missed(channel)

    async def _beat(self) -> None:
        """Say something to ourselves, so that a connection which died without a word is noticed."""
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._redis.publish(self._heartbeat, b"")
            except (RedisError, OSError, TimeoutError) as error:
                log.info("heartbeat_failed", error=type(error).__name__)
            await asyncio.sleep(HEARTBEAT_SECONDS)
