"""One JSON error for everything: {"error": "<sentence>", "code", "request_id", "errors": {field: [...]}}.

Under /meta the shape is Graph's instead, which the clients of that path read (Meta: Graph API, "Handling errors").
"""

import traceback
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from msgspec import Meta
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.crypto import DecryptionError
from shared.db import is_conflict, is_data_error, is_outage
from shared.paging import InvalidCursorError
from shared.refusals import BusyError, ConflictError, NotFoundError, RefusedError
from shared.validation import InvalidFieldsError, convert_fields, plain_text
from shared.whatsapp.graph import GraphError as WhatsAppError
from shared.whatsapp.graph import NoAnswerError, NotSentError

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]

Thing = TypeVar("Thing")

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "rate_limited",
}
_UNEXPECTED = "Something went wrong on our side."
_UNAVAILABLE = "The service is not available; try again shortly."
_CHANGED = "Something that this refers to has changed meanwhile; try again."
_SENTENCES = {
    400: "The request could not be read.",
    404: "There is nothing here.",
    405: "This method is not allowed here.",
    413: "The body is too large.",
}


class ErrorBody(msgspec.Struct):
    """What every error answer holds."""

    error: Annotated[str, Meta(examples=["Some fields are not valid."])]
    code: Annotated[str, Meta(examples=["invalid"])]
    request_id: Annotated[str, Meta(examples=["0f6c1d9b2a7e4c55"])]
    errors: dict[str, list[str]] = {}


class GraphErrorDetails(msgspec.Struct):
    details: Annotated[str, Meta(examples=["text.body is required"])]


class GraphError(msgspec.Struct):
    message: Annotated[str, Meta(examples=["Some fields are not valid."])]
    type: Annotated[str, Meta(examples=["OAuthException"])]
    code: int
    error_data: GraphErrorDetails
    fbtrace_id: Annotated[str, Meta(examples=["0f6c1d9b2a7e4c55"])]


class GraphErrorBody(msgspec.Struct):
    """What an error answer holds under /meta (Meta: Graph API, "Handling errors")."""

    error: GraphError


class ApiError(Exception):
    """An answer with an error status. `code` is stable and for programs, the sentence is for people; `graph_code` is
    Meta's number for it under /meta, `flat` asks for our own shape even there, as Kapso has it for some.
    """

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        errors: dict[str, list[str]] | None = None,
        *,
        headers: dict[str, str] | None = None,
        graph_code: int | None = None,
        flat: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.errors = errors or {}
        self.headers = headers
        self.graph_code = graph_code
        self.flat = flat


def not_found(what: str) -> ApiError:
    """A 404, in Kapso's words; also for what exists outside the scope."""
    return ApiError(404, "not_found", f"{what} not found")


def found(thing: Thing | None, what: str) -> Thing:
    """The thing. Raises ApiError 404 where there is none, or none in the scope."""
    if thing is None:
        raise not_found(what)
    return thing


# Meta: Cloud API, "Error codes". Whatever is wrong with a request is 100, "Invalid parameter".
_GRAPH_CODES = {401: 190, 403: 10, 429: 80007, 500: 131000, 502: 131000, 503: 131016}


def _answer(
    request: AnyRequest,
    status: int,
    code: str,
    sentence: str,
    errors: Mapping[str, list[str]] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    graph_code: int | None = None,
    flat: bool = False,
) -> Response[ErrorBody] | Response[GraphErrorBody]:
    request_id = request.scope.get("state", {}).get("request_id", "")
    if request.url.path.startswith("/meta/") and not flat:
        details = "; ".join(f"{field} {', '.join(texts)}" for field, texts in (errors or {}).items())
        number = graph_code or _GRAPH_CODES.get(status, 100)
        kind = "OAuthException" if number in (100, 190) else "MessageError" if status == 404 else "GraphMethodException"
        error = GraphError(sentence, kind, number, GraphErrorDetails(details or sentence), request_id)
        return Response(GraphErrorBody(error), status_code=status, headers=headers)
    return Response(ErrorBody(sentence, code, request_id, dict(errors or {})), status_code=status, headers=headers)


AnyError = Response[ErrorBody] | Response[GraphErrorBody]


def _api_error(request: AnyRequest, error: ApiError) -> AnyError:
    return _answer(
        request,
        error.status,
        error.code,
        str(error),
        error.errors,
        headers=error.headers,
        graph_code=error.graph_code,
        flat=error.flat,
    )


def _invalid_fields(request: AnyRequest, error: InvalidFieldsError) -> AnyError:
    return _answer(request, 422, "invalid", "Some fields are not valid.", error.errors)


def _invalid_cursor(request: AnyRequest, error: InvalidCursorError) -> AnyError:
    return _answer(request, 400, "invalid_cursor", "The cursor is not valid.", {error.field: [str(error)]})


def _invalid_arguments(request: AnyRequest, error: ValidationException) -> AnyError:
    """Litestar stops at the first wrong field of a body; a caller wants to know all of them."""
    errors: dict[str, list[str]] = {}
    found: Any = error.extra or []
    for one in found:
        field, text = one.get("key", "body"), one["message"]
        if field in request.path_params and text == repr(field):
            continue  # once the API's description was asked for, Litestar misses what the handler does not take
        if one.get("source") == "body" or field == "data":
            value = request.scope["state"].get("json")
            if not isinstance(value, dict):
                return _answer(request, 400, "malformed_json", "The body must be a JSON object.")
            errors |= _wrong_fields(request, value) or {field: [text]}
        else:
            parameter = request.route_handler.parsed_fn_signature.parameters.get(field)
            errors[field] = [plain_text(text, parameter and parameter.annotation)]
    return _answer(request, 422, "invalid", "Some fields are not valid.", errors)


def _wrong_fields(request: AnyRequest, value: dict[str, Any]) -> dict[str, list[str]]:
    """Every wrong field of the body that the handler takes, named without the key that Kapso wraps all of them in."""
    body = request.route_handler.parsed_data_field
    if body is None:
        return {}
    try:
        convert_fields(body.annotation, value, strict=False)
    except InvalidFieldsError as error:
        fields = msgspec.structs.fields(body.annotation)
        wrapper = f"{fields[0].encode_name}." if len(fields) == 1 else ""
        return {field.removeprefix(wrapper): texts for field, texts in error.errors.items()}
    return {}


def _absent(request: AnyRequest, error: NotFoundError) -> AnyError:
    return _answer(request, 404, "not_found", f"{error} not found")


def _refused(request: AnyRequest, error: RefusedError) -> AnyError:
    status = 409 if isinstance(error, ConflictError) else 422
    return _answer(request, status, error.code, str(error), error.errors)


def _http(request: AnyRequest, error: HTTPException) -> AnyError:
    status = error.status_code
    if status >= 500:
        return _unexpected(request, error)
    sentence = _SENTENCES.get(status, error.detail)
    return _answer(request, status, _CODES.get(status, "error"), sentence, headers=dict(error.headers or {}))


def _whatsapp_refused(request: AnyRequest, error: WhatsAppError) -> AnyError | Response[dict[str, Any]]:
    """Under /meta, Meta's own answer."""
    passed_on = request.url.path.startswith("/meta/") and error.status >= 400
    if passed_on and error.body is not None:
        return Response(error.body, status_code=error.status)
    title, details = error.error["title"], error.error["details"]
    sentence = f"WhatsApp refused: {title}" + (f" ({details})" if details else "")
    status = error.status if passed_on else 502
    return _answer(request, status, "whatsapp_refused", sentence, graph_code=error.error["code"])


def _whatsapp_silent(request: AnyRequest, error: NotSentError | NoAnswerError) -> AnyError:
    log.warning("whatsapp_silent", error=str(error))
    return _answer(request, 502, "whatsapp_unavailable", "WhatsApp did not answer; try again shortly.")


def _unreadable_secret(request: AnyRequest, error: DecryptionError) -> AnyError:
    """An access token of before PORTHOLE_SECRET_KEY was changed."""
    log.error("secret_unreadable", error=str(error))
    return _answer(request, 502, "unreadable_token", f"The number's access token is {error}.", graph_code=190)


def _too_deep(request: AnyRequest, _: RecursionError) -> AnyError:
    return _answer(request, 400, "malformed_json", "The body is nested too deeply.")


def _database(request: AnyRequest, error: DBAPIError | PoolTimeoutError | OSError) -> AnyError:
    # Not the error's text: PostgreSQL quotes the values that it refuses.
    kind = type(getattr(error, "orig", None) or error).__name__
    log.error("database_failed", error=kind, stack="".join(traceback.format_tb(error.__traceback__)))
    if isinstance(error, DBAPIError) and is_conflict(error):
        return _answer(request, 409, "conflict", _CHANGED)
    if isinstance(error, DBAPIError) and is_data_error(error):
        return _answer(request, 422, "invalid", "A value cannot be stored.")
    if isinstance(error, DBAPIError) and not is_outage(error):
        return _answer(request, 500, "internal_error", _UNEXPECTED)
    return _answer(request, 503, "unavailable", _UNAVAILABLE, headers={"Retry-After": "1"})


def _busy(request: AnyRequest, error: BusyError) -> AnyError:
    log.warning("busy", error=str(error))
    return _answer(request, 503, "unavailable", _UNAVAILABLE, headers={"Retry-After": "1"})


def _unexpected(request: AnyRequest, error: Exception) -> AnyError:
    log.error("unexpected_error", exc_info=error)
    return _answer(request, 500, "internal_error", _UNEXPECTED)


HANDLERS: ExceptionHandlersMap = {
    ApiError: _api_error,
    InvalidFieldsError: _invalid_fields,
    InvalidCursorError: _invalid_cursor,
    NotFoundError: _absent,
    RefusedError: _refused,
    BusyError: _busy,
    ValidationException: _invalid_arguments,
    HTTPException: _http,
    WhatsAppError: _whatsapp_refused,
    NotSentError: _whatsapp_silent,
    NoAnswerError: _whatsapp_silent,
    DecryptionError: _unreadable_secret,
    RecursionError: _too_deep,
    DBAPIError: _database,
    PoolTimeoutError: _database,
    OSError: _database,
    Exception: _unexpected,
}
