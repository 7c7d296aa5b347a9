"""Applying webhooks without a worker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.jobs import connect
from shared.operations.apply_webhooks import Applied, apply_webhooks
from shared.pubsub import PubSub
from shared.settings import Settings
from shared.whatsapp.webhook import decode_webhook
from workers.ingest import Ingest


async def apply_in(connection: AsyncConnection, bodies: Sequence[bytes]) -> Applied:
    now = datetime.now(UTC)
    return await apply_webhooks(connection, [(decode_webhook(body, now), now) for body in bodies])


async def apply(engine: AsyncEngine, bodies: Sequence[bytes]) -> Applied:
    """A batch, as a worker applies it."""
    async with engine.begin() as connection:
        return await apply_in(connection, bodies)


async def store(engine: AsyncEngine, bodies: Sequence[bytes]) -> None:
    """Put webhooks into the durable inbox, as the api does."""
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO inbound_event (body) SELECT unnest(CAST(:bodies AS bytea[]))"), {"bodies": list(bodies)}
        )


async def drain(engine: AsyncEngine, settings: Settings, workers: int = 1) -> None:
    """Apply all that is in the durable inbox, by several workers at once."""

    async def work() -> None:
        async with ingesting(engine, settings) as ingest:
            while await ingest.step():
                pass

    await asyncio.gather(*(work() for _ in range(workers)))


@contextlib.asynccontextmanager
async def ingesting(engine: AsyncEngine, settings: Settings) -> AsyncIterator[Ingest]:
    """What a worker takes webhooks in with."""
    redis, pubsub = connect(settings), PubSub(settings)
    ingest = Ingest(engine, redis, pubsub, settings)
    try:
        yield ingest
    finally:
        await ingest.close()
        await pubsub.close()
        await redis.aclose()
