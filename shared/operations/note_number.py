"""Note what Graph says of a number that is connected."""

from typing import Any

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import PhoneNumber


async def note_number(connection: AsyncConnection, phone_number_id: str, said: dict[str, Any]) -> None:
    """Store Graph's answer; the number may be gone by now."""
    await connection.execute(
        update(PhoneNumber)
        .where(PhoneNumber.phone_number_id == phone_number_id)
        .values(graph=said, graph_checked_at=func.now())
    )
