"""Connect a WhatsApp number of the business to a project."""

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import encrypt
from shared.ids import new_id
from shared.models import Customer, PhoneNumber, Project
from shared.operations.create_project import ProjectNotFoundError
from shared.validation import InvalidFieldsError


class NewNumber(msgspec.Struct, frozen=True, kw_only=True):
    """What Meta's dashboard says of a number, and whose it is: the project's own, or a customer's."""

    phone_number_id: str
    business_account_id: str
    display_phone_number: str
    name: str
    access_token: str
    customer_id: UUID | None = None


async def connect_number(connection: AsyncConnection, project_id: UUID, number: NewNumber, secret_key: str) -> UUID:
    """Store the number, with its access token encrypted, and return its id (Kapso: whatsapp_config_id).

    Raises ProjectNotFoundError, or InvalidFieldsError if the number is connected already or the customer is unknown.
    """
    if (await connection.execute(select(Project.id).where(Project.id == project_id))).scalar_one_or_none() is None:
        raise ProjectNotFoundError(f"there is no project {project_id}")
    if number.customer_id is not None:
        customer = select(Customer.id).where(Customer.project_id == project_id, Customer.id == number.customer_id)
        if (await connection.execute(customer)).scalar_one_or_none() is None:
            raise InvalidFieldsError({"customer_id": ["is not a customer of this project"]})
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
        )
        .on_conflict_do_nothing(index_elements=[PhoneNumber.phone_number_id])
        .returning(PhoneNumber.id)
    )
    number_id = added.scalar_one_or_none()
    if number_id is None:
        raise InvalidFieldsError({"phone_number_id": ["is connected already"]})
    return number_id
