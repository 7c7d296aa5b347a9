"""Links that work once: they make an operator, or let one choose a new password."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.audit import Actor, made, record
from shared.crypto import new_token, token_hash
from shared.db import violates
from shared.ids import new_id
from shared.models import Operator, OperatorLink
from shared.operators.accounts import NewOperator, Role, change_password, create_operator, get_operator, has_owner
from shared.operators.passwords import Password, check_password, hash_password
from shared.operators.sessions import Proven
from shared.refusals import ConflictError, NotFoundError
from shared.validation import InvalidFieldsError, convert_fields

LIVES = timedelta(hours=24)
KEPT = timedelta(days=30)
"""How long the row of a link that has ended stays."""
MOST_SHOWN = 100


class LinkView(msgspec.Struct, kw_only=True):
    """A link that is still good. `role` is that of the operator it makes; without one it is for the operator who has
    `email`.
    """

    id: UUID
    role: Role | None
    operator_id: UUID | None
    email: str | None
    first_owner: bool
    created_at: datetime
    expires_at: datetime


class NewPassword(msgspec.Struct, frozen=True):
    password: Password


def link_url(base_url: str, token: str) -> str:
    """Where a link leads; whoever has it becomes who it is for."""
    return f"{base_url.rstrip('/')}/dashboard/join/{token}"


async def make_first_owner_link(connection: AsyncConnection) -> str | None:
    """The token of a link for the first owner, which replaces the one of before; None if there is an owner."""
    if await has_owner(connection):
        return None
    await connection.execute(delete(OperatorLink).where(OperatorLink.first_owner))
    return await _store(connection, role="owner", first_owner=True)


async def make_invitation(connection: AsyncConnection, role: Role, actor: Actor, link_id: UUID | None = None) -> str:
    """The token of a link for a new operator with this role. Raises ConflictError if there was one of this id."""
    token = await _store(connection, link_id, role=role)
    await record(connection, None, actor, "operator_link.created", "invitation", made({"role": role}))
    return token


async def make_password_link(
    connection: AsyncConnection, operator_id: UUID, actor: Actor, link_id: UUID | None = None
) -> str:
    """The token of a link with which an operator chooses a new password; earlier ones die. Raises NotFoundError, or
    ConflictError if there was one of this id.
    """
    await get_operator(connection, operator_id)
    await _end(connection, OperatorLink.operator_id == operator_id)
    token = await _store(connection, link_id, operator_id=operator_id)
    await record(connection, None, actor, "operator_link.created", operator_id, made({"for": "a new password"}))
    return token


async def _store(
    connection: AsyncConnection,
    link_id: UUID | None = None,
    *,
    role: Role | None = None,
    operator_id: UUID | None = None,
    first_owner: bool = False,
) -> str:
    token = new_token()
    link = insert(OperatorLink).values(
        id=link_id or new_id(),
        token_hash=token_hash(token),
        role=role,
        operator_id=operator_id,
        first_owner=first_owner,
        expires_at=datetime.now(UTC) + LIVES,
    )
    # By now nobody sends again the form that asked for it.
    await connection.execute(delete(OperatorLink).where(OperatorLink.expires_at < datetime.now(UTC) - KEPT))
    try:
        await connection.execute(link)
    except IntegrityError as error:
        if not violates(error, "operator_link_pkey"):
            raise
        raise ConflictError("link_exists", "This link has been made already.") from error
    return token


async def _end(connection: AsyncConnection, which: ColumnElement[bool]) -> Sequence[UUID | None]:
    """End those of the links that are still good; returns whose new password each was for. The rows stay, so that a
    form that is sent again makes no other link. An id of 16 bytes is no token's SHA-256: nothing opens them, whatever
    the clocks say.
    """
    ended = (
        update(OperatorLink)
        .where(which, OperatorLink.expires_at > datetime.now(UTC))
        .values(token_hash=func.uuid_send(OperatorLink.id), expires_at=datetime.now(UTC))
        .returning(OperatorLink.operator_id)
    )
    return (await connection.execute(ended)).scalars().all()


_LINKS = (
    select(
        OperatorLink.id,
        OperatorLink.role,
        OperatorLink.operator_id,
        Operator.email,
        OperatorLink.first_owner,
        OperatorLink.created_at,
        OperatorLink.expires_at,
    )
    .outerjoin(Operator, Operator.id == OperatorLink.operator_id)
    .where(or_(OperatorLink.operator_id.is_(None), Operator.disabled_at.is_(None)))
)


async def list_links(connection: AsyncConnection) -> list[LinkView]:
    """The links that are still good, at most MOST_SHOWN of them: they live for a day."""
    query = _LINKS.where(OperatorLink.expires_at > datetime.now(UTC)).order_by(OperatorLink.created_at.desc())
    return [LinkView(**row._mapping) for row in await connection.execute(query.limit(MOST_SHOWN))]  # noqa: SLF001


async def open_link(connection: AsyncConnection, token: str, *, lock: bool = False) -> LinkView:
    """What a link is for. Raises NotFoundError for one that was used, has expired, or never was; one for the first
    owner is good only while there is none.
    """
    query = _LINKS.where(OperatorLink.token_hash == token_hash(token), OperatorLink.expires_at > datetime.now(UTC))
    row = (await connection.execute(query.with_for_update(of=OperatorLink) if lock else query)).one_or_none()
    if row is None or (row.first_owner and await has_owner(connection)):
        raise NotFoundError("Link")
    return LinkView(**row._mapping)  # noqa: SLF001


async def remove_link(connection: AsyncConnection, link_id: UUID, actor: Actor) -> None:
    """A link that is used meanwhile, or was removed before, is gone all the same."""
    for operator_id in await _end(connection, OperatorLink.id == link_id):
        await record(connection, None, actor, "operator_link.removed", operator_id or "invitation")


async def use_link(engine: AsyncEngine, token: str, fields: Mapping[str, Any], actor: Actor) -> Proven:
    """Do what a link is for, with what somebody filled in: name, email and password, or a password alone. Returns
    who they are; the link has ended then. `actor` says where they are.

    Raises NotFoundError as `open_link` does, or InvalidFieldsError or BusyError, after which the link is still good.
    """
    async with engine.connect() as connection:
        link = await open_link(connection, token)
    wanted = _read_new_password(link, fields) if link.operator_id else convert_fields(NewOperator, fields)
    password_hash = await hash_password(wanted.password)
    async with engine.begin() as connection:
        if link.first_owner:  # all of them, so that of two that were made at the same moment one is used
            query = select(OperatorLink.id).where(OperatorLink.first_owner).order_by(OperatorLink.id)
            await connection.execute(query.with_for_update())
        await open_link(connection, token, lock=True)
        if isinstance(wanted, NewOperator):
            assert link.role is not None
            operator_id = await create_operator(connection, wanted, link.role, password_hash, actor)
        else:
            assert link.operator_id is not None
            operator_id = link.operator_id
            await change_password(
                connection, operator_id, password_hash, msgspec.structs.replace(actor, id=str(operator_id))
            )
        await _end(connection, OperatorLink.id == link.id)
    return Proven(operator_id, password_hash)


def _read_new_password(link: LinkView, fields: Mapping[str, Any]) -> NewPassword:
    wanted = convert_fields(NewPassword, fields)
    errors: dict[str, list[str]] = {}
    check_password(wanted.password, link.email, errors)
    if errors:
        raise InvalidFieldsError(errors)
    return wanted
