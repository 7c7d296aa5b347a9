"""Create an embed: its scope, checked, and its token, which is shown once."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import new_token, token_hash
from shared.ids import new_id
from shared.models import Customer, InboxEmbed, PhoneNumber, TeamMember
from shared.origins import InvalidOriginError, normal_origin
from shared.scope import ScopeType
from shared.validation import InvalidFieldsError, convert_fields

LANGUAGES = ("en", "es", "pt", "fr", "de", "ar")


class NewEmbed(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may say of an embed (Kapso: Platform API, "Create inbox embed")."""

    scope_type: ScopeType
    scope_id: Annotated[str, Meta(max_length=100)] | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    assigned_user_id: UUID | None = None
    allowed_origins: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=50)] = []
    default_mode: Literal["system", "light", "dark"] = "system"
    language: Literal["en", "es", "pt", "fr", "de", "ar"] = "en"
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class ScopeNotFoundError(Exception):
    """The project has no such customer or phone number; the text says which."""


async def create_embed(connection: AsyncConnection, project_id: UUID, wanted: NewEmbed) -> tuple[UUID, str]:
    """Store an embed and return its id and its token.

    Raises InvalidFieldsError with every wrong field, or ScopeNotFoundError.
    """
    errors: dict[str, list[str]] = {}
    origins = _origins(wanted.allowed_origins, errors)
    if wanted.expires_at is not None and wanted.expires_at <= datetime.now(UTC):
        errors["expires_at"] = ["must be in the future"]
    if wanted.assigned_user_id is not None:
        member = select(TeamMember.id).where(
            TeamMember.project_id == project_id, TeamMember.id == wanted.assigned_user_id
        )
        if (await connection.execute(member)).scalar_one_or_none() is None:
            errors["assigned_user_id"] = ["is not a member of this project"]
    if wanted.scope_type == "project" and wanted.scope_id:
        errors["scope_id"] = ["must be blank for the scope type project"]
    if wanted.scope_type != "project" and not wanted.scope_id:
        errors["scope_id"] = [f"is required for the scope type {wanted.scope_type}"]
    if errors:
        raise InvalidFieldsError(errors)
    phone_number_id, customer_id = await _scope(connection, project_id, wanted)
    embed_id, token = new_id(), new_token()
    await connection.execute(
        insert(InboxEmbed).values(
            id=embed_id,
            project_id=project_id,
            token_hash=token_hash(token),
            name=wanted.name,
            scope_type=wanted.scope_type,
            phone_number_id=phone_number_id,
            customer_id=customer_id,
            assignee_id=wanted.assigned_user_id,
            allowed_origins=origins,
            default_mode=wanted.default_mode,
            language=wanted.language,
            expires_at=wanted.expires_at,
        )
    )
    return embed_id, token


def _origins(patterns: list[str], errors: dict[str, list[str]]) -> list[str]:
    """The patterns in their stored form; "*" is Kapso's clients' way to say any origin, which is ours for none."""
    origins: list[str] = []
    for pattern in patterns:
        if pattern.strip() == "*":
            continue
        try:
            origins.append(normal_origin(pattern))
        except InvalidOriginError as error:
            errors.setdefault("allowed_origins", []).append(f"{pattern}: {error}")
    return list(dict.fromkeys(origins))


async def _scope(connection: AsyncConnection, project_id: UUID, wanted: NewEmbed) -> tuple[str | None, UUID | None]:
    if wanted.scope_type == "phone_number":
        number = select(PhoneNumber.phone_number_id).where(
            PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id == wanted.scope_id
        )
        if (await connection.execute(number)).scalar_one_or_none() is None:
            raise ScopeNotFoundError("Phone number not found")
        return wanted.scope_id, None
    if wanted.scope_type == "customer":
        try:
            customer_id = UUID(wanted.scope_id)
        except ValueError as error:
            raise InvalidFieldsError({"scope_id": ["must be the UUID of a customer"]}) from error
        customer = select(Customer.id).where(Customer.project_id == project_id, Customer.id == customer_id)
        if (await connection.execute(customer)).scalar_one_or_none() is None:
            raise ScopeNotFoundError("Customer not found")
        return None, customer_id
    return None, None


def read_new_embed(fields: dict[str, object]) -> NewEmbed:
    """Read what a caller sent. Raises InvalidFieldsError with every wrong field."""
    return convert_fields(NewEmbed, fields)
