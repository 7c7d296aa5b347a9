"""Which iframes of this process listen to which Redis channel.

A channel is subscribed when its first iframe joins and unsubscribed when its last one leaves, so that the load of a
process follows its own iframes and not the whole deployment's traffic.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

SUBSCRIBE_SECONDS = 5.0
RECONNECT_SECONDS = 0.5
_IDLE_CHANNEL = "inbox:realtime"  # keeps the connection subscribed to something while no iframe is here


class Hub:
    """One pub/sub connection. `deliver(channel, payload)` is called for each message, in order."""

    def __init__(self, redis: Redis, deliver: Callable[[str, bytes], Awaitable[None]]) -> None:
        self._pubsub = redis.pubsub()
        self._deliver = deliver
        self._members: dict[str, set[str]] = {}
        self._confirmed: dict[str, asyncio.Event] = {}

    async def join(self, channel: str, sid: str) -> None:
        """Return when messages of the channel reach the iframe. Raises TimeoutError or RedisError if they cannot."""
        members = self._members.setdefault(channel, set())
        members.add(sid)
        confirmed = self._confirmed.get(channel)
        if confirmed is None:
            confirmed = self._confirmed[channel] = asyncio.Event()
            await self._pubsub.subscribe(channel)
        async with asyncio.timeout(SUBSCRIBE_SECONDS):
            await confirmed.wait()

    async def leave(self, channel: str, sid: str) -> None:
        members = self._members.get(channel, set())
        members.discard(sid)
        if members:
            return
        self._members.pop(channel, None)
        if self._confirmed.pop(channel, None) is not None:
            try:
                await self._pubsub.unsubscribe(channel)
            except (RedisError, OSError) as error:
                log.warning("unsubscribe_failed", error=str(error))

    async def run(self) -> None:
        """Deliver until cancelled. When Redis goes away, connect again; redis-py then subscribes again by itself."""
        while True:
            try:
                await self._pubsub.subscribe(_IDLE_CHANNEL)
                while True:
                    await self._handle(await self._pubsub.get_message(timeout=None))
            except (RedisError, OSError) as error:
                log.warning("pubsub_lost", error=str(error))
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _handle(self, message: dict[str, Any] | None) -> None:
        if message is None:
            return
        channel = message["channel"].decode()
        if message["type"] == "message":
            await self._deliver(channel, message["data"])
        elif message["type"] == "subscribe" and channel in self._confirmed:
            self._confirmed[channel].set()

    async def close(self) -> None:
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]
