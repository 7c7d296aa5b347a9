"""Files on the Meta-compatible path: up, described, opened by a link, and deleted."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from cli.simulator.media_types import sample
from shared.crypto import encrypt
from shared.media_links import media_url
from shared.settings import Settings
from shared.whatsapp.media_types import MiB
from tests.factories import ACCESS_TOKEN, make_project
from tests.meta_api import ANA, MetaApi, set_faults
from tests.other_api import NOWHERE, other_api
from tests.platform_api import PlatformApi
from tests.processes import running_role
from tests.raw_server import RawRequest, RawServer, http_answer, running_raw_server
from tests.stack import Stack
from tests.waiting import eventually

META = "/meta/whatsapp/v24.0"
PNG_TYPE, PNG = sample("image")
FORM = {"messaging_product": "whatsapp"}


@pytest.fixture
async def api(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"X-API-Key": stack.project.api_key}
    async with httpx.AsyncClient(base_url=stack.base_url, headers=headers, timeout=30) as client:
        yield client


async def _upload(
    api: httpx.AsyncClient,
    number: str,
    data: bytes = PNG,
    content_type: str = PNG_TYPE,
    name: str = "lamp.png",
    **form: str,
) -> httpx.Response:
    return await api.post(f"{META}/{number}/media", data={**FORM, **form}, files={"file": (name, data, content_type)})


async def _uploaded(stack: Stack, api: httpx.AsyncClient, kind: str = "image") -> str:
    mime_type, data = sample(kind)
    answer = await _upload(api, stack.project.phone_number_id, data, mime_type, "file", type=kind)
    assert answer.status_code == 200, answer.text
    media_id: str = answer.json()["id"]
    return media_id


async def _described(stack: Stack, api: httpx.AsyncClient, media_id: str) -> Any:
    answer = await api.get(f"{META}/{media_id}", params={"phone_number_id": stack.project.phone_number_id})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_file_goes_up_is_described_opens_without_a_key_and_is_deleted(
    stack: Stack, api: httpx.AsyncClient
) -> None:
    media_id = await _uploaded(stack, api)
    described = await _described(stack, api, media_id)
    expires_at = datetime.fromisoformat(described.pop("download_url_expires_at"))
    assert timedelta(seconds=230) < expires_at - datetime.now(UTC) <= timedelta(seconds=240)
    url = described.pop("url")
    assert described.pop("download_url") == url
    assert described == {
        "id": media_id,
        "messaging_product": "whatsapp",
        "mime_type": "image/png",
        "sha256": hashlib.sha256(PNG).hexdigest(),
        "file_size": str(len(PNG)),
    }
    assert url.startswith(f"{stack.base_url}/meta/whatsapp/media_download?token=")
    async with httpx.AsyncClient() as stranger:
        opened = await stranger.get(url, headers={"Accept-Encoding": "gzip"})
    assert (opened.status_code, opened.content) == (200, PNG)
    assert {name: opened.headers[name] for name in _SHOWN} == _SHOWN | {
        "content-disposition": f'inline; filename="{media_id}"',
        "content-length": str(len(PNG)),
    }
    number = {"phone_number_id": stack.project.phone_number_id}
    assert (await api.delete(f"{META}/{media_id}", params=number)).json() == {"success": True}
    for method in ("GET", "DELETE"):
        answer = await api.request(method, f"{META}/{media_id}", params=number)
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Media not found")
    gone = await api.get(url)
    assert (gone.status_code, gone.json()["error"]) == (502, "Media download failed")
    lines = await PlatformApi(stack).get("/audit_events", object_id=media_id)
    assert [line["action"] for line in lines["data"]] == ["media.deleted", "media.uploaded"]


_SHOWN = {
    "content-type": "image/png",
    "content-disposition": "",
    "content-length": "",
    "cache-control": "private, max-age=240",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}


# What Meta says that a file is, how it is then shown, and as what.
SHOWN = (
    ("image/jpeg", "inline", "image/jpeg"),
    ("video/mp4", "inline", "video/mp4"),
    ("audio/ogg; codecs=opus", "inline", "audio/ogg; codecs=opus"),
    ("application/pdf", "inline", "application/pdf"),
    ("text/plain", "attachment", "text/plain"),
    ("text/html", "attachment", "text/html"),
    ("image/svg+xml", "attachment", "image/svg+xml"),
    ("application/x-evil", "attachment", "application/x-evil"),
    ("not a type", "attachment", "application/octet-stream"),
)


async def test_only_what_a_browser_shows_without_running_it_is_shown(stack: Stack) -> None:
    async with running_raw_server() as graph, other_api(stack, graph_url=graph.url) as api:
        for content_type, disposition, shown_type in SHOWN:
            graph.answer = _graph_with(graph, http_answer(b"<script>", content_type=content_type))
            answer = await api.get(media_url(_settings(stack, api), stack.project.phone_number_id, "77"))
            assert (answer.status_code, answer.content) == (200, b"<script>")
            assert answer.headers["content-type"] == shown_type
            assert answer.headers["content-disposition"] == f'{disposition}; filename="77"'
            assert answer.headers["x-content-type-options"] == "nosniff"
            sandboxed = answer.headers["content-security-policy"].endswith("sandbox")
            assert sandboxed == (content_type != "application/pdf")


async def test_a_customers_file_is_described_and_opens_too(stack: Stack, api: httpx.AsyncClient) -> None:
    mime_type, document = sample("document")
    await stack.simulator.post("/_sim/users", json={"wa_id": ANA, "name": "Ana"})
    message = {"phone_number_id": stack.project.phone_number_id, "type": "document"}
    assert (await stack.simulator.post(f"/_sim/users/{ANA}/messages", json=message)).status_code == 201

    async def received() -> Any:
        return await MetaApi(stack).list("messages")

    (shown,) = await eventually(received)
    described = await _described(stack, api, shown["document"]["id"])
    assert described["mime_type"] == mime_type
    for url in (described["url"], shown["kapso"]["media_url"]):
        assert (await api.get(url)).content == document


async def test_a_link_opens_only_as_it_was_made_and_until_it_expires(stack: Stack, api: httpx.AsyncClient) -> None:
    media_id = await _uploaded(stack, api)
    number = stack.project.phone_number_id
    good = media_url(stack.settings, number, media_id)
    assert (await api.get(good)).status_code == 200
    elsewhere = msgspec.structs.replace(stack.settings, secret_key="another secret key altogether")
    path, token = good.split("?token=")
    damaged = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    for url in (
        path,
        f"{path}?token=",
        f"{path}?token={damaged}",
        f"{path}?token={token[:-5]}",
        f"{path}?token=%00%ff",
        media_url(stack.settings, number, media_id, seconds=0),
        media_url(elsewhere, number, media_id),
    ):
        answer = await api.get(url)
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Media not found"), url


async def test_a_link_to_a_number_that_was_disconnected_opens_nothing(stack: Stack, api: httpx.AsyncClient) -> None:
    url = media_url(stack.settings, stack.project.customer_phone_number_id, await _uploaded(stack, api))
    await PlatformApi(stack).remove(f"/whatsapp/phone_numbers/{stack.project.customer_phone_number_id}")
    assert (await api.get(url)).status_code == 404


class TestLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, platform_rate_limit=3, failure_rate_limit=2)

    async def test_an_address_opens_only_so_many_links_in_a_minute(self, stack: Stack) -> None:
        url = media_url(stack.settings, stack.project.phone_number_id, "77")
        mine, others = ({"X-Forwarded-For": f"198.51.100.{last}"} for last in (41, 42))
        answers = [(await stack.http.get(url, headers=mine)).status_code for _ in range(8)]
        assert (answers[0], set(answers)) == (502, {502, 429})
        assert (await stack.http.get(url, headers=others)).status_code == 502

    async def test_an_address_that_guesses_is_told_to_wait_and_its_good_links_open(self, stack: Stack) -> None:
        mine = {"X-Forwarded-For": "198.51.100.43"}
        guesses = [
            (await stack.http.get("/meta/whatsapp/media_download", params={"token": f"guess{index}"}, headers=mine))
            for index in range(8)
        ]
        assert {answer.status_code for answer in guesses} == {404, 429}
        refused = next(answer for answer in guesses if answer.status_code == 429)
        assert refused.headers["retry-after"] == "60"
        url = media_url(stack.settings, stack.project.phone_number_id, "77")
        assert (await stack.http.get(url, headers=mine)).status_code == 502  # from Meta, which has no such file


async def test_the_type_may_be_a_kind_or_a_mime_type_or_the_files_own(stack: Stack, api: httpx.AsyncClient) -> None:
    number = stack.project.phone_number_id
    for form, content_type, name in (
        ({"type": "image"}, "image/png", "a.png"),
        ({"type": "image/png"}, "application/octet-stream", "file"),
        ({"type": "image"}, "application/octet-stream", "file"),
        ({}, "image/png", "a.png"),
        ({}, "", "a.png"),
    ):
        answer = await _upload(api, number, PNG, content_type, name, upload_strategy="default", **form)
        assert answer.status_code == 200, answer.text
        assert (await _described(stack, api, answer.json()["id"]))["mime_type"] == "image/png"


# What must be refused before Meta is asked: in these tests there is no Meta, and asking it is a 502.
REFUSED: dict[str, tuple[dict[str, Any], int, int, str]] = {
    "empty": ({"data": b""}, 400, 100, "empty"),
    "another type than said": ({"content_type": "image/jpeg"}, 400, 100, "does not begin like"),
    "another kind than said": ({"type": "video"}, 400, 100, "no video"),
    "a type that is none": ({"type": "picture"}, 400, 100, "takes no picture"),
    "a type that whatsapp does not take": ({"data": b"GIF89a", "content_type": "image/gif"}, 400, 100, "image/gif"),
    "html as a document": ({"data": b"<html>", "content_type": "text/html"}, 400, 100, "takes no text/html"),
    "an image too large": ({"data": PNG.ljust(5 * MiB + 1, b"\0")}, 413, 131053, str(5 * MiB)),
    "an image too large in a kind": (
        {"data": PNG.ljust(5 * MiB + 1, b"\0"), "content_type": "", "type": "image"},
        413,
        131053,
        str(5 * MiB),
    ),
    "a sticker too large": (
        {"data": sample("sticker")[1].ljust(100 * 1024 + 1, b"\0"), "content_type": "image/webp"},
        413,
        131053,
        str(100 * 1024),
    ),
    "a type that says less than the part's": (
        {"data": PNG.ljust(5 * MiB + 1, b"\0"), "type": "application/pdf"},
        400,
        100,
        "does not begin like",
    ),
    "another product": ({"messaging_product": "messenger"}, 422, 100, "messaging_product must be `whatsapp`"),
}


async def test_a_file_that_whatsapp_does_not_take_is_refused_before_meta_is_asked(stack: Stack) -> None:
    async with other_api(stack, graph_url=NOWHERE) as api:
        for name, (given, status, code, words) in REFUSED.items():
            answer = await _upload(api, stack.project.phone_number_id, **given)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (status, code), name
            assert words in error["message"] + error["error_data"]["details"], name
        good = await _upload(api, stack.project.phone_number_id)
        assert (good.status_code, good.json()["error"]["type"]) == (502, "GraphMethodException")


BOUNDARY = "----b"


def _part(name: str, data: bytes, more: str = "") -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n"


PRODUCT = _part("messaging_product", b"whatsapp")
FILE = _part("file", PNG, '; filename="a.png"')


IN_PARTS = f"multipart/form-data; boundary={BOUNDARY}"
END = f"--{BOUNDARY}--\r\n".encode()
NO_FORMS = (
    (b"{}", "application/json", 400, "must be multipart/form-data"),
    (b"", "multipart/form-data", 400, "must be multipart/form-data"),
    (b"", IN_PARTS, 400, "cannot be read"),
    (PRODUCT + FILE, IN_PARTS, 400, "cannot be read"),
    (b"nothing of the kind", IN_PARTS, 400, "cannot be read"),
    (_part("x", b"") * 30 + END, IN_PARTS, 400, "cannot be read"),
    (PRODUCT + FILE + FILE + END, IN_PARTS, 400, "one file"),
    (_part("type", b"x" * 5000) + END, IN_PARTS, 400, "at most 4096 bytes"),
    (PRODUCT + END, IN_PARTS, 422, "file is required"),
    (FILE + END, IN_PARTS, 422, "messaging_product must be"),
    (END, IN_PARTS, 422, "messaging_product must be"),
)


async def test_a_form_that_is_none_is_refused_in_words(stack: Stack, api: httpx.AsyncClient) -> None:
    path = f"{META}/{stack.project.phone_number_id}/media"
    for body, content_type, status, words in NO_FORMS:
        answer = await api.post(path, content=body, headers={"Content-Type": content_type})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (status, 100), answer.text
        assert words in error["message"] + error["error_data"]["details"]


async def test_a_file_without_a_name_is_a_file(stack: Stack, api: httpx.AsyncClient) -> None:
    body = PRODUCT + _part("file", PNG) + END
    path = f"{META}/{stack.project.phone_number_id}/media"
    answer = await api.post(path, content=body, headers={"Content-Type": IN_PARTS})
    assert answer.status_code == 200, answer.text


async def test_a_body_beyond_every_limit_is_not_read(stack: Stack) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(stack.base_url).port)
    head = (
        f"POST {META}/{stack.project.phone_number_id}/media HTTP/1.1",
        "Host: inbox",
        f"X-API-Key: {stack.project.api_key}",
        f"Content-Type: {IN_PARTS}",
        f"Content-Length: {102 * MiB}",
    )
    writer.write("\r\n".join((*head, "", "")).encode())
    assert (await reader.readline()).split()[1] == b"413"
    writer.close()


async def test_a_repeat_with_the_same_idempotency_key_uploads_once(stack: Stack, api: httpx.AsyncClient) -> None:
    answers = [
        await api.post(
            f"{META}/{stack.project.phone_number_id}/media",
            data=FORM,
            files={"file": ("lamp.png", PNG, PNG_TYPE)},
            headers={"Idempotency-Key": "one"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replayed"] == "true"


async def test_an_idempotency_key_belongs_to_what_is_in_the_form(stack: Stack) -> None:
    url = f"{META}/{stack.project.phone_number_id}/media"

    async def upload(
        content: bytes, name: str = "lamp.png", kind: str = PNG_TYPE, boundary: str = "one"
    ) -> httpx.Response:
        headers = {"Idempotency-Key": "key", "Content-Type": f"multipart/form-data; boundary={boundary}"}
        files = {"file": (name, content, kind)}
        return await stack.http.post(
            url, data=FORM, files=files, headers=headers | {"X-API-Key": stack.project.api_key}
        )

    first = await upload(PNG)
    assert first.status_code == 200, first.text
    for changed in (
        (PNG[:-1] + b"?", "lamp.png", PNG_TYPE),
        (PNG, "lump.png", PNG_TYPE),
        (PNG, "lamp.png", "image/pgn"),
    ):
        answer = await upload(*changed)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    again = await upload(PNG, boundary="another-boundary")
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")


async def test_a_large_file_is_never_in_memory(stack: Stack) -> None:
    """60 MB go through an api of its own process, whose memory grows by far less."""
    size = 60 * MiB
    with tempfile.TemporaryFile() as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(size)
        async with running_role("api", stack.settings) as role, httpx.AsyncClient(timeout=60) as client:
            client.headers["X-API-Key"] = stack.project.api_key
            url = f"{role.url}{META}/{stack.project.phone_number_id}/media"
            warm = await client.post(url, data=FORM, files={"file": ("lamp.png", PNG, PNG_TYPE)})
            assert warm.status_code == 200, warm.text
            before = _peak(role.pid)
            file.seek(0)
            headers = {"Idempotency-Key": "large"}
            pdf = ("a.pdf", file, "application/pdf")
            answer = await client.post(url, data=FORM, files={"file": pdf}, headers=headers)
            assert answer.status_code == 200, answer.text
            file.seek(0)
            again = await client.post(url, data=FORM, files={"file": pdf}, headers=headers)
            assert (again.json(), again.headers["idempotent-replayed"]) == (answer.json(), "true")
            uploaded = _peak(role.pid)
            found = await client.get(
                f"{role.url}{META}/{answer.json()['id']}",
                params={"phone_number_id": stack.project.phone_number_id},
            )
            assert found.json()["file_size"] == str(size)
            token = found.json()["url"].partition("?")[2]
            read = 0
            async with client.stream("GET", f"{role.url}/meta/whatsapp/media_download?{token}") as download:
                async for chunk in download.aiter_bytes():
                    read += len(chunk)
            assert read == size
            downloaded = _peak(role.pid)
    assert uploaded - before < 15 * MiB
    assert downloaded - uploaded < 15 * MiB


def _peak(pid: int) -> int:
    """The most memory that a process has held, in bytes (proc(5): VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


async def test_a_name_cannot_add_headers_to_what_meta_gets(stack: Stack) -> None:
    async with running_raw_server() as graph, other_api(stack, graph_url=graph.url) as api:
        graph.answer = lambda _: http_answer(b'{"id": "77"}', content_type="application/json")
        evil = '; filename="a%22%0D%0AX-Evil: 1%0D%0A.png"\r\nContent-Type: image/png'
        body = PRODUCT + _part("file", PNG, evil) + END
        path = f"{META}/{stack.project.phone_number_id}/media"
        answer = await api.post(path, content=body, headers={"Content-Type": IN_PARTS})
        assert answer.json() == {"id": "77"}
        (sent,) = graph.requests
    heads = [part.partition(b"\r\n\r\n")[0] for part in sent.body.split(b"\r\n--")]
    assert not [line for head in heads for line in head.split(b"\r\n") if line.startswith(b"X-Evil")]
    assert b'name="file"' in sent.body
    assert sent.header("authorization") == f"Bearer {ACCESS_TOKEN}"


async def test_files_belong_to_their_number_and_numbers_to_their_project(stack: Stack, api: httpx.AsyncClient) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    media_id = await _uploaded(stack, api)
    for number, words in (
        (stack.project.customer_phone_number_id, "Media not found"),
        (other.phone_number_id, "WhatsApp phone number not found"),
        ("1", "WhatsApp phone number not found"),
    ):
        for method in ("GET", "DELETE"):
            answer = await api.request(method, f"{META}/{media_id}", params={"phone_number_id": number})
            assert answer.status_code == 404
            assert words in answer.json()["error"]["message"]
    assert (await _upload(api, other.phone_number_id)).status_code == 404
    assert (await _described(stack, api, media_id))["id"] == media_id


async def test_what_is_no_id_of_a_file_is_not_found(stack: Stack, api: httpx.AsyncClient) -> None:
    for media_id in ("1", "..", "%2e%2e", "77%3Ffields=id", "77%2F..", "a b", "é", "me", "٣", "1" * 50):
        answer = await api.get(f"{META}/{media_id}", params={"phone_number_id": stack.project.phone_number_id})
        assert answer.status_code == 404, answer.text


async def test_a_file_needs_to_be_asked_for_with_its_number(stack: Stack, api: httpx.AsyncClient) -> None:
    media_id = await _uploaded(stack, api)
    for method in ("GET", "DELETE"):
        answer = await api.request(method, f"{META}/{media_id}")
        assert (answer.status_code, answer.json()["error"]["error_data"]["details"]) == (
            422,
            "phone_number_id is required",
        )


async def test_a_bare_id_of_nothing_that_the_project_has_is_not_found(stack: Stack, api: httpx.AsyncClient) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    for object_id in (other.phone_number_id, "77", "nonsense", "1" * 50):
        answer = await api.get(f"{META}/{object_id}")
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Object not found"), object_id


async def test_without_meta_there_is_a_502_and_no_500(stack: Stack) -> None:
    number = {"phone_number_id": stack.project.phone_number_id}
    async with other_api(stack, graph_url=NOWHERE) as api:
        answers = [
            await _upload(api, stack.project.phone_number_id),
            await api.get(f"{META}/77", params=number),
            await api.delete(f"{META}/77", params=number),
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["error"]["code"]) == (502, 131000)
        download = await api.get(media_url(stack.settings, stack.project.phone_number_id, "77"))
        assert (download.status_code, download.json()["error"]) == (502, "Media download failed")


async def test_what_meta_refuses_is_passed_on_as_meta_says_it(stack: Stack, api: httpx.AsyncClient) -> None:
    media_id = await _uploaded(stack, api)
    number = {"phone_number_id": stack.project.phone_number_id}
    await set_faults(stack, media_error_next=1)
    failed = await api.get(f"{META}/{media_id}", params=number)
    assert (failed.status_code, failed.json()["error"]["code"]) == (500, 131000)
    async with stack.engine.begin() as connection:
        wrong = encrypt("another token", stack.settings.secret_key)
        await connection.execute(text("UPDATE phone_number SET access_token = :token"), {"token": wrong})
    for answer in (
        await _upload(api, stack.project.phone_number_id),
        await api.get(f"{META}/{media_id}", params=number),
        await api.delete(f"{META}/{media_id}", params=number),
    ):
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["type"]) == (401, 190, "OAuthException")
        assert error["fbtrace_id"].startswith("A")
    download = await api.get(media_url(stack.settings, stack.project.phone_number_id, media_id))
    assert (download.status_code, download.json()["error"]) == (502, "Media download failed")


def _settings(stack: Stack, api: httpx.AsyncClient) -> Settings:
    """Of the process that `api` is a client of, as far as links need them."""
    return msgspec.structs.replace(stack.settings, base_url=str(api.base_url).rstrip("/"))


def _graph_with(graph: RawServer, answer: bytes) -> Any:
    """What Graph says of a file, whose bytes come with `answer`."""

    def respond(request: RawRequest) -> bytes:
        if request.target.startswith("/file"):
            return answer
        described = {"url": f"{graph.url}/file", "mime_type": "image/png", "id": "77"}
        return http_answer(msgspec.json.encode(described), content_type="application/json")

    return respond


async def test_metas_redirects_are_followed_within_its_hosts_only(stack: Stack) -> None:
    async with running_raw_server() as graph, other_api(stack, graph_url=graph.url) as api:
        url = media_url(_settings(stack, api), stack.project.phone_number_id, "77")

        def lead(location: str) -> None:
            graph.requests.clear()
            graph.answer = _graph_with(graph, http_answer(b"", "302 Found", location=location))

        lead(f"http://localhost:{graph.port}/other")
        assert (await api.get(url)).status_code == 502
        assert [request.target for request in graph.requests][1:] == ["/file"]
        lead("/file/again")
        assert (await api.get(url)).status_code == 502  # it leads there for ever
        assert len(graph.requests) == 5

        graph.requests.clear()
        direct, led = (
            _graph_with(graph, http_answer(b"bytes")),
            _graph_with(graph, http_answer(b"", "302 Found", location="/file/2")),
        )
        graph.answer = lambda request: direct(request) if request.target == "/file/2" else led(request)
        assert (await api.get(url)).content == b"bytes"
        assert {request.header("authorization") for request in graph.requests} == {f"Bearer {ACCESS_TOKEN}"}


async def test_bytes_that_break_off_at_meta_break_off_here(stack: Stack) -> None:
    async with running_raw_server() as graph, other_api(stack, graph_url=graph.url) as api:
        graph.answer = _graph_with(graph, http_answer(b"half", content_length="8"))
        url = media_url(_settings(stack, api), stack.project.phone_number_id, "77")
        with pytest.raises(httpx.RemoteProtocolError):
            await api.get(url)
        graph.answer = _graph_with(graph, http_answer(b"whole"))
        assert (await api.get(url)).content == b"whole"


async def test_a_reader_who_leaves_lets_go_of_metas_connection(stack: Stack) -> None:
    """There are 100 connections to Meta: were they kept, the last of these would find none."""
    async with running_raw_server() as graph, other_api(stack, graph_url=graph.url) as api:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + bytes(100_000)
        graph.answer = _graph_with(graph, head)
        url = media_url(_settings(stack, api), stack.project.phone_number_id, "77")
        for _ in range(110):
            async with api.stream("GET", url) as answer:
                assert answer.status_code == 200
