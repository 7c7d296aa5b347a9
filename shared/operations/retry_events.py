"""Try again what came in and could not be applied. What of it is there already stays as it is."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.jobs import Queue, wake_later

RETRIED_AT_ONCE = 500

_ONE = text("""
    UPDATE inbound_event SET state = 'pending', problem = NULL, processed_at = NULL, retries = retries + 1
    WHERE id = :id AND state = 'failed' RETURNING id
""")

# Locked in the order of the workers, who take the oldest first.
# Found first and once: a LIMIT within the UPDATE may be gone through again for each row.
_OF_REASON = text("""
    WITH oldest AS MATERIALIZED (
        SELECT id FROM inbound_event WHERE state = 'failed' AND md5(problem) = :reason
        ORDER BY id LIMIT :limit FOR UPDATE
    )
    UPDATE inbound_event e SET state = 'pending', problem = NULL, processed_at = NULL, retries = e.retries + 1
    FROM oldest WHERE e.id = oldest.id RETURNING e.id
""")


async def retry_event(connection: AsyncConnection, event_id: int) -> bool:
    """Whether it is to be tried again; not if it has not failed, or somebody was faster."""
    retried = (await connection.execute(_ONE, {"id": event_id})).scalar_one_or_none() is not None
    if retried:
        wake_later(connection, Queue.INGEST)
    return retried


async def retry_events(connection: AsyncConnection, reason: str) -> list[int]:
    """Try those again that have failed for one reason (FailedEvent.reason), the oldest RETRIED_AT_ONCE of them. Returns
    their ids; whoever asks again goes on with the next.
    """
    wanted = {"reason": reason, "limit": RETRIED_AT_ONCE}
    retried = list((await connection.execute(_OF_REASON, wanted)).scalars())
    if retried:
        wake_later(connection, Queue.INGEST)
    return retried
