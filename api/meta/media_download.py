"""/meta/whatsapp/media_download: the bytes behind a link of `media_url`, which is all that it takes to see them."""

import re
from typing import Annotated

import structlog
from litestar import Controller, Response, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from api.access import client_address, too_many
from api.errors import AnyRequest, ApiError, ErrorBody, GraphErrorBody, not_found
from api.files import file_headers, stored_file
from shared.crypto import DecryptionError, decrypt
from shared.media_links import InvalidLinkError, MediaLink, access_token_of_link, read_media_token
from shared.rate_limit import count_call, count_failure
from shared.storage import StorageError
from shared.stored_media import find_stored_copy
from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError

log = structlog.get_logger()

_CACHE = "private, max-age=240"


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
    ) -> Response[bytes] | Stream:
        """The bytes of a file, for who has a link to it. No key is needed."""
        link = await _link(request, state, token)
        usage = await count_call(state.redis, f"media:{client_address(request)}", state.settings.platform_rate_limit)
        if usage.exceeded:
            raise too_many(usage)
        async with state.engine.connect() as connection:
            sealed = await access_token_of_link(connection, link)
            stored = await find_stored_copy(connection, link.phone_number_id, link.media_id)
        if sealed is None:  # the number was disconnected
            raise not_found("Media")
        if stored is not None:
            try:
                return await stored_file(request, state.storage, stored, _CACHE)
            except StorageError as error:
                log.warning("media_not_read", error=str(error))
        return await _from_meta(state, link, sealed)


async def _link(request: AnyRequest, state: State, token: str) -> MediaLink:
    """Raises ApiError 404, and 429 for an address that tries many."""
    try:
        return read_media_token(state.settings, token)
    except InvalidLinkError as error:
        tried = await count_failure(state.redis, client_address(request), state.settings.failure_rate_limit)
        if tried.exceeded:
            raise too_many(tried) from error
        raise not_found("Media") from error


async def _from_meta(state: State, link: MediaLink, sealed: bytes) -> Stream:
    """Raises ApiError 502."""
    graph: GraphClient = state.graph_files
    try:
        token = decrypt(sealed, state.settings.secret_key)
        media = await graph.download(link.media_id, token, phone_number_id=link.phone_number_id)
    except (GraphError, NotSentError, NoAnswerError, DecryptionError) as error:
        log.warning("media_not_fetched", error=str(error))
        raise ApiError(502, "media_download_failed", "Media download failed", flat=True) from error
    headers = file_headers(media.mime_type, re.sub(r"\W", "_", link.media_id, flags=re.ASCII), _CACHE)
    if media.size is not None:
        headers["Content-Length"] = str(media.size)
    return Stream(media.chunks, headers=headers)
