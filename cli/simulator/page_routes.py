"""The phone: a page on which a person is the customer."""

from pathlib import Path

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.static_files import create_static_files_router

from cli.simulator.simulator import Simulator

_FILES = Path(__file__).parents[2] / "templates" / "simulator"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
# Shown in the page as they are; everything else is a download, whatever it says it is.
_SHOWN = ("image/png", "image/jpeg", "image/webp", "audio/ogg", "audio/mpeg", "audio/mp4", "video/mp4")


@get("/", media_type="text/html")
async def page() -> Response[str]:
    return Response((_FILES / "index.html").read_text(encoding="utf-8"), headers=_HEADERS)


@get("/_sim/media/{media_id:str}")
async def media(simulator: NamedDependency[Simulator], media_id: FromPath[str]) -> Response[bytes]:
    """A file for the page, which has no access token."""
    found = simulator.media.find(media_id)
    if found is None:
        raise NotFoundException("there is no such media")
    bare = found.mime_type.partition(";")[0]
    headers = dict(_HEADERS)
    if bare not in _SHOWN:
        headers["Content-Disposition"] = "attachment"
    return Response(found.data, media_type=found.mime_type, headers=headers)


def page_router() -> Router:
    assets = create_static_files_router("/assets", [_FILES], after_request=_with_headers)
    return Router("/", route_handlers=[page, media, assets])


def _with_headers(response: Response[object]) -> Response[object]:
    response.headers.update(_HEADERS)
    return response
