"""The words of templates are kept for a while, and for one number only."""

import httpx

from shared.jobs import connect
from shared.settings import Settings
from shared.template_words import template_words
from shared.whatsapp.graph import GraphClient

CONTENT = {"name": "hello", "language": {"code": "en"}}


async def test_what_one_numbers_token_has_read_is_not_told_to_another_number(settings: Settings) -> None:
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["authorization"])
        body = {"type": "BODY", "text": f"words of answer {len(asked)}"}
        return httpx.Response(200, json={"data": [{"name": "hello", "language": "en", "components": [body]}]})

    redis = connect(settings)
    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        graph = GraphClient(http, settings)
        for number, answer in (("1", 1), ("2", 2), ("1", 1)):
            words = await template_words(graph, redis, number, "900100", f"token-{number}", CONTENT)
            assert words == f"words of answer {answer}"
    await redis.aclose()
    assert asked == ["Bearer token-1", "Bearer token-2"]
