"""arq: the queues, and the one place that enqueues.

Always after the commit. A job only says "look", it carries nothing: a lost one costs a few seconds and no data.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec
import structlog
from arq.connections import ArqRedis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from shared.settings import Settings

log = structlog.get_logger()


class Queue(StrEnum):
    """One queue for each class of work, so that none of them waits for another."""

    INGEST = "porthole:ingest"
    SEND = "porthole:send"
    MEDIA = "porthole:media"
    WEBHOOKS = "porthole:webhooks"


def connect(settings: Settings) -> ArqRedis:
    """A client for jobs and for publishing. It connects when it is first used, and fails fast when Redis is away."""
    pool = BlockingConnectionPool.from_url(
        settings.redis_url, max_connections=20, timeout=2, socket_connect_timeout=2, socket_timeout=5
    )
    redis = ArqRedis(pool, job_serializer=serialize_job, job_deserializer=deserialize_job)
    redis.auto_close_connection_pool = True
    return redis


def connect_pubsub(settings: Settings) -> Redis:
    """A client for subscriptions, whose reads wait for as long as nothing is published."""
    redis: Redis = Redis.from_url(settings.redis_url, socket_connect_timeout=2)
    return redis


def serialize_job(job: dict[str, Any]) -> bytes:
    """MessagePack, and not arq's default of pickle: what Redis holds must not be able to run code."""
    return msgspec.msgpack.encode(job)


def deserialize_job(job: bytes) -> dict[str, Any]:
    """What `serialize_job` was given."""
    value: dict[str, Any] = msgspec.msgpack.decode(job)
    return value


class Waker:
    """Wakes the workers of one queue. Calls that come while a job is being enqueued share the next one."""

    def __init__(self, redis: ArqRedis, queue: Queue) -> None:
        self._redis = redis
        self._queue = queue
        self._wanted = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Ask for a job. Returns at once: the caller's answer does not wait for Redis."""
        self._wanted.set()

    def stop(self) -> None:
        """Let `run` end after the job that it is enqueueing, if any."""
        self._stopping = True
        self._wanted.set()

    async def run(self) -> None:
        """Enqueue until stopped. Redis away is no error, since the workers also look by themselves."""
        while True:
            await self._wanted.wait()
            if self._stopping:
                return
            self._wanted.clear()
            try:
                await self._redis.enqueue_job("drain", _queue_name=self._queue)
            except (RedisError, OSError) as error:
                log.warning("wake_failed", queue=self._queue, error=str(error))


_LATER = "porthole: queues to wake"


def wake_later(connection: AsyncConnection, queue: Queue) -> None:
    """Ask for a job on `queue` once this transaction is over; for operations whose callers need not know of the queue.

    Does nothing where the connection is not of an engine that `wake_released` watches: the workers look by themselves.
    """
    info = connection.sync_connection.info if connection.sync_connection else {}
    info.setdefault(_LATER, set()).add(queue)


def wake_released(engine: AsyncEngine, wakers: Mapping[Queue, Waker]) -> None:
    """Wake the queues that `wake_later` was asked for whenever a connection goes back to the engine's pool, which is
    after the commit.
    """

    def released(_: Any, entry: ConnectionPoolEntry) -> None:
        for queue in entry.info.pop(_LATER, ()):
            if queue in wakers:
                wakers[queue].wake()

    event.listen(engine.sync_engine, "checkin", released)
