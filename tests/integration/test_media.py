"""Files of customers: fetched, looked into, stored, and opened by signed URLs."""

import io
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import text

from cli.simulator.media_types import sample
from shared.media_urls import WINDOW, stored_media_url
from shared.operations.add_media import NewMedia, add_media
from shared.operations.settle_media import Attempt, media_given_up
from shared.storage import Storage
from tests.factories import make_project
from tests.media import customer_sent, faults, in_state, jpeg, make_due, tried
from tests.stack import Stack
from tests.waiting import eventually
from workers.media_removal import remove_deleted


async def _view(stack: Stack, token: str, message_id: UUID) -> Any:
    """What a page is told of a message's file."""
    return (await stack.get(f"/inbox/v1/messages/{message_id}", token))["data"]["media"]


def _folder(stack: Stack) -> Path:
    return Path(urlsplit(stack.settings.storage_url).path)


async def test_a_photo_is_shown_turned_small_and_without_what_it_tells_of_its_sender(stack: Stack) -> None:
    token = await stack.embed()
    async with stack.iframe(token) as iframe:
        message_id = await customer_sent(stack, "image", "image/jpeg", jpeg(900, 300, orientation=6))
        pending = await _view(stack, token, message_id)
        assert (pending["state"], pending["url"], pending["thumbnail_url"]) == ("pending", None, None)
        pushed = (await iframe.event("message.updated"))["message"]
    view = pushed["media"]
    assert view["state"] == "ready"
    assert (view["mime_type"], view["width"], view["height"]) == ("image/jpeg", 300, 900)
    answer = await stack.http.get(view["thumbnail_url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    small = Image.open(io.BytesIO(answer.content))
    assert small.size == (160, 480)
    assert not small.getexif()
    red, _, blue = small.convert("RGB").getpixel((150, 10))  # type: ignore[misc]  # the blue corner is upper right now
    assert blue > 150 > red
    whole = await stack.http.get(view["url"])
    assert whole.content == jpeg(900, 300, orientation=6)
    assert whole.headers["content-disposition"] == 'inline; filename="image.jpg"'
    assert view["size"] == len(whole.content)


@pytest.mark.parametrize(
    ("kind", "name", "mime_type", "known"),
    [
        ("video", "video", "video/mp4", {"width": 320, "height": 240, "duration_ms": 1000}),
        ("document", "document", "application/pdf", {"pages": 1}),
        ("sticker", "animated_sticker", "image/webp", {"width": 512, "height": 512}),
    ],
)
async def test_a_film_a_page_and_a_moving_sticker_have_a_still_picture(
    stack: Stack, kind: str, name: str, mime_type: str, known: dict[str, int]
) -> None:
    token = await stack.embed()
    message_id = await customer_sent(stack, kind, mime_type, sample(name)[1])
    await in_state(stack, message_id, "ready")
    view = await _view(stack, token, message_id)
    assert {key: view[key] for key in known} == known
    small = Image.open(io.BytesIO((await stack.http.get(view["thumbnail_url"])).content))
    assert max(small.size) <= 480
    assert getattr(small, "n_frames", 1) == 1


async def test_a_voice_message_has_its_length_and_its_loudness(stack: Stack) -> None:
    token = await stack.embed()
    mime_type, data = sample("audio")
    message_id = await customer_sent(stack, "audio", mime_type, data, voice=True)
    await in_state(stack, message_id, "ready")
    view = await _view(stack, token, message_id)
    assert (view["mime_type"], view["duration_ms"], view["thumbnail_url"]) == ("audio/ogg", 4000, None)
    assert len(view["waveform"]) == 64
    assert max(view["waveform"]) == 255


async def test_a_file_is_what_its_bytes_are(stack: Stack) -> None:
    """A page that calls itself a photo, and a photo that calls itself a document."""
    token = await stack.embed()
    page = await customer_sent(stack, "image", "image/jpeg", b"<html><script>alert(1)</script>")
    photo = await customer_sent(stack, "document", "application/pdf", jpeg(), filename="bill.pdf")
    for message_id, mime_type, shown in ((page, "text/plain", "attachment"), (photo, "image/jpeg", "inline")):
        await in_state(stack, message_id, "ready")
        view = await _view(stack, token, message_id)
        answer = await stack.http.get(view["url"])
        assert (view["mime_type"], answer.headers["content-type"]) == (mime_type, mime_type)
        assert answer.headers["content-disposition"].startswith(f"{shown}; ")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"].startswith("private, ")


async def test_parts_of_a_film_can_be_asked_for(stack: Stack) -> None:
    token = await stack.embed()
    data = sample("video")[1]
    message_id = await customer_sent(stack, "video", "video/mp4", data)
    await in_state(stack, message_id, "ready")
    url, size = (await _view(stack, token, message_id))["url"], len(data)

    async def part(wanted: str, **headers: str) -> tuple[int, bytes, str | None]:
        answer = await stack.http.get(url, headers={"Range": wanted} | headers)
        return answer.status_code, answer.content, answer.headers.get("content-range")

    etag = (await stack.http.get(url)).headers["etag"]
    assert await part("bytes=0-99") == (206, data[:100], f"bytes 0-99/{size}")
    assert await part("bytes=100-") == (206, data[100:], f"bytes 100-{size - 1}/{size}")
    assert await part("bytes=-50") == (206, data[-50:], f"bytes {size - 50}-{size - 1}/{size}")
    assert await part(f"bytes=9-{size * 2}") == (206, data[9:], f"bytes 9-{size - 1}/{size}")
    assert await part(f"bytes={size}-") == (416, b"", f"bytes */{size}")
    assert await part("bytes=5-2") == (416, b"", f"bytes */{size}")
    assert await part("bytes=-0") == (416, b"", f"bytes */{size}")
    assert await part("bytes=0-9", **{"If-Range": etag}) == (206, data[:10], f"bytes 0-9/{size}")
    for whole in ({"Range": "bytes=0-9", "If-Range": '"older"'}, {"Range": "bytes=0-1,5-6"}, {"Range": "lines=1-2"}):
        answer = await stack.http.get(url, headers=whole)
        assert (answer.status_code, answer.content) == (200, data)
    kept = await stack.http.get(url, headers={"If-None-Match": etag})
    assert (kept.status_code, kept.content) == (304, b"")


async def test_a_url_opens_one_file_until_it_expires_and_nothing_else(stack: Stack) -> None:
    token = await stack.embed()
    ids = [await customer_sent(stack, "image", "image/jpeg", jpeg(300 + one, 200)) for one in range(2)]
    for message_id in ids:
        await in_state(stack, message_id, "ready")
    first, second = [await _view(stack, token, message_id) for message_id in ids]
    query = dict(parse_qsl(urlsplit(first["url"]).query))
    assert WINDOW <= int(query["expires"]) - time.time() <= 2 * WINDOW
    assert first["url"] == (await _view(stack, token, ids[0]))["url"]
    path, later = f"/inbox/v1/media/{first['id']}", str(int(query["expires"]) + 1)
    for wrong_path, wrong in (
        (f"/inbox/v1/media/{second['id']}", query),
        (f"{path}/thumbnail", query),
        (path, query | {"expires": later}),
        (path, query | {"signature": query["signature"][:-1] + "ä"}),
        (path, {}),
    ):
        answer = await stack.http.get(wrong_path, params=wrong)
        assert answer.status_code == 404, (wrong_path, wrong)
    assert (await stack.http.get(path, params=query | {"expires": "soon"})).status_code in (404, 422)


async def test_an_expired_url_opens_nothing(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    row = await in_state(stack, message_id, "ready")
    with monkeypatch.context() as earlier:
        now = time.time()
        earlier.setattr(time, "time", lambda: now - 2 * WINDOW)
        url = stored_media_url(row.id, "file")
    assert (await stack.http.get(url)).status_code == 404
    assert (await stack.http.get(stored_media_url(row.id, "file"))).status_code == 200


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ("report.pdf", 'inline; filename="report.pdf"'),
        ("../../etc/passwd", 'inline; filename="passwd.pdf"'),
        ('a"; filename="b.exe', "inline; filename=\"a__ filename__b.exe.pdf\"; filename*=UTF-8''a%22%3B%20filename%3D%22b.exe.pdf"),  # noqa: E501
        ("bill\r\nSet-Cookie: a=b.pdf", "inline; filename=\"billSet-Cookie_ a_b.pdf\"; filename*=UTF-8''billSet-Cookie%3A%20a%3Db.pdf"),  # noqa: E501
        ("\u202egnp.exe", 'inline; filename="gnp.exe.pdf"'),
        ("año 2026 ☂.pdf", "inline; filename=\"a_o 2026 _.pdf\"; filename*=UTF-8''a%C3%B1o%202026%20%E2%98%82.pdf"),
        ("", 'inline; filename="document.pdf"'),
    ],
)  # fmt: skip
async def test_a_document_keeps_its_name_and_no_name_does_harm(stack: Stack, given: str, header: str) -> None:
    token = await stack.embed()
    message_id = await customer_sent(stack, "document", "application/pdf", sample("document")[1], filename=given)
    await in_state(stack, message_id, "ready")
    answer = await stack.http.get((await _view(stack, token, message_id))["url"])
    assert answer.headers["content-disposition"] == header


async def test_another_project_sees_neither_the_file_nor_a_way_to_fetch_it(stack: Stack) -> None:
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    await in_state(stack, message_id, "ready")
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    headers = {"Authorization": f"Bearer {await stack.embed(other)}"}
    assert (await stack.http.get(f"/inbox/v1/messages/{message_id}", headers=headers)).status_code == 404
    answer = await stack.http.post(f"/inbox/v1/messages/{message_id}/media/retry", headers=headers)
    assert answer.status_code == 404


async def test_a_file_that_was_given_up_is_fetched_again_on_demand(stack: Stack) -> None:
    token = await stack.embed()
    headers = {"Authorization": f"Bearer {token}"}
    await faults(stack, media_gone=True)
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    await in_state(stack, message_id, "gone")
    await faults(stack)
    async with stack.iframe(token) as iframe:
        answer = await stack.http.post(f"/inbox/v1/messages/{message_id}/media/retry", headers=headers)
        assert (answer.status_code, answer.json()["data"]["media"]["state"]) == (200, "pending")
        await in_state(stack, message_id, "ready")

        async def shown() -> bool:
            return [event["message"]["media"]["state"] for event in iframe.events] == ["pending", "ready"]

        await eventually(shown)
    again = await stack.http.post(f"/inbox/v1/messages/{message_id}/media/retry", headers=headers)
    assert (again.status_code, again.json()["code"]) == (422, "not_failed")


async def test_metas_path_serves_what_is_stored_though_meta_has_it_no_more(stack: Stack) -> None:
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    row = await in_state(stack, message_id, "ready")
    path = f"/meta/whatsapp/v25.0/{row.media_id}"
    query = {"phone_number_id": stack.project.phone_number_id}
    described = await stack.http.get(path, params=query, headers={"X-API-Key": stack.project.api_key})
    await faults(stack, media_gone=True)
    answer = await stack.http.get(described.json()["url"])
    assert (answer.status_code, answer.content) == (200, jpeg())


async def test_what_is_deleted_goes_from_the_store_too(stack: Stack) -> None:
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    row = await in_state(stack, message_id, "ready")
    files = [_folder(stack) / row.storage_key, _folder(stack) / row.thumbnail_key]
    assert all(file.exists() for file in files)
    storage = Storage(stack.settings)
    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM contact"))
    await remove_deleted(stack.engine, storage)
    assert all(file.exists() for file in files)  # a worker might be writing them
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE media_removal SET due_at = now()"))
    await remove_deleted(stack.engine, storage)
    storage.close()
    assert not any(file.exists() for file in files)
    assert await stack.count("media_removal") == 0


async def test_a_webhook_with_a_file_shows_at_once_and_a_repeat_of_it_changes_nothing(stack: Stack) -> None:
    token = await stack.embed()
    await faults(stack, duplicate=2)
    await stack.simulator.post("/_sim/users", json={"wa_id": "15550200001", "name": "Ana"})
    async with stack.iframe(token) as iframe:
        message = {"phone_number_id": stack.project.phone_number_id, "type": "image", "image": {"caption": "Look"}}
        answer = await stack.simulator.post("/_sim/users/15550200001/messages", json=message)
        assert answer.status_code == 201, answer.text
        created = (await iframe.event("message.created"))["message"]
        updated = (await iframe.event("message.updated"))["message"]
    assert (created["media"]["state"], created["image"]["caption"]) == ("pending", "Look")
    assert (updated["id"], updated["media"]["state"]) == (created["id"], "ready")
    assert await stack.count("media", "attempts = 1") == await stack.count("media") == 1


async def test_what_its_sender_deleted_is_shown_no_more(stack: Stack) -> None:
    token = await stack.embed()
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    await in_state(stack, message_id, "ready")
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE message SET deleted_at = now()"))
    assert await _view(stack, token, message_id) is None


async def test_catch_up_finds_a_message_whose_file_has_come(stack: Stack) -> None:
    token = await stack.embed()
    await faults(stack, media_lookup_next={"count": 1, "http_status": 503})
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    await tried(stack, message_id, 1)
    cursor = (await stack.get("/inbox/v1/session", token))["data"]["cursor"]
    await make_due(stack, message_id)
    await in_state(stack, message_id, "ready")
    changes = (await stack.get("/inbox/v1/changes", token, since=cursor))["data"]
    assert [(one["id"], one["media"]["state"]) for one in changes["messages"]] == [(str(message_id), "ready")]


async def test_a_file_that_is_noted_twice_is_one_file(stack: Stack) -> None:
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    row = await in_state(stack, message_id, "ready")
    again = NewMedia(row.project_id, row.phone_number_id, message_id, row.media_id)
    async with stack.engine.begin() as connection:
        await add_media(connection, [again, again])
    assert (await in_state(stack, message_id, "ready")).attempts == 1


async def test_who_lost_the_lease_settles_nothing(stack: Stack) -> None:
    message_id = await customer_sent(stack, "image", "image/jpeg", jpeg())
    row = await in_state(stack, message_id, "ready")
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE media SET state = 'pending', attempts = 2, leased_until = 'infinity'"))
        earlier, latest = (Attempt(row.id, message_id, attempts) for attempts in (1, 2))
        assert await media_given_up(connection, earlier, "failed", "too late") == []
        assert len(await media_given_up(connection, latest, "failed", "for good")) == 1
