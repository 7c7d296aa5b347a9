"""Media on the Graph API. Meta: Cloud API, Media."""

from typing import Annotated, Literal

from litestar import Request, Response, delete, get, post
from litestar.datastructures import UploadFile
from litestar.datastructures.state import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from cli.simulator.connection import DroppedAnswer, pause
from cli.simulator.errors import GraphError, unknown_object
from cli.simulator.media import DOWNLOAD_PATH, Media, not_found
from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator

# The largest document, and room for the form around it.
LARGEST_UPLOAD = 101 * 1024 * 1024


async def describe(
    request: Request[object, object, State], simulator: Simulator, media_id: str, phone_number_id: str
) -> Json:
    """What a look-up says of a file. Raise GraphError 100 if there is none, or by fault."""
    await suffer(request, simulator, "lookup", media_id)
    described = simulator.media.describe(look_up(simulator, media_id, "get", phone_number_id))
    claimed = simulator.faults.media_mime_type
    return described if claimed is None else described | {"mime_type": claimed}


async def suffer(
    request: Request[object, object, State], simulator: Simulator, call: Literal["lookup", "download"], media_id: str
) -> None:
    """Wait, and raise GraphError, if a fault asks for it."""
    trouble = simulator.faults.take_media_trouble(call)
    if trouble is None:
        return
    await pause(trouble.slow_seconds, request.receive)
    if trouble.http_status == 404:
        raise not_found(media_id)
    if trouble.http_status is not None:
        raise GraphError(131000, f"The fault media_{call}_next asked for this.", http_status=trouble.http_status)


def look_up(simulator: Simulator, media_id: str, method: str, phone_number_id: str = "") -> Media:
    """A file by its id, if given only if it is of that number. Raise GraphError 100 if there is none, or by fault."""
    if simulator.faults.take_media_error():
        raise GraphError(131000, "The fault media_error_next asked for this.")
    media = None if simulator.faults.media_gone else simulator.media.find(media_id)
    if media is None or phone_number_id not in ("", media.phone_number_id):
        raise unknown_object(method, media_id)
    return media


@post("/{version:str}/{object_id:str}/media", status_code=200, request_max_body_size=LARGEST_UPLOAD)
async def upload_media(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Response[Json] | Response[None]:
    """A multipart form: messaging_product, file, and type, which defaults to the file's own Content-Type."""
    number = simulator.number(object_id, "post")
    form = await request.form()
    failure = simulator.faults.take_upload_failure()
    if failure is not None:
        raise GraphError(failure.code, "The fault fail_upload_next asked for this.", http_status=failure.http_status)
    if form.get("messaging_product") != "whatsapp":
        raise GraphError(
            100, "messaging_product is required.", message="(#100) The parameter messaging_product is required."
        )
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise GraphError(100, "file is required.", message="(#100) The parameter file is required.")
    mime_type = str(form.get("type") or file.content_type)
    media = simulator.media.upload(number.phone_number_id, mime_type, await file.read(), file.filename)
    answer: Json = {"id": media.id}
    return DroppedAnswer() if simulator.faults.take_dropped_upload() else Response(answer)


@delete("/{version:str}/{object_id:str}", status_code=200)
async def delete_media(
    simulator: NamedDependency[Simulator], object_id: FromPath[str], phone_number_id: FromQuery[str] = ""
) -> Json:
    simulator.media.delete(look_up(simulator, object_id, "delete", phone_number_id))
    return {"success": True}


@get(DOWNLOAD_PATH)
async def download(
    request: Request[object, object, State],
    simulator: NamedDependency[Simulator],
    mid: FromQuery[str],
    ext: FromQuery[int],
    seal: Annotated[str, QueryParameter(name="hash")],
) -> Response[bytes]:
    """The bytes; 404 once the URL has expired."""
    await suffer(request, simulator, "download", mid)
    if simulator.faults.take_media_error():
        raise GraphError(131000, "The fault media_error_next asked for this.")
    media = simulator.media.open_url(mid, ext, seal)
    if simulator.faults.media_gone:
        raise GraphError(100, "The media is gone.", http_status=404)
    faults = simulator.faults
    data = media.data
    if faults.media_corrupt:
        data = bytes(byte ^ 0xFF for byte in data[:1024]) + data[1024:]
    headers = {"Content-Disposition": f'inline; filename="{media.id}"'}
    return Response(
        data + bytes(faults.media_extra_bytes),
        media_type=faults.media_mime_type or media.mime_type,
        headers=headers,
    )
