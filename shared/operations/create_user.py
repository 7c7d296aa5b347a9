"""Add a person of the business."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import violates
from shared.ids import new_id
from shared.models import TeamMember
from shared.validation import InvalidFieldsError

Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="Kept in lower case, unique in the project.",
        examples=["ana@example.com"],
    ),
]
PersonName = Annotated[str, Meta(min_length=1, max_length=200, examples=["Ana Ribeiro"])]
Role = Literal["owner", "admin", "member"]

TAKEN = {"email": ["has already been taken"]}


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may say of a person."""

    email: Email
    name: PersonName
    role: Role = "member"


async def create_user(
    connection: AsyncConnection, project_id: UUID, wanted: NewUser, user_id: UUID | None = None
) -> UUID:
    """Store a person, under the caller's id where it has made one up, and return the id, Kapso's `user_id`.

    Raises InvalidFieldsError if another has the email, or IntegrityError for an id that has been used.
    """
    user_id = user_id or new_id()
    try:
        await connection.execute(
            insert(TeamMember).values(
                id=user_id, project_id=project_id, email=wanted.email.lower(), name=wanted.name, role=wanted.role
            )
        )
    except IntegrityError as error:
        if violates(error, "team_member_pkey"):
            raise
        raise InvalidFieldsError(TAKEN) from error
    return user_id


async def check_user_fields(
    connection: AsyncConnection, project_id: UUID, fields: Mapping[str, Any], user_id: UUID | None = None
) -> None:
    """Raises InvalidFieldsError, as the writing would, if somebody other than `user_id` has the email."""
    query = select(TeamMember.id).where(
        TeamMember.project_id == project_id,
        TeamMember.email == fields.get("email", "").lower(),
        TeamMember.id.is_distinct_from(user_id),
    )
    if (await connection.execute(query)).scalar_one_or_none() is not None:
        raise InvalidFieldsError(TAKEN)
