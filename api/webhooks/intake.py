"""The durable inbox's front door: webhooks that arrive together share one INSERT and one commit."""

import asyncio

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.jobs import Waker

MOST_IN_ONE_COMMIT = 500
COMMIT_SECONDS = 5.0

_INSERT = text("INSERT INTO inbound_event (body) SELECT unnest(CAST(:bodies AS bytea[]))")


class IntakeError(Exception):
    """The webhook was not stored; the sender must send it again."""


class Intake:
    """Stores webhooks. While one commit is under way the next group gathers, so that its size follows the load and an
    idle server adds no delay.
    """

    def __init__(self, engine: AsyncEngine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._arrived = asyncio.Event()

    async def store(self, body: bytes) -> None:
        """Return when the body is committed. Raises IntakeError."""
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((body, stored))
        self._arrived.set()
        await stored

    async def run(self) -> None:
        """Commit groups until cancelled."""
        while True:
            await self._arrived.wait()
            group, self._waiting = self._waiting[:MOST_IN_ONE_COMMIT], self._waiting[MOST_IN_ONE_COMMIT:]
            if not self._waiting:
                self._arrived.clear()
            await self._commit(group)

    async def _commit(self, group: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        failure: IntakeError | None = IntakeError("the process is stopping")
        try:
            async with asyncio.timeout(COMMIT_SECONDS), self._engine.begin() as connection:
                await connection.execute(_INSERT, {"bodies": [body for body, _ in group]})
            failure = None
            self._waker.wake()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            failure = IntakeError(type(error).__name__)
        finally:
            for _, stored in group:
                if stored.done():  # the sender has hung up
                    continue
                if failure is None:
                    stored.set_result(None)
                else:
                    stored.set_exception(failure)
