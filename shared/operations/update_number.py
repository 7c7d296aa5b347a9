"""Change a WhatsApp number of the business: its name, its credentials, whose it is."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import SEALED, changed
from shared.crypto import encrypt
from shared.models import Conversation, InboxEmbed, PhoneNumber
from shared.operations.connect_number import check_customer
from shared.operations.lock_conversations import lock_matching
from shared.patches import sent_fields
from shared.refusals import NotFoundError

NumberName = Annotated[
    str, Meta(min_length=1, max_length=200, description="What the team calls it.", examples=["Support"])
]
AccountId = Annotated[
    str, Meta(pattern=r"^\d{1,32}$", description="Meta's id of the WhatsApp account.", examples=["102290129340398"])
]
AccessToken = Annotated[
    str, Meta(pattern=r"^[!-~]+$", max_length=4096, description="Never shown again.", examples=["EAAJB..."])
]


Pace = Annotated[
    Annotated[int, Meta(ge=1, le=1000)] | None,
    Meta(
        description="How many messages it sends in a second at the most. Null leaves it to what WhatsApp says of the "
        "number: 80 as a rule, 20 if a phone has it too, 1000 once WhatsApp has raised it.",
        examples=[80],
    ),
]


class NumberChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What may be changed (Kapso: Platform API, "Update phone number"); the customer and the pace are
    beyond Kapso.
    """

    name: NumberName | UnsetType = UNSET
    business_account_id: AccountId | UnsetType = UNSET
    access_token: AccessToken | UnsetType = UNSET
    inbound_processing_enabled: bool | UnsetType = UNSET
    messages_per_second: Pace | UnsetType = UNSET
    customer_id: Annotated[UUID | None, Meta(description="Null makes it the project's own.")] | UnsetType = UNSET


async def update_number(
    connection: AsyncConnection,
    project_id: UUID,
    phone_number_id: str,
    wanted: NumberChanges,
    *,
    secret_key: str,
    graph: dict[str, Any] | None = None,
) -> tuple[dict[str, list[Any]], list[UUID]]:
    """Store what differs; `graph` is what Graph says of the number, if it was asked with the new token.

    Returns {field: [before, after]} without the token, and the ids of the embeds whose iframes have to load again
    because conversations came into their scope or left it. Raises NotFoundError or InvalidFieldsError.
    """
    values = sent_fields(wanted)
    moves = "customer_id" in values
    if moves:  # before the number, which is the order in which webhooks are applied
        await lock_matching(
            connection, Conversation.project_id == project_id, Conversation.phone_number_id == phone_number_id
        )
    this = (PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id == phone_number_id)
    # Whole, so that nobody opens a conversation of the earlier customer meanwhile.
    query = select(PhoneNumber.__table__).where(*this).with_for_update(key_share=not moves)
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("Phone number")
    if values.get("customer_id") is not None:
        await check_customer(connection, project_id, values["customer_id"])
    token = values.pop("access_token", None)
    changes = changed(dict(row), values)
    if token is not None:
        values["access_token"] = encrypt(token, secret_key)
        changes["access_token"] = [SEALED, SEALED]
    if graph is not None:
        values |= {"graph": graph, "graph_checked_at": datetime.now(UTC)}
    if changes:
        await connection.execute(update(PhoneNumber).where(*this).values(**values, updated_at=func.now()))
    if "customer_id" not in changes:
        return changes, []
    return changes, await _move(connection, project_id, phone_number_id, changes["customer_id"])


async def _move(
    connection: AsyncConnection, project_id: UUID, phone_number_id: str, customers: list[UUID | None]
) -> list[UUID]:
    """Give the number's conversations to its customer; returns the embeds of the two customers."""
    await connection.execute(
        update(Conversation)
        .where(Conversation.project_id == project_id, Conversation.phone_number_id == phone_number_id)
        .values(customer_id=customers[1])
    )
    embeds = select(InboxEmbed.id).where(
        InboxEmbed.project_id == project_id,
        InboxEmbed.customer_id.in_([one for one in customers if one is not None]),
        InboxEmbed.revoked_at.is_(None),
    )
    return list((await connection.execute(embeds)).scalars())
