"""The migrations make what the models say, and can be taken back."""

import asyncio
import functools

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.migrate import current_revision, downgrade, head_revision, upgrade
from shared.models import Base
from tests.servers import Postgres
from tests.waiting import eventually


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, Base.metadata))


async def test_models_and_migrations_agree_and_a_downgrade_leaves_nothing_behind(postgres: Postgres) -> None:
    async with postgres.database(empty=True) as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        try:
            for _ in range(2):  # down and up again works too
                assert await upgrade(engine) == head_revision()
                assert await upgrade(engine) == head_revision()
                async with engine.connect() as connection:
                    assert await connection.run_sync(_differences) == []
                assert await downgrade(engine, "base") == ""
                async with engine.connect() as connection:
                    left = await connection.execute(
                        text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                             " AND relname NOT LIKE 'alembic%'")
                    )  # fmt: skip
                    assert left.scalars().all() == []
        finally:
            await engine.dispose()


async def test_a_revision_that_has_to_wait_holds_nothing_that_those_before_it_have_locked(postgres: Postgres) -> None:
    async with postgres.database(empty=True) as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        try:
            await upgrade(engine, "0013")
            async with engine.connect() as reader:
                await reader.execute(text("SELECT FROM inbound_event"))  # which 0015 adds a column to
                upgrading = asyncio.create_task(upgrade(engine))
                await eventually(functools.partial(_is_at, engine, "0014"), 20)
                async with engine.begin() as writer:
                    await writer.execute(text("SET LOCAL lock_timeout = '1ms'"))
                    await writer.execute(text("LOCK TABLE message, audit_event IN ROW EXCLUSIVE MODE"))
                assert not upgrading.done()
            assert await upgrading == head_revision()
        finally:
            await engine.dispose()


async def _is_at(engine: AsyncEngine, revision: str) -> bool:
    async with engine.connect() as connection:
        return await current_revision(connection) == revision
