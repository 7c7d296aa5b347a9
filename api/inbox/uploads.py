"""/inbox/v1/conversations/{id}/uploads: files that a person is about to send."""

import asyncio
import io
from typing import Annotated
from uuid import UUID

import msgspec
import structlog
from litestar import Controller, Response, delete, put
from litestar.datastructures import State
from litestar.exceptions import InternalServerException
from litestar.params import FromPath, QueryParameter

from api.auth import CurrentEmbed
from api.errors import AnyRequest, ApiError
from shared.events import UploadKind, UploadView
from shared.media.prepare import MOST, PreparedFile, prepared
from shared.media_keys import new_upload_key
from shared.operations.keep_upload import Upload, keep_upload, reserve_place
from shared.operations.remove_upload import remove_upload
from shared.operations.settle_media import StoredMedia
from shared.queries.uploads import Unsent, find_upload, unsent_uploads
from shared.scope import Scope
from shared.storage import StorageError
from shared.whatsapp.media_file import LargeMediaError, MediaFile, WrongMediaError, clean_filename, media_file

log = structlog.get_logger()

MOST_BODY = max(MOST.values()) + 1024 * 1024  # so that who sends a little too much reads how much it may be
PACE_BYTES, PACE_SECONDS = 64 * 1024, 30.0  # who is slower keeps a place from others
UPLOAD_SECONDS = 900.0  # in which the largest file comes at a megabit in a second
MOST_UNSENT = 100  # files of one conversation
MOST_UNSENT_BYTES = 1024 * 1024 * 1024


class UploadAnswer(msgspec.Struct):
    data: UploadView


class UploadController(Controller):
    path = "/conversations/{conversation_id:uuid}/uploads/{upload_id:uuid}"

    @put(request_max_body_size=MOST_BODY)
    async def upload(
        self,
        request: AnyRequest,
        state: State,
        embed: CurrentEmbed,
        conversation_id: FromPath[UUID],
        upload_id: FromPath[UUID],
        kind: Annotated[UploadKind, QueryParameter()],
        filename: Annotated[str, QueryParameter()] = "",
    ) -> Response[UploadAnswer]:
        """Put a file into the conversation, to be sent there: 201, or 200 if it is there already. 422
        `unsupported_media` says why it cannot be sent, `too_many_uploads` that too much waits to be sent.
        """
        async with state.engine.connect() as connection:
            earlier = await find_upload(connection, embed.scope, conversation_id, upload_id)
            if earlier is None:
                _check_room(await unsent_uploads(connection, embed.scope, conversation_id), MOST[kind])
        upload = Upload(upload_id, conversation_id, kind, clean_filename(filename))
        async with state.upload_places.place(embed.id):
            return await _put(request, state, embed.scope, upload, earlier)

    @delete(status_code=204)
    async def remove(
        self, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID], upload_id: FromPath[UUID]
    ) -> None:
        """Take the file back; nothing happens if it is not there. 422 `in_use` once a message has it."""
        async with state.engine.begin() as connection:
            await remove_upload(connection, embed.scope, conversation_id, upload_id)


async def _put(
    request: AnyRequest, state: State, scope: Scope, upload: Upload, earlier: UploadView | None
) -> Response[UploadAnswer]:
    content_type = request.headers.get("content-type", "")
    try:
        with media_file(MOST[upload.kind]) as file:
            await _receive(request, file)
            if earlier is not None:
                return Response(UploadAnswer(earlier), status_code=200)
            async with prepared(state.inspector, file, upload.kind, content_type, upload.filename) as ready:
                view, is_new = await _store(state, scope, upload, ready)
    except LargeMediaError as error:
        raise ApiError(413, "too_large", str(error), {"file": [str(error)]}) from error
    except WrongMediaError as error:
        raise ApiError(422, "unsupported_media", str(error), {"file": [str(error)]}) from error
    except (StorageError, OSError) as error:  # the store is away, TMPDIR is full, or too many files are looked into
        log.warning("upload_not_stored", error=f"{type(error).__name__}: {error}")
        sentence = "The file cannot be stored now; try again shortly."
        raise ApiError(503, "unavailable", sentence, headers={"Retry-After": "5"}) from error
    return Response(UploadAnswer(view), status_code=201 if is_new else 200)


def _check_room(unsent: Unsent, size: int) -> None:
    """Raises ApiError 422 if a file of this size would be too much."""
    if unsent.files >= MOST_UNSENT or unsent.size + size > MOST_UNSENT_BYTES:
        sentence = "Too many files wait in this conversation to be sent; send or remove some first."
        raise ApiError(422, "too_many_uploads", sentence, {"file": [sentence]})


async def _receive(request: AnyRequest, file: MediaFile) -> None:
    """All of the body, also what is too much, so that the caller gets to read the answer. Raises ApiError 408, and 400
    if the caller goes away.
    """
    now, paced = asyncio.get_running_loop().time, PACE_BYTES
    try:
        async with asyncio.timeout(UPLOAD_SECONDS), asyncio.timeout(PACE_SECONDS) as pace:
            async for piece in request.stream():
                await file.write(piece)
                if file.size >= paced:
                    paced = file.size + PACE_BYTES
                    pace.reschedule(now() + PACE_SECONDS)
    except InternalServerException as error:
        raise ApiError(400, "bad_request", "The file did not come to its end.") from error
    except TimeoutError as error:
        raise ApiError(408, "too_slow", "The file came too slowly; try again.") from error


async def _store(state: State, scope: Scope, upload: Upload, ready: PreparedFile) -> tuple[UploadView, bool]:
    """Raises StorageError, and what `keep_upload` raises."""
    key, found = new_upload_key(scope.project_id, upload.id), ready.found
    small_key = None if found.thumbnail is None else f"{key}.thumbnail"
    async with state.engine.begin() as connection:
        place = await reserve_place(connection, [one for one in (key, small_key) if one is not None])
    await state.storage.write(key, ready.content)
    if small_key is not None and found.thumbnail is not None:
        await state.storage.write(small_key, io.BytesIO(found.thumbnail))
    stored = StoredMedia(
        mime_type=ready.mime_type,
        size=ready.size,
        sha256=ready.sha256,
        storage_key=key,
        thumbnail_key=small_key,
        width=found.width,
        height=found.height,
        duration_ms=found.duration_ms,
        pages=found.pages,
        waveform=found.loudness(),
    )
    async with state.engine.begin() as connection:
        return await keep_upload(connection, scope, upload, place, stored)
