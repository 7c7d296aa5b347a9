"""A new Porthole for each round: embedded PostgreSQL and Valkey, every role as a process of its own, and something that
answers like WhatsApp.
"""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psutil
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.embedded import embedded_postgres_url, embedded_redis_url
from shared.crypto import new_token
from shared.db import create_engine
from shared.migrate import upgrade
from shared.settings import Settings
from tests.benchmarks.fill import fill
from tests.benchmarks.whatsapp import WhatsApp, running_whatsapp
from tests.database import count
from tests.factories import make_embed, make_project
from tests.processes import running_role


class Porthole(msgspec.Struct):
    """A running Porthole with one project, one number, and an embed of that number."""

    api_url: str
    realtime_url: str
    app_secret: bytes
    phone_number_id: str
    token: str
    engine: AsyncEngine
    pids: dict[str, int]
    whatsapp: WhatsApp
    settings: Settings

    def cpu_seconds(self) -> dict[str, float]:
        """User and system time of each process so far, its children's included: PostgreSQL has one per connection."""
        return {name: _cpu_seconds(psutil.Process(pid)) for name, pid in self.pids.items()}

    async def messages(self) -> int:
        return await count(self.engine, "message")

    async def events_waiting(self, most: int) -> int:
        """Webhooks that no worker has applied, counted up to `most`."""
        return await count(self.engine, f"(SELECT FROM inbound_event WHERE state = 'pending' LIMIT {most}) AS waiting")

    async def nothing_to_send(self) -> bool:
        return await count(self.engine, "(SELECT FROM outbox LIMIT 1) AS waiting") == 0

    async def nothing_waits(self) -> bool:
        return await self.events_waiting(1) == 0


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    ended = times.children_user + times.children_system
    return float(times.user + times.system + ended + sum(_cpu_seconds(child) for child in process.children()))


@contextlib.asynccontextmanager
async def running_porthole(state_dir: Path | None, filled: int = 0) -> AsyncIterator[Porthole]:
    """Start everything on a database with `filled` messages, durable as in production; the data goes with the block."""
    with (
        tempfile.TemporaryDirectory(prefix="porthole-bench-", dir=state_dir, ignore_cleanup_errors=True) as folder,
        embedded_postgres_url(Path(folder, "postgres")) as database_url,
        embedded_redis_url(Path(folder, "valkey")) as redis_url,
    ):
        settings = Settings(
            database_url=database_url,
            redis_url=redis_url,
            secret_key=new_token(),
            whatsapp_app_secret=new_token(),
            whatsapp_verify_token=new_token(),
            storage_url=Path(folder, "media").as_uri(),
            log_level="warning",
        )
        engine = create_engine(settings, application_name="benchmark")
        try:
            await upgrade(engine)
            async with engine.begin() as connection:
                project = await make_project(connection, settings)
                token = await make_embed(
                    connection, project.id, scope_type="phone_number", scope_id=project.phone_number_id
                )
            if filled:
                await fill(engine, project, filled)
            async with (
                running_whatsapp() as whatsapp,
                running_role("api", msgspec.structs.replace(settings, graph_url=whatsapp.url)) as api,
                running_role("worker", msgspec.structs.replace(settings, graph_url=whatsapp.url)) as worker,
                running_role("realtime", settings) as realtime,
            ):
                pids = {"api": api.pid, "worker": worker.pid, "realtime": realtime.pid}
                pids["postgres"] = _pid(Path(folder, "postgres", "postmaster.pid"))
                pids["valkey"] = _pid(Path(folder, "valkey", "valkey.pid"))
                secret = settings.app_secrets()[0]
                yield Porthole(
                    api.url, realtime.url, secret, project.phone_number_id, token, engine, pids, whatsapp, settings
                )
                for role in (api, worker, realtime):
                    await role.terminate()
        finally:
            await engine.dispose()


def _pid(path: Path) -> int:
    return int(path.read_text().split()[0])
