"""Add a customer of the business."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import violates
from shared.ids import new_id
from shared.models import Customer
from shared.validation import InvalidFieldsError

CustomerName = Annotated[str, Meta(min_length=1, max_length=200, examples=["Larch Hotels"])]
ExternalId = Annotated[
    str,
    Meta(min_length=1, max_length=200, description="Your own id of the customer, unique here.", examples=["crm-4711"]),
]

TAKEN = {"external_customer_id": ["has already been taken"]}


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may say of a customer (Kapso: Platform API, "Create customer")."""

    name: CustomerName
    external_customer_id: ExternalId | None = None


async def create_customer(
    connection: AsyncConnection, project_id: UUID, wanted: NewCustomer, customer_id: UUID | None = None
) -> UUID:
    """Store a customer, under the caller's id where it has made one up, and return the id.

    Raises InvalidFieldsError if another one has the external id, or IntegrityError for an id that has been used.
    """
    customer_id = customer_id or new_id()
    try:
        await connection.execute(
            insert(Customer).values(id=customer_id, project_id=project_id, **msgspec.structs.asdict(wanted))
        )
    except IntegrityError as error:
        if violates(error, "customer_pkey"):
            raise
        raise InvalidFieldsError(TAKEN) from error
    return customer_id


async def check_customer_fields(
    connection: AsyncConnection, project_id: UUID, fields: Mapping[str, Any], customer_id: UUID | None = None
) -> None:
    """Raises InvalidFieldsError, as the writing would, if a customer other than `customer_id` has the external id."""
    query = select(Customer.id).where(
        Customer.project_id == project_id,
        Customer.external_customer_id == fields.get("external_customer_id"),
        Customer.id.is_distinct_from(customer_id),
    )
    if fields.get("external_customer_id") and (await connection.execute(query)).scalar_one_or_none() is not None:
        raise InvalidFieldsError(TAKEN)
