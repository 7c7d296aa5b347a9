"""What every test may ask for. Nothing here stands in for our own code: the servers are real, the sockets too."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.embedded import embedded_redis_url
from shared.db import create_engine
from shared.settings import Settings
from tests.factories import SECRET_KEY, ProjectRows, make_project
from tests.servers import Postgres, running_postgres
from tests.stack import Stack, running_stack

# A run starts a hundred Pythons. What one has compiled is kept for the others, whatever the machine's rule is.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="the soak test at its full length")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_redis_url(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
async def settings(postgres: Postgres, valkey_url: str, tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings for a migrated database of the test's own."""
    async with postgres.database() as database_url:
        yield Settings(
            database_url=database_url,
            redis_url=valkey_url,
            secret_key=SECRET_KEY,
            whatsapp_app_secret="app-secret, new-app-secret",
            whatsapp_verify_token="verify-token",
            failure_rate_limit=100_000,  # all tests call from one address
            database_pool=5,
            storage_url=(tmp_path / "media").as_uri(),
        )


@pytest.fixture(autouse=True)
def rare_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever closes an iframe before its test gives up was pushed, and not found by the sweep."""
    monkeypatch.setattr("realtime.server.CHECK_SECONDS", 60.0)


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(settings, application_name="tests")
    yield engine
    await engine.dispose()


@pytest.fixture
async def project(engine: AsyncEngine, settings: Settings) -> ProjectRows:
    async with engine.begin() as connection:
        return await make_project(connection, settings)


@pytest.fixture
async def stack(settings: Settings, engine: AsyncEngine, project: ProjectRows) -> AsyncIterator[Stack]:
    """Every role and the WhatsApp simulator, on free ports of loopback."""
    async with running_stack(settings, engine, project) as stack:
        yield stack
