"""The migrations make what the models say, and can be taken back."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.migrate import downgrade, head_revision, upgrade
from shared.models import Base
from tests.servers import Postgres


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
