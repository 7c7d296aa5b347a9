"""The one place that publishes. Call it after the commit, never before."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog
from redis.exceptions import RedisError

from shared import tracing
from shared.events import Event
from shared.pubsub import PubSub
from shared.scope import embed_channel

log = structlog.get_logger()
MOST_PUSHES = 100
PUBLISH_SECONDS = 1.0
CLOSE_ATTEMPTS = 3
_encode = msgspec.json.Encoder().encode


def payloads(events: Sequence[Event]) -> list[tuple[str, bytes]]:
    """What is published on each channel, in order: the time in microseconds since 1970, and a JSON list of at most
    MOST_PUSHES. A push is encoded once, whatever the channels.
    """
    now = b"%d" % (time.time_ns() // 1000)
    parts: dict[str, list[bytes]] = {}
    for event in events:
        encoded = _encode(event.push)
        for channel in event.channels:
            parts.setdefault(channel, []).append(encoded)
    return [
        (channel, now + b"[" + b",".join(encoded[start : start + MOST_PUSHES]) + b"]")
        for channel, encoded in parts.items()
        for start in range(0, len(encoded), MOST_PUSHES)
    ]


async def publish(pubsub: PubSub, events: Sequence[Event]) -> None:
    """Publish the events in one round trip.

    Redis away is no error: the rows are committed, and every iframe catches up through `changes`.
    """
    if not events:
        return
    try:
        with tracing.publishing(len(events)):
            async with asyncio.timeout(PUBLISH_SECONDS):
                await pubsub.publish(payloads(events))
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("publish_failed", events=len(events), error=repr(error))


async def close_embed(pubsub: PubSub, embed_id: UUID, code: str) -> None:
    """Tell the iframes of an embed that its token is no longer good, by a code of shared.embeds.REFUSALS; with
    `embed_changed` they are closed if what they were opened with is no longer so. It is tried CLOSE_ATTEMPTS times:
    unheard of, a token that was taken back keeps its iframes until the realtime processes look by themselves.
    """
    message = embed_channel(embed_id), _encode({"code": code})
    for attempt in range(CLOSE_ATTEMPTS):
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await pubsub.publish([message])
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("publish_failed", embed_id=str(embed_id), attempt=attempt + 1, error=repr(error))
        else:
            return


async def reload_embed(pubsub: PubSub, embed_id: UUID) -> None:
    """Have the open pages of an embed load again: the embed is as it was, but what its scope holds is not."""
    await close_embed(pubsub, embed_id, "scope_changed")
