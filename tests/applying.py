"""Applying webhooks without a worker."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.operations.apply_webhooks import Applied, apply_webhooks
from shared.whatsapp.webhook import decode_webhook


async def apply_in(connection: AsyncConnection, bodies: Sequence[bytes]) -> Applied:
    now = datetime.now(UTC)
    return await apply_webhooks(connection, [(decode_webhook(body, now), now) for body in bodies])


async def apply(engine: AsyncEngine, bodies: Sequence[bytes]) -> Applied:
    """A batch, as a worker applies it."""
    async with engine.begin() as connection:
        return await apply_in(connection, bodies)
