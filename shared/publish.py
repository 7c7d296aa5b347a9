"""The one place that publishes. Call it after the commit, never before."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.events import Event
from shared.scope import embed_channel

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


def payloads(events: Sequence[Event]) -> dict[str, bytes]:
    """One JSON list of pushes for each channel, in order; every push is encoded once, whatever the channels."""
    parts: dict[str, list[bytes]] = {}
    for event in events:
        encoded = _encode(event.push)
        for channel in event.channels:
            parts.setdefault(channel, []).append(encoded)
    return {channel: b"[" + b",".join(encoded) + b"]" for channel, encoded in parts.items()}


async def publish(redis: Redis, events: Sequence[Event]) -> None:
    """Publish the events, one message for each channel, in one round trip.

    Redis away is no error: the rows are committed, and every iframe catches up through `changes`.
    """
    if not events:
        return
    try:
        async with redis.pipeline(transaction=False) as pipeline:
            for channel, payload in payloads(events).items():
                pipeline.publish(channel, payload)
            await pipeline.execute()
    except (RedisError, OSError) as error:
        log.warning("publish_failed", events=len(events), error=str(error))


async def close_embed(redis: Redis, embed_id: UUID, code: str) -> None:
    """Tell the iframes of an embed that its token is no longer good; `code` is a key of shared.embeds.REFUSALS."""
    try:
        await redis.publish(embed_channel(embed_id), _encode({"code": code}))
    except (RedisError, OSError) as error:
        log.warning("publish_failed", embed_id=str(embed_id), error=str(error))
