"""Create an embed: its scope, checked, and its secrets, which are shown once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import force_setattr
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

    def __post_init__(self) -> None:
        """The rules that need no database. Raises InvalidFieldsError with every wrong field."""
        errors: dict[str, list[str]] = {}
        origins = checked_origins(self.allowed_origins, errors)
        check_end(self.expires_at, errors)
        if self.scope_type == "project" and self.scope_id:
            errors["scope_id"] = ["must be blank for the scope type project"]
        if self.scope_type in ("phone_number", "customer") and not self.scope_id:
            errors["scope_id"] = [f"is required for the scope type {self.scope_type}"]
        if self.scope_type == "customer" and isinstance(self.scope_id, str) and not _is_uuid(self.scope_id):
            errors.setdefault("scope_id", ["must be the UUID of a customer"])
        if errors:
            raise InvalidFieldsError(errors)
        force_setattr(self, "allowed_origins", origins)


class ScopeNotFoundError(Exception):
    """The project has no such customer or phone number; the text says which."""


class EmbedSecrets(msgspec.Struct, frozen=True):
    """What is shown once: the token opens the inbox, the signing secret signs user claims."""

    embed_id: UUID
    token: str
    signing_secret: str


async def create_embed(
    connection: AsyncConnection, project_id: UUID, wanted: NewEmbed, secret_key: str, embed_id: UUID | None = None
) -> EmbedSecrets:
    """Store an embed, under the caller's id where it has made one up, so that a form that is sent twice makes one.

    Raises InvalidFieldsError, ScopeNotFoundError if nothing but its scope is wrong, or IntegrityError for an id that
    has been used.
    """
    try:
        await check_new_embed(connection, project_id, msgspec.structs.asdict(wanted))
    except InvalidFieldsError as error:
        if error.errors.keys() == {"scope_id"}:
            raise ScopeNotFoundError(error.errors["scope_id"][0]) from error
        raise
    created = EmbedSecrets(embed_id or new_id(), new_token(), new_token())
    await connection.execute(
        insert(InboxEmbed).values(
            id=created.embed_id,
            project_id=project_id,
            token_hash=token_hash(created.token),
            signing_secret=encrypt(created.signing_secret, secret_key),
            name=wanted.name,
            scope_type=wanted.scope_type,
            phone_number_id=wanted.scope_id if wanted.scope_type == "phone_number" else None,
            customer_id=UUID(wanted.scope_id) if wanted.scope_type == "customer" else None,
            assignee_id=wanted.assigned_user_id,
            allowed_origins=wanted.allowed_origins,
            default_mode=wanted.default_mode,
            language=wanted.language,
            expires_at=wanted.expires_at,
        )
    )
    return created


async def check_new_embed(connection: AsyncConnection, project_id: UUID, fields: Mapping[str, Any]) -> None:
    """Compare those fields of an embed that are right by themselves with what the project has.

    Raises InvalidFieldsError.
    """
    errors: dict[str, list[str]] = {}
    await check_assignee(connection, project_id, fields.get("assigned_user_id"), errors)
    missing = await _missing_scope(connection, project_id, fields.get("scope_type"), fields.get("scope_id"))
    if missing:
        errors["scope_id"] = [f"{missing} not found"]
    if errors:
        raise InvalidFieldsError(errors)


async def _missing_scope(
    connection: AsyncConnection, project_id: UUID, scope_type: ScopeType | None, scope_id: str | None
) -> str | None:
    """What the embed is to show, if the project does not have it."""
    if not scope_id:
        return None
    if scope_type == "phone_number":
        number = select(PhoneNumber.phone_number_id).where(
            PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id == scope_id
        )
        return None if (await connection.execute(number)).scalar_one_or_none() else "Phone number"
    if scope_type == "customer":
        customer = select(Customer.id).where(Customer.project_id == project_id, Customer.id == UUID(scope_id))
        return None if (await connection.execute(customer)).scalar_one_or_none() else "Customer"
    return None


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def read_new_embed(fields: dict[str, object]) -> NewEmbed:
    """Read what a caller sent. Raises InvalidFieldsError with every wrong field."""
    return convert_fields(NewEmbed, fields)
