"""Takes webhooks from the durable inbox, applies a batch in one transaction, and publishes after its commit."""

import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from asyncpg.exceptions import InterfaceError, PostgresError
from redis.asyncio import Redis
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import metrics, tracing
from shared.db import is_conflict, is_data_error, is_deadlock
from shared.events import Event
from shared.handover import Handover, Handovers
from shared.kept_connection import KeptConnection
from shared.operations.apply_webhooks import Applied, apply_webhooks
from shared.operations.emit_webhooks import emit_webhooks
from shared.operations.merge_contacts import OvertakenError
from shared.operations.receive_plain import PREPARE, plain_message, receive_plain
from shared.operations.workflow_events import apply_workflow_event, read_workflow_event, workflow_event_refused
from shared.publish import publish
from shared.pubsub import PubSub
from shared.refusals import NotFoundError, RefusedError
from shared.settings import Settings
from shared.template_words import forget_templates
from shared.validation import InvalidFieldsError
from shared.whatsapp.webhook import decode_webhook

log = structlog.get_logger()

BATCH = 1000

BATCH_BYTES = 1024 * 1024

ATTEMPTS = 5

FEW = 4

WITHOUT_SECONDS = 60.0

# The oldest, as many as fit; one may be larger than all that fits. `found` tells whether some were left for the next.
# They are done with the commit, or not taken at all.
_TAKE = text("""
    WITH taken AS (
        SELECT id, found FROM (
            SELECT id, count(*) OVER () AS found, row_number() OVER by_age AS place,
                   sum(octet_length(body)) OVER by_age AS size
            FROM (SELECT id, body FROM inbound_event WHERE state = 'pending' ORDER BY id LIMIT :limit
                  FOR UPDATE SKIP LOCKED) AS oldest
            WINDOW by_age AS (ORDER BY id)
        ) AS sized
        WHERE size <= :bytes OR place = 1
    )
    UPDATE inbound_event e SET state = 'done', processed_at = now() FROM taken WHERE e.id = taken.id
    RETURNING e.id, e.kind, e.body, e.received_at, e.traceparent, taken.found
""")

_PEEK = f"""
    SELECT id, kind, body, received_at, traceparent FROM inbound_event
    WHERE state = 'pending' ORDER BY id LIMIT {FEW + 1}
"""  # noqa: S608 - a number

_PROBLEM = text("""
    UPDATE inbound_event e SET state = 'failed', problem = g.problem
    FROM json_to_recordset(CAST(:rows AS json)) AS g(id bigint, problem text) WHERE e.id = g.id
""")


class Ingest:
    """What a worker takes in. A few webhooks go the short way if they are plain, everything else the long one."""

    def __init__(self, engine: AsyncEngine, redis: Redis, pubsub: PubSub, settings: Settings) -> None:
        self._engine = engine
        self._redis = redis
        self._pubsub = pubsub
        self._settings = settings
        self._handovers = Handovers(settings.secret_key)
        self._short = KeptConnection(engine, PREPARE)
        self._short_taken = False
        self._short_from = 0.0
        self._handed_over: deque[Handover] = deque()
        self._look = False

    def hand_over(self, payload: bytes) -> None:
        """Take what came with a wake; the next step begins with it, and ends with it if nothing else was told of."""
        handover = self._handovers.open(payload)
        if handover is None or len(self._handed_over) >= FEW:
            self._look = True
        else:
            self._handed_over.append(handover)

    async def step(self) -> bool:
        """Apply the oldest webhooks that nobody else is applying. Returns whether there may be more."""
        if not self._short_taken and time.monotonic() >= self._short_from:
            self._short_taken = True
            try:
                if await self._go_the_short_way():
                    return False
            except PostgresError as error:
                log.info("short_way_failed", error=type(error).__name__)
            except (SQLAlchemyError, InterfaceError, OSError, TimeoutError) as error:
                log.info("short_way_failed", error=type(error).__name__)
                await self._short.close()
            except Exception:  # the long way knows what to do with what cannot be applied
                log.exception("short_way_failed")
                await self._short.close()
            finally:
                self._short_taken = False
        return await ingest_batch(self._engine, self._redis, self._pubsub, self._settings)

    async def _go_the_short_way(self) -> bool:
        """Whether nothing is left that has to go the long way."""
        try:
            driver = await self._short.driver()
        except PostgresError as error:  # it may not make temporary functions: nor will it in a moment
            self._short_from = time.monotonic() + WITHOUT_SECONDS
            log.warning("no_short_way", error=str(error))
            return False
        look = self._look or not self._handed_over
        self._look = False
        while self._handed_over:
            one = self._handed_over.popleft()
            if not await self._receive_plain(driver, one, one):
                look = True
        if not look:
            return True
        rows = await driver.fetch(_PEEK)
        if len(rows) > FEW or any(row["kind"] != "whatsapp" for row in rows):
            return False
        for row in rows:
            if not await self._receive_plain(
                driver, Handover(row["id"], row["received_at"], row["body"], row["traceparent"]), None
            ):
                return False
        return True

    async def _receive_plain(self, driver: Any, row: Handover, handover: Handover | None) -> bool:
        """`handover` is the row itself where it may not be stored yet."""
        started, began = time.perf_counter(), time.time_ns()
        message = plain_message(decode_webhook(row.body, row.received_at))
        event = None if message is None else await receive_plain(driver, row.event_id, message, handover)
        if event is None:
            return False
        metrics.BATCH_SIZE.observe(1)
        metrics.BATCH_SECONDS.observe(time.perf_counter() - started)
        with tracing.processing("inbound_event", [row.traceparent], began):
            await publish(self._pubsub, [event])
        return True

    async def close(self) -> None:
        await self._short.close()


async def ingest_batch(engine: AsyncEngine, redis: Redis, pubsub: PubSub, settings: Settings) -> bool:
    """Apply the oldest webhooks that nobody else is applying. Returns whether there may be more.

    If a batch fails for what it holds, its webhooks are applied one by one, and the one at fault is marked as failed.
    """
    for attempt in range(1, ATTEMPTS + 1):
        began = time.time_ns()
        try:
            more, applied, traceparents = await _apply(engine, settings)
        except Exception as error:
            if is_overtaken(error) and attempt < ATTEMPTS:
                metrics.BATCHES_FAILED.labels("overtaken").inc()
                continue
            if not _lies_in_the_data(error):
                raise
            metrics.BATCHES_FAILED.labels("data").inc()
            log.warning("batch_failed", error=_name(error))
            break
        with tracing.processing("inbound_event", traceparents, began):
            await _tell(redis, pubsub, applied)
        return more
    return await _apply_one_by_one(engine, redis, pubsub, settings)


async def _apply_one_by_one(engine: AsyncEngine, redis: Redis, pubsub: PubSub, settings: Settings) -> bool:
    for _ in range(BATCH):
        began = time.time_ns()
        taken, applied = await _apply_one(engine, settings)
        with tracing.processing("inbound_event", [row.traceparent for row in taken], began):
            await _tell(redis, pubsub, applied)
        if not taken:
            return False
    return True


async def _tell(redis: Redis, pubsub: PubSub, applied: Applied) -> None:
    await publish(pubsub, applied.events)
    await forget_templates(redis, applied.template_accounts)


async def _apply(engine: AsyncEngine, settings: Settings) -> tuple[bool, Applied, list[str | None]]:
    """Apply a batch; returns whether there may be more, what it did, and the rows' traceparents."""
    started = time.perf_counter()
    async with engine.begin() as connection:
        rows = await _take(connection, BATCH)
        if not rows:
            return False, Applied(), []
        applied = await _apply_rows(connection, settings, rows)
    metrics.BATCH_SIZE.observe(len(rows))
    metrics.BATCH_SECONDS.observe(time.perf_counter() - started)
    more = rows[0].found == BATCH or len(rows) < rows[0].found
    return more, applied, [row.traceparent for row in rows]


async def _apply_one(engine: AsyncEngine, settings: Settings) -> tuple[list[Row[Any]], Applied]:
    """Apply the oldest webhook alone; if even that fails, keep it as failed so that it blocks nobody. Returns its row,
    if there was one.
    """
    async with engine.begin() as connection:
        rows = await _take(connection, 1)
        if not rows:
            return [], Applied()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with connection.begin_nested():
                    return rows, await _apply_rows(connection, settings, rows)
            except Exception as error:
                if is_overtaken(error) and attempt < ATTEMPTS:
                    continue
                if not _lies_in_the_data(error):
                    raise
                log.error("event_failed", event_id=rows[0].id, error=_name(error))
                problem = str(error.orig) if isinstance(error, DBAPIError) else repr(error)
                await _keep_problems(connection, [{"id": rows[0].id, "problem": problem[:2000]}])
                break
        return rows, Applied()


_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def is_overtaken(error: Exception) -> bool:
    """Whether another transaction was in the way: what this one would do is rolled back, and can be done anew."""
    return isinstance(error, OvertakenError) or (
        isinstance(error, DBAPIError) and (is_deadlock(error) or is_conflict(error))
    )


def _lies_in_the_data(error: Exception) -> bool:
    """Whether what was to be applied is at fault, or our way of reading it: the same would fail again."""
    return is_data_error(error) if isinstance(error, DBAPIError) else isinstance(error, _FAULTS)


def _name(error: Exception) -> str:
    """What kind of error it is; its text may quote a message."""
    return type(error.orig if isinstance(error, DBAPIError) else error).__name__


async def _take(connection: AsyncConnection, limit: int) -> list[Row[Any]]:
    """The oldest webhooks that nobody else has taken, in the order in which they came."""
    taken = (await connection.execute(_TAKE, {"limit": limit, "bytes": BATCH_BYTES})).all()
    return sorted(taken, key=lambda row: row.id)


async def _apply_rows(connection: AsyncConnection, settings: Settings, rows: Sequence[Row[Any]]) -> Applied:
    webhooks = [row for row in rows if row.kind == "whatsapp"]
    applied = await _apply_webhooks(connection, settings, webhooks) if webhooks else Applied()
    for row in rows:
        if row.kind == "workflow":
            applied.events += await _apply_workflow_event(connection, row)
    return applied


async def _apply_webhooks(connection: AsyncConnection, settings: Settings, rows: Sequence[Row[Any]]) -> Applied:
    decoded = [decode_webhook(row.body, row.received_at) for row in rows]
    applied = await apply_webhooks(connection, [(one, row.received_at) for one, row in zip(decoded, rows, strict=True)])
    whole = [(row.body, one.numbers) for row, one in zip(rows, decoded, strict=True)]
    if applied.watched:
        await emit_webhooks(connection, settings, applied.happened, whole)
    problems = zip(rows, applied.problems, strict=True)
    failed = [{"id": row.id, "problem": problem} for row, problem in problems if problem is not None]
    if failed:
        await _keep_problems(connection, failed)
    return applied


async def _apply_workflow_event(connection: AsyncConnection, row: Row[Any]) -> list[Event]:
    """An event whose api died before it was applied, or has not come to it yet."""
    try:
        async with connection.begin_nested():
            events = (await apply_workflow_event(connection, read_workflow_event(row.body))).events
    except (NotFoundError, RefusedError, InvalidFieldsError) as error:
        log.info("workflow_event_refused", event_id=row.id, error=type(error).__name__)
        await workflow_event_refused(connection, row.id, repr(error))
        events = []
    return events


async def _keep_problems(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    await connection.execute(_PROBLEM, {"rows": msgspec.json.encode(rows).decode()})
