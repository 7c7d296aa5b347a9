"""The durable inbox's front door: webhooks that arrive together share one INSERT and one commit."""

import asyncio
import time
from collections import deque
from typing import Any

import msgspec
from asyncpg.exceptions import InterfaceError, PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import metrics
from shared.handover import Handover, encode_handover
from shared.jobs import Waker
from shared.kept_connection import KeptConnection

MOST_IN_ONE_COMMIT = 500
MOST_BYTES_IN_ONE_COMMIT = 8 * 1024 * 1024
MOST_BYTES_WAITING = 64 * 1024 * 1024
COMMIT_SECONDS = 5.0

MOST_BYTES_HANDED_OVER = 16 * 1024

# Whoever takes it in sees it at once; it is on the disk, which is what the sender waits for, after the next flush.
_SETUP = "SET synchronous_commit = off"
_INSERT = "INSERT INTO inbound_event (body) SELECT unnest($1::bytea[]) RETURNING id, received_at"
# Its commit is not done before all that was written until then is on the disk.
_FLUSH = "SELECT pg_logical_emit_message(true, 'porthole', '')"


class IntakeError(Exception):
    """The webhook was not stored; the sender must send it again."""


class _Group(msgspec.Struct):
    """Webhooks that share a commit, each with whoever waits for it."""

    webhooks: list[tuple[bytes, asyncio.Future[None]]]
    started: float = msgspec.field(default_factory=time.perf_counter)

    def settle(self, failure: IntakeError | None) -> None:
        if failure is None:
            metrics.COMMIT_SIZE.observe(len(self.webhooks))
            metrics.COMMIT_SECONDS.observe(time.perf_counter() - self.started)
        for _, stored in self.webhooks:
            if stored.done():  # the sender has hung up
                continue
            if failure is None:
                stored.set_result(None)
            else:
                stored.set_exception(failure)


class Intake:
    """Stores webhooks. While one group is being written the next gathers, so that its size follows the load and an idle
    server adds no delay.

    Writing and flushing overlap: a worker begins with what is written while the disk is still waited for. Nothing that
    a worker does with it can be on the disk before it, and whoever sent it is answered after the flush.
    """

    def __init__(self, engine: AsyncEngine, waker: Waker) -> None:
        self._writing = KeptConnection(engine, _SETUP)
        self._flushing = KeptConnection(engine)
        self._waker = waker
        self._waiting: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._bytes_waiting = 0
        self._arrived = asyncio.Event()
        self._written: list[_Group] = []
        self._unflushed = asyncio.Event()
        metrics.BYTES_WAITING.set_function(lambda: self._bytes_waiting)

    async def store(self, body: bytes) -> None:
        """Return when the body is on the disk. Raises IntakeError, at once if too much waits already."""
        if self._bytes_waiting + len(body) > MOST_BYTES_WAITING:
            raise IntakeError("too much waits to be stored")
        self._bytes_waiting += len(body)
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((body, stored))
        self._arrived.set()
        await stored

    async def run(self) -> None:
        """Store groups until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write())
                tasks.create_task(self._flush())
        finally:
            await self._writing.close()
            await self._flushing.close()

    async def _write(self) -> None:
        while True:
            await self._arrived.wait()
            group = self._next_group()
            bodies = [body for body, _ in group.webhooks]
            try:
                rows, failure = await _attempt(self._writing, _INSERT, bodies)
            except BaseException:
                group.settle(IntakeError("the process is stopping"))
                raise
            if failure is None:
                self._wake(bodies, rows)
                self._written.append(group)
                self._unflushed.set()
                continue
            group.settle(failure)
            while self._waiting:  # they would only wait for the same failure
                self._next_group().settle(failure)

    async def _flush(self) -> None:
        while True:
            await self._unflushed.wait()
            self._unflushed.clear()
            groups, self._written = self._written, []
            failure: IntakeError | None = IntakeError("the process is stopping")
            try:
                _, failure = await _attempt(self._flushing, _FLUSH)
            finally:
                for group in groups:
                    group.settle(failure)

    def _wake(self, bodies: list[bytes], rows: list[Any]) -> None:
        """Wake a worker; a webhook that comes alone is handed to it, so that it need not ask for it."""
        if len(bodies) == 1 and len(bodies[0]) <= MOST_BYTES_HANDED_OVER:
            self._waker.wake(encode_handover(Handover(rows[0]["id"], rows[0]["received_at"], bodies[0])))
        else:
            self._waker.wake()

    def _next_group(self) -> _Group:
        webhooks = [self._waiting.popleft()]
        size = len(webhooks[0][0])
        while self._waiting and len(webhooks) < MOST_IN_ONE_COMMIT:
            size += len(self._waiting[0][0])
            if size > MOST_BYTES_IN_ONE_COMMIT:
                break
            webhooks.append(self._waiting.popleft())
        self._bytes_waiting -= sum(len(body) for body, _ in webhooks)
        if not self._waiting:
            self._arrived.clear()
        return _Group(webhooks)


async def _attempt(connection: KeptConnection, statement: str, *values: Any) -> tuple[list[Any], IntakeError | None]:
    """What a statement returns, in one round trip: it is a transaction of its own."""
    try:
        async with asyncio.timeout(COMMIT_SECONDS):
            driver = await connection.driver()
            return await driver.fetch(statement, *values), None
    except (SQLAlchemyError, PostgresError, InterfaceError, OSError, TimeoutError) as error:
        await connection.close()
        return [], IntakeError(type(error).__name__)
