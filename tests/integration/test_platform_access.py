"""The door of the Platform API: keys, limits, idempotency, and what an error looks like."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from shared.settings import Settings
from tests.factories import make_project
from tests.platform_api import PlatformApi
from tests.stack import Stack

EMBEDS = "/platform/v1/inbox_embeds"


async def _create(stack: Stack, body: Any, **headers: str) -> httpx.Response:
    return await stack.http.post(EMBEDS, json=body, headers={"X-API-Key": stack.project.api_key, **headers})


def _embed(name: str = "Support") -> dict[str, Any]:
    return {"inbox_embed": {"scope_type": "project", "name": name}}


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
async def test_a_key_may_come_as_a_header_of_its_own_or_as_a_bearer_token(stack: Stack, header: str) -> None:
    value = stack.project.api_key if header == "X-API-Key" else f"Bearer {stack.project.api_key}"
    assert (await stack.http.get(EMBEDS, headers={header: value})).status_code == 200


async def test_every_wrong_field_of_body_and_query_is_named(stack: Stack) -> None:
    answer = await _create(stack, {"inbox_embed": {"scope_type": "galaxy", "name": 7, "expires_at": "tomorrow"}})
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"scope_type", "name", "expires_at"})
    answer = await stack.http.get(f"{EMBEDS}?page=0&per_page=x", headers={"X-API-Key": stack.project.api_key})
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"page", "per_page"})


@pytest.mark.parametrize(
    ("content", "status", "fields"),
    [
        (b"{", 400, set()),
        (b"[]", 400, set()),
        (b"", 400, set()),
        (b"null", 400, set()),
        (b"\xff\xfe", 400, set()),
        (b"{}", 422, {"inbox_embed"}),
        (b'{"inbox_embed": 7}', 422, {"inbox_embed"}),
        (b'{"inbox_embed": {"scope_type": "project", "name": "\\u0000"}}', 422, {"name"}),
    ],
)
async def test_a_body_that_is_no_object_is_refused_in_words(
    stack: Stack, content: bytes, status: int, fields: set[str]
) -> None:
    answer = await stack.http.post(EMBEDS, content=content, headers={"X-API-Key": stack.project.api_key})
    assert (answer.status_code, set(answer.json()["errors"])) == (status, fields)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_repeat_with_the_same_idempotency_key_gets_the_first_answer_and_creates_nothing(stack: Stack) -> None:
    first = await _create(stack, _embed(), **{"Idempotency-Key": "one"})
    again = await _create(stack, _embed(), **{"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert await stack.count("inbox_embed") == 1
    async with stack.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT answer FROM idempotency_key"))).scalar_one()
    assert first.json()["data"]["token"].encode() not in kept


async def test_a_long_answer_is_repeated_to_a_client_that_takes_compressed_ones(stack: Stack) -> None:
    origins = [f"https://a-rather-long-name-{number}.example.com" for number in range(40)]
    body = {"inbox_embed": {"scope_type": "project", "allowed_origins": origins}}
    headers = {"Idempotency-Key": "long", "Accept-Encoding": "gzip"}
    first, again = await _create(stack, body, **headers), await _create(stack, body, **headers)
    assert first.headers["content-encoding"] == "gzip"
    assert (again.status_code, again.json()) == (201, first.json())


async def test_an_idempotency_key_belongs_to_one_request_of_one_api_key(stack: Stack) -> None:
    assert (await _create(stack, _embed(), **{"Idempotency-Key": "one"})).status_code == 201
    other = await _create(stack, _embed("Other"), **{"Idempotency-Key": "one"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    async with stack.engine.begin() as connection:
        project = await make_project(connection, stack.settings, "Other")
    second = await PlatformApi(stack).create("/api_keys", {"api_key": {"name": "CRM"}})
    for key in (project.api_key, second["key"]):
        theirs = await _create(stack, _embed(), **{"Idempotency-Key": "one", "X-API-Key": key})
        assert theirs.status_code == 201
        assert "idempotent-replayed" not in theirs.headers


async def test_of_simultaneous_repeats_one_creates(stack: Stack) -> None:
    answers = await asyncio.gather(*(_create(stack, _embed(), **{"Idempotency-Key": "one"}) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await stack.count("inbox_embed") == 1


async def test_a_refused_request_leaves_its_idempotency_key_free(stack: Stack) -> None:
    wrong = await _create(stack, {"inbox_embed": {}}, **{"Idempotency-Key": "one"})
    right = await _create(stack, _embed(), **{"Idempotency-Key": "one"})
    assert (wrong.status_code, right.status_code) == (422, 201)


@pytest.mark.parametrize("name", ["", "x" * 256, "a\tb"])
async def test_an_idempotency_key_that_is_none_is_refused(stack: Stack, name: str) -> None:
    answer = await _create(stack, _embed(), **{"Idempotency-Key": name})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])
    assert await stack.count("inbox_embed") == 0


class TestLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, platform_rate_limit=3, failure_rate_limit=2)

    async def test_a_key_may_be_used_so_often_in_a_minute_and_every_answer_says_what_is_left(
        self, stack: Stack
    ) -> None:
        async with stack.engine.begin() as connection:
            other = await make_project(connection, stack.settings, "Other")
        answers = [await stack.http.get(EMBEDS, headers={"X-API-Key": stack.project.api_key}) for _ in range(8)]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"3"}
        assert answers[0].headers["x-ratelimit-remaining"] == "2"
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert (refused.headers["retry-after"], refused.json()["error"]) == ("60", "Rate limit exceeded")
        assert (await stack.http.get(EMBEDS, headers={"X-API-Key": other.api_key})).status_code == 200

    async def test_an_address_that_tries_many_wrong_keys_is_refused_and_good_keys_are_not(self, stack: Stack) -> None:
        stack.http.headers["X-Forwarded-For"] = "198.51.100.7"  # of this test alone: the tests share their Valkey
        wrong = [await stack.http.get(EMBEDS, headers={"X-API-Key": f"guess {number}"}) for number in range(8)]
        assert {answer.status_code for answer in wrong} == {401, 429}
        assert wrong[0].status_code == 401
        assert (await stack.http.get(EMBEDS, headers={"X-API-Key": stack.project.api_key})).status_code == 200
