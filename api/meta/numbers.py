"""The number in the path, which every resource below it belongs to."""

from typing import Annotated
from uuid import UUID

from litestar.params import PathParameter
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import ApiError
from shared.queries.numbers import Number, find_number

NumberId = Annotated[str, PathParameter(description="Meta's id of a number of the project.")]


async def number_of(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> Number:
    """The project's number with this id. Raises ApiError 404."""
    number = await find_number(connection, project_id, phone_number_id)
    if number is None:
        raise ApiError(404, "not_found", "WhatsApp phone number not found or not accessible in this project")
    return number
