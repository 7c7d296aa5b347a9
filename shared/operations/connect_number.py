"""Connect a WhatsApp number of the business to a project."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import made
from shared.crypto import encrypt
from shared.ids import new_id
from shared.kapso.webhooks import NUMBER_CREATED
from shared.models import Customer, PhoneNumber, Project
from shared.operations.create_project import ProjectNotFoundError
from shared.operations.emit_webhooks import emit_number
from shared.refusals import ConflictError
from shared.validation import InvalidFieldsError


class NewNumber(msgspec.Struct, frozen=True, kw_only=True):
    """What Meta's dashboard says of a number, and whose it is: the project's own, or a customer's. `graph` is what
    Graph says of it (shared/whatsapp/number.py), None if it was not asked.
    """

    phone_number_id: str
    business_account_id: str
    display_phone_number: str
    name: str
    access_token: str
    customer_id: UUID | None = None
    inbound_processing_enabled: bool = True
    graph: dict[str, Any] | None = None

    def changes(self) -> dict[str, list[Any]]:
        """What the audit log says of the new number: nothing of the token."""
        fields = ("name", "business_account_id", "display_phone_number", "customer_id", "inbound_processing_enabled")
        return made({field: getattr(self, field) for field in fields})


async def connect_number(connection: AsyncConnection, project_id: UUID, number: NewNumber, secret_key: str) -> UUID:
    """Store the number, with its access token encrypted, and return its id (Kapso: whatsapp_config_id).

    Raises ProjectNotFoundError, InvalidFieldsError if the customer is unknown, or ConflictError with the code
    `number_connected` if the number is connected already.
    """
    if (await connection.execute(select(Project.id).where(Project.id == project_id))).scalar_one_or_none() is None:
        raise ProjectNotFoundError(f"there is no project {project_id}")
    if number.customer_id is not None:
        await check_customer(connection, project_id, number.customer_id)
    added = await connection.execute(
        insert(PhoneNumber)
        .values(
            id=new_id(),
            project_id=project_id,
            customer_id=number.customer_id,
            phone_number_id=number.phone_number_id,
            business_account_id=number.business_account_id,
            name=number.name,
            display_phone_number=number.display_phone_number,
            access_token=encrypt(number.access_token, secret_key),
            inbound_processing_enabled=number.inbound_processing_enabled,
            graph=number.graph or {},
            graph_checked_at=None if number.graph is None else datetime.now(UTC),
        )
        .on_conflict_do_nothing(index_elements=[PhoneNumber.phone_number_id])
        .returning(PhoneNumber.id)
    )
    number_id = added.scalar_one_or_none()
    if number_id is None:
        raise ConflictError("number_connected", "The phone number is connected already.")
    await emit_number(connection, NUMBER_CREATED, project_id, number.phone_number_id, number.customer_id)
    return number_id


async def check_customer(connection: AsyncConnection, project_id: UUID, customer_id: UUID) -> None:
    """Raises InvalidFieldsError that names `customer_id`."""
    customer = select(Customer.id).where(Customer.project_id == project_id, Customer.id == customer_id)
    if (await connection.execute(customer)).scalar_one_or_none() is None:
        raise InvalidFieldsError({"customer_id": ["is not a customer of this project"]})
