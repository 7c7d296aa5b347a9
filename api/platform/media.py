"""/platform/v1/whatsapp/media: files that Porthole fetches and hands to WhatsApp (Kapso: Platform API, "Media")."""

from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec
from httpx import Response
from litestar import Controller, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from api.access import CurrentActor, CurrentKey
from api.errors import ApiError, not_found
from api.openapi import refusals
from api.uploads import check_file
from shared.audit import record
from shared.crypto import decrypt
from shared.ids import new_id
from shared.outbound_http import AddressRefusedError, OutboundHttp, TooLargeError, UnreachableError, chunks
from shared.queries.numbers import find_number
from shared.whatsapp.graph import GraphClient
from shared.whatsapp.media_file import MediaFile, filename_for, media_file
from shared.whatsapp.media_types import MediaType, media_type

FETCH_SECONDS = 120.0

MimeType = Annotated[str, Meta(max_length=255, examples=["image/jpeg"])]
Filename = Annotated[str, Meta(max_length=240, examples=["lamp.jpg"])]
Source = Annotated[str, Meta(max_length=2000, examples=["https://shop.example/lamp.jpg"])]
Delivery = Annotated[
    Literal["meta_media", "meta_resumable_asset"],
    Meta(description="A media id, to send; or a handle, for the header of a template."),
]


class MediaIngest(msgspec.Struct, kw_only=True):
    """`mime_type` and `filename` are those of `source` where they are not given."""

    phone_number_id: Annotated[str, Meta(max_length=40, examples=["106540352242922"])]
    source: Annotated[Source, Meta(description="An http or https URL, which needs no credentials.")]
    delivery: Delivery = "meta_media"
    filename: Filename | None = None
    mime_type: MimeType | None = None


class MediaIngestBody(msgspec.Struct):
    media_ingest: MediaIngest


class IngestTarget(msgspec.Struct, omit_defaults=True):
    """`media_id` or `handle`, as `kind` says."""

    kind: Delivery
    media_id: Annotated[str, Meta(examples=["1037543291543636"])] | None = None
    handle: Annotated[str, Meta(examples=["4::aW1hZ2UvcG5n:ARbn…"])] | None = None


class IngestedResource(msgspec.Struct):
    """What was fetched. `sha256` is hexadecimal."""

    filename: Filename
    mime_type: MimeType
    size_bytes: int
    sha256: Annotated[str, Meta(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])]
    source_url: Source


class IngestedMedia(msgspec.Struct):
    ingest_id: UUID
    target: IngestTarget
    resource: IngestedResource


class IngestedMediaAnswer(msgspec.Struct):
    data: IngestedMedia


class MediaController(Controller):
    path = "/whatsapp/media"
    tags = ("Media",)

    @post(status_code=200, responses=refusals(403, 404, 413, 502))
    async def ingest(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[MediaIngestBody]
    ) -> IngestedMediaAnswer:
        """Fetch a file from a URL and upload it to WhatsApp. The URL has to be on the public Internet."""
        wanted = data.media_ingest
        _check(wanted)
        async with state.engine.connect() as connection:
            number = await find_number(connection, key.project_id, wanted.phone_number_id)
        if number is None:
            raise not_found("Phone number")
        graph: GraphClient = state.graph_files
        token = decrypt(number.access_token, state.settings.secret_key)
        with media_file() as file:
            found = await _fetch(state.outbound, wanted, file)
            name = filename_for(found, wanted.filename or _name_in(wanted.source))
            if wanted.delivery == "meta_media":
                media_id = await graph.upload_media(
                    number.phone_number_id, token, file.content(), name, found.mime_type
                )
                target = IngestTarget(wanted.delivery, media_id=media_id)
            else:
                handle = await graph.upload_asset(token, file.content(), file.size, name, found.mime_type)
                target = IngestTarget(wanted.delivery, handle=handle)
        made = IngestedMedia(
            new_id(), target, IngestedResource(name, found.mime_type, file.size, file.sha256, wanted.source)
        )
        async with state.engine.begin() as connection:
            await record(connection, key.project_id, actor, "media.ingested", made.ingest_id)
        return IngestedMediaAnswer(made)


def _check(wanted: MediaIngest) -> None:
    """Raises ApiError 400, as Kapso does for these two."""
    wrong = {}
    try:
        parts = urlsplit(wanted.source)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            wrong["source"] = ["must be an http or https URL"]
    except ValueError:
        wrong["source"] = ["must be an http or https URL"]
    if wanted.mime_type is not None and media_type(wanted.mime_type) is None:
        wrong["mime_type"] = ["is no type that WhatsApp takes"]
    if wrong:
        raise ApiError(400, "bad_request", "Some fields are not valid.", wrong)


async def _fetch(outbound: OutboundHttp, wanted: MediaIngest, file: MediaFile) -> MediaType:
    """Get the file into `file`. Raises ApiError 400, 403, 413 and 502."""
    try:
        async with outbound.request("GET", wanted.source, seconds=FETCH_SECONDS) as answer:
            _check_answer(answer)
            content_type = answer.headers.get("content-type", "")
            said = media_type(wanted.mime_type or content_type)
            file.most = file.most if said is None else said.most
            async for chunk in chunks(answer, file.most):
                await file.write(chunk)
    except AddressRefusedError as error:
        raise ApiError(403, "address_refused", "The source is at an address that is not public.") from error
    except UnreachableError as error:
        raise ApiError(502, "source_unreachable", f"The source cannot be read: {error}") from error
    except TooLargeError as error:
        raise ApiError(413, "too_large", f"The source may have at most {file.most} bytes.") from error
    return check_file(file, wanted.mime_type or "", content_type, wanted.filename or _name_in(wanted.source))


def _check_answer(answer: Response) -> None:
    if answer.status_code != 200:
        raise ApiError(502, "source_unreachable", f"The source answered with HTTP {answer.status_code}.")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise ApiError(502, "source_unreachable", "The source answered with compressed bytes, though none were asked.")


def _name_in(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])
