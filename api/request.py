"""The request as our handlers see it: its JSON body stays at hand, so that an error can name every wrong field."""

from typing import Any

from litestar import Request
from litestar.exceptions import SerializationException

from api.errors import ApiError
from shared.validation import InvalidFieldsError, holds_nul


class ApiRequest(Request[Any, Any, Any]):
    """Litestar's request, whose body must be JSON where one is read as JSON."""

    async def json(self) -> Any:
        """The decoded body, None if there is none. Raises ApiError 400, or InvalidFieldsError for a NUL in it."""
        try:
            value = await super().json()
        except (SerializationException, UnicodeError) as error:
            raise ApiError(400, "malformed_json", "The body is not JSON.") from error
        if b"\\u0000" in await self.body() and holds_nul(value):
            raise InvalidFieldsError({field: ["must not hold a NUL character"] for field in _with_nul(value)})
        self.scope["state"]["json"] = value
        return value


def _with_nul(value: Any) -> list[str]:
    """The fields of a body that hold a NUL; of the one object in it, where Kapso wraps them in one."""
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        value = inner if isinstance(inner, dict) else value
    return [field for field, part in value.items() if holds_nul([field, part])] if isinstance(value, dict) else ["body"]
