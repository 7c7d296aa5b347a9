"""/meta/whatsapp/media_download: the bytes behind a link of `media_url`, which is all that it takes to see them."""

import re
from typing import Annotated

import structlog
from litestar import Controller, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from api.access import client_address, too_many
from api.errors import AnyRequest, ApiError, ErrorBody, GraphErrorBody, not_found
from shared.crypto import DecryptionError, decrypt
from shared.media_links import InvalidLinkError, MediaLink, access_token_of_link, read_media_token
from shared.rate_limit import count_call, count_failure
from shared.whatsapp.graph import Download, GraphClient, GraphError, NoAnswerError, NotSentError
from shared.whatsapp.media_types import media_type

log = structlog.get_logger()

_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;\s*[\w-]+=[\w.,:+-]+)*", re.ASCII)
_PDF = "application/pdf"
# What a browser shows by itself runs nothing and fetches nothing. Its viewer of PDFs does not work in a sandbox.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_SANDBOX = f"{_POLICY}; sandbox"
_HEADERS = {
    "Cache-Control": "private, max-age=240",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


class MediaDownloadController(Controller):
    path = "/meta/whatsapp/media_download"
    tags = ("Media",)

    @get(
        media_type="application/octet-stream",
        opt={"uncompressed": True},
        response_description="The file, with its own Content-Type.",
        responses={
            status: ResponseSpec(body, description=sentence, generate_examples=False)
            for status, body, sentence in (
                (400, GraphErrorBody, "The request cannot be read."),
                (404, GraphErrorBody, "The token is wrong or has expired."),
                (429, GraphErrorBody, "Too many calls in this minute; `Retry-After` says how long to wait."),
                (502, ErrorBody, "WhatsApp did not hand the file out."),
                (503, GraphErrorBody, "The service is not available; try again shortly."),
            )
        },
    )
    async def download(
        self,
        request: AnyRequest,
        state: State,
        token: Annotated[str, QueryParameter(description="Of a `url` or `download_url` of media.")] = "",
    ) -> Stream:
        """The bytes of a file, for who has a link to it. No key is needed."""
        link = await _link(request, state, token)
        usage = await count_call(state.redis, f"media:{client_address(request)}", state.settings.platform_rate_limit)
        if usage.exceeded:
            raise too_many(usage)
        try:
            media = await _fetch(state, link)
        except (GraphError, NotSentError, NoAnswerError, DecryptionError) as error:
            log.warning("media_not_fetched", error=str(error))
            raise ApiError(502, "media_download_failed", "Media download failed", flat=True) from error
        headers = _HEADERS | _headers_of(link.media_id, media.mime_type)
        if media.size is not None:
            headers["Content-Length"] = str(media.size)
        return Stream(media.chunks, headers=headers)


async def _link(request: AnyRequest, state: State, token: str) -> MediaLink:
    """Raises ApiError 404, and 429 for an address that tries many."""
    try:
        return read_media_token(state.settings, token)
    except InvalidLinkError as error:
        tried = await count_failure(state.redis, client_address(request), state.settings.failure_rate_limit)
        if tried.exceeded:
            raise too_many(tried) from error
        raise not_found("Media") from error


async def _fetch(state: State, link: MediaLink) -> Download:
    async with state.engine.connect() as connection:
        sealed = await access_token_of_link(connection, link)
    if sealed is None:  # the number was disconnected
        raise not_found("Media")
    graph: GraphClient = state.graph_files
    token = decrypt(sealed, state.settings.secret_key)
    return await graph.download(link.media_id, token, phone_number_id=link.phone_number_id)


def _headers_of(media_id: str, mime_type: str) -> dict[str, str]:
    """Only what a browser shows without running it is shown; the rest is for saving."""
    known = media_type(mime_type)
    shown = known is not None and (known.kind != "document" or known.mime_type == _PDF)
    name = re.sub(r"\W", "_", media_id, flags=re.ASCII)
    return {
        "Content-Type": mime_type if _CONTENT_TYPE.fullmatch(mime_type) else "application/octet-stream",
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{name}"',
        "Content-Security-Policy": _POLICY if shown and known is not None and known.mime_type == _PDF else _SANDBOX,
    }
