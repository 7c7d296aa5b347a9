"""The durable inbox's front door: webhooks that arrive together share one INSERT and one commit."""

import asyncio
from collections import deque

from asyncpg.exceptions import InterfaceError, PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import metrics
from shared.jobs import Waker
from shared.kept_connection import KeptConnection

MOST_IN_ONE_COMMIT = 500
MOST_BYTES_IN_ONE_COMMIT = 8 * 1024 * 1024
MOST_BYTES_WAITING = 64 * 1024 * 1024
COMMIT_SECONDS = 5.0

_INSERT = "INSERT INTO inbound_event (body) SELECT unnest($1::bytea[])"


class IntakeError(Exception):
    """The webhook was not stored; the sender must send it again."""


class Intake:
    """Stores webhooks. While one commit is under way the next group gathers, so that its size follows the load and an
    idle server adds no delay.
    """

    def __init__(self, engine: AsyncEngine, waker: Waker) -> None:
        self._connection = KeptConnection(engine)
        self._waker = waker
        self._waiting: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._bytes_waiting = 0
        self._arrived = asyncio.Event()
        metrics.BYTES_WAITING.set_function(lambda: self._bytes_waiting)

    async def store(self, body: bytes) -> None:
        """Return when the body is committed. Raises IntakeError, at once if too much waits already."""
        if self._bytes_waiting + len(body) > MOST_BYTES_WAITING:
            raise IntakeError("too much waits to be stored")
        self._bytes_waiting += len(body)
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((body, stored))
        self._arrived.set()
        await stored

    async def run(self) -> None:
        """Commit groups until cancelled."""
        try:
            while True:
                await self._arrived.wait()
                failure = await self._commit(self._next_group())
                if failure is None:
                    continue
                while self._waiting:  # they would only wait for the same failure
                    _settle(self._next_group(), failure)
                await self._connection.close()
        finally:
            await self._connection.close()

    def _next_group(self) -> list[tuple[bytes, asyncio.Future[None]]]:
        group = [self._waiting.popleft()]
        size = len(group[0][0])
        while self._waiting and len(group) < MOST_IN_ONE_COMMIT:
            size += len(self._waiting[0][0])
            if size > MOST_BYTES_IN_ONE_COMMIT:
                break
            group.append(self._waiting.popleft())
        self._bytes_waiting -= sum(len(body) for body, _ in group)
        if not self._waiting:
            self._arrived.clear()
        return group

    async def _commit(self, group: list[tuple[bytes, asyncio.Future[None]]]) -> IntakeError | None:
        failure: IntakeError | None = IntakeError("the process is stopping")
        try:
            with metrics.COMMIT_SECONDS.time():
                async with asyncio.timeout(COMMIT_SECONDS):
                    await self._insert([body for body, _ in group])
            failure = None
            self._waker.wake()
            metrics.COMMIT_SIZE.observe(len(group))
        except (SQLAlchemyError, PostgresError, InterfaceError, OSError, TimeoutError) as error:
            failure = IntakeError(type(error).__name__)
        finally:
            _settle(group, failure)
        return failure

    async def _insert(self, bodies: list[bytes]) -> None:
        """One round trip: the statement is a transaction of its own."""
        driver = await self._connection.driver()
        await driver.execute(_INSERT, bodies)


def _settle(group: list[tuple[bytes, asyncio.Future[None]]], failure: IntakeError | None) -> None:
    for _, stored in group:
        if stored.done():  # the sender has hung up
            continue
        if failure is None:
            stored.set_result(None)
        else:
            stored.set_exception(failure)
