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


async def count_failure(redis: Redis, address: str, limit: int) -> Usage:
    """Count a wrong key or token that came from an address. In IPv6 the network of 64 bits counts as one, since that is
    what one customer of a provider has.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return await count_call(redis, f"failures:{address}", limit)
    network = ipaddress.ip_network((parsed, 64 if parsed.version == 6 else 32), strict=False)
    return await count_call(redis, f"failures:{network}", limit)


async def count_call(redis: Redis, subject: str, limit: int) -> Usage:
    """Count a call of `subject` ("key:<id>", say) in this minute."""
    name = f"porthole:calls:{subject}:{int(time.time()) // WINDOW}"
    try:
        async with asyncio.timeout(REDIS_SECONDS), redis.pipeline(transaction=False) as pipeline:
            pipeline.incr(name)
            pipeline.expire(name, 2 * WINDOW)
            used, _ = await pipeline.execute()
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("calls_not_counted", error=type(error).__name__)
        return Usage(limit, 0)
    return Usage(limit, int(used))
