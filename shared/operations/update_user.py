"""Change a person of the business."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import changed
from shared.models import TeamMember
from shared.operations.create_user import TAKEN, Email, PersonName, Role
from shared.patches import sent_fields
from shared.refusals import NotFoundError
from shared.validation import InvalidFieldsError


class UserChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What may be changed of a person."""

    email: Email | UnsetType = UNSET
    name: PersonName | UnsetType = UNSET
    role: Role | UnsetType = UNSET


async def update_user(
    connection: AsyncConnection, project_id: UUID, user_id: UUID, wanted: UserChanges
) -> dict[str, list[Any]]:
    """Store what differs and return it as {field: [before, after]}. Raises NotFoundError or InvalidFieldsError."""
    this = (TeamMember.project_id == project_id, TeamMember.id == user_id)
    query = select(TeamMember.__table__).where(*this).with_for_update()
    before = (await connection.execute(query)).mappings().one_or_none()
    if before is None:
        raise NotFoundError("User")
    values = sent_fields(wanted)
    if "email" in values:
        values["email"] = values["email"].lower()
    changes = changed(dict(before), values)
    if changes:
        try:
            await connection.execute(update(TeamMember).where(*this).values(**values))
        except IntegrityError as error:
            raise InvalidFieldsError(TAKEN) from error
    return changes
