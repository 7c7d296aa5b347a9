"""A connection to PostgreSQL that is kept for statements of the hottest paths."""

import asyncio
import contextlib
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

CLOSE_SECONDS = 1.0


class KeptConnection:
    """asyncpg's own connection, taken from the engine's pool once: to take one for each statement would cost as much as
    the statement, and so would SQLAlchemy's part in it. Every statement is a transaction by itself.

    `prepare` is run on each new connection.
    """

    def __init__(self, engine: AsyncEngine, prepare: str = "") -> None:
        self._engine = engine
        self._prepare = prepare
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

    async def driver(self) -> Any:
        """Raises what SQLAlchemy and asyncpg raise when there is no connection to be had."""
        if self._driver is not None and not self._driver.is_closed():
            return self._driver
        await self.close()  # PostgreSQL was restarted
        self._connection = await self._engine.connect()
        driver = (await self._connection.get_raw_connection()).driver_connection
        assert driver is not None
        if self._prepare:
            await driver.execute(self._prepare)
        self._driver = driver
        return driver

    async def close(self) -> None:
        """Close it; the next call of `driver` opens another."""
        connection, self._connection, self._driver = self._connection, None, None
        if connection is None:
            return
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await connection.invalidate()
                await connection.close()
