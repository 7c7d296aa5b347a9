"""How much may come in, how slowly, and what is said when it is too much."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from api.inbox.upload_places import AT_ONCE, OF_ONE_EMBED
from api.inbox.uploads import MOST_UNSENT_BYTES
from cli.simulator.media_types import sample
from shared.media.prepare import MOST
from shared.tasks import cancel_all
from shared.whatsapp.media_file import MediaFile
from tests.conversations import customer_wrote
from tests.desk import Desk, begun, desk_of
from tests.media import jpeg
from tests.other_api import other_api
from tests.stack import Stack
from tests.waiting import eventually

MiB = 1024 * 1024


@pytest.fixture
async def desk(stack: Stack) -> Desk:
    return await desk_of(stack)


async def test_who_sends_too_slowly_is_told_so_even_if_he_never_stops(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.inbox.uploads.PACE_SECONDS", 0.3)
    async with begun(desk, uuid4()) as (reader, writer), _trickling(writer):
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert await desk.stack.count("media") == await desk.stack.count("media_removal") == 0


async def test_who_keeps_the_pace_may_take_longer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.inbox.uploads.PACE_SECONDS", 2.0)
    monkeypatch.setattr("api.inbox.uploads.PACE_BYTES", 1)
    async with begun(desk, uuid4(), 258) as (reader, writer), _trickling(writer, 250):
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    assert answer.startswith(b"HTTP/1.1 201 ")


async def test_so_many_files_come_in_at_once_and_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.inbox.upload_places.WAIT_SECONDS", 1.0)
    embeds = [Desk(desk.stack, await desk.stack.embed(), desk.conversation_id) for _ in range(AT_ONCE // OF_ONE_EMBED)]
    async with contextlib.AsyncExitStack() as others:
        for embed in embeds:
            for _ in range(OF_ONE_EMBED):
                await others.enter_async_context(begun(embed, uuid4()))
        refused = await desk.put("image", jpeg())
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    await eventually(functools.partial(_answers, desk, 201), 20)


async def test_one_embed_keeps_the_others_from_no_place(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.inbox.upload_places.WAIT_SECONDS", 1.0)
    other = Desk(desk.stack, await desk.stack.embed(), desk.conversation_id)
    async with contextlib.AsyncExitStack() as others:
        for _ in range(OF_ONE_EMBED):
            await others.enter_async_context(begun(desk, uuid4()))
        refused = await desk.put("image", jpeg())
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert int(refused.headers["retry-after"]) > 0
        assert (await other.put("image", jpeg())).status_code == 201
    await eventually(functools.partial(_answers, desk, 201), 20)


async def test_a_full_disk_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def full(most: int) -> Iterator[MediaFile]:
        with Path("/dev/full").open("w+b") as disk:
            yield MediaFile(disk, most)

    monkeypatch.setattr("api.inbox.uploads.media_file", full)
    answer = await desk.put("document", b"%PDF-1.7" + bytes(400_000))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["error"] == "The file cannot be stored now; try again shortly."
    assert await desk.stack.count("media") == 0


async def test_who_waits_too_long_for_a_look_into_a_file_is_told_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.media.inspector.WAIT_SECONDS", 0.0)
    monkeypatch.setattr("shared.media.inspector.AT_ONCE", 0)
    async with other_api(desk.stack) as api:
        for kind in ("image", "document"):
            answer = await api.put(f"{desk.path(uuid4())}?kind={kind}", content=jpeg(), headers=desk.headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert await desk.stack.count("media") == 0


async def test_what_waits_in_a_conversation_to_be_sent_has_a_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.inbox.uploads.MOST_UNSENT", 2)
    first, second = [await desk.upload("image", jpeg()) for _ in range(2)]
    refused = await desk.put("document", b"%PDF-1.7" + bytes(20 * MiB))
    error = refused.json()
    assert (refused.status_code, error["code"]) == (422, "too_many_uploads")
    assert error["errors"] == {"file": [error["error"]]}
    assert (await desk.put("image", jpeg(), upload_id=first["id"])).status_code == 200
    other = Desk(desk.stack, desk.token, await customer_wrote(desk.stack))
    await other.upload("image", jpeg())
    await desk.sent("image", {"upload_id": first["id"]})
    third = await desk.upload("image", jpeg())
    await desk.remove(second["id"])
    async with desk.stack.engine.begin() as connection:
        size = {"size": MOST_UNSENT_BYTES - MOST["image"] + 1, "id": third["id"]}
        await connection.execute(text("UPDATE media SET size = :size WHERE id = :id"), size)
    assert (await desk.put("image", jpeg())).json()["code"] == "too_many_uploads"
    await desk.upload("sticker", sample("sticker")[1])


async def _answers(desk: Desk, status: int) -> bool:
    return (await desk.put("image", jpeg())).status_code == status


@contextlib.asynccontextmanager
async def _trickling(writer: asyncio.StreamWriter, size: int = 9000) -> AsyncIterator[None]:
    """So many bytes, one every hundredth of a second, during the block."""

    async def trickle() -> None:
        for _ in range(size):
            writer.write(b".")
            await asyncio.sleep(0.01)

    trickling = asyncio.create_task(trickle())
    try:
        yield
    finally:
        await cancel_all([trickling])
