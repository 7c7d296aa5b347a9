"""The description of the Platform API and the Meta-compatible path, served under /docs."""

from typing import Any, Self

import msgspec
from litestar import Router
from litestar.datastructures import ResponseHeader
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from api.errors import AnyRequest, ErrorBody, GraphErrorBody
from api.openapi_examples import BODIES

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
            for status in sorted({400, 401, 409, 413, 422, 429, 503, *statuses})
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


class _Json(JsonRenderPlugin):
    """The description with what is not said at the routes: headers, and examples of bodies."""

    def render(self, request: AnyRequest, openapi_schema: dict[str, Any]) -> bytes:
        for path, methods in openapi_schema["paths"].items():
            for method, operation in methods.items():
                if operation.get("security"):
                    _describe_headers(openapi_schema, method, operation)
                example = BODIES.get(f"{method.upper()} {path}")
                if example is not None:
                    operation["requestBody"]["content"]["application/json"]["example"] = example
        return super().render(request, openapi_schema)


_WHOLE_NUMBER = {"type": "integer", "minimum": 0}
_LIMIT_HEADERS = {
    "X-RateLimit-Limit": {"description": "Calls that the key may make in a minute.", "schema": _WHOLE_NUMBER},
    "X-RateLimit-Remaining": {"description": "Calls that are left of these.", "schema": _WHOLE_NUMBER},
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": _WHOLE_NUMBER}}
_PAGE_HEADERS = {
    "X-Total": {"description": "All rows, as `meta.total_count`.", "schema": _WHOLE_NUMBER},
    "X-Total-Pages": {"description": "All pages, as `meta.total_pages`.", "schema": _WHOLE_NUMBER},
    "X-Per-Page": {"description": "The most rows of a page, as `meta.per_page`.", "schema": _WHOLE_NUMBER},
    "X-Page": {"description": "The page, as `meta.page`.", "schema": _WHOLE_NUMBER},
    "Link": {"description": "The pages `first`, `prev`, `next` and `last` (RFC 8288).", "schema": {"type": "string"}},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name that you choose for this call: for 24 hours a repeat with it, by the same API key, "
    "gets the first answer, and nothing happens twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "examples": ["order-4711-confirmed"]},
}


def _describe_headers(description: dict[str, Any], method: str, operation: dict[str, Any]) -> None:
    parameters = operation.get("parameters", [])
    if method == "post" and _IDEMPOTENCY_KEY not in parameters:
        operation["parameters"] = [*parameters, _IDEMPOTENCY_KEY]
    for status, answer in operation["responses"].items():
        headers = {} if status == "401" else dict(_LIMIT_HEADERS)
        headers |= _RETRY_AFTER if status == "429" else {}
        headers |= _PAGE_HEADERS if status == "200" and _is_numbered(description, answer) else {}
        answer["headers"] = {**answer.get("headers", {}), **headers}


def _is_numbered(description: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether the answer is a page with a number: it has `meta`."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    for option in (schema, *schema.get("oneOf", [])):
        _, _, name = option.get("$ref", "").rpartition("/")
        if "meta" in description["components"]["schemas"].get(name, {}).get("properties", {}):
            return True
    return False


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
    render_plugins=[_Viewer(path="/"), _Json()],
    components=Components(
        security_schemes={
            "ApiKey": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header"),
            "Bearer": SecurityScheme(type="http", scheme="bearer"),
        }
    ),
    use_handler_docstrings=True,
)
