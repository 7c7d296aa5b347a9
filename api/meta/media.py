"""Files for messages: up, described, and deleted (Meta: Cloud API, "Media"; Kapso: "Media")."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, post
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from msgspec import Meta

from api.access import CurrentActor, CurrentKey
from api.errors import AnyRequest, not_found
from api.meta.accounts import Account
from api.meta.numbers import NumberId, number_of
from api.openapi import graph_refusals
from api.uploads import check_file, read_form
from shared.audit import record
from shared.crypto import decrypt
from shared.media_links import new_media_link
from shared.queries.numbers import Number
from shared.validation import InvalidFieldsError
from shared.whatsapp.graph import NO_SUCH_OBJECT, GraphClient, GraphError, is_object_id
from shared.whatsapp.media_file import filename_for, media_file
from shared.whatsapp.media_types import MOST

MOST_BODY = MOST + 1024 * 1024  # bytes, of the largest file with the form around it

_FORM = Schema(
    type=OpenAPIType.OBJECT,
    required=["messaging_product", "file"],
    properties={
        "messaging_product": Schema(type=OpenAPIType.STRING, const="whatsapp"),
        "type": Schema(
            type=OpenAPIType.STRING,
            description="A MIME type, or `image`, `video`, `audio`, `document`, `sticker`. Without it, the file's own.",
            examples=["image/jpeg"],
        ),
        "file": Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream"),
    },
)


@dataclass
class _Upload(Operation):
    """The form, which Litestar does not see, since the handler reads it by itself."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(content={"multipart/form-data": OpenAPIMediaType(schema=_FORM)}, required=True)


class MediaId(msgspec.Struct):
    id: Annotated[str, Meta(examples=["1037543291543636"])]


class MediaView(msgspec.Struct):
    """What is known of a file. `url` and `download_url` are the same: they open without a key until they expire."""

    id: str
    messaging_product: str
    url: str
    mime_type: str
    sha256: str
    file_size: str
    download_url: str
    download_url_expires_at: datetime


class MediaController(Controller):
    path = "/{phone_number_id:str}/media"
    tags = ("Media",)

    @post(
        status_code=200,
        request_max_body_size=MOST_BODY,
        operation_class=_Upload,
        responses=graph_refusals(404, 413, 502),
    )
    async def upload(
        self, request: AnyRequest, state: State, key: CurrentKey, actor: CurrentActor, phone_number_id: NumberId
    ) -> MediaId:
        """Upload a file that this number can then send, for 30 days.

        Images may have 5 MB (JPEG, PNG), videos 16 MB (MP4, 3GP), audio 16 MB (AAC, AMR, MP3, M4A, OGG with Opus),
        documents 100 MB (PDF, text, Word, Excel, PowerPoint), stickers 100 KB, or 500 KB if they move (WebP).
        """
        async with state.engine.connect() as connection:
            number = await number_of(connection, key.project_id, phone_number_id)
        with media_file() as file:
            form = await read_form(request, file)
            wrong = {}
            if form.texts.get("messaging_product") != "whatsapp":
                wrong["messaging_product"] = ["must be `whatsapp`"]
            if form.filename is None:
                wrong["file"] = ["is required"]
            if wrong:
                raise InvalidFieldsError(wrong)
            name = form.filename or ""
            found = check_file(file, form.texts.get("type", ""), form.content_type, name)
            graph: GraphClient = state.graph_files
            media_id = await graph.upload_media(
                number.phone_number_id,
                decrypt(number.access_token, state.settings.secret_key),
                file.content(),
                filename_for(found, name),
                found.mime_type,
            )
        async with state.engine.begin() as connection:
            await record(connection, key.project_id, actor, "media.uploaded", media_id)
        return MediaId(media_id)


async def describe_media(state: State, number: Number, media_id: str) -> MediaView:
    """Media of this number. Raises ApiError 404, and what Graph calls raise."""
    graph: GraphClient = state.graph
    token = decrypt(number.access_token, state.settings.secret_key)
    with _found(media_id):
        said = await graph.get(media_id, token, phone_number_id=number.phone_number_id)
    url, expires_at = new_media_link(state.settings, number.phone_number_id, media_id)
    return MediaView(
        id=media_id,
        messaging_product="whatsapp",
        url=url,
        mime_type=str(said.get("mime_type") or ""),
        sha256=str(said.get("sha256") or ""),
        file_size=str(said.get("file_size") or 0),
        download_url=url,
        download_url_expires_at=expires_at,
    )


async def is_media(state: State, account: Account, media_id: str) -> bool:
    """Whether this is a file of the account's, as far as its token shows. Raises what Graph calls raise."""
    try:
        said = await state.graph.get(media_id, account.access_token)
    except GraphError as error:
        if error.error["code"] == NO_SUCH_OBJECT:
            return False
        raise
    return "mime_type" in said


async def delete_media(state: State, number: Number, media_id: str) -> None:
    """Raises ApiError 404, and what Graph calls raise."""
    graph: GraphClient = state.graph
    token = decrypt(number.access_token, state.settings.secret_key)
    with _found(media_id):
        await graph.delete(media_id, token, phone_number_id=number.phone_number_id)


@contextlib.contextmanager
def _found(media_id: str) -> Iterator[None]:
    """Meta answers with 400 for what does not exist and for what is another number's; Kapso with 404."""
    if not is_object_id(media_id):
        raise not_found("Media")
    try:
        yield
    except GraphError as error:
        if error.error["code"] == NO_SUCH_OBJECT:
            raise not_found("Media") from error
        raise
