"""Files that people put into a conversation of the iframe: what is taken, what becomes of it, and what is left."""

import asyncio
import io
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import text

from cli.simulator.media_types import sample
from shared.operations.merge_contacts import merge_contacts
from shared.storage import Storage
from tests.conversations import customer_wrote
from tests.desk import Desk, begun, desk_of, film, picture, recording
from tests.factories import make_project
from tests.media import bomb_of_pixels, jpeg
from tests.other_api import other_api
from tests.processes import running_role
from tests.stack import Stack
from workers.housekeeping import Housekeeper
from workers.media_removal import remove_deleted

MiB = 1024 * 1024


@pytest.fixture
async def desk(stack: Stack) -> Desk:
    return await desk_of(stack)


def files(stack: Stack) -> list[Path]:
    """What is in the store."""
    return [file for file in Path(urlsplit(stack.settings.storage_url).path).rglob("*") if file.is_file()]


async def remove_what_is_due(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE media_removal SET due_at = now()"))
    storage = Storage(stack.settings)
    await remove_deleted(stack.engine, storage)
    storage.close()


async def test_what_whatsapp_does_not_take_becomes_what_it_takes(desk: Desk) -> None:
    for given, made in (
        (picture("WEBP", "RGB"), "image/jpeg"),
        (picture("WEBP", "RGBA"), "image/png"),
        (picture("GIF", "P"), "image/png"),
        (picture("BMP", "RGB"), "image/png"),
        (picture("AVIF", "RGB"), "image/jpeg"),
        (picture("JPEG", "RGB"), "image/jpeg"),
        (picture("JPEG", "CMYK"), "image/jpeg"),
        (picture("PNG", "RGB") + b"by Ana", "image/png"),
        (picture("PNG", "I;16"), "image/png"),
    ):
        upload = await desk.upload("image", given)
        assert (upload["mime_type"], upload["width"], upload["height"]) == (made, 300, 200)
        stored = (await desk.stack.http.get(upload["url"])).content
        assert (Image.open(io.BytesIO(stored)).mode, len(stored)) == (
            "RGBA" if given[8:12] == b"WEBP" and made == "image/png" else "RGB",
            upload["size"],
        )
        assert b"by Ana" not in stored
    for form, codec in (("webm", "libopus"), ("ogg", "libopus"), ("mp4", "aac")):
        upload = await desk.upload("voice", recording(form, 1, codec))
        assert (upload["mime_type"], upload["duration_ms"] // 100) == ("audio/ogg", 10)


async def test_what_is_right_stays_as_it_is(desk: Desk) -> None:
    for kind, given, mime_type in (
        ("video", sample("video")[1], "video/mp4"),
        ("audio", sample("audio")[1], "audio/ogg"),
        ("audio", recording("mp3", 1, "libmp3lame"), "audio/mpeg"),
        ("document", jpeg(), "image/jpeg"),
        ("document", b"a;b\n1;2\n", "text/plain"),
        ("sticker", sample("sticker")[1], "image/webp"),
    ):
        upload = await desk.upload(kind, given)
        assert (upload["kind"], upload["mime_type"], upload["size"]) == (kind, mime_type, len(given))
        assert (await desk.stack.http.get(upload["url"])).content == given


async def test_the_bytes_decide_and_a_person_is_told_what_to_do(desk: Desk) -> None:
    pdf = sample("document")[1]
    for kind, given, filename, status, says in (
        ("image", pdf, "photo.jpg", 422, "JPEG, PNG, WebP, GIF, BMP or AVIF"),
        ("image", b"", "photo.jpg", 422, "empty"),
        ("image", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "photo.heic", 422, "save it as JPEG"),
        ("image", jpeg()[:-2000], "photo.jpg", 422, "damaged"),
        ("image", bomb_of_pixels(), "photo.png", 422, "40 megapixels"),
        ("voice", pdf, "voice.webm", 422, "WebM, Ogg or MP4"),
        ("voice", b"\x1aE\xdf\xa3" + bytes(200), "voice.webm", 422, "damaged"),
        ("voice", film(sound=False), "voice.mp4", 422, "no sound"),
        ("video", jpeg(), "film.mp4", 422, "MP4 or 3GP"),
        ("video", sample("video")[1][:3000], "film.mp4", 422, "damaged"),
        ("video", film("mpeg4"), "film.mp4", 422, "Convert it first"),
        ("audio", recording("ogg", 1), "music.ogg", 422, "Opus in one channel"),
        ("audio", jpeg(), "music.mp3", 422, "MP3, M4A"),
        ("document", b"MZ\x90\x00\x03\x00", "setup.exe", 422, "PDF, text, Word"),
        ("sticker", jpeg(), "sticker.webp", 422, "a WebP picture"),
        ("sticker", sample("sticker")[1][:200], "sticker.webp", 422, "damaged"),
        ("sticker", picture("WEBP", "RGB") + bytes(200_000), "sticker.webp", 413, "102400 bytes"),
        ("sticker", bytes(600_000), "sticker.webp", 413, "500 KB"),
    ):
        answer = await desk.put(kind, given, filename=filename, content_type="image/png")
        error = answer.json()
        assert (answer.status_code, says in error["error"]) == (status, True), (kind, filename, error)
        assert error["code"] == ("unsupported_media" if status == 422 else "too_large")
        assert error["errors"] == {"file": [error["error"]]}
    answer = await desk.put("photo", jpeg())
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["kind"])
    assert await desk.stack.count("media") == await desk.stack.count("media_removal") == 0
    assert files(desk.stack) == []


async def test_a_file_that_is_put_again_is_the_same_one(desk: Desk) -> None:
    upload_id = uuid4()
    answers = await asyncio.gather(*(desk.put("image", jpeg(), upload_id=upload_id) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    answers.append(await desk.put("image", jpeg(), upload_id=upload_id))
    assert answers[-1].status_code == 200
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert answers[0].json()["data"]["id"] == str(upload_id)
    assert await desk.stack.count("media") == 1
    await remove_what_is_due(desk.stack)
    assert len(files(desk.stack)) == 2  # with the thumbnail
    assert (await desk.stack.http.get(answers[0].json()["data"]["url"])).status_code == 200


async def test_the_id_of_another_conversations_file_is_taken(desk: Desk) -> None:
    upload = await desk.upload("image", jpeg())
    other = Desk(desk.stack, desk.token, await customer_wrote(desk.stack))
    for answer in (await other.put("image", jpeg(), upload_id=upload["id"]), await other.remove(upload["id"])):
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    message = await other.send("image", {"upload_id": upload["id"]})
    assert message.json()["errors"] == {"image.upload_id": ["is no upload of this conversation"]}


async def test_who_does_not_see_the_conversation_can_neither_put_nor_remove(desk: Desk) -> None:
    stack = desk.stack
    upload = await desk.upload("image", jpeg())
    async with stack.engine.begin() as connection:
        stranger = await make_project(connection, stack.settings, "Other")
    colleague = await stack.embed(assigned_user_id=str(stack.project.user_id))
    for token in (await stack.embed(stranger), colleague):
        other = Desk(stack, token, desk.conversation_id)
        for upload_id in (upload["id"], uuid4()):
            for answer in (await other.put("image", jpeg(), upload_id=upload_id), await other.remove(upload_id)):
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await stack.count("media") == 1


async def test_a_file_is_taken_back_until_a_message_has_it(desk: Desk) -> None:
    upload = await desk.upload("image", jpeg())
    assert (await desk.remove(upload["id"])).status_code == 204
    assert (await desk.remove(upload["id"])).status_code == 204
    assert (await desk.stack.http.get(upload["url"])).status_code == 404
    await remove_what_is_due(desk.stack)
    assert files(desk.stack) == []
    upload = await desk.upload("image", jpeg())
    await desk.sent("image", {"upload_id": upload["id"]})
    answer = await desk.remove(upload["id"])
    assert (answer.status_code, answer.json()["code"]) == (422, "in_use")


async def test_a_client_that_goes_away_leaves_nothing_behind(desk: Desk) -> None:
    upload_id = uuid4()
    async with begun(desk, upload_id) as (_, writer):
        writer.write(bytes(400_000))
        await writer.drain()
    assert (await desk.put("image", jpeg(), upload_id=upload_id)).status_code == 201
    assert (await desk.stack.count("media"), await desk.stack.count("media_removal")) == (1, 0)
    assert len(files(desk.stack)) == 2


async def test_a_store_that_is_away_is_said_and_leaves_nothing_that_stays(desk: Desk, tmp_path: Path) -> None:
    nowhere = tmp_path / "a file"
    nowhere.write_text("and no folder")
    async with other_api(desk.stack, storage_url=nowhere.as_uri()) as api:
        answer = await api.put(f"{desk.path(uuid4())}?kind=image", content=jpeg(), headers=desk.headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert await desk.stack.count("media") == 0


async def test_what_nobody_sends_within_a_day_goes(desk: Desk) -> None:
    forgotten, sent, new = [await desk.upload("image", jpeg(300 + one)) for one in range(3)]
    await desk.sent("image", {"upload_id": sent["id"]})
    async with desk.stack.engine.begin() as connection:
        old = "UPDATE media SET created_at = now() - interval '25 hours' WHERE id <> :new"
        await connection.execute(text(old), {"new": new["id"]})
    await Housekeeper(desk.stack.settings, desk.stack.engine).tidy()
    await remove_what_is_due(desk.stack)
    assert await desk.stack.count("media", f"id = '{forgotten['id']}'") == 0
    assert await desk.stack.count("media") == 2
    assert len(files(desk.stack)) == 4
    for upload, status in ((forgotten, 404), (sent, 200), (new, 200)):
        assert (await desk.stack.http.get(upload["url"])).status_code == status


async def test_files_go_into_the_conversation_that_two_people_who_are_one_go_on_in(desk: Desk) -> None:
    other = Desk(desk.stack, desk.token, await customer_wrote(desk.stack))
    sent, unsent = await other.upload("image", jpeg()), await other.upload("image", jpeg(400))
    message = await other.sent("image", {"upload_id": sent["id"]})
    async with desk.stack.engine.begin() as connection:
        find = text("SELECT id, contact_id FROM conversation")
        contacts = {str(row.id): row.contact_id for row in await connection.execute(find)}
        kept, gone = contacts[desk.conversation_id], contacts[other.conversation_id]
        await merge_contacts(connection, kept, [gone])
    shown = (await desk.stack.get(f"/inbox/v1/messages/{message['id']}", desk.token))["data"]
    assert (shown["conversation_id"], shown["media"]["state"]) == (desk.conversation_id, "ready")
    await desk.sent("image", {"upload_id": unsent["id"]})


async def test_what_is_erased_goes_from_the_store_too(desk: Desk) -> None:
    await desk.upload("image", jpeg())
    await desk.sent("image", {"upload_id": (await desk.upload("image", jpeg(400)))["id"]})
    async with desk.stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM contact"))
    await remove_what_is_due(desk.stack)
    assert files(desk.stack) == []


async def test_a_large_document_is_never_in_memory(desk: Desk) -> None:
    """An api of its own process holds no more of 100 MB than of 20, which is the parts that the store takes."""

    async def pdf(size: int) -> Any:
        yield b"%PDF-1.7\n" + bytes(MiB - 9)
        for _ in range(size // MiB - 1):
            yield bytes(MiB)

    async with running_role("api", desk.stack.settings) as role:
        held = []
        for size in (20 * MiB, 100 * MiB):
            answer = await desk.put("document", pdf(size), base=role.url)
            assert answer.status_code == 201, answer.text
            assert answer.json()["data"]["size"] == size
            held.append(_peak(role.pid))
    assert held[1] - held[0] < 30 * MiB


def _peak(pid: int) -> int:
    """The most memory that a process has held, in bytes (proc(5): VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
