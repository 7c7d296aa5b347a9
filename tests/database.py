"""Looking into the tables, and emptying them."""

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import is_deadlock
from shared.models import Base


async def count(engine: AsyncEngine, table: str, where: str = "true") -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}")) or 0)


Statement = tuple[str, Any]
"""As the driver takes it, with its values."""


@contextlib.contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[Statement]]:
    """What is asked of the database meanwhile, by that engine."""
    asked: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def blocks_read(engine: AsyncEngine, statement: Statement) -> int:
    """How many blocks of 8 kB a statement looks at, from wherever they come, when it runs once more; what it would
    change is taken back.
    """
    query, values = statement
    async with engine.connect() as connection, connection.begin() as transaction:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        (found,) = await driver.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *values)
        await transaction.rollback()
        return int(found["Plan"]["Shared Hit Blocks"] + found["Plan"]["Shared Read Blocks"])


async def remove_rows(engine: AsyncEngine) -> None:
    """Empty every table, under roles that may still be writing."""
    while True:
        try:
            await _remove_rows(engine)
        except DBAPIError as error:
            if not is_deadlock(error):
                raise
        else:
            return


async def _remove_rows(engine: AsyncEngine) -> None:
    """Parents first: what a role is about to insert below them is either found here or refused to it."""
    tables = [table.name for table in Base.metadata.sorted_tables]
    some = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
    async with engine.begin() as connection:
        full = set((await connection.scalars(text(some))).all())
        await connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign key is looked at
        for table in tables:
            if table in full:
                await connection.execute(text(f"DELETE FROM {table}"))
