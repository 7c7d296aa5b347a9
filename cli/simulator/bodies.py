"""Reading what a business sends to Graph."""

import json
from typing import Any

from litestar import Request
from litestar.datastructures.state import State

from cli.simulator.errors import GraphError


async def json_object(request: Request[object, object, State]) -> dict[str, Any]:
    """The body, {} if there is none. Raises GraphError 100 unless it is a JSON object."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise GraphError(100, "The request body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise GraphError(100, "The request body must be a JSON object.")
    return body
