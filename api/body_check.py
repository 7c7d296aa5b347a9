"""Names every wrong field of a body in one answer: those that are wrong by themselves, and those that the database is
against, though the latter are found out later.

A route says `checked_by=<a check>`. It is asked only about a body that is refused anyway, for the fields that are right
by themselves; the operation asks the same of a body that is not.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access import key_of_request
from api.errors import AnyRequest
from shared.refusals import NotFoundError, RefusedError
from shared.settings import Settings
from shared.validation import InvalidFieldsError, read_fields


class Sent(msgspec.Struct, frozen=True):
    """What of a body is right by itself, and where it was sent: `path` holds the parameters of the path."""

    connection: AsyncConnection
    settings: Settings
    project_id: UUID
    fields: Mapping[str, Any]
    path: Mapping[str, Any]


BodyCheck = Callable[[Sent], Awaitable[object]]
"""Raises InvalidFieldsError or RefusedError that name the fields which the database is against."""


async def check_body(request: AnyRequest, value: Any) -> None:
    """Raises InvalidFieldsError for a body in which a field is wrong by itself, where the route has a check."""
    check: BodyCheck | None = request.route_handler.opt.get("checked_by")
    body = request.route_handler.parsed_data_field
    if check is None or body is None:
        return
    (wrapper,) = msgspec.structs.fields(body.annotation)
    sent = value.get(wrapper.encode_name) if isinstance(value, dict) else None
    if not isinstance(sent, dict):
        return
    fields, errors = read_fields(wrapper.type, sent, strict=False)
    if not errors:
        return
    state, project_id = request.app.state, key_of_request(request).project_id
    async with state.engine.connect() as connection:
        found = await _found(check, Sent(connection, state.settings, project_id, fields, request.path_params))
    raise InvalidFieldsError({**found, **errors})


async def _found(check: BodyCheck, sent: Sent) -> dict[str, list[str]]:
    try:
        await check(sent)
    except (InvalidFieldsError, RefusedError) as error:
        return error.errors
    except NotFoundError:  # of the path; the body is wrong all the same
        pass
    return {}
