"""Note what Graph says of a number, when it was asked for another reason than a change."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import PhoneNumber


async def note_number(connection: AsyncConnection, number_id: UUID, said: dict[str, Any]) -> None:
    """Store Graph's answer; the number may be gone by now."""
    await connection.execute(
        update(PhoneNumber).where(PhoneNumber.id == number_id).values(graph=said, graph_checked_at=func.now())
    )
