"""Takes webhooks from the durable inbox, applies a batch in one transaction, and publishes after its commit."""

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db import is_data_error, is_deadlock
from shared.events import Event
from shared.operations.apply_statuses import apply_statuses
from shared.operations.emit_webhooks import emit_webhooks
from shared.operations.lock_conversations import lock_conversations
from shared.operations.receive_messages import receive_messages
from shared.publish import publish
from shared.settings import Settings
from shared.whatsapp.webhook import Decoded, decode_webhook

log = structlog.get_logger()

BATCH = 200

BATCH_BYTES = 1024 * 1024

# The oldest, as many as fit; one may be larger than all that fits. `found` tells whether some were left for the next.
_TAKE = text("""
    SELECT id, body, found FROM (
        SELECT id, body, count(*) OVER () AS found, row_number() OVER by_age AS place,
               sum(octet_length(body)) OVER by_age AS size
        FROM (SELECT id, body FROM inbound_event WHERE state = 'pending' ORDER BY id LIMIT :limit
              FOR UPDATE SKIP LOCKED) AS oldest
        WINDOW by_age AS (ORDER BY id)
    ) AS taken
    WHERE size <= :bytes OR place = 1 ORDER BY id
""")

_DONE = text("""
    UPDATE inbound_event e SET processed_at = now(), problem = g.problem,
        state = CASE WHEN g.problem IS NULL THEN 'done' ELSE 'failed' END
    FROM json_to_recordset(CAST(:rows AS json)) AS g(id bigint, problem text) WHERE e.id = g.id
""")


async def ingest_batch(engine: AsyncEngine, redis: Redis, settings: Settings) -> bool:
    """Apply the oldest webhooks that nobody else is applying. Returns whether there may be more.

    If a batch fails for what it holds, its webhooks are applied one by one, and the one at fault is marked as failed.
    """
    try:
        more, events = await _apply(engine, settings)
    except DBAPIError as error:
        if is_deadlock(error):
            return True  # rolled back whole; the other one goes on, and so do we
        if not is_data_error(error):
            raise
        log.warning("batch_failed", error=type(error.orig).__name__)  # its text may quote a message
        return await _apply_one_by_one(engine, redis, settings)
    await publish(redis, events)
    return more


async def _apply_one_by_one(engine: AsyncEngine, redis: Redis, settings: Settings) -> bool:
    for _ in range(BATCH):
        taken, events = await _apply_one(engine, settings)
        await publish(redis, events)
        if not taken:
            return False
    return True


async def _apply(engine: AsyncEngine, settings: Settings) -> tuple[bool, list[Event]]:
    """Apply a batch; returns whether there may be more."""
    async with engine.begin() as connection:
        rows = (await connection.execute(_TAKE, {"limit": BATCH, "bytes": BATCH_BYTES})).all()
        if not rows:
            return False, []
        events = await _apply_rows(connection, settings, rows)
        return rows[0].found == BATCH or len(rows) < rows[0].found, events


async def _apply_one(engine: AsyncEngine, settings: Settings) -> tuple[int, list[Event]]:
    """Apply the oldest webhook alone; if even that fails, keep it as failed so that it blocks nobody."""
    async with engine.begin() as connection:
        rows = (await connection.execute(_TAKE, {"limit": 1, "bytes": BATCH_BYTES})).all()
        if not rows:
            return 0, []
        try:
            async with connection.begin_nested():
                events = await _apply_rows(connection, settings, rows)
        except DBAPIError as error:
            if not is_data_error(error):
                raise
            events = []
            log.error("event_failed", event_id=rows[0].id, error=type(error.orig).__name__)
            await _mark(connection, [{"id": rows[0].id, "problem": str(error.orig)[:2000]}])
        return len(rows), events


async def _apply_rows(connection: AsyncConnection, settings: Settings, rows: Sequence[Row[Any]]) -> list[Event]:
    decoded = [decode_webhook(row.body) for row in rows]
    messages = [message for one in decoded for message in one.messages]
    statuses = [status for one in decoded for status in one.statuses]
    await lock_conversations(connection, messages, statuses)
    received = await receive_messages(connection, messages)
    applied = await apply_statuses(connection, statuses)
    whole = [(row.body, one.numbers) for row, one in zip(rows, decoded, strict=True)]
    await emit_webhooks(connection, settings, received.happened + applied.happened, whole)
    await _mark(
        connection,
        [{"id": row.id, "problem": _problem(one, received.unknown)} for row, one in zip(rows, decoded, strict=True)],
    )
    return received.events + applied.events


def _problem(decoded: Decoded, unknown: set[str]) -> str | None:
    problems = list(decoded.problems)
    mentioned = {message.phone_number_id for message in decoded.messages}
    problems += [f"no project has the phone_number_id {number}" for number in sorted(mentioned & unknown)]
    return "; ".join(problems)[:2000] or None


async def _mark(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    await connection.execute(_DONE, {"rows": msgspec.json.encode(rows).decode()})
