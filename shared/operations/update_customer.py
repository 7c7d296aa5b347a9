"""Change a customer of the business."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import changed
from shared.models import Customer
from shared.operations.create_customer import TAKEN, CustomerName, ExternalId
from shared.patches import sent_fields
from shared.refusals import NotFoundError
from shared.validation import InvalidFieldsError


class CustomerChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What may be changed (Kapso: Platform API, "Update customer")."""

    name: CustomerName | UnsetType = UNSET
    external_customer_id: ExternalId | UnsetType | None = UNSET


async def update_customer(
    connection: AsyncConnection, project_id: UUID, customer_id: UUID, wanted: CustomerChanges
) -> dict[str, list[Any]]:
    """Store what differs and return it as {field: [before, after]}. Raises NotFoundError or InvalidFieldsError."""
    this = (Customer.project_id == project_id, Customer.id == customer_id)
    query = select(Customer.__table__).where(*this).with_for_update()
    before = (await connection.execute(query)).mappings().one_or_none()
    if before is None:
        raise NotFoundError("Customer")
    values = sent_fields(wanted)
    changes = changed(dict(before), values)
    if changes:
        try:
            await connection.execute(update(Customer).where(*this).values(**values, updated_at=func.now()))
        except IntegrityError as error:
            raise InvalidFieldsError(TAKEN) from error
    return changes
