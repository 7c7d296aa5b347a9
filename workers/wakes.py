"""Starts a drain as soon as its queue is woken: the wakers publish under the queue's name (shared/jobs.py)."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import hiredis
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.redis_link import RedisLink
from shared.tasks import cancel_all

log = structlog.get_logger()

RECONNECT_SECONDS = 0.5
PING_SECONDS = 3.0
SILENCE_SECONDS = 10.0


class Wakes:
    """One subscribing connection for all queues of a worker. `starts` holds what to call with what the wake carries, by
    the queue's name.

    A wake that is lost with a connection costs no more than the next look at arq's queue, or the sweep.
    """

    def __init__(self, redis: Redis, starts: Mapping[str, Callable[[bytes], None]]) -> None:
        self._redis = redis
        self._starts = {name.encode(): start for name, start in starts.items()}

    async def run(self) -> None:
        """Listen until cancelled, over a new connection whenever the old one breaks or falls silent."""
        while True:
            try:
                await self._listen()
                log.warning("wakes_lost")
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("wakes_lost", error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        """Return when the connection is lost."""
        connection = self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        link = await RedisLink.open(connection, self._hear)
        link.send([("SUBSCRIBE", *self._starts)])
        for start in self._starts.values():  # for what was published while nobody listened
            start(b"")
        pinging = asyncio.create_task(_ping(link))
        try:
            await link.until_lost(SILENCE_SECONDS)
        finally:
            await cancel_all([pinging])
            await link.close()

    def _hear(self, reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError):
            log.warning("wakes_refused", error=str(reply))
        elif reply[0] == b"message":
            self._starts[reply[1]](reply[2])


async def _ping(link: RedisLink) -> None:
    """Have Redis say something, so that a connection which died without a word is noticed by its silence."""
    with contextlib.suppress(ConnectionError):
        while True:
            await asyncio.sleep(PING_SECONDS)
            link.send([("PING",)])
