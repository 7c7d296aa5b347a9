"""Files of customers when Meta, the store, a worker or the file itself fails."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.serve import bind, port_of, serving
from cli.simulator.app import create_app as create_simulator
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.crypto import encrypt
from shared.settings import Settings
from tests.factories import ACCESS_TOKEN, ProjectRows
from tests.media import (
    bomb_of_memory,
    bomb_of_pixels,
    customer_sent,
    faults,
    in_state,
    jpeg,
    make_due,
    media_row,
    tried,
)
from tests.processes import running_role
from tests.stack import Stack, running_stack
from tests.waiting import eventually


def _stored(settings: Settings) -> list[str]:
    """The names of all that is in the store's folder."""
    folder = Path(urlsplit(settings.storage_url).path)
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


async def test_a_message_shows_at_once_and_its_file_comes_when_meta_answers(stack: Stack) -> None:
    token = await stack.embed()
    await faults(stack, media_lookup_next={"count": 2, "http_status": 503})
    await stack.simulator.post("/_sim/users", json={"wa_id": "15550200002", "name": "Ana"})
    async with stack.iframe(token) as iframe:
        message = {"phone_number_id": stack.project.phone_number_id, "type": "image", "image": {}}
        await stack.simulator.post("/_sim/users/15550200002/messages", json=message)
        created = (await iframe.event("message.created"))["message"]
        assert created["media"]["state"] == "pending"
        row = await tried(stack, created["id"], 1)
        assert "131000" in row.problem
        await make_due(stack, created["id"])
        await tried(stack, created["id"], 2)
        await make_due(stack, created["id"])
        updated = (await iframe.event("message.updated"))["message"]
    assert (updated["id"], updated["media"]["state"]) == (created["id"], "ready")
    assert (await media_row(stack, created["id"])).attempts == 3


async def test_an_expired_url_is_renewed_within_the_attempt(stack: Stack) -> None:
    await faults(stack, media_download_next={"count": 1, "http_status": 404})
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    assert (await in_state(stack, message_id, "ready")).attempts == 1


@pytest.mark.parametrize("fault", [{"media_gone": True}, {"media_download_next": {"count": 9, "http_status": 404}}])
async def test_a_file_is_gone_when_meta_says_so_twice(stack: Stack, fault: dict[str, Any]) -> None:
    await faults(stack, **fault)
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    assert (await tried(stack, message_id, 1)).state == "pending"
    await make_due(stack, message_id)
    assert (await in_state(stack, message_id, "gone")).attempts == 2


@pytest.mark.parametrize("fault", [{"media_corrupt": True}, {"media_extra_bytes": 7}])
async def test_other_bytes_than_those_that_were_announced_are_not_stored(stack: Stack, fault: dict[str, Any]) -> None:
    await faults(stack, **fault)
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    row = await tried(stack, message_id, 1)
    assert (row.state, row.problem) == ("pending", "the file's hash is not the one that WhatsApp names")
    assert _stored(stack.settings) == []
    await faults(stack)
    await make_due(stack, message_id)
    await in_state(stack, message_id, "ready")


async def test_the_last_attempt_ends_in_failed_and_the_page_is_told(stack: Stack) -> None:
    token = await stack.embed()
    await faults(stack, media_corrupt=True)
    async with stack.iframe(token) as iframe:
        message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
        await tried(stack, message_id, 1)
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE media SET attempts = 23, due_at = now()"))
        event = await iframe.event("message.updated")
    assert event["message"]["media"]["state"] == "failed"


async def test_a_dead_token_waits_for_a_new_one(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        await _set_token(connection, stack.settings, "a dead token")
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    row = await tried(stack, message_id, 1)
    assert row.problem.startswith("(190) ")
    async with stack.engine.begin() as connection:
        # As many as would be too many for a file that is at fault itself.
        await connection.execute(text("UPDATE media SET attempts = 100, due_at = now()"))
    assert (await tried(stack, message_id, 101)).state == "pending"
    async with stack.engine.begin() as connection:
        await _set_token(connection, stack.settings, ACCESS_TOKEN)
    await make_due(stack, message_id)
    await in_state(stack, message_id, "ready")


async def _set_token(connection: Any, settings: Settings, token: str) -> None:
    sealed = encrypt(token, settings.secret_key)
    await connection.execute(text("UPDATE phone_number SET access_token = :sealed"), {"sealed": sealed})


async def test_a_store_that_fails_loses_nothing_and_holds_up_no_message(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, tmp_path: Path
) -> None:
    folder = tmp_path / "media"
    folder.write_text("no folder")
    async with running_stack(settings, engine, project) as stack:
        message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
        row = await tried(stack, message_id, 1)
        assert (row.state, row.storage_key) == ("pending", None)
        await stack.customer_writes("15550200003", "Hello")
        await eventually(lambda: stack.count("message", "text = 'Hello'"))
        folder.unlink()
        await make_due(stack, message_id)
        await in_state(stack, message_id, "ready")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KB. Only root may mount one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


async def test_a_full_disk_loses_nothing(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, tiny_disk: Path
) -> None:
    settings = msgspec.structs.replace(settings, storage_url=(tiny_disk / "media").as_uri())
    filler = tiny_disk / "filler"
    filler.write_bytes(bytes(250 * 1024))
    async with running_stack(settings, engine, project) as stack:
        message_id = await customer_sent(stack, "document", "text/plain", b"a line\n" * 8000)
        row = await tried(stack, message_id, 1)
        assert "No space left" in row.problem
        assert _stored(settings) == []
        filler.unlink()
        await make_due(stack, message_id)
        row = await in_state(stack, message_id, "ready")
        assert _stored(settings) == [row.storage_key]


@pytest.mark.parametrize(
    ("kind", "mime_type", "data", "size"),
    [
        ("image", "image/png", bomb_of_pixels(), (60_000, 60_000)),
        ("image", "image/jpeg", bomb_of_memory(), (40_000, 40_000)),
        ("video", "video/mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\xff" * 4000, (None, None)),
        ("document", "application/pdf", b"%PDF-1.7\n" + b"\x00" * 4000, (None, None)),
    ],
)
async def test_a_poisoned_file_is_kept_without_a_picture_and_harms_nobody(
    stack: Stack, kind: str, mime_type: str, data: bytes, size: tuple[int | None, int | None]
) -> None:
    message_id = await customer_sent(stack, kind, mime_type, data)
    row = await in_state(stack, message_id, "ready")
    assert (row.thumbnail_key, row.mime_type, row.width, row.height) == (None, mime_type, *size)
    assert _stored(stack.settings) == [row.storage_key]
    harmless = await customer_sent(stack, "image", "image/jpeg", jpeg())
    assert (await in_state(stack, harmless, "ready")).thumbnail_key is not None


@contextlib.asynccontextmanager
async def _without_worker(settings: Settings, engine: AsyncEngine, project: ProjectRows) -> AsyncIterator[Stack]:
    """The simulated WhatsApp alone."""
    with bind("127.0.0.1", 0) as sock:
        url = f"http://127.0.0.1:{port_of(sock)}"
        config = SimulatorConfig(
            webhook_url=f"{url}/nowhere",
            app_secret=settings.app_secrets()[0].decode(),
            verify_token=settings.whatsapp_verify_token,
            access_token=ACCESS_TOKEN,
            numbers=[SimulatedNumber(project.phone_number_id, "900100", "+1 555 0100", "Alder & Finch")],
            base_url=url,
        )
        stack = Stack(msgspec.structs.replace(settings, graph_url=url), engine, project, url)
        try:
            async with serving(create_simulator(config), sock):
                yield stack
        finally:
            await stack.close()


async def test_a_worker_killed_in_the_middle_leaves_nothing_wrong(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with _without_worker(settings, engine, project) as stack:
        await faults(stack, media_download_next={"count": 1, "slow_seconds": 20})
        message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
        async with running_role("worker", stack.settings) as first:

            async def taken() -> bool:
                return (await media_row(stack, message_id)).leased_until is not None

            await eventually(taken)
            async with running_role("worker", stack.settings):
                await asyncio.sleep(3)  # a sweep of the second worker, which leaves it to the first
                assert (await media_row(stack, message_id)).attempts == 1
                await first.kill()
                async with engine.begin() as connection:
                    await connection.execute(text("UPDATE media SET leased_until = now()"))  # a minute later
                row = await in_state(stack, message_id, "ready")
        assert row.attempts == 2
        assert _stored(stack.settings) == [row.storage_key, row.thumbnail_key]


async def test_two_workers_never_do_the_same_file(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with _without_worker(settings, engine, project) as stack:
        ids = [await customer_sent(stack, "image", "image/jpeg", jpeg(64 + one, 64)) for one in range(20)]
        async with running_role("worker", stack.settings), running_role("worker", stack.settings):
            rows = [await in_state(stack, message_id, "ready", 40) for message_id in ids]
    assert {row.attempts for row in rows} == {1}


async def test_a_worker_that_is_told_to_stop_gives_its_files_back(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with _without_worker(settings, engine, project) as stack:
        await faults(stack, media_download_next={"count": 1, "slow_seconds": 30})
        message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
        async with running_role("worker", stack.settings) as worker:

            async def taken() -> bool:
                return (await media_row(stack, message_id)).leased_until is not None

            await eventually(taken)
            assert await worker.terminate() == 0
            async with engine.connect() as connection:
                free = await connection.scalar(text("SELECT leased_until <= now() FROM media"))
        assert free
