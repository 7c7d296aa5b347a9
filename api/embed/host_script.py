"""/porthole.js and /porthole.d.ts: what a host's page loads to put the inbox into itself, and its types."""

import hashlib

from litestar import Controller, Response, get
from litestar.datastructures import State

from api.errors import AnyRequest


class HostScriptController(Controller):
    include_in_schema = False

    @get("/porthole.js", sync_to_thread=False)
    def script(self, request: AnyRequest, state: State) -> Response[bytes]:
        """A module that defines the element <porthole-inbox>."""
        return _answer(request, state.assets.host_script, "text/javascript")

    @get("/porthole.d.ts", sync_to_thread=False)
    def types(self, request: AnyRequest, state: State) -> Response[bytes]:
        """The element, its events and the messages, for TypeScript."""
        return _answer(request, state.assets.host_types, "text/plain")


def _answer(request: AnyRequest, content: bytes, media_type: str) -> Response[bytes]:
    """For every page of the web, under an address that stays: browsers ask each time whether it is still the same."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "public, no-cache",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": etag,
    }
    known = request.headers.get("if-none-match", "")
    if etag in (part.strip().removeprefix("W/") for part in known.split(",")):
        return Response(b"", status_code=304, media_type=media_type, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
