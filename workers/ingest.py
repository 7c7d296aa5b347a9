"""Takes webhooks from the durable inbox, applies a batch in one transaction, and publishes after its commit."""

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db import is_data_error
from shared.events import Event
from shared.operations.apply_statuses import apply_statuses
from shared.operations.receive_messages import receive_messages
from shared.publish import publish
from shared.whatsapp.webhook import Decoded, decode_webhook

log = structlog.get_logger()

BATCH = 200

_TAKE = text("""
    SELECT id, body FROM inbound_event WHERE state = 'pending' ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
""")

_DONE = text("""
    UPDATE inbound_event e SET processed_at = now(), problem = g.problem,
        state = CASE WHEN g.problem IS NULL THEN 'done' ELSE 'failed' END
    FROM json_to_recordset(CAST(:rows AS json)) AS g(id bigint, problem text) WHERE e.id = g.id
""")


async def ingest_batch(engine: AsyncEngine, redis: Redis) -> bool:
    """Apply the oldest webhooks that nobody else is applying. Returns whether there may be more.

    If a batch fails for what it holds, its webhooks are applied one by one, and the one at fault is marked as failed.
    """
    try:
        taken, events = await _apply(engine, BATCH)
    except DBAPIError as error:
        if not is_data_error(error):
            raise
        log.warning("batch_failed", error=type(error.orig).__name__)  # its text may quote a message
        return await _apply_one_by_one(engine, redis)
    await publish(redis, events)
    return taken == BATCH


async def _apply_one_by_one(engine: AsyncEngine, redis: Redis) -> bool:
    for _ in range(BATCH):
        taken, events = await _apply_one(engine)
        await publish(redis, events)
        if not taken:
            return False
    return True


async def _apply(engine: AsyncEngine, limit: int) -> tuple[int, list[Event]]:
    async with engine.begin() as connection:
        rows = (await connection.execute(_TAKE, {"limit": limit})).all()
        if not rows:
            return 0, []
        events = await _apply_rows(connection, rows)
        return len(rows), events


async def _apply_one(engine: AsyncEngine) -> tuple[int, list[Event]]:
    """Apply the oldest webhook alone; if even that fails, keep it as failed so that it blocks nobody."""
    async with engine.begin() as connection:
        rows = (await connection.execute(_TAKE, {"limit": 1})).all()
        if not rows:
            return 0, []
        try:
            async with connection.begin_nested():
                events = await _apply_rows(connection, rows)
        except DBAPIError as error:
            if not is_data_error(error):
                raise
            events = []
            log.error("event_failed", event_id=rows[0].id, error=type(error.orig).__name__)
            await _mark(connection, [{"id": rows[0].id, "problem": str(error.orig)[:2000]}])
        return len(rows), events


async def _apply_rows(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Event]:
    decoded = [decode_webhook(row.body) for row in rows]
    events, unknown = await receive_messages(connection, [m for one in decoded for m in one.messages])
    events += await apply_statuses(connection, [s for one in decoded for s in one.statuses])
    await _mark(
        connection,
        [{"id": row.id, "problem": _problem(one, unknown)} for row, one in zip(rows, decoded, strict=True)],
    )
    return events


def _problem(decoded: Decoded, unknown: set[str]) -> str | None:
    problems = list(decoded.problems)
    mentioned = {message.phone_number_id for message in decoded.messages}
    problems += [f"no project has the phone_number_id {number}" for number in sorted(mentioned & unknown)]
    return "; ".join(problems)[:2000] or None


async def _mark(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    await connection.execute(_DONE, {"rows": msgspec.json.encode(rows).decode()})
