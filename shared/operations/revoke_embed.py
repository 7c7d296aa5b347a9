"""Revoke an embed: its token opens nothing from now on."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import InboxEmbed
from shared.refusals import NotFoundError


async def revoke_embed(connection: AsyncConnection, project_id: UUID, embed_id: UUID) -> bool:
    """Returns whether the embed was good until now. Raises NotFoundError.

    The caller publishes on the embed's channel after the commit, so that open iframes close.
    """
    this = (InboxEmbed.project_id == project_id, InboxEmbed.id == embed_id)
    revoked = update(InboxEmbed).where(*this, InboxEmbed.revoked_at.is_(None)).returning(InboxEmbed.id)
    values = {"revoked_at": func.now(), "updated_at": func.now()}
    if (await connection.execute(revoked.values(**values))).scalar_one_or_none() is not None:
        return True
    if (await connection.execute(select(InboxEmbed.id).where(*this))).scalar_one_or_none() is None:
        raise NotFoundError("Inbox embed")
    return False
