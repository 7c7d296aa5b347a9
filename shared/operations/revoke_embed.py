"""Revoke an embed: its token opens nothing from now on."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

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


async def revoke_embeds_of(
    connection: AsyncConnection, project_id: UUID, column: InstrumentedAttribute[Any], value: UUID | str
) -> list[UUID]:
    """Revoke the embeds whose `column` refers to what is about to be deleted, and clear it: they stay as revoked ones.

    The caller has locked what goes, so that no embed of it is made meanwhile; one that was would go with it, by its
    foreign key. Returns the ids of those that were good until now; the caller closes their iframes after the commit.
    """
    its = (InboxEmbed.project_id == project_id, column == value)
    good = select(InboxEmbed.id).where(*its, InboxEmbed.revoked_at.is_(None)).order_by(InboxEmbed.id).with_for_update()
    ids = list((await connection.execute(good)).scalars())
    revoked_at = func.coalesce(InboxEmbed.revoked_at, func.now())
    values = {column.key: None, "revoked_at": revoked_at, "updated_at": func.now()}
    await connection.execute(update(InboxEmbed).where(*its).values(**values))
    return ids
