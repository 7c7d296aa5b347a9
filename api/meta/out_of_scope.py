"""What Kapso offers on this path and Porthole does not: calls and Flows. 501, and a sentence instead of silence."""

from typing import Annotated

from litestar import Controller, Response, route
from litestar.enums import HttpMethod
from litestar.params import PathParameter

from api.errors import ApiError, GraphErrorBody
from api.openapi import graph_refusals

ObjectId = Annotated[str, PathParameter(description="Whatever it is the id of.")]

_ANSWERS = graph_refusals(501)
_READS_AND_WRITES = [HttpMethod.GET, HttpMethod.POST]


class OutOfScopeController(Controller):
    path = "/{object_id:str}"
    tags = ("Not offered",)

    @route(["/calls", "/call_permissions"], http_method=_READS_AND_WRITES, status_code=501, responses=_ANSWERS)
    async def calls(self, object_id: ObjectId) -> Response[GraphErrorBody]:
        """Calls over WhatsApp are not offered."""
        raise _not_offered("Calls")

    @route(
        ["/flows", "/assets", "/publish", "/deprecate"],
        http_method=_READS_AND_WRITES,
        status_code=501,
        responses=_ANSWERS,
    )
    async def flows(self, object_id: ObjectId) -> Response[GraphErrorBody]:
        """WhatsApp Flows cannot be edited here; messages that start one can be sent."""
        raise _not_offered("WhatsApp Flows")


def _not_offered(what: str) -> ApiError:
    return ApiError(501, "not_offered", f"{what} are not offered by Porthole.", graph_code=3)
