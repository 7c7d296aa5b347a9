"""The request as our handlers see it: its JSON body stays at hand, so that an error can name every wrong field."""

from collections.abc import Iterator
from typing import Any

from litestar import Request
from litestar.exceptions import SerializationException

from api.body_check import check_body
from api.errors import ApiError
from shared.validation import InvalidFieldsError, holds_nul


class ApiRequest(Request[Any, Any, Any]):
    """Litestar's request, whose body must be JSON where one is read as JSON."""

    async def json(self) -> Any:
        """The decoded body, None if there is none. Raises ApiError 400, or InvalidFieldsError for a NUL in it,
        and where the route has a check (api/body_check.py).
        """
        try:
            value = await super().json()
        except (SerializationException, UnicodeError) as error:
            raise ApiError(400, "malformed_json", "The body is not JSON.") from error
        if b"\\u0000" in await self.body() and holds_nul(value):
            raise InvalidFieldsError({field: ["must not hold a NUL character"] for field in _with_nul(value)})
        self.scope["state"]["json"] = value
        await check_body(self, value)
        return value


def _with_nul(value: Any) -> list[str]:
    """The fields of a body that hold a NUL, by their paths; of the one object in it, where Kapso wraps them in one."""
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        value = inner if isinstance(inner, dict) else value
    return sorted(path.removeprefix(".") or "body" for path in _paths_with_nul(value, ""))


def _paths_with_nul(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from [path] if holds_nul(name) else _paths_with_nul(part, f"{path}.{name}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _paths_with_nul(part, f"{path}[{place}]")
    elif holds_nul(value):
        yield path
