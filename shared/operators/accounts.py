"""Operators' accounts: made, read, changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import SEALED, Actor, made, record
from shared.ids import new_id
from shared.models import Operator
from shared.operations.create_user import TAKEN, Email, PersonName
from shared.operators.passwords import Password, check_password
from shared.operators.sessions import end_sessions, normal_email
from shared.paging import CursorQuery, Paging, cursor_page
from shared.refusals import NotFoundError, RefusedError
from shared.validation import WRONG, InvalidFieldsError

Role = Literal["owner", "operator", "viewer"]
ROLES: dict[Role, str] = {
    "owner": "Everything, the operators included",
    "operator": "Everything but the operators",
    "viewer": "Looks at everything but secrets, and changes nothing",
}


class OperatorView(msgspec.Struct, kw_only=True):
    """An operator as the dashboard shows one."""

    id: UUID
    email: str
    name: str
    role: Role
    created_at: datetime
    last_signed_in_at: datetime | None
    disabled_at: datetime | None


class NewOperator(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of themselves as they become an operator."""

    name: PersonName
    email: Email
    password: Password

    def __post_init__(self) -> None:
        """Raises InvalidFieldsError."""
        errors: dict[str, list[str]] = {}
        if self.password is not WRONG:
            check_password(self.password, None if self.email is WRONG else self.email, errors)
        if errors:
            raise InvalidFieldsError(errors)


async def create_operator(
    connection: AsyncConnection, wanted: NewOperator, role: Role, password_hash: str, actor: Actor
) -> UUID:
    """Store an operator. An `actor` without an id is the new operator. Raises InvalidFieldsError if another has the
    email.
    """
    operator_id, email = new_id(), normal_email(wanted.email)
    values = {"email": email, "name": wanted.name, "role": role}
    try:
        await connection.execute(insert(Operator).values(id=operator_id, password_hash=password_hash, **values))
    except IntegrityError as error:
        raise InvalidFieldsError(TAKEN) from error
    if actor.type == "operator" and actor.id is None:
        actor = msgspec.structs.replace(actor, id=str(operator_id), name=wanted.name)
    await record(connection, None, actor, "operator.created", operator_id, made(values))
    return operator_id


async def has_owner(connection: AsyncConnection) -> bool:
    """Whether the installation has ever been set up."""
    return await connection.scalar(select(Operator.id).where(Operator.role == "owner").limit(1)) is not None


async def get_operator(connection: AsyncConnection, operator_id: UUID) -> OperatorView:
    """Raises NotFoundError."""
    row = (await connection.execute(select(Operator.__table__).where(Operator.id == operator_id))).one_or_none()
    if row is None:
        raise NotFoundError("Operator")
    return _view(row)


async def find_operator(connection: AsyncConnection, email: str) -> OperatorView | None:
    """Who has this email, in whatever case."""
    query = select(Operator.__table__).where(Operator.email == normal_email(email))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _view(row)


async def list_operators(connection: AsyncConnection, page: CursorQuery) -> tuple[Sequence[OperatorView], Paging]:
    """A page of the operators, newest first, disabled ones among them. Raises InvalidCursorError."""
    rows, paging = await cursor_page(connection, select(Operator.__table__), Operator.created_at, Operator.id, page)
    return [_view(row) for row in rows], paging


async def change_operator(
    connection: AsyncConnection, operator_id: UUID, *, role: Role, disabled: bool, actor: Actor
) -> None:
    """Store what differs; who is disabled is signed out everywhere.

    Raises NotFoundError, or RefusedError with code `last_owner`: without an owner nobody could make another one.
    """
    # All owners are locked, in one order, so that two who disable each other take turns.
    owners = select(Operator.id).where(Operator.role == "owner", Operator.disabled_at.is_(None))
    owner_ids = set((await connection.execute(owners.order_by(Operator.id).with_for_update())).scalars())
    before = await get_operator(connection, operator_id)
    if owner_ids == {operator_id} and (disabled or role != "owner"):
        raise RefusedError("last_owner", "The last owner stays an owner; make somebody else one first.")
    changes: dict[str, list[Any]] = {}
    if role != before.role:
        changes["role"] = [before.role, role]
    if disabled != (before.disabled_at is not None):
        changes["disabled"] = [not disabled, disabled]
    if not changes:
        return
    disabled_at = func.coalesce(Operator.disabled_at, func.now()) if disabled else None
    await connection.execute(
        update(Operator).where(Operator.id == operator_id).values(role=role, disabled_at=disabled_at)
    )
    if disabled:
        await end_sessions(connection, operator_id)
    await record(connection, None, actor, "operator.updated", operator_id, changes)


async def change_password(connection: AsyncConnection, operator_id: UUID, password_hash: str, actor: Actor) -> None:
    """Store a new password, and sign the operator out everywhere."""
    await connection.execute(update(Operator).where(Operator.id == operator_id).values(password_hash=password_hash))
    await end_sessions(connection, operator_id)
    await record(connection, None, actor, "operator.updated", operator_id, {"password": [SEALED, SEALED]})


def _view(row: Row[Any]) -> OperatorView:
    return OperatorView(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        created_at=row.created_at,
        last_signed_in_at=row.last_signed_in_at,
        disabled_at=row.disabled_at,
    )
