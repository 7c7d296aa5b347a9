"""Looking into the tables, and emptying them."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import is_deadlock
from shared.models import Base


async def count(engine: AsyncEngine, table: str, where: str = "true") -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}")) or 0)


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
