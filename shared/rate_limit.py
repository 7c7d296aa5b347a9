"""Counts calls in Redis, in fixed windows of one minute (Kapso: "Rate limits").

Redis away lets everything through: a limit protects the service, and its absence must not stop it.
"""

import asyncio
import ipaddress
import time

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

WINDOW = 60  # seconds
REDIS_SECONDS = 0.5
ADDRESSES = 10


class Usage(msgspec.Struct, frozen=True):
    """What is left of a limit after a call. `exceeded` says that this call was one too many."""

    limit: int
    used: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit


def network_of(address: str) -> str:
    """What counts as one caller: in IPv6 the network of 64 bits, since that is what one customer of a provider has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64 if parsed.version == 6 else 32), strict=False))


async def count_failure(redis: Redis, address: str, limit: int) -> Usage:
    """Count a wrong key or token that came from an address."""
    return await count_call(redis, f"failures:{network_of(address)}", limit)


async def count_call(redis: Redis, subject: str, limit: int) -> Usage:
    """Count a call of `subject` ("key:<id>", say) in this minute."""
    (used,) = await _add(redis, 1, subject)
    return Usage(limit, used)


async def count_embed_call(redis: Redis, subject: str, address: str, limit: int) -> Usage:
    """Count what an address does with an embed ("embed:<id>", say) in this minute.

    All its addresses together may do it ADDRESSES times as often as one. What is one too many for the address is not
    counted for all, so that one busy browser does not lock the others out.
    """
    used, used_by_all = await _add(redis, 1, f"{subject}:{network_of(address)}", subject)
    if used > limit:
        await _add(redis, -1, subject)
    elif used_by_all > ADDRESSES * limit:
        return Usage(limit, limit + 1)
    return Usage(limit, used)


async def _add(redis: Redis, count: int, *subjects: str) -> list[int]:
    """Add to the counts of this minute, and return them; zeros if Redis is away."""
    minute = int(time.time()) // WINDOW
    try:
        async with asyncio.timeout(REDIS_SECONDS), redis.pipeline(transaction=False) as pipeline:
            for subject in subjects:
                name = f"porthole:calls:{subject}:{minute}"
                pipeline.incrby(name, count)
                pipeline.expire(name, 2 * WINDOW)
            answers = await pipeline.execute()
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("calls_not_counted", error=type(error).__name__)
        return [0] * len(subjects)
    return [int(used) for used in answers[::2]]


async def first_within(redis: Redis, subject: str, seconds: int) -> bool:
    """Whether nobody has asked for the subject within so many seconds; True if Redis is away."""
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            return bool(await redis.set(f"porthole:first:{subject}", b"", nx=True, ex=seconds))
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("calls_not_counted", error=type(error).__name__)
        return True
