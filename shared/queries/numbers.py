"""The number that a call on the Meta-compatible path is about."""

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import PhoneNumber
from shared.scope import Scope


class Number(msgspec.Struct, frozen=True):
    """A WhatsApp number of a project. `access_token` is encrypted with the secret key."""

    project_id: UUID
    phone_number_id: str
    business_account_id: str
    access_token: bytes

    def scope(self) -> Scope:
        """All that belongs to the number."""
        return Scope(self.project_id, phone_number_id=self.phone_number_id)


async def find_number(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> Number | None:
    """The number with this id of Meta's, None if the project does not have it."""
    found = await connection.execute(
        select(
            PhoneNumber.project_id,
            PhoneNumber.phone_number_id,
            PhoneNumber.business_account_id,
            PhoneNumber.access_token,
        ).where(PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id == phone_number_id)
    )
    row = found.one_or_none()
    return None if row is None else Number(*row)
