"""Revoke an embed: its token opens nothing from now on."""

from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import InboxEmbed


async def revoke_embed(connection: AsyncConnection, project_id: UUID, embed_id: UUID) -> bool:
    """Returns whether the project has the embed; revoking it again changes nothing.

    The caller publishes on the embed's channel after the commit, so that open iframes close.
    """
    changed = await connection.execute(
        update(InboxEmbed)
        .where(InboxEmbed.project_id == project_id, InboxEmbed.id == embed_id)
        .values(revoked_at=func.coalesce(InboxEmbed.revoked_at, func.now()), updated_at=func.now())
        .returning(InboxEmbed.id)
    )
    return changed.scalar_one_or_none() is not None
