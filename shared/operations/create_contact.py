"""Add a person who has not written yet."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, UnsetType
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.models import Contact, ContactIdentity, Customer
from shared.validation import InvalidFieldsError
from shared.whatsapp.phone import digits_of_number, spellings

WaId = Annotated[str, Meta(max_length=40, description="A phone number with its country code.", examples=["15550100"])]
PersonName = Annotated[str, Meta(max_length=200, examples=["Ana Ribeiro"])]
Metadata = Annotated[dict[str, Any], Meta(description="Yours; at most 16 KiB of JSON.", examples=[{"tier": "gold"}])]

MOST_METADATA = 16 * 1024
TAKEN = "has already been taken"


class NewContact(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may say of a person (Kapso: Platform API, "Create contact")."""

    wa_id: WaId
    profile_name: PersonName | None = None
    display_name: PersonName | None = None
    customer_id: UUID | None = None
    metadata: Metadata | None = None

    def __post_init__(self) -> None:
        check_shape(self.wa_id, self.metadata)


async def create_contact(connection: AsyncConnection, project_id: UUID, wanted: NewContact) -> UUID:
    """Store a contact and return its id. Raises InvalidFieldsError."""
    wa_id = await check_contact(connection, project_id, msgspec.structs.asdict(wanted))
    contact_id = new_id()
    await connection.execute(
        insert(Contact).values(
            id=contact_id,
            project_id=project_id,
            phone_number=wa_id,
            profile_name=name_or_none(wanted.profile_name),
            display_name=name_or_none(wanted.display_name),
            customer_id=wanted.customer_id,
            details=wanted.metadata or {},
        )
    )
    await give_number(connection, project_id, contact_id, wa_id)
    return contact_id


def check_shape(wa_id: str | UnsetType, metadata: dict[str, Any] | UnsetType | None) -> None:
    """The rules that need no database, for what was sent. Raises InvalidFieldsError with every wrong field."""
    errors: dict[str, list[str]] = {}
    if isinstance(wa_id, str) and not digits_of_number(wa_id):
        errors["wa_id"] = ["is not a phone number"]
    if isinstance(metadata, dict) and len(msgspec.json.encode(metadata)) > MOST_METADATA:
        errors["metadata"] = [f"must be at most {MOST_METADATA} bytes of JSON"]
    if errors:
        raise InvalidFieldsError(errors)


async def check_contact(
    connection: AsyncConnection, project_id: UUID, values: Mapping[str, Any], contact_id: UUID | None = None
) -> str:
    """Compare the values of fields that a caller sent with what is stored, for a contact that is there or to be made.

    Returns the digits of `wa_id`, "" if it was not sent. Raises InvalidFieldsError with every wrong field.
    """
    errors: dict[str, list[str]] = {}
    digits = digits_of_number(values.get("wa_id", "")) or ""
    if digits and await _is_taken(connection, project_id, digits, contact_id):
        errors["wa_id"] = [TAKEN]
    if values.get("customer_id") is not None:
        customer = select(Customer.id).where(Customer.project_id == project_id, Customer.id == values["customer_id"])
        if (await connection.execute(customer)).scalar_one_or_none() is None:
            errors["customer_id"] = ["is not a customer of this project"]
    if errors:
        raise InvalidFieldsError(errors)
    return digits


async def give_number(connection: AsyncConnection, project_id: UUID, contact_id: UUID, wa_id: str) -> None:
    """Make the contact the one who writes from this number, in either spelling.

    Raises InvalidFieldsError if somebody was faster.
    """
    both = sorted(spellings(wa_id))
    added = await connection.execute(
        upsert(ContactIdentity)
        .values([{"project_id": project_id, "kind": "wa_id", "value": one, "contact_id": contact_id} for one in both])
        .on_conflict_do_nothing()
        .returning(ContactIdentity.contact_id)
    )
    if len(added.all()) < len(both):
        raise InvalidFieldsError({"wa_id": [TAKEN]})


def name_or_none(name: str | None) -> str | None:
    """A name without the spaces around it, None if nothing is left."""
    return (name or "").strip() or None


async def _is_taken(connection: AsyncConnection, project_id: UUID, digits: str, contact_id: UUID | None) -> bool:
    """Whether somebody else has the number, in either way that WhatsApp writes it."""
    query = select(ContactIdentity.contact_id).where(
        ContactIdentity.project_id == project_id,
        ContactIdentity.kind == "wa_id",
        ContactIdentity.value.in_(spellings(digits)),
        ContactIdentity.contact_id.is_distinct_from(contact_id),
    )
    return (await connection.execute(query.limit(1))).scalar_one_or_none() is not None
