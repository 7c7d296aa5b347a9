"""Create an embed: its scope, checked, and its secrets, which are shown once."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import encrypt, new_token, token_hash
from shared.embeds import Language, Mode
from shared.ids import new_id
from shared.models import Customer, InboxEmbed, PhoneNumber
from shared.operations.check_embed import check_assignee, check_end, checked_origins
from shared.scope import ScopeType
from shared.validation import InvalidFieldsError, convert_fields

Name = Annotated[str, Meta(max_length=200, description="What the embed is for.", examples=["Support inbox"])]
Origins = Annotated[
    list[Annotated[str, Meta(max_length=300)]],
    Meta(
        max_length=50,
        description="Where the inbox may be embedded: https origins and wildcards such as `*.example.com`; empty: "
        "anywhere. Plain http is for localhost.",
        examples=[["https://app.example.com", "*.example.org"]],
    ),
]
Assignee = Annotated[UUID, Meta(description="Show only what is assigned to this member of the project.")]
End = Annotated[datetime, Meta(tz=True, description="When the embed stops to open anything; null: never.")]


class NewEmbed(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may say of an embed (Kapso: Platform API, "Create inbox embed")."""

    scope_type: ScopeType
    scope_id: (
        Annotated[
            str,
            Meta(
                max_length=100,
                description="The customer's id or Meta's phone_number_id; blank for the scope type project.",
                examples=["106540352242922"],
            ),
        ]
        | None
    ) = None
    name: Name | None = None
    assigned_user_id: Assignee | None = None
    allowed_origins: Origins = []
    default_mode: Mode = "system"
    language: Language = "en"
    expires_at: End | None = None


class ScopeNotFoundError(Exception):
    """The project has no such customer or phone number; the text says which."""


class EmbedSecrets(msgspec.Struct, frozen=True):
    """What is shown once: the token opens the inbox, the signing secret signs user claims."""

    embed_id: UUID
    token: str
    signing_secret: str


async def create_embed(
    connection: AsyncConnection, project_id: UUID, wanted: NewEmbed, secret_key: str
) -> EmbedSecrets:
    """Store an embed. Raises InvalidFieldsError with every wrong field, or ScopeNotFoundError."""
    errors: dict[str, list[str]] = {}
    origins = checked_origins(wanted.allowed_origins, errors)
    if wanted.expires_at is not None:
        check_end(wanted.expires_at, errors)
    if wanted.assigned_user_id is not None:
        await check_assignee(connection, project_id, wanted.assigned_user_id, errors)
    if wanted.scope_type == "project" and wanted.scope_id:
        errors["scope_id"] = ["must be blank for the scope type project"]
    if wanted.scope_type != "project" and not wanted.scope_id:
        errors["scope_id"] = [f"is required for the scope type {wanted.scope_type}"]
    if errors:
        raise InvalidFieldsError(errors)
    phone_number_id, customer_id = await _scope(connection, project_id, wanted)
    created = EmbedSecrets(new_id(), new_token(), new_token())
    await connection.execute(
        insert(InboxEmbed).values(
            id=created.embed_id,
            project_id=project_id,
            token_hash=token_hash(created.token),
            signing_secret=encrypt(created.signing_secret, secret_key),
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
    return created


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
