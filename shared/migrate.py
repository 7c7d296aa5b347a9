"""Bring a database to the level of this code, and tell which level it has."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_LOCK = 7086171123  # any constant: processes that migrate at the same time take turns


class UnknownRevisionError(Exception):
    """There is no such revision below the one that the database is at."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head_revision() -> str:
    """The revision that this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


async def current_revision(connection: AsyncConnection) -> str | None:
    """The revision that the database is at; None for one that was never migrated."""
    if await connection.scalar(text("SELECT to_regclass('alembic_version')::text")) is None:
        return None
    revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


async def upgrade(engine: AsyncEngine, revision: str = "head") -> str:
    """Migrate up to `revision` and return the revision reached. Safe to run from several processes at once."""
    return await _run(engine, lambda config: command.upgrade(config, revision))


async def downgrade(engine: AsyncEngine, revision: str) -> str:
    """Migrate down to `revision` ("base" removes every table) and return the revision reached, "" for none.

    Raises UnknownRevisionError.
    """
    try:
        return await _run(engine, lambda config: command.downgrade(config, revision))
    except CommandError as error:
        raise UnknownRevisionError(f"there is no revision {revision} to go back to") from error


async def _run(engine: AsyncEngine, act: Callable[[Config], None]) -> str:
    """Each revision is a transaction of its own: none keeps what it has locked while the next one works."""

    def migrate(connection: Connection) -> str:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        try:
            act(config)
            return MigrationContext.configure(connection).get_current_revision() or ""
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()

    async with engine.connect() as connection:
        return await connection.run_sync(migrate)
