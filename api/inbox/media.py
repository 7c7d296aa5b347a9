"""/inbox/v1/media: files and thumbnails by signed URLs, which need no token; and /messages/{id}: a message's own."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from api.access import client_address, too_many
from api.auth import CurrentEmbed
from api.errors import AnyRequest, ApiError, not_found
from api.files import file_headers, stored_file
from api.inbox.messages import MessageAnswer
from shared.media_urls import Variant, is_signed
from shared.operations.settle_media import retry_media
from shared.publish import publish
from shared.queries.messages import get_message
from shared.rate_limit import ADDRESSES, count_call, count_failure, network_of
from shared.storage import PIECE, NotStoredError, StorageError
from shared.stored_media import StoredFile, find_stored

# A URL is good for two hours at most, and what is behind it never changes.
_CACHE = "private, max-age=7200, immutable"

Expires = Annotated[int, QueryParameter()]
Signature = Annotated[str, QueryParameter()]


class StoredMediaController(Controller):
    path = "/inbox/v1/media/{media_id:uuid}"
    include_in_schema = False
    opt = {"uncompressed": True}  # noqa: RUF012 - Litestar's own type

    @get()
    async def file(
        self,
        request: AnyRequest,
        state: State,
        media_id: FromPath[UUID],
        expires: Expires = 0,
        signature: Signature = "",
    ) -> Response[bytes] | Stream:
        """The file itself, or a part of it."""
        stored = await _stored(request, state, media_id, "file", expires, signature)
        try:
            return await stored_file(request, state.storage, stored, _CACHE)
        except StorageError as error:
            raise _not_readable(error) from error

    @get("/thumbnail")
    async def thumbnail(
        self,
        request: AnyRequest,
        state: State,
        media_id: FromPath[UUID],
        expires: Expires = 0,
        signature: Signature = "",
    ) -> Response[bytes]:
        """A picture of the file, of at most 480 pixels."""
        stored = await _stored(request, state, media_id, "thumbnail", expires, signature)
        if stored.thumbnail_key is None:
            raise not_found("Media")
        try:
            small = await state.storage.read(stored.thumbnail_key, 0, PIECE)
        except StorageError as error:
            raise _not_readable(error) from error
        return Response(small, headers=file_headers("image/webp", "thumbnail.webp", _CACHE))


class MessageMediaController(Controller):
    path = "/messages/{message_id:uuid}"

    @post("/media/retry", status_code=200)
    async def retry(self, state: State, embed: CurrentEmbed, message_id: FromPath[UUID]) -> MessageAnswer:
        """Fetch the file again after it failed or was gone; 422 if it is here or on its way."""
        async with state.engine.begin() as connection:
            events = await retry_media(connection, embed.scope, message_id)
            message = await get_message(connection, embed.scope, message_id)
        await publish(state.pubsub, events)
        assert message is not None
        return MessageAnswer(message)


async def _stored(
    request: AnyRequest, state: State, media_id: UUID, variant: Variant, expires: int, signature: str
) -> StoredFile:
    """Raises ApiError 404, and 429 for an address that tries many URLs or loads very much."""
    address = client_address(request)
    if not is_signed(media_id, variant, expires, signature):
        tried = await count_failure(state.redis, address, state.settings.failure_rate_limit)
        raise too_many(tried) if tried.exceeded else not_found("Media")
    subject = f"inbox-media:{network_of(address)}"  # a thread has many pictures, and an office one address
    usage = await count_call(state.redis, subject, ADDRESSES * state.settings.embed_rate_limit)
    if usage.exceeded:
        raise too_many(usage)
    async with state.engine.connect() as connection:
        stored = await find_stored(connection, media_id)
    if stored is None:
        raise not_found("Media")
    return stored


def _not_readable(error: StorageError) -> ApiError:
    if isinstance(error, NotStoredError):
        return not_found("Media")
    return ApiError(503, "unavailable", "The file cannot be read now; try again shortly.", headers={"Retry-After": "5"})
