"""/webhooks/whatsapp: what is stored, and what is answered."""

import asyncio

import msgspec
import pytest
from sqlalchemy import text

from shared.crypto import webhook_signature
from tests.factories import text_message, webhook
from tests.stack import Stack
from tests.waiting import eventually


async def _settled(stack: Stack) -> None:
    async def nothing_waits() -> bool:
        return await stack.count("inbound_event", "state = 'pending'") == 0

    await eventually(nothing_waits)


async def test_meta_verifies_the_endpoint_with_its_challenge_as_plain_text(stack: Stack) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify-token", "hub.challenge": "1158201444"}
    answer = await stack.http.get("/webhooks/whatsapp", params=query)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


async def test_the_wrong_verify_token_is_refused(stack: Stack) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "guess", "hub.challenge": "1158201444"}
    answer = await stack.http.get("/webhooks/whatsapp", params=query)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_verify_token")
    assert "1158201444" not in answer.text


@pytest.mark.parametrize("signature", ["sha256=" + "0" * 64, "sha256=", "", "md5=1", "sha256=ü"])
async def test_a_wrong_signature_is_401_and_nothing_is_stored(stack: Stack, signature: str) -> None:
    body = webhook(stack.project.phone_number_id, messages=[text_message("forged")])
    answer = await stack.http.post(
        "/webhooks/whatsapp", content=body, headers=[(b"X-Hub-Signature-256", signature.encode("latin-1"))]
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_signature")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert await stack.count("inbound_event") == 0


async def test_a_missing_signature_is_401(stack: Stack) -> None:
    answer = await stack.http.post("/webhooks/whatsapp", content=webhook("1", messages=[]))
    assert answer.status_code == 401


async def test_a_body_just_under_the_limit_is_taken(stack: Stack) -> None:
    long = text_message("x" * (stack.settings.webhook_max_bytes - 1000))
    body = webhook(stack.project.phone_number_id, messages=[long])
    assert stack.settings.webhook_max_bytes - 1000 < len(body) <= stack.settings.webhook_max_bytes
    assert (await stack.post_webhook(body)).status_code == 200


async def test_a_body_over_the_limit_is_413_by_its_declared_length(stack: Stack) -> None:
    answer = await stack.post_webhook(b"x" * (stack.settings.webhook_max_bytes + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_body_without_a_length_is_read_only_as_far_as_the_limit(stack: Stack) -> None:
    """Over a bare socket, since httpx sends a body to its end before it reads the answer."""
    port = int(stack.base_url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    for _ in range(stack.settings.webhook_max_bytes // 0x10000 + 1):  # just over the limit, and no end of the body
        writer.write(chunk)
    await writer.drain()
    assert b" 413 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()


async def test_the_secret_that_is_being_replaced_still_signs(stack: Stack) -> None:
    body = webhook(stack.project.phone_number_id, messages=[text_message("old secret")])
    old, new = b"app-secret", b"new-app-secret"
    for secret in (old, new):
        assert (await stack.post_webhook(body, webhook_signature(body, secret))).status_code == 200
    assert (await stack.post_webhook(body, webhook_signature(body, b"a third one"))).status_code == 401


@pytest.mark.parametrize(
    "body", [b"{not json", b"[]", b'{"object": "x"}', b"\xff\xfe", b"", b'{"entry": [{"changes": 7}]}']
)
async def test_a_signed_body_that_cannot_be_understood_is_kept_marked_and_answered_200(
    stack: Stack, body: bytes
) -> None:
    assert (await stack.post_webhook(body)).status_code == 200
    await _settled(stack)
    assert await stack.count("inbound_event", "state = 'failed' AND problem <> ''") == 1
    async with stack.engine.connect() as connection:
        assert await connection.scalar(text("SELECT body FROM inbound_event WHERE state = 'failed'")) == body


async def test_one_bad_item_does_not_sink_the_others(stack: Stack) -> None:
    number = stack.project.phone_number_id
    good, broken = text_message("good"), {"type": "text"}
    body = msgspec.json.decode(webhook(number, messages=[good], statuses=[{"id": 7}]))
    body["entry"][0]["changes"][0]["value"]["messages"].insert(0, broken)
    assert (await stack.post_webhook(msgspec.json.encode(body))).status_code == 200
    await _settled(stack)
    assert await stack.count("message") == 1
    assert await stack.count("inbound_event", "state = 'failed'") == 1


async def test_a_number_that_no_project_has_is_kept_for_review(stack: Stack) -> None:
    await stack.post_webhook(webhook("999", messages=[text_message("who?")]))
    await _settled(stack)
    assert await stack.count("inbound_event", "problem = 'no project has the phone_number_id 999'") == 1
    assert await stack.count("message") == 0


async def test_a_nul_character_is_stored_readable(stack: Stack) -> None:
    await stack.post_webhook(webhook(stack.project.phone_number_id, messages=[text_message("a\x00b")], name="N\x00ul"))
    await _settled(stack)
    assert await stack.count("message", "text = 'a\ufffdb'") == 1


async def test_the_same_webhook_ten_times_at_once_is_one_message_and_one_unread(stack: Stack) -> None:
    body = webhook(stack.project.phone_number_id, messages=[text_message("once")])
    token = await stack.embed()
    async with stack.iframe(token) as iframe:
        answers = await asyncio.gather(*(stack.post_webhook(body) for _ in range(10)))
        assert {answer.status_code for answer in answers} == {200}
        await _settled(stack)
        await iframe.event("message.created")
        assert [event["type"] for event in iframe.events] == ["message.created"]
    assert await stack.count("message") == 1
    assert await stack.count("conversation", "unread_count = 1 AND messages_count = 1") == 1


async def test_an_album_of_a_new_customer_opens_one_contact_and_one_conversation(stack: Stack) -> None:
    bodies = [webhook(stack.project.phone_number_id, messages=[text_message(f"{n} of 5")]) for n in range(5)]
    await asyncio.gather(*(stack.post_webhook(body) for body in bodies))
    await _settled(stack)
    assert await stack.count("contact") == await stack.count("conversation") == 1
    assert await stack.count("conversation", "unread_count = 5") == 1
