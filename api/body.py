"""Reading request bodies."""

from typing import Any

import msgspec

from api.errors import AnyRequest, ApiError


async def json_object(request: AnyRequest) -> dict[str, Any]:
    """The request's body, which must be a JSON object. Raises ApiError 400."""
    try:
        value = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ApiError(400, "malformed_json", "The body is not JSON.") from error
    if not isinstance(value, dict):
        raise ApiError(400, "malformed_json", "The body must be a JSON object.")
    return value
