"""Revoke an API key: it opens nothing from now on."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import ApiKey
from shared.refusals import NotFoundError, RefusedError


async def revoke_key(connection: AsyncConnection, project_id: UUID, key_id: UUID) -> bool:
    """Returns whether the key was active; revoking it again changes nothing.

    Raises NotFoundError, or RefusedError with code `last_api_key`: without a key nobody could make another one.
    """
    known = select(ApiKey.id).where(ApiKey.project_id == project_id, ApiKey.id == key_id)
    if (await connection.execute(known)).scalar_one_or_none() is None:
        raise NotFoundError("API key")
    # All of them are locked, so that two keys which revoke each other take turns.
    active = (
        select(ApiKey.id)
        .where(ApiKey.project_id == project_id, ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.id)
        .with_for_update()
    )
    active_ids = set((await connection.execute(active)).scalars())
    if key_id not in active_ids:
        return False
    if len(active_ids) == 1:
        raise RefusedError("last_api_key", "The last active key of a project cannot be revoked.")
    await connection.execute(update(ApiKey).where(ApiKey.id == key_id).values(revoked_at=func.now()))
    return True
