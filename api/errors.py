"""One JSON error for everything: {"error": "<sentence>", "code", "request_id", "errors": {field: [...]}}."""

import traceback
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.db import is_data_error, is_outage
from shared.embeds import EmbedRefusedError
from shared.paging import InvalidCursorError
from shared.validation import InvalidFieldsError

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]

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
_SENTENCES = {
    400: "The request could not be read.",
    404: "There is nothing here.",
    405: "This method is not allowed here.",
    413: "The body is too large.",
}


class ErrorBody(msgspec.Struct):
    """What every error answer holds."""

    error: str
    code: str
    request_id: str
    errors: dict[str, list[str]] = {}


class ApiError(Exception):
    """An answer with an error status. `code` is stable and for programs, the sentence is for people."""

    def __init__(self, status: int, code: str, sentence: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.errors = errors or {}


def not_found(what: str) -> ApiError:
    """A 404; also for what exists outside the scope."""
    return ApiError(404, "not_found", f"{what} not found.")


def _answer(
    request: AnyRequest,
    status: int,
    code: str,
    sentence: str,
    errors: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[ErrorBody]:
    request_id = request.scope.get("state", {}).get("request_id", "")
    return Response(ErrorBody(sentence, code, request_id, errors or {}), status_code=status, headers=headers)


def _api_error(request: AnyRequest, error: ApiError) -> Response[ErrorBody]:
    return _answer(request, error.status, error.code, str(error), error.errors)


def _invalid_fields(request: AnyRequest, error: InvalidFieldsError) -> Response[ErrorBody]:
    return _answer(request, 422, "invalid", "Some fields are not valid.", error.errors)


def _invalid_cursor(request: AnyRequest, error: InvalidCursorError) -> Response[ErrorBody]:
    return _answer(request, 400, "invalid_cursor", "The cursor is not valid.", {"after": [str(error)]})


def _embed_refused(request: AnyRequest, error: EmbedRefusedError) -> Response[ErrorBody]:
    return _answer(request, 403 if error.code == "forbidden_origin" else 401, error.code, str(error))


def _http(request: AnyRequest, error: HTTPException) -> Response[ErrorBody]:
    status = error.status_code
    if status >= 500:
        return _unexpected(request, error)
    sentence = _SENTENCES.get(status, error.detail)
    return _answer(request, status, _CODES.get(status, "error"), sentence, headers=dict(error.headers or {}))


def _database(request: AnyRequest, error: DBAPIError | PoolTimeoutError | OSError) -> Response[ErrorBody]:
    # Not the error's text: PostgreSQL quotes the values that it refuses.
    kind = type(getattr(error, "orig", None) or error).__name__
    log.error("database_failed", error=kind, stack="".join(traceback.format_tb(error.__traceback__)))
    if isinstance(error, DBAPIError) and is_data_error(error):
        return _answer(request, 422, "invalid", "A value cannot be stored.")
    if isinstance(error, DBAPIError) and not is_outage(error):
        return _answer(request, 500, "internal_error", _UNEXPECTED)
    return _answer(
        request, 503, "unavailable", "The service is not available; try again shortly.", headers={"Retry-After": "1"}
    )


def _unexpected(request: AnyRequest, error: Exception) -> Response[ErrorBody]:
    log.error("unexpected_error", exc_info=error)
    return _answer(request, 500, "internal_error", _UNEXPECTED)


HANDLERS: ExceptionHandlersMap = {
    ApiError: _api_error,
    InvalidFieldsError: _invalid_fields,
    InvalidCursorError: _invalid_cursor,
    EmbedRefusedError: _embed_refused,
    HTTPException: _http,
    DBAPIError: _database,
    PoolTimeoutError: _database,
    OSError: _database,
    Exception: _unexpected,
}
