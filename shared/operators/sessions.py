"""Operators' sessions: who signs in, who is signed in, and when that ends."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.crypto import new_token, token_hash
from shared.db import autocommit
from shared.ids import new_id
from shared.models import Operator, OperatorSession
from shared.operators.passwords import password_is_right

LONGEST = timedelta(days=7)
IDLE = timedelta(hours=24)
USED_EVERY = timedelta(minutes=1)


class SignedIn(msgspec.Struct, frozen=True):
    """An operator with a session that is good."""

    operator_id: UUID
    session_id: UUID
    name: str
    email: str
    role: str


class Proven(msgspec.Struct, frozen=True):
    """An operator who has just shown a password, or chosen one; `password_hash` is what is stored of it."""

    operator_id: UUID
    password_hash: str


def normal_email(email: str) -> str:
    """The one spelling of an email under which its account is stored, found and counted."""
    return email.strip().lower()


async def check_password_of(engine: AsyncEngine, email: str, password: str) -> Proven | None:
    """The operator who has this email, in its normal spelling, and this password, and is not disabled; None takes as
    long to say, whatever the reason. Raises BusyError.
    """
    query = select(Operator.id, Operator.password_hash, Operator.disabled_at).where(Operator.email == email)
    async with autocommit(engine).connect() as connection:
        row = (await connection.execute(query)).one_or_none()
    is_right = await password_is_right(password, None if row is None else row.password_hash)
    return Proven(row.id, row.password_hash) if row is not None and is_right and row.disabled_at is None else None


async def still_proven(connection: AsyncConnection, proven: Proven) -> bool:
    """Whether the password is still the operator's, who is not disabled. It stays so until the transaction ends, so
    that a new password either is seen here, or ends the session that is made now.
    """
    query = select(Operator.id).where(
        Operator.id == proven.operator_id,
        Operator.password_hash == proven.password_hash,
        Operator.disabled_at.is_(None),
    )
    return await connection.scalar(query.with_for_update(key_share=True)) is not None


async def start_session(connection: AsyncConnection, operator_id: UUID) -> str:
    """A new session's token, for the cookie. What has expired goes."""
    token = new_token()
    now = datetime.now(UTC)
    await connection.execute(delete(OperatorSession).where(OperatorSession.expires_at < now))
    await connection.execute(
        insert(OperatorSession).values(
            id=new_id(), operator_id=operator_id, token_hash=token_hash(token), expires_at=now + LONGEST
        )
    )
    await connection.execute(update(Operator).where(Operator.id == operator_id).values(last_signed_in_at=func.now()))
    return token


async def signed_in(connection: AsyncConnection, token: str, *, is_use: bool = True) -> SignedIn | None:
    """Whose session the token opens, if it is still good: one indexed query, and once a minute a note that it is used,
    unless `is_use` says that nobody is there. The connection is one without a transaction.
    """
    now = datetime.now(UTC)
    query = (
        select(
            Operator.id,
            OperatorSession.id.label("session_id"),
            Operator.name,
            Operator.email,
            Operator.role,
            OperatorSession.last_used_at,
        )
        .join(Operator, Operator.id == OperatorSession.operator_id)
        .where(
            OperatorSession.token_hash == token_hash(token),
            OperatorSession.expires_at > now,
            OperatorSession.last_used_at > now - IDLE,
            Operator.disabled_at.is_(None),
        )
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    if is_use and row.last_used_at < now - USED_EVERY:
        used = update(OperatorSession).where(OperatorSession.id == row.session_id)
        await connection.execute(used.values(last_used_at=func.now()))
    return SignedIn(row.id, row.session_id, row.name, row.email, row.role)


async def end_session(connection: AsyncConnection, session_id: UUID) -> None:
    await connection.execute(delete(OperatorSession).where(OperatorSession.id == session_id))


async def end_sessions(connection: AsyncConnection, operator_id: UUID) -> None:
    """Sign an operator out everywhere."""
    await connection.execute(delete(OperatorSession).where(OperatorSession.operator_id == operator_id))
