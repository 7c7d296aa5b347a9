"""Calls to Meta's Graph API."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import IO, Any
from urllib.parse import quote

import httpx
import msgspec

from shared import tracing
from shared.settings import Settings
from shared.whatsapp.decode_message import error_view

RETRYABLE = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004})
"""Error codes after which the same call may succeed later (Meta: Cloud API, "Error codes")."""


THROTTLED = frozenset({4, 80007, 130429})
"""Those of them that say of a number, its account or the app that it is too fast."""

NO_SUCH_OBJECT = 100
"""The code for an id that there is nothing under, or nothing that the token may see; also for any wrong parameter."""

CALL_SECONDS = 25.0
"""The most that a call may take in all; well below the 90 seconds for which a message is leased."""

TRANSFER_SECONDS = 300.0
"""The most that a file may take to get to Meta, or from it."""

MOST_DIGITS = 40
MOST_REDIRECTS = 3
_META = (".facebook.com", ".fbcdn.net", ".fbsbx.com", ".whatsapp.net")
_SLOW = httpx.Timeout(60.0, connect=5.0)  # Meta looks into a file before it answers
_CHUNK = 64 * 1024


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


class NoSuchMediaError(GraphError):
    """Meta has the file no more: its id means nothing, or leads to a URL with nothing behind it, twice."""


class NotSentError(Exception):
    """The request did not reach Meta; it can be repeated without risk."""


class NoAnswerError(Exception):
    """The request went out and no answer came: Meta may or may not have acted on it."""


class Download(msgspec.Struct):
    """Media on its way from Meta; `chunks` has to be read or closed. `size` is in bytes, None if Meta does not say.
    `sha256` is what Graph says of the file, hexadecimal as a rule.
    """

    mime_type: str
    size: int | None
    sha256: str | None
    chunks: AsyncGenerator[bytes, None]


class GraphClient:
    """Graph API calls with one number's access token. `http` is shared, and the caller closes it.

    Every call raises GraphError, NotSentError or NoAnswerError.
    """

    def __init__(self, http: httpx.AsyncClient, settings: Settings) -> None:
        self._http = http
        self._base = f"{settings.graph_url.rstrip('/')}/{settings.graph_version}"

    async def get(self, path: str, access_token: str, **query: str) -> dict[str, Any]:
        """GET /{path}: an object, with the `fields` that the query names, or a list under `data`."""
        return await self._object("GET", self._url(path), access_token, params=query)

    async def post(self, path: str, access_token: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST /{path} with a JSON body."""
        headers = {"Content-Type": "application/json"}
        return await self._object(
            "POST", self._url(path), access_token, content=msgspec.json.encode(body), headers=headers
        )

    async def delete(self, path: str, access_token: str, **query: str) -> dict[str, Any]:
        """DELETE /{path}."""
        return await self._object("DELETE", self._url(path), access_token, params=query)

    async def upload_media(
        self, phone_number_id: str, access_token: str, file: IO[bytes], filename: str, mime_type: str
    ) -> str:
        """The id by which this number can send the file; it is read in pieces (Meta: Cloud API, "Upload media")."""
        answer = await self._object(
            "POST",
            self._url(f"{phone_number_id}/media"),
            access_token,
            seconds=TRANSFER_SECONDS,
            timeout=_SLOW,
            data={"messaging_product": "whatsapp", "type": mime_type},
            files={"file": (filename, file, mime_type)},
        )
        return _text(answer, "id")

    async def upload_asset(self, access_token: str, file: IO[bytes], size: int, filename: str, mime_type: str) -> str:
        """The handle of a file of `size` bytes, for templates and profiles (Meta: Graph API, "Resumable Upload API").

        `app` stands for the app that the token was made for.
        """
        wanted = {"file_name": filename, "file_length": str(size), "file_type": mime_type}
        session = _text(await self._object("POST", self._url("app/uploads"), access_token, params=wanted), "id")
        answer = await self._object(
            "POST",
            f"{self._base}/{session}",  # it looks like `upload:…?sig=…`
            access_token,
            seconds=TRANSFER_SECONDS,
            timeout=_SLOW,
            headers={"Authorization": f"OAuth {access_token}", "file_offset": "0", "Content-Length": str(size)},
            content=_pieces(file),
        )
        return _text(answer, "h")

    async def download(self, media_id: str, access_token: str, **query: str) -> Download:
        """The bytes of media, from the place that Graph names (Meta: Cloud API, "Download media"). A place is good for
        five minutes and answers with 404 after that, so that a new one is asked for once. Raises NoSuchMediaError too.
        """
        try:
            described = await self.get(media_id, access_token, **query)
            try:
                return await self._download(described, access_token)
            except GraphError as error:
                if error.status != 404:
                    raise
            described = await self.get(media_id, access_token, **query)
            return await self._download(described, access_token)
        except GraphError as error:
            if error.error["code"] == NO_SUCH_OBJECT or error.status == 404:
                raise NoSuchMediaError(error.error, retryable=False, status=error.status, body=error.body) from error
            raise

    async def _download(self, described: dict[str, Any], access_token: str) -> Download:
        url, token = _text(described, "url"), access_token
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._open(url, token)
            if not answer.has_redirect_location:
                length = answer.headers.get("content-length")
                compressed = "content-encoding" in answer.headers
                size = None if length is None or compressed else int(length)
                mime_type = answer.headers.get("content-type") or str(described.get("mime_type"))
                return Download(mime_type, size, described.get("sha256"), _chunks(answer))
            await answer.aclose()
            url, token = _redirect(answer, token)
        raise NoAnswerError("too many redirects")

    def _url(self, path: str) -> str:
        return f"{self._base}/{quote(path)}"

    async def _object(
        self,
        method: str,
        url: str,
        access_token: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = CALL_SECONDS,
        **request: Any,
    ) -> dict[str, Any]:
        """The object that a successful call answers with, {} if it is no JSON."""
        sent = {"Authorization": f"Bearer {access_token}", **(headers or {})}
        with tracing.call(method, url) as answered:
            with _failures():
                async with asyncio.timeout(seconds):
                    answer = await self._http.request(method, url, headers=sent, **request)
            answered(answer.status_code)
        body = _json(answer, access_token)
        if not answer.is_success:
            raise _refusal(answer, body)
        if not isinstance(body, dict):
            raise NoAnswerError("an answer that is no object")
        return body

    async def _open(self, url: str, access_token: str) -> httpx.Response:
        """A successful answer or a redirect, its body not read yet. Without a token if that is empty."""
        headers = {"Accept-Encoding": "identity"}  # so that the length is the file's
        if access_token:
            headers["Authorization"] = f"Bearer {access_token}"
        with _failures():
            async with asyncio.timeout(CALL_SECONDS):
                answer = await self._http.send(self._http.build_request("GET", url, headers=headers), stream=True)
                if answer.is_success or answer.has_redirect_location:
                    return answer
                await answer.aread()
        raise _refusal(answer, _json(answer, access_token))


def is_object_id(text: str) -> bool:
    """Whether this can be an id of a number, an account, a file or a template: they are digits."""
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Tells a request that did not go out from one that may have."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NotSentError(str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise NoAnswerError(f"{type(error).__name__}: {error}") from error


def _refusal(answer: httpx.Response, body: Any) -> GraphError | NoAnswerError:
    reported = body.get("error") if isinstance(body, dict) else None
    if isinstance(reported, dict):
        error_of_meta = error_view(reported) or {}
        retryable = error_of_meta["code"] in RETRYABLE or answer.status_code == 429
        return GraphError(error_of_meta, retryable=retryable, status=answer.status_code, body=body)
    if answer.status_code >= 500:  # of something between Meta and us; Meta may have acted
        return NoAnswerError(f"HTTP {answer.status_code}")
    error_of_other = {"code": 0, "title": f"WhatsApp answered with HTTP {answer.status_code}", "details": None}
    return GraphError(error_of_other, retryable=answer.status_code == 429, status=answer.status_code)


def _redirect(answer: httpx.Response, access_token: str) -> tuple[str, str]:
    """Where an answer leads, and the token to show there: none to another host, which has to be one of Meta's."""
    target = answer.url.join(answer.headers["location"])
    if (target.scheme, target.netloc) == (answer.url.scheme, answer.url.netloc):
        return str(target), access_token
    if target.scheme == "https" and target.host.endswith(_META):
        return str(target), ""
    raise NoAnswerError(f"a redirect to {target.host}")


def _json(answer: httpx.Response, access_token: str) -> Any:
    """Without the token: Meta repeats one that it cannot read, and puts good ones into the links of lists."""
    content = answer.content
    if access_token:
        content = content.replace(access_token.encode(), b"-")
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError):
        return {}


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise NoAnswerError(f"an answer without {name}")
    return value


async def _pieces(file: IO[bytes]) -> AsyncGenerator[bytes, None]:
    while piece := file.read(_CHUNK):
        yield piece


async def _chunks(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    end = loop.time() + TRANSFER_SECONDS
    try:
        with _failures():
            async for chunk in answer.aiter_bytes():
                if loop.time() > end:  # whoever reads so slowly holds a connection that others wait for
                    raise NoAnswerError("the transfer took too long")
                yield chunk
    finally:
        await answer.aclose()
