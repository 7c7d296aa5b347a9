"""The WhatsApp Business Account in the path, which numbers of the project belong to."""

from uuid import UUID

import msgspec
from litestar.datastructures import State
from sqlalchemy import select

from api.errors import ApiError
from shared.crypto import decrypt
from shared.models import PhoneNumber


class Account(msgspec.Struct, frozen=True):
    """An account, and an access token that is good for it."""

    id: str
    access_token: str


async def account_of(state: State, project_id: UUID, business_account_id: str) -> Account:
    """The account, if a number of the project belongs to it. Raises ApiError 404, or DecryptionError."""
    query = (
        select(PhoneNumber.access_token)
        .where(PhoneNumber.project_id == project_id, PhoneNumber.business_account_id == business_account_id)
        .order_by(PhoneNumber.id)
        .limit(1)
    )
    async with state.engine.connect() as connection:
        stored = (await connection.execute(query)).scalar_one_or_none()
    if stored is None:
        raise ApiError(404, "not_found", "WhatsApp Business Account not found or not accessible in this project")
    return Account(business_account_id, decrypt(stored, state.settings.secret_key))


async def only_account(state: State, project_id: UUID) -> Account | None:
    """The account that all numbers of the project belong to, None if there are several or none."""
    query = select(PhoneNumber.business_account_id).where(PhoneNumber.project_id == project_id).distinct().limit(2)
    async with state.engine.connect() as connection:
        found = (await connection.scalars(query)).all()
    return await account_of(state, project_id, found[0]) if len(found) == 1 else None
