"""What is kept of each attempt of a delivery, and shown by the Platform API."""

import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest

from shared.queries.deliveries import DeliveryAttempt, get_delivery
from shared.settings import Settings
from tests.integration.webhook_support import Desk
from tests.raw_server import RawServer, http_answer, running_raw_server

RECEIVED = "whatsapp.message.received"

pytest_plugins = ("tests.integration.webhook_fixtures",)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver is on loopback."""
    return msgspec.structs.replace(settings, allow_private_addresses=True)


async def _attempts(desk: Desk) -> list[list[DeliveryAttempt]]:
    """Those of each delivery, in their order."""
    async with desk.engine.connect() as connection:
        return [(await get_delivery(connection, desk.project.id, row.id)).attempts for row in await desk.rows("id")]


async def test_the_request_the_answer_and_the_time_that_it_took(desk: Desk) -> None:
    await desk.subscribe(RECEIVED, headers={"X-Api-Key": "a credential", "User-Agent": "ours"})
    await desk.writes("Hola")
    await desk.send()
    ((attempt,),), (came,) = await _attempts(desk), desk.receiver.came
    assert (attempt.number, attempt.url, attempt.problem) == (1, f"{desk.receiver.url}/hook", None)
    assert attempt.request_headers == {
        "X-Api-Key": "…",
        "User-Agent": "…",
        "Content-Type": "application/json",
        "X-Idempotency-Key": came.key,
        "X-Webhook-Event": RECEIVED,
        "X-Webhook-Payload-Version": "v2",
        "X-Webhook-Signature": came.headers["x-webhook-signature"],
    }
    assert (attempt.response_status, attempt.response_body) == (200, "the receiver's own words")
    assert attempt.response_headers is not None
    assert attempt.response_headers["content-length"] == str(len("the receiver's own words"))
    (row,) = await desk.rows()
    assert 0 <= attempt.duration_ms <= (row.last_attempt_at - attempt.at).total_seconds() * 1000 + 1000
    assert row.created_at <= attempt.at


async def test_each_attempt_has_a_line_of_its_own(desk: Desk) -> None:
    await desk.subscribe(RECEIVED)
    answers = iter((500, 302, 200))
    desk.receiver.answer = lambda _: next(answers)
    await desk.writes("Hola")
    await desk.fail_for_good()
    (attempts,) = await _attempts(desk)
    assert [(one.number, one.response_status, one.problem) for one in attempts] == [
        (1, 500, "HTTP 500: the receiver's own words"),
        (2, 302, "HTTP 302: the receiver's own words"),
        (3, 200, None),
    ]
    assert [one.response_headers is not None and one.response_headers.get("location") for one in attempts] == [
        None,
        "/elsewhere",
        None,
    ]


async def test_where_no_answer_came_there_is_none(desk: Desk) -> None:
    await desk.subscribe(RECEIVED, url="http://127.0.0.1:9/hook")
    await desk.writes("Hola")
    await desk.send()
    ((attempt,),) = await _attempts(desk)
    assert (attempt.response_status, attempt.response_headers, attempt.response_body) == (None, None, None)
    assert attempt.problem is not None
    assert attempt.problem.startswith("No answer: ")


async def test_of_a_batch_each_delivery_tells_of_the_whole(desk: Desk) -> None:
    await desk.subscribe(RECEIVED, buffer_enabled=True)
    await desk.writes("one", "two")
    await desk.pass_time(5)
    await desk.send()
    (batch,) = desk.receiver.came
    for (attempt,) in await _attempts(desk):
        assert (attempt.request_headers["X-Batch-Size"], attempt.request_headers["X-Idempotency-Key"]) == (
            "2",
            batch.key,
        )


@contextlib.asynccontextmanager
async def _answering(desk: Desk, answer: bytes, *, hang: bool = False) -> AsyncIterator[RawServer]:
    """A receiver that answers with these bytes, and does not hang up after them if it shall hang."""
    async with running_raw_server() as server:
        server.answer, server.hang = lambda _: answer, hang
        await desk.subscribe(RECEIVED, url=server.url)
        await desk.writes("Hola")
        yield server


async def test_an_answer_is_cut_where_it_is_long_and_cookies_are_not_kept(desk: Desk) -> None:
    many = {f"x_{index}": "y" * 1000 for index in range(60)}
    words = b"\x00\xed\xa0\x80\xff" * 2000
    async with _answering(desk, http_answer(words, "500 Oops", set_cookie="session=secret", **many)):
        await desk.send()
    ((attempt,),) = await _attempts(desk)
    assert attempt.response_body is not None
    assert 0 < len(attempt.response_body) <= 2048
    assert "\x00" not in attempt.response_body
    assert attempt.response_headers is not None
    assert attempt.response_headers["set-cookie"] == "…"
    assert len(attempt.response_headers) == 40
    assert max(map(len, attempt.response_headers.values())) == 200


@pytest.mark.parametrize("hang", [True, False])
async def test_the_status_decides_also_where_the_body_never_ends_or_breaks_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, hang: bool
) -> None:
    monkeypatch.setattr("workers.webhook_request.READ_SECONDS", 0.2)
    async with _answering(desk, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", hang=hang):
        await desk.send()
    (row,) = await desk.rows()
    assert (row.status, row.response_status, row.problem) == ("delivered", 200, None)
    ((attempt,),) = await _attempts(desk)
    assert attempt.response_body == "hel"
