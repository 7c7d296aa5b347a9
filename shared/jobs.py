"""arq: the queues, and the one place that enqueues.

A job only says "look", it carries nothing: a lost one costs a few seconds and no data. It is enqueued after the commit;
only a webhook that is handed over (handover.py) is told of before.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
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

from shared.publisher import Publisher
from shared.settings import Settings

log = structlog.get_logger()

PUBLISH_SECONDS = 1.0
JOB_SECONDS = 1.0  # between two jobs for one class of work: who listens need not wait for them


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


def connect_for_wakes(settings: Settings) -> Redis:
    """A client for a worker's subscriptions, whose reads wait for as long as nothing is published."""
    redis: Redis = Redis.from_url(settings.redis_url, socket_connect_timeout=2)
    return redis


def serialize_job(job: dict[str, Any]) -> bytes:
    """MessagePack, and not arq's default of pickle: what Redis holds must not be able to run code."""
    return msgspec.msgpack.encode(job)


def deserialize_job(job: bytes) -> dict[str, Any]:
    """What `serialize_job` was given."""
    value: dict[str, Any] = msgspec.msgpack.decode(job)
    return value


def queue_name(queue: Queue, number: int) -> str:
    """arq's name of one of the queues that share a class of work, numbered from 0."""
    return f"{queue}:{number}" if number else str(queue)


class WaitingJobs(msgspec.Struct, frozen=True):
    """Jobs that no worker has taken, and since when the oldest of them is due."""

    number: int
    oldest: datetime | None


async def waiting_jobs(redis: ArqRedis, ingest_queues: int) -> WaitingJobs | None:
    """Of all queues together; None if Redis is away."""
    names = [queue_name(Queue.INGEST, number) for number in range(ingest_queues)]
    names += [queue for queue in Queue if queue is not Queue.INGEST]
    try:
        async with redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.zcard(name)
                pipeline.zrange(name, 0, 0, withscores=True)
            told = await pipeline.execute()
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("jobs_not_counted", error=type(error).__name__)
        return None
    due = [milliseconds for first in told[1::2] for _, milliseconds in first]
    return WaitingJobs(sum(told[::2]), datetime.fromtimestamp(min(due) / 1000, UTC) if due else None)


class Waker:
    """Wakes the workers of one class of work. Where it has several queues, they take turns: any worker may do any of
    the work, so that nothing but speed depends on which of them is woken.

    A wake is published at once, for the workers that listen, and enqueued as a job, for those that do not just then.
    A job only waits once: its id is its queue's, and calls that come close together share one. What a wake carries is
    only for the workers that listen (handover.py), and only if it is not one for several calls.
    """

    def __init__(self, redis: ArqRedis, queue: Queue, queues: int = 1) -> None:
        self._redis = redis
        self._publisher = Publisher(redis.connection_pool.make_connection)
        self._names = itertools.cycle([queue_name(queue, number) for number in range(queues)])
        self._wanted = False
        self._payload = b""
        self._owed: set[str] = set()
        self._stopping = False
        self._called = asyncio.Event()

    def wake(self, payload: bytes = b"") -> None:
        """Ask for a drain. Returns at once: the caller's answer does not wait for Redis."""
        if not self._wanted and self._publisher.is_free:
            if not self._owed:  # else `run` waits already until a job is due
                self._called.set()
            self._owed.add(name := next(self._names))
            self._publisher.publish_now((name, payload))
            return
        self._payload = b"" if self._wanted else payload
        self._wanted = True
        self._called.set()

    def stop(self) -> None:
        """Let `run` end after what it has been asked for."""
        self._stopping = True
        self._called.set()

    async def run(self) -> None:
        """Publish and enqueue until stopped. Redis away is no error, since the workers also look by themselves."""
        clock = asyncio.get_running_loop().time
        due = 0.0
        while self._wanted or self._owed or not self._stopping:
            await self._next_call(due if self._owed else None)
            try:
                if self._wanted:
                    self._wanted = False
                    name = next(self._names)
                    self._owed.add(name)
                    async with asyncio.timeout(PUBLISH_SECONDS):
                        await self._publisher.publish([(name, self._payload)])
                if self._owed and (self._stopping or clock() >= due):
                    owed, self._owed = self._owed, set()
                    due = clock() + JOB_SECONDS
                    for name in owed:
                        await self._redis.enqueue_job("drain", _job_id=name, _queue_name=name)
            except (RedisError, OSError) as error:
                self._owed.clear()
                log.warning("wake_failed", error=str(error))
        await self._publisher.close()

    async def _next_call(self, due: float | None) -> None:
        """Wait until something is asked for, or until a job is due."""
        if self._stopping or self._wanted:
            return
        self._called.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                await self._called.wait()


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
