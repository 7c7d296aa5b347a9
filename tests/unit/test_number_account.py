"""Whether a number belongs to a WhatsApp account, as Graph's pages tell."""

from typing import Any

import httpx
import pytest

from shared.settings import Settings
from shared.validation import InvalidFieldsError
from shared.whatsapp.graph import GraphClient, NoAnswerError
from shared.whatsapp.number import check_account

NUMBERS = [str(number) for number in range(1, 251)]
SETTINGS = Settings(
    database_url="postgresql://nowhere/none",
    redis_url="redis://nowhere",
    secret_key="a secret key for the tests",
    whatsapp_app_secret="app-secret",
    whatsapp_verify_token="verify-token",
)


def _page(request: httpx.Request) -> dict[str, Any]:
    query = request.url.params
    start, limit = int(query.get("after", "0")), int(query["limit"])
    end = min(start + limit, len(NUMBERS))
    page: dict[str, Any] = {
        "data": [{"id": number} for number in NUMBERS[start:end]],
        "paging": {"cursors": {"after": str(end)}},
    }
    if end < len(NUMBERS):
        page["paging"]["next"] = f"{request.url}&after={end}"
    return page


async def _check(number: str, answer: Any) -> list[httpx.Request]:
    asked = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=answer(request))

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        await check_account(GraphClient(http, SETTINGS), number, "900100", "token")
    return asked


@pytest.mark.parametrize(("number", "pages"), [("1", 1), ("100", 1), ("101", 2), ("250", 3)])
async def test_every_page_is_looked_at_until_the_number_is_found(number: str, pages: int) -> None:
    assert len(await _check(number, _page)) == pages


async def test_an_account_without_the_number_is_named() -> None:
    with pytest.raises(InvalidFieldsError) as refused:
        await _check("251", _page)
    assert list(refused.value.errors) == ["business_account_id"]


@pytest.mark.parametrize("answer", [{"data": 7}, {"data": [7]}, {"data": [], "paging": {"next": "x"}}])
async def test_an_answer_of_another_form_tells_nothing(answer: Any) -> None:
    with pytest.raises(NoAnswerError):
        await _check("1", lambda _: answer)
