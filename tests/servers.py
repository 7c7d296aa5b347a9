"""PostgreSQL for the tests: a real one, from the same wheel as the demo's."""

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cli.embedded import DATABASE, embedded_postgres_url
from shared.migrate import upgrade

_numbers = itertools.count(1)
_MEMORY = Path("/dev/shm")  # noqa: S108 - the directory that is made in it has a name that nobody can guess
_ROOM = 4 * 1024**3  # for a server of each of pytest's processes, with its log


class Postgres:
    """One server for a test run. Each test gets a copy of a database that is migrated once."""

    def __init__(self, url: str) -> None:
        self._url: URL = make_url(url).set(drivername="postgresql+asyncpg")
        self._migrated = False

    @contextlib.asynccontextmanager
    async def database(self, *, empty: bool = False) -> AsyncIterator[str]:
        """The URL of a new database, migrated unless it is to be `empty`; it is dropped afterwards."""
        if not self._migrated and not empty:
            await self._migrate()
        name = f"test_{next(_numbers)}"
        async with self._maintenance() as engine, engine.connect() as connection:
            template = "template1" if empty else DATABASE
            # To copy its files costs half of what it costs to log all that is in them.
            await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
            try:
                yield self._url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
            finally:
                await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))

    async def _migrate(self) -> None:
        async with self._maintenance() as engine, engine.connect() as connection:
            # The tests' data may go with the machine; durability is what the fault tests' own servers are for.
            await connection.execute(text("ALTER SYSTEM SET fsync = off"))
            await connection.execute(text("ALTER SYSTEM SET synchronous_commit = off"))
            await connection.execute(text("ALTER SYSTEM SET max_wal_size = '128MB'"))
            await connection.execute(text("SELECT pg_reload_conf()"))
        engine = create_async_engine(self._url)
        await upgrade(engine)
        await engine.dispose()
        self._migrated = True

    @contextlib.asynccontextmanager
    async def _maintenance(self) -> AsyncIterator[AsyncEngine]:
        engine = create_async_engine(self._url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        try:
            yield engine
        finally:
            await engine.dispose()


@contextlib.contextmanager
def server_directory() -> Iterator[Path]:
    """A directory for a database. Not one of pytest's: as root, PostgreSQL runs as another user, and each start of
    pytest shuts its directories to everybody but root.

    In memory where there is room: a database is a thousand files, and on a disk they cost more than the rest of a test.
    """
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    with tempfile.TemporaryDirectory(
        prefix="porthole-tests-", dir=_MEMORY if in_memory else None, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    with server_directory() as directory, embedded_postgres_url(directory / "postgres") as url:
        yield Postgres(url)
