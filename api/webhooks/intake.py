"""The durable inbox's front door: webhooks that arrive together share one INSERT and one commit."""

import asyncio
import contextlib
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any

import msgspec
from asyncpg.exceptions import InterfaceError, PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import metrics
from shared.handover import Handover, Handovers
from shared.jobs import Waker
from shared.kept_connection import KeptConnection
from shared.tracing import traceparent

MOST_IN_ONE_COMMIT = 500
MOST_BYTES_IN_ONE_COMMIT = 8 * 1024 * 1024
MOST_BYTES_WAITING = 64 * 1024 * 1024
COMMIT_SECONDS = 5.0

MOST_BYTES_HANDED_OVER = 16 * 1024
QUIET_SECONDS = 0.0025
HANDOVER_SECONDS = 0.005

_INSERT = "INSERT INTO inbound_event (body, traceparent) SELECT * FROM unnest($1::bytea[], $2::text[])"
_NEXT_ID = "SELECT nextval('inbound_event_id_seq')"
# If a worker is just storing it, this waits for the worker's commit.
_MAKE_SURE = """
    WITH stored AS (
        INSERT INTO inbound_event (id, body, received_at, traceparent) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO NOTHING RETURNING id)
    SELECT EXISTS (SELECT FROM stored) AS stored, nextval('inbound_event_id_seq') AS next_id
"""
# By a statement of its own, which sees what the one above has waited for.
_IS_STORED = "SELECT EXISTS (SELECT FROM inbound_event WHERE id = $1 AND body = $2)"


class IntakeError(Exception):
    """The webhook was not stored; the sender must send it again."""


class _Webhook(msgspec.Struct):
    body: bytes
    alone: bool
    stored: asyncio.Future[None]
    traceparent: str | None
    handover: Handover | None = None


class Intake:
    """Stores webhooks. While one commit is under way the next group gathers, so that its size follows the load and an
    idle server adds no delay.

    A webhook that comes alone is handed to a worker, which stores it together with what it makes of it if it is not
    busy: one commit instead of two. A moment later it is made sure here that it is stored, by whomever.
    """

    def __init__(self, engine: AsyncEngine, waker: Waker, secret_key: str) -> None:
        self._connection = KeptConnection(engine)
        self._waker = waker
        self._handovers = Handovers(secret_key)
        self._waiting: deque[_Webhook] = deque()
        self._bytes_waiting = 0
        self._arrived = asyncio.Event()
        self._idle = False
        self._driver: Any = None
        self._next_id: int | None = None
        self._last_arrival = 0.0
        metrics.BYTES_WAITING.set_function(lambda: self._bytes_waiting)

    async def store(self, body: bytes) -> None:
        """Return when the body is committed. Raises IntakeError, at once if too much waits already."""
        if self._bytes_waiting + len(body) > MOST_BYTES_WAITING:
            raise IntakeError("too much waits to be stored")
        self._bytes_waiting += len(body)
        stored = asyncio.get_running_loop().create_future()
        now = time.perf_counter()
        webhook = _Webhook(body, now - self._last_arrival > QUIET_SECONDS, stored, traceparent())
        self._last_arrival = now
        if self._idle and webhook.alone:
            self._hand_over(webhook)
        self._idle = False
        self._waiting.append(webhook)
        self._arrived.set()
        await stored

    async def run(self) -> None:
        """Commit groups until cancelled."""
        try:
            while True:
                self._idle = not self._waiting
                await self._arrived.wait()
                failure = await self._commit(self._next_group())
                if failure is None:
                    continue
                while self._waiting:  # they would only wait for the same failure
                    _settle(self._next_group(), failure)
                await self._connection.close()
                self._next_id = None  # of a database that may have been set back
        finally:
            await self._connection.close()

    def _next_group(self) -> list[_Webhook]:
        group = [self._waiting.popleft()]
        size = len(group[0].body)
        while self._waiting and len(group) < MOST_IN_ONE_COMMIT and group[0].handover is None:
            size += len(self._waiting[0].body)
            if size > MOST_BYTES_IN_ONE_COMMIT:
                break
            group.append(self._waiting.popleft())
        self._bytes_waiting -= sum(len(webhook.body) for webhook in group)
        if not self._waiting:
            self._arrived.clear()
        return group

    async def _commit(self, group: list[_Webhook]) -> IntakeError | None:
        failure: IntakeError | None = IntakeError("the process is stopping")
        try:
            with metrics.COMMIT_SECONDS.time():
                async with asyncio.timeout(COMMIT_SECONDS):
                    await self._store(group)
            failure = None
            metrics.COMMIT_SIZE.observe(len(group))
        except (SQLAlchemyError, PostgresError, InterfaceError, OSError, TimeoutError) as error:
            failure = IntakeError(type(error).__name__)
        finally:
            _settle(group, failure)
        return failure

    async def _store(self, group: list[_Webhook]) -> None:
        """One round trip: each statement is a transaction of its own."""
        driver = await self._connection.driver()
        if driver is not self._driver:
            self._driver, self._next_id = driver, None
        if len(group) == 1 and group[0].alone and group[0].handover is None:
            if self._next_id is None:
                self._next_id = await driver.fetchval(_NEXT_ID)
            self._hand_over(group[0])
        if group[0].handover is None or not await self._make_sure(driver, group[0].handover):
            traceparents = [webhook.traceparent for webhook in group]
            await driver.execute(_INSERT, [webhook.body for webhook in group], traceparents)
            self._waker.wake()

    def _hand_over(self, webhook: _Webhook) -> None:
        """Give it to a worker if it may be plain and an id for it is at hand."""
        if self._next_id is None or self._driver.is_closed() or not _may_be_plain(webhook.body):
            return
        webhook.handover = Handover(self._next_id, datetime.now(UTC), webhook.body, webhook.traceparent)
        self._next_id = None
        self._waker.wake(self._handovers.seal(webhook.handover))

    async def _make_sure(self, driver: Any, handover: Handover) -> bool:
        """Store what was handed over unless a worker has. Returns whether it is stored in the end."""
        with contextlib.suppress(TimeoutError):  # whatever comes next is not kept waiting
            async with asyncio.timeout(HANDOVER_SECONDS):
                await self._arrived.wait()
        row = await driver.fetchrow(
            _MAKE_SURE, handover.event_id, handover.body, handover.received_at, handover.traceparent
        )
        self._next_id = row["next_id"]
        if row["stored"]:
            self._waker.wake()
            return True
        stored: bool = await driver.fetchval(_IS_STORED, handover.event_id, handover.body)
        return stored


def _may_be_plain(body: bytes) -> bool:
    """Whether it is worth handing over: what only tells of our own messages is not."""
    return len(body) <= MOST_BYTES_HANDED_OVER and b'"statuses"' not in body


def _settle(group: list[_Webhook], failure: IntakeError | None) -> None:
    for webhook in group:
        if webhook.stored.done():  # the sender has hung up
            continue
        if failure is None:
            webhook.stored.set_result(None)
        else:
            webhook.stored.set_exception(failure)
