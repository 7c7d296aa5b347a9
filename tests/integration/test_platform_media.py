"""/platform/v1/whatsapp/media: files that are fetched from a URL, and never from our own network."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from cli.simulator.media_types import sample
from shared.settings import Settings
from shared.whatsapp.media_types import MiB
from tests.factories import make_project
from tests.meta_api import MetaApi
from tests.other_api import NOWHERE, other_api
from tests.platform_api import PlatformApi
from tests.raw_server import RawServer, http_answer, running_raw_server
from tests.stack import Stack

MEDIA = "/whatsapp/media"
PNG_TYPE, PNG = sample("image")
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + PNG.ljust(6 * MiB, b"\0")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, allow_private_addresses=True)


@pytest.fixture
async def shop() -> AsyncIterator[RawServer]:
    """Somebody's web server, with a picture."""
    async with running_raw_server() as server:
        server.answer = lambda _: http_answer(PNG, content_type="image/png")
        yield server


def _body(stack: Stack, source: Any, **fields: Any) -> dict[str, Any]:
    given = {"phone_number_id": stack.project.phone_number_id, "source": source, **fields}
    return {"media_ingest": given}


async def _ingest(stack: Stack, source: Any, **fields: Any) -> httpx.Response:
    return await PlatformApi(stack).answer("POST", MEDIA, _body(stack, source, **fields))


async def test_a_file_is_fetched_and_can_be_sent(stack: Stack, shop: RawServer) -> None:
    source = f"{shop.url}/pictures/lamp%20one.png?size=large"
    answer = await _ingest(stack, source)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert str(UUID(data["ingest_id"])) == data["ingest_id"]
    assert data["resource"] == {
        "filename": "lamp one.png",
        "mime_type": "image/png",
        "size_bytes": len(PNG),
        "sha256": hashlib.sha256(PNG).hexdigest(),
        "source_url": source,
    }
    assert data["target"]["kind"] == "meta_media"
    media_id = data["target"]["media_id"]
    api = MetaApi(stack)
    described = await api.get(f"/{media_id}", phone_number_id=api.number)
    assert (described["mime_type"], described["file_size"]) == ("image/png", str(len(PNG)))
    assert (await stack.http.get(described["url"])).content == PNG
    assert shop.requests[0].header("x-api-key") is None
    lines = await PlatformApi(stack).get("/audit_events", object_id=data["ingest_id"])
    assert [line["action"] for line in lines["data"]] == ["media.ingested"]


async def test_a_file_can_become_an_asset_for_templates(stack: Stack, shop: RawServer) -> None:
    answer = await _ingest(stack, f"{shop.url}/lamp.png", delivery="meta_resumable_asset")
    assert answer.status_code == 200, answer.text
    target = answer.json()["data"]["target"]
    assert (set(target), target["kind"]) == ({"kind", "handle"}, "meta_resumable_asset")
    assert target["handle"].startswith("4::")
    assert hashlib.sha256(PNG).hexdigest()[:40] in target["handle"]


async def test_name_and_type_are_the_callers_where_they_are_given(stack: Stack, shop: RawServer) -> None:
    shop.answer = lambda _: http_answer(b"Hello", content_type="application/octet-stream")
    answer = await _ingest(stack, shop.url, filename="../a\r\nb", mime_type="text/plain")
    resource = answer.json()["data"]["resource"]
    assert (resource["filename"], resource["mime_type"]) == ("ab.txt", "text/plain")
    shop.answer = lambda _: http_answer(PNG, content_type="")
    resource = (await _ingest(stack, f"{shop.url}/")).json()["data"]["resource"]
    assert (resource["filename"], resource["mime_type"]) == ("file.png", "image/png")


async def test_a_source_inside_our_network_is_refused(stack: Stack, shop: RawServer) -> None:
    async with other_api(stack, allow_private_addresses=False) as api:
        for host in (f"127.0.0.1:{shop.port}", f"localhost:{shop.port}", "169.254.169.254", "[::1]", "10.0.0.1"):
            answer = await api.post(f"/platform/v1{MEDIA}", json=_body(stack, f"http://{host}/lamp.png"))
            assert (answer.status_code, answer.json()["code"]) == (403, "address_refused"), host
            assert "127.0.0.1" not in answer.text
    assert shop.connections == 0


async def test_a_source_or_type_that_is_none_is_a_400(stack: Stack) -> None:
    for source in ("lamp.png", "ftp://shop.example/lamp.png", "http://", "file:///etc/passwd", "http://[x", ""):
        answer = await _ingest(stack, source)
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"source"}), source
    answer = await _ingest(stack, "nowhere", mime_type="image/gif")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"source", "mime_type"})


async def test_every_wrong_field_is_named(stack: Stack) -> None:
    api = PlatformApi(stack)
    assert await api.wrong_fields("POST", MEDIA, {"media_ingest": {}}) == {"phone_number_id", "source"}
    body = _body(stack, 7, delivery="pigeon", filename="x" * 300)
    assert await api.wrong_fields("POST", MEDIA, body) == {"source", "delivery", "filename"}
    assert await api.wrong_fields("POST", MEDIA, {}) == {"media_ingest"}


async def test_a_number_of_another_project_is_not_found(stack: Stack, shop: RawServer) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    for number in (other.phone_number_id, "1"):
        answer = await _ingest(stack, shop.url, phone_number_id=number)
        assert (answer.status_code, answer.json()["error"]) == (404, "Phone number not found")
    assert shop.connections == 0


# What the source answers, and what the caller is told.
ANSWERS: dict[str, tuple[bytes, dict[str, Any], int, str]] = {
    "not found": (http_answer(b"", "404 Not Found"), {}, 502, "HTTP 404"),
    "a redirect": (http_answer(b"", "302 Found", location="http://127.0.0.1/"), {}, 502, "HTTP 302"),
    "compressed": (http_answer(PNG, content_encoding="gzip"), {}, 502, "compressed"),
    "broken off": (http_answer(PNG, content_length="999999"), {}, 502, "cannot be read"),
    "no HTTP": (b"hello\r\n\r\n", {}, 502, "cannot be read"),
    "a page": (http_answer(b"<html>", content_type="text/html"), {}, 400, "takes no text/html"),
    "another type than said": (http_answer(PNG, content_type="image/jpeg"), {}, 400, "does not begin like"),
    "another type than wanted": (http_answer(PNG), {"mime_type": "application/pdf"}, 400, "does not begin like"),
    "empty": (http_answer(b"", content_type="image/png"), {}, 400, "empty"),
    "too large for a picture": (ENDLESS, {}, 413, str(5 * MiB)),
}


async def test_a_source_that_gives_no_file_for_whatsapp_is_refused_in_words(stack: Stack, shop: RawServer) -> None:
    for name, (given, fields, status, words) in ANSWERS.items():
        shop.answer = lambda _, given=given: given  # type: ignore[misc]
        answer = await _ingest(stack, f"{shop.url}/lamp", **fields)
        assert answer.status_code == status, (name, answer.text)
        assert words in answer.json()["error"], name


async def test_without_meta_there_is_a_502_and_no_500(stack: Stack, shop: RawServer) -> None:
    async with other_api(stack, graph_url=NOWHERE) as api:
        for delivery in ("meta_media", "meta_resumable_asset"):
            answer = await api.post(f"/platform/v1{MEDIA}", json=_body(stack, shop.url, delivery=delivery))
            assert (answer.status_code, answer.json()["code"]) == (502, "whatsapp_unavailable")


async def test_what_meta_refuses_is_said_in_its_words(stack: Stack, shop: RawServer) -> None:
    """Meta's sessions take fewer types than its media."""
    shop.answer = lambda _: http_answer(b"Hello", content_type="text/plain")
    answer = await _ingest(stack, shop.url, delivery="meta_resumable_asset")
    assert (answer.status_code, answer.json()["code"]) == (502, "whatsapp_refused")
    assert "file_type must be one of" in answer.json()["error"]
