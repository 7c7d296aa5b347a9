"""Bring a database to the level of this code, and tell which level it has."""

import functools
from collections.abc import Callable
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = structlog.get_logger()

_LOCK = 7086171123  # any constant: processes that migrate at the same time take turns


class UnknownRevisionError(Exception):
    """There is no such revision below the one that the database is at, as far as this code knows."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@functools.cache
def head_revision() -> str:
    """The revision that this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


@functools.cache
def _revisions() -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def is_newer(revision: str | None) -> bool:
    """Whether a newer version has brought a database to this revision. This one works on it all the same, which is how
    an upgrade is taken back: a migration leaves what the version before it needs.
    """
    return revision is not None and revision not in _revisions()


def is_ready(revision: str | None) -> bool:
    """Whether this code works on a database of this revision."""
    return revision == head_revision() or is_newer(revision)


async def current_revision(connection: AsyncConnection) -> str | None:
    """The revision that the database is at; None for one that was never migrated."""
    if await connection.scalar(text("SELECT to_regclass('alembic_version')::text")) is None:
        return None
    revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


async def upgrade(engine: AsyncEngine, revision: str = "head") -> str:
    """Migrate up to `revision` and return the revision reached. Safe to run from several processes at once.

    What a newer version has migrated is left as it is.
    """

    def act(config: Config, current: str | None) -> None:
        if is_newer(current):
            log.warning("database_is_newer", revision=current, needed=head_revision())
        else:
            command.upgrade(config, revision)

    return await _run(engine, act)


async def downgrade(engine: AsyncEngine, revision: str) -> str:
    """Migrate down to `revision` ("base" removes every table) and return the revision reached, "" for none.

    Raises UnknownRevisionError.
    """

    def act(config: Config, current: str | None) -> None:
        if is_newer(current):
            raise UnknownRevisionError(f"revision {current} of the database is of a newer version; go back with that")
        command.downgrade(config, revision)

    try:
        return await _run(engine, act)
    except CommandError as error:
        raise UnknownRevisionError(f"there is no revision {revision} to go back to") from error


async def _run(engine: AsyncEngine, act: Callable[[Config, str | None], None]) -> str:
    """Each revision is a transaction of its own: none keeps what it has locked while the next one works."""

    def migrate(connection: Connection) -> str:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        try:
            current = MigrationContext.configure(connection).get_current_revision()
            connection.rollback()  # Alembic would take a transaction that is open here for one around all revisions
            act(config, current)
            return MigrationContext.configure(connection).get_current_revision() or ""
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()

    async with engine.connect() as connection:
        return await connection.run_sync(migrate)
