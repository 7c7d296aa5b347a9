"""Starts a drain as soon as its queue is woken: the wakers publish under the queue's name (shared/jobs.py)."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import structlog
from redis.asyncio import Connection, Redis
from redis.exceptions import RedisError

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
        self._starts = starts

    async def run(self) -> None:
        """Listen until cancelled, over a new connection whenever the old one breaks or falls silent."""
        while True:
            connection = self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
            try:
                await self._listen(connection)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("wakes_lost", error=type(error).__name__)
            finally:
                await connection.disconnect(nowait=True)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, connection: Connection) -> None:
        await connection.connect()  # type: ignore[no-untyped-call]
        await connection.send_command("SUBSCRIBE", *self._starts, check_health=False)
        for start in self._starts.values():  # for what was published while nobody listened
            start(b"")
        pinging = asyncio.create_task(_ping(connection))
        try:
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):  # the answers to our pings are the least to be heard
                    reply = await connection.read_response()
                if reply[0] == b"message":
                    self._starts[reply[1].decode()](reply[2])
        finally:
            await cancel_all([pinging])


async def _ping(connection: Connection) -> None:
    """Have Redis say something, so that a connection which died without a word is noticed by who reads it."""
    with contextlib.suppress(RedisError, OSError):
        while True:
            await asyncio.sleep(PING_SECONDS)
            await connection.send_command("PING", check_health=False)
