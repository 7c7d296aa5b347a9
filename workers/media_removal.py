"""Deletes files from the store whose messages were deleted. The trigger `remove_media` says which."""

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage import Storage, StorageError

log = structlog.get_logger()

AT_ONCE = 100

# Put off and not locked: the store may be slow, or away.
_TAKE = text("""
    UPDATE media_removal SET due_at = now() + interval '10 minutes'
    WHERE storage_key IN (
        SELECT storage_key FROM media_removal WHERE due_at <= now() ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING storage_key
""")

_DONE = text("DELETE FROM media_removal WHERE storage_key = ANY(:keys)")


async def remove_deleted(engine: AsyncEngine, storage: Storage) -> None:
    """Delete all that is due. What the store does not delete now is tried again in some minutes."""
    more = True
    while more:
        async with engine.begin() as connection:
            keys = list((await connection.execute(_TAKE, {"limit": AT_ONCE})).scalars())
        done = []
        try:
            for key in keys:
                await storage.delete(key)
                done.append(key)
        except StorageError as error:
            log.warning("media_not_removed", error=str(error))
        async with engine.begin() as connection:
            await connection.execute(_DONE, {"keys": done})
        more = len(done) == AT_ONCE
