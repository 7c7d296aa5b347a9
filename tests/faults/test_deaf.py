"""A realtime process whose subscriptions are silent is deaf: it says so, and hears again by itself."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.embedded import embedded_redis_url
from cli.serve import bind, port_of, serving
from realtime.app import running_realtime
from shared.settings import Settings
from tests.factories import ProjectRows
from tests.waiting import eventually


@pytest.fixture
def pubsub(tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A server for pushes only, and its process."""
    folder = tmp_path / "pubsub"
    with embedded_redis_url(folder) as url:
        yield url, psutil.Process(int((folder / "valkey.pid").read_text()))


@pytest.fixture
async def realtime(
    settings: Settings,
    project: ProjectRows,
    engine: AsyncEngine,
    pubsub: tuple[str, psutil.Process],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr("realtime.node.HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr("realtime.node.SILENCE_SECONDS", 1.0)
    settings = msgspec.structs.replace(settings, pubsub_url=pubsub[0])
    with bind("127.0.0.1", 0) as sock:
        async with (
            running_realtime(settings) as app,
            serving(app, sock),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port_of(sock)}") as client,
        ):
            yield client


async def test_a_process_whose_channels_are_silent_is_not_ready_until_it_hears_them_again(
    realtime: httpx.AsyncClient, pubsub: tuple[str, psutil.Process]
) -> None:
    async def subscriptions() -> str:
        answer = await realtime.get("/readyz")
        found: str = answer.json()["subscriptions"]
        assert answer.status_code == (200 if found == "ok" else 503)
        return found

    async def ok() -> bool:
        return await subscriptions() == "ok"

    async def deaf() -> bool:
        return await subscriptions() == "deaf"

    await eventually(ok)
    pid = pubsub[1].pid
    os.kill(pid, signal.SIGSTOP)  # connections stay open, and nothing is said on them
    try:
        await eventually(deaf)
    finally:
        os.kill(pid, signal.SIGCONT)
    await eventually(ok)
