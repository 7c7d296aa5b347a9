"""What every test may ask for. Nothing here stands in for our own code: the servers are real, the sockets too."""

import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.embedded import embedded_redis_url
from shared.db import create_engine
from shared.settings import Settings
from tests.database import remove_rows
from tests.factories import SECRET_KEY, ProjectRows, make_project
from tests.servers import Postgres, running_postgres
from tests.stack import Roles, Stack, running_roles, running_stack, stack_of

# A run starts a hundred Pythons. What one has compiled is kept for the others, whatever the machine's rule is.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A traceback with every local variable takes a second, in which nothing else runs.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


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


@pytest.fixture(scope="session", autouse=True)
def rare_sweeps() -> Iterator[None]:
    """Whatever closes an iframe before its test gives up was pushed, and not found by the sweep."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("realtime.server.CHECK_SECONDS", 60.0)
        yield


@pytest.fixture(scope="session")
async def common_roles(
    postgres: Postgres, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Roles]:
    """Roles that one test after the other uses: to start and to stop them takes longer than most tests."""
    folder = tmp_path_factory.mktemp("media")
    async with (
        postgres.database() as database_url,
        _engine(settings := _settings(database_url, valkey_url, folder)) as engine,
        running_roles(settings, engine) as roles,
    ):
        yield roles


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> Roles | None:
    """The common roles, for a test that asks for `stack` and takes it as it is. One that has fixtures of its own on
    the way to it, or `monkeypatch`, gets roles of its own; so does one that harms them: it is marked `own_roles`.
    """
    if not _shares(request):
        return None
    roles: Roles = request.getfixturevalue("common_roles")
    return roles


def _shares(request: pytest.FixtureRequest) -> bool:
    if "stack" not in request.fixturenames or "monkeypatch" in request.fixturenames:
        return False
    if request.node.get_closest_marker("own_roles"):
        return False
    fixtures = request.session._fixturemanager
    return all(len(fixtures.getfixturedefs(name, request.node) or ()) == 1 for name in ("settings", "engine", "stack"))


@pytest.fixture
async def settings(
    shared: Roles | None, postgres: Postgres, valkey_url: str, tmp_path: Path
) -> AsyncIterator[Settings]:
    """Settings for a migrated database that holds nothing but what the test puts into it."""
    if shared:
        yield shared.settings
        await remove_rows(shared.engine)
        _empty(Path(urlsplit(shared.settings.storage_url).path))
        return
    async with postgres.database() as database_url:
        yield _settings(database_url, valkey_url, tmp_path / "media")


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _settings(database_url: str, valkey_url: str, folder: Path) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=valkey_url,
        secret_key=SECRET_KEY,
        whatsapp_app_secret="app-secret, new-app-secret",
        whatsapp_verify_token="verify-token",
        failure_rate_limit=100_000,  # all tests call from one address
        database_pool=5,
        storage_url=folder.as_uri(),
    )


@pytest.fixture
async def engine(shared: Roles | None, settings: Settings) -> AsyncIterator[AsyncEngine]:
    if shared:
        yield shared.engine
        return
    async with _engine(settings) as engine:
        yield engine


@contextlib.asynccontextmanager
async def _engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(settings, application_name="tests")
    yield engine
    await engine.dispose()


@pytest.fixture
async def project(engine: AsyncEngine, settings: Settings) -> ProjectRows:
    async with engine.begin() as connection:
        return await make_project(connection, settings)


@pytest.fixture
async def stack(
    shared: Roles | None, settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> AsyncIterator[Stack]:
    """Every role and the WhatsApp simulator, on free ports of loopback."""
    async with stack_of(shared, project) if shared else running_stack(settings, engine, project) as stack:
        yield stack
