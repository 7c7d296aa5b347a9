"""Keep a text that is answered often."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.models import CannedReply, Project
from shared.operations.connect_number import check_customer
from shared.refusals import RefusedError
from shared.validation import InvalidFieldsError

MOST = 500
"""Of a project's own, and of each customer's: the page in the iframe has all of them at hand."""

Shortcut = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=r"^[^\s/]+(?![\s\S])",
        description="What is typed behind the slash; kept in lower case, unique for the project and each customer.",
        examples=["hours"],
    ),
]
# WhatsApp takes texts of 4096 characters.
CannedText = Annotated[
    str,
    Meta(
        max_length=4096,
        pattern=r"\S",
        description="{{contact.name}}, {{contact.first_name}} and {{agent.name}} are filled in when it is inserted.",
        examples=["Hello {{contact.first_name}}, we are open from 9 to 5."],
    ),
]

TAKEN = {"shortcut": ["has already been taken"]}


class NewCannedReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may say of a canned reply."""

    shortcut: Shortcut
    text: CannedText
    customer_id: Annotated[
        UUID | None,
        Meta(description="Whose inboxes alone have it; null for all of the project. Cannot be changed later."),
    ] = None


async def create_canned_reply(connection: AsyncConnection, project_id: UUID, wanted: NewCannedReply) -> UUID:
    """Store a canned reply and return its id.

    Raises InvalidFieldsError if the shortcut is taken or the customer unknown, or RefusedError with the code
    `too_many_canned_replies`.
    """
    if wanted.customer_id is not None:
        await check_customer(connection, project_id, wanted.customer_id)
    await _check_room(connection, project_id, wanted.customer_id)
    reply_id = new_id()
    values = msgspec.structs.asdict(wanted) | {"shortcut": wanted.shortcut.lower()}
    try:
        await connection.execute(insert(CannedReply).values(id=reply_id, project_id=project_id, **values))
    except IntegrityError as error:
        raise InvalidFieldsError(TAKEN) from error
    return reply_id


async def check_new_canned_reply(connection: AsyncConnection, project_id: UUID, fields: Mapping[str, Any]) -> None:
    """Raises InvalidFieldsError, as the writing would, if the customer is unknown or has the shortcut."""
    customer_id = fields.get("customer_id")
    if customer_id is not None:
        await check_customer(connection, project_id, customer_id)
    await check_shortcut(connection, project_id, customer_id, fields.get("shortcut", ""))


async def check_shortcut(
    connection: AsyncConnection, project_id: UUID, customer_id: UUID | None, shortcut: str, reply_id: UUID | None = None
) -> None:
    """Raises InvalidFieldsError if a canned reply other than `reply_id` has the shortcut."""
    query = select(CannedReply.id).where(
        CannedReply.project_id == project_id,
        CannedReply.customer_id.is_not_distinct_from(customer_id),
        CannedReply.shortcut == shortcut.lower(),
        CannedReply.id.is_distinct_from(reply_id),
    )
    if (await connection.execute(query)).scalar_one_or_none() is not None:
        raise InvalidFieldsError(TAKEN)


async def _check_room(connection: AsyncConnection, project_id: UUID, customer_id: UUID | None) -> None:
    """One at a time, or two would take the last place."""
    await connection.execute(select(Project.id).where(Project.id == project_id).with_for_update(key_share=True))
    there = (
        select(CannedReply.id)
        .where(CannedReply.project_id == project_id, CannedReply.customer_id.is_not_distinct_from(customer_id))
        .limit(MOST)
    )
    if await connection.scalar(select(func.count()).select_from(there.subquery())) == MOST:
        raise RefusedError("too_many_canned_replies", f"There are {MOST} canned replies already; delete some first.")
