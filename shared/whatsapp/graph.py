"""Calls to Meta's Graph API."""

import asyncio
from typing import Any

import httpx
import msgspec

from shared.settings import Settings
from shared.whatsapp.webhook import error_view

RETRYABLE = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004})
"""Error codes after which the same call may succeed later (Meta: Cloud API, "Error codes")."""


CALL_SECONDS = 25.0
"""The most that a call may take in all; well below the 90 seconds for which a message is leased."""


class GraphError(Exception):
    """Meta answered with an error. `error` is {code, title, details}; `retryable` says that it may go later.

    `status` and `body` are of the answer as it came; the body is None if it is not Meta's.
    """

    def __init__(
        self, error: dict[str, Any], *, retryable: bool, status: int, body: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"({error['code']}) {error['title']}")
        self.error = error
        self.retryable = retryable
        self.status = status
        self.body = body


class NotSentError(Exception):
    """The request did not reach Meta; it can be repeated without risk."""


class NoAnswerError(Exception):
    """The request went out and no answer came: Meta may or may not have acted on it."""


class GraphClient:
    """Graph API calls with one number's access token. `http` is shared, and the caller closes it."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings) -> None:
        self._http = http
        self._base = f"{settings.graph_url.rstrip('/')}/{settings.graph_version}"

    async def post(self, path: str, access_token: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST /{path} with a JSON body. Raises GraphError, NotSentError or NoAnswerError."""
        answer = await self._call(
            "POST",
            path,
            access_token,
            content=msgspec.json.encode(body),
            headers={"Content-Type": "application/json"},
        )
        if not isinstance(answer, dict):
            raise NoAnswerError("an answer that is no object")
        return answer

    async def get(self, path: str, access_token: str, **query: str) -> dict[str, Any]:
        """GET /{path}: an object, with the `fields` that the query names, or a list under `data`.

        Raises GraphError, NotSentError or NoAnswerError.
        """
        body = await self._call("GET", path, access_token, params=query)
        if not isinstance(body, dict):
            raise NoAnswerError("an answer that is no object")
        return body

    async def _call(
        self, method: str, path: str, access_token: str, headers: dict[str, str] | None = None, **request: Any
    ) -> Any:
        """The JSON of a successful answer, {} if it is none."""
        authorization = {"Authorization": f"Bearer {access_token}"}
        try:
            async with asyncio.timeout(CALL_SECONDS):
                answer = await self._http.request(
                    method, f"{self._base}/{path}", headers={**(headers or {}), **authorization}, **request
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSentError(str(error)) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error
        body = _json(answer)
        if answer.is_success:
            return body
        reported = body.get("error") if isinstance(body, dict) else None
        if isinstance(reported, dict):
            error_of_meta = error_view(reported) or {}
            retryable = error_of_meta["code"] in RETRYABLE or answer.status_code == 429
            raise GraphError(error_of_meta, retryable=retryable, status=answer.status_code, body=body)
        if answer.status_code >= 500:  # of something between Meta and us; Meta may have acted
            raise NoAnswerError(f"HTTP {answer.status_code}")
        error_of_other = {"code": 0, "title": f"WhatsApp answered with HTTP {answer.status_code}", "details": None}
        raise GraphError(error_of_other, retryable=answer.status_code == 429, status=answer.status_code)


def new_http_client() -> httpx.AsyncClient:
    """The client for Graph: bounded connections and time-outs, no redirects."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(20.0, connect=5.0), limits=httpx.Limits(max_connections=100), follow_redirects=False
    )


def _json(answer: httpx.Response) -> Any:
    try:
        return msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeError):
        return {}
