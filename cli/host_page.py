"""The example host page: a made-up company's CRM with the inbox in an iframe, on an origin of its own."""

from pathlib import Path

import jinja2
from litestar import Litestar, MediaType, get
from litestar.response import File

_FOLDER = Path(__file__).resolve().parents[1] / "templates" / "host"


def create_app(embed_url: str, porthole_url: str, company: str) -> Litestar:
    """The host page's ASGI app. `porthole_url` is where /porthole.js is."""
    jinja = jinja2.Environment(loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True)
    html = jinja.get_template("index.html").render(embed_url=embed_url, porthole_url=porthole_url, company=company)

    @get("/", media_type=MediaType.HTML, sync_to_thread=False)
    def index() -> str:
        return html

    @get("/host.css", sync_to_thread=False)
    def style() -> File:
        return File(_FOLDER / "host.css", media_type="text/css", content_disposition_type="inline")

    @get("/host.js", sync_to_thread=False)
    def script() -> File:
        return File(_FOLDER / "host.js", media_type="text/javascript", content_disposition_type="inline")

    return Litestar([index, style, script], openapi_config=None, logging_config=None)
