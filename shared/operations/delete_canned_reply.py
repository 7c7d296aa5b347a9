"""Forget a text that was answered often."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import CannedReply
from shared.refusals import NotFoundError


async def delete_canned_reply(connection: AsyncConnection, project_id: UUID, reply_id: UUID) -> None:
    """What was sent of it stays. Raises NotFoundError."""
    this = delete(CannedReply).where(CannedReply.project_id == project_id, CannedReply.id == reply_id)
    if (await connection.execute(this)).rowcount == 0:
        raise NotFoundError("Canned reply")
