"""How many iframes are open, by embed: each realtime process says so every few seconds, in a hash of its own in Redis.

The dashboard adds up what the processes say, which costs it one round trip, whatever the number of iframes.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

LIVES = 30  # seconds, after which a process that says nothing more is not counted
_PROCESSES = "porthole:viewers"


async def report_viewers(redis: Redis, process: str, counts: Mapping[UUID, int]) -> None:
    """Say how many iframes of each embed a process has, for LIVES. Raises RedisError or OSError."""
    name = f"{_PROCESSES}:{process}"
    now = time.time()
    async with redis.pipeline(transaction=True) as pipeline:
        pipeline.delete(name)
        if counts:
            pipeline.hset(name, mapping={embed_id.bytes: count for embed_id, count in counts.items()})
            pipeline.expire(name, LIVES)
        pipeline.zadd(_PROCESSES, {process: now})
        pipeline.zremrangebyscore(_PROCESSES, 0, now - LIVES)
        pipeline.expire(_PROCESSES, LIVES)
        await pipeline.execute()


async def withdraw_viewers(redis: Redis, process: str) -> None:
    """Say that a process has none any more: its iframes are at others by now. Without Redis that shows after LIVES."""
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        async with redis.pipeline(transaction=True) as pipeline:
            pipeline.zrem(_PROCESSES, process)
            pipeline.delete(f"{_PROCESSES}:{process}")
            await pipeline.execute()


async def count_viewers(redis: Redis, embed_ids: Sequence[UUID]) -> dict[UUID, int] | None:
    """How many iframes of each of these embeds are open; None if Redis is away."""
    if not embed_ids:
        return {}
    fields = [embed_id.bytes for embed_id in embed_ids]
    try:
        processes = await redis.zrange(_PROCESSES, 0, -1)
        async with redis.pipeline(transaction=False) as pipeline:
            for process in processes:
                pipeline.hmget(f"{_PROCESSES}:{process.decode()}", fields)
            told = await pipeline.execute()
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("viewers_not_counted", error=type(error).__name__)
        return None
    return {embed_id: sum(int(counts[place] or 0) for counts in told) for place, embed_id in enumerate(embed_ids)}


async def open_iframes(redis: Redis) -> dict[UUID, int] | None:
    """How many iframes are open, by embed, of all projects; None if Redis is away."""
    try:
        processes = await redis.zrange(_PROCESSES, 0, -1)
        async with redis.pipeline(transaction=False) as pipeline:
            for process in processes:
                pipeline.hgetall(f"{_PROCESSES}:{process.decode()}")
            told = await pipeline.execute()
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("viewers_not_counted", error=type(error).__name__)
        return None
    counts: Counter[UUID] = Counter()
    for one in told:
        counts.update({UUID(bytes=embed_id): int(count) for embed_id, count in one.items()})
    return dict(counts)
