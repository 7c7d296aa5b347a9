"""The description of the Platform API and the Meta-compatible path, served under /docs."""

from typing import Any, Self

import msgspec
from litestar import Router
from litestar.datastructures import ResponseHeader
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from api.errors import AnyRequest, ErrorBody, GraphErrorBody

_SENTENCES = {
    400: "The request cannot be read: malformed JSON, a cursor that is not ours.",
    401: "The API key is missing or wrong.",
    403: "Not allowed.",
    404: "The project has no such thing.",
    409: "Something else is in the way; the sentence says what.",
    413: "The body is too large.",
    422: "Some fields are not valid; `errors` names each.",
    429: "Too many calls in this minute; `Retry-After` says how long to wait.",
    501: "Porthole does not offer this.",
    502: "WhatsApp answered with something that cannot be passed on, or not at all.",
    503: "The service is not available; try again shortly.",
}


class _Refusals(dict[int, ResponseSpec]):
    """Litestar copies what a route says of itself, twice for each. These never change, and are half of all of it."""

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """The error answers of a Platform API call, for its `responses`; those that every call can give are added."""
    return _specs(ErrorBody, statuses)


def graph_refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """The error answers of a call on the Meta-compatible path, for its `responses`; 404 is for a path of no version."""
    return _specs(ErrorBody | GraphErrorBody, (404, *statuses))


def _specs(body: Any, statuses: tuple[int, ...]) -> dict[int, ResponseSpec]:
    return _Refusals(
        {
            status: ResponseSpec(body, description=_SENTENCES[status], generate_examples=False)
            for status in sorted({400, 401, 409, 422, 429, 503, *statuses})
        }
    )


API_KEY: list[dict[str, list[str]]] = [{"ApiKey": []}, {"Bearer": []}]


class _Viewer(OpenAPIRenderPlugin):
    """Swagger UI out of our own build: Litestar's own plugins load theirs from other servers."""

    def render(self, request: AnyRequest, openapi_schema: dict[str, Any]) -> bytes:
        page: str = request.app.state.jinja.get_template("docs.html").render(
            **msgspec.structs.asdict(request.app.state.assets.docs)
        )
        return page.encode()


# Swagger UI sets styles as it draws; it needs nothing else that the inbox's pages do not.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

CONFIG = OpenAPIConfig(
    title="Porthole",
    version="1",
    description=(
        "The Platform API (`/platform/v1`) and a path that answers like Meta's Cloud API (`/meta/whatsapp`). "
        "Both take a project's API key and see that project only."
    ),
    openapi_router=Router(
        "/docs",
        route_handlers=[],
        response_headers=[ResponseHeader(name="Content-Security-Policy", value=_POLICY)],
        include_in_schema=False,
    ),
    render_plugins=[_Viewer(path="/"), JsonRenderPlugin()],
    components=Components(
        security_schemes={
            "ApiKey": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header"),
            "Bearer": SecurityScheme(type="http", scheme="bearer"),
        }
    ),
    use_handler_docstrings=True,
)
