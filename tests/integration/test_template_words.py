"""The words of templates are kept for a while, and for one number only; what cannot be read is not told."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from shared.jobs import connect
from shared.settings import Settings
from shared.template_words import TemplateWords, template_words
from shared.whatsapp.graph import GraphClient
from shared.whatsapp.templates import TemplatePart

CONTENT = {"name": "hello", "language": {"code": "en"}}


async def test_what_one_numbers_token_has_read_is_not_told_to_another_number(settings: Settings) -> None:
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["authorization"])
        body = {"type": "BODY", "text": f"words of answer {len(asked)}"}
        footer = {"type": "FOOTER", "text": f"footer of answer {len(asked)}", "example": "none"}
        return _found([body, footer])

    async with _asking(settings, respond) as (graph, redis):
        for number, answer in (("1", 1), ("2", 2), ("1", 1)):
            words = await template_words(graph, redis, number, "900100", f"token-{number}", CONTENT)
            footer: TemplatePart = {"type": "FOOTER", "text": f"footer of answer {answer}"}
            assert words == TemplateWords(f"words of answer {answer}", [footer])
    assert asked == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("kept", [b"{", b'[{"buttons": "none"}]', b"\xff"])
async def test_what_another_version_has_kept_is_asked_for_anew(settings: Settings, kept: bytes) -> None:
    async with _asking(settings, lambda _: _found([{"type": "BODY", "text": "Hi"}])) as (graph, redis):
        await redis.hset("templates:900102", "1:parts:en:hello", kept)  # type: ignore[misc, arg-type]
        assert await template_words(graph, redis, "1", "900102", "token", CONTENT) == TemplateWords("Hi", [])


@pytest.mark.parametrize(
    "components",
    [
        [{"type": "BODY", "text": "Hi"}, {"type": "BUTTONS", "buttons": "none"}],
        [{"type": "BODY", "text": {}}],
        [{"type": "FOOTER", "text": "No body"}],
        ["HEADER"],
    ],
)
async def test_a_definition_that_cannot_be_read_is_none(settings: Settings, components: list[Any]) -> None:
    async with _asking(settings, lambda _: _found(components)) as (graph, redis):
        assert await template_words(graph, redis, "1", "900101", "token", CONTENT) is None


def _found(components: list[Any]) -> httpx.Response:
    return httpx.Response(200, json={"data": [{"name": "hello", "language": "en", "components": components}]})


@asynccontextmanager
async def _asking(
    settings: Settings, respond: Callable[[httpx.Request], httpx.Response]
) -> AsyncIterator[tuple[GraphClient, Redis]]:
    transport = httpx.MockTransport(respond)
    async with connect(settings) as redis, httpx.AsyncClient(transport=transport) as http:
        yield GraphClient(http, settings), redis
