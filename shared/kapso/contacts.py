"""Contacts as Kapso shows them (Kapso: Platform API, "Contacts")."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from shared.fold import fold
from shared.kapso.people import contacts_matching, identity_value
from shared.models import Contact, ContactIdentity, Customer
from shared.paging import AnySelect, CursorQuery, PageMeta, Paging, cursor_page, numbered_page
from shared.periods import between
from shared.whatsapp.phone import digits_of_number, spellings

MOST_NUMBERED = 5000
"""How far the numbered pages go (Kapso: "Legacy pagination"); they are counted one further, so that more shows."""


class KapsoContact(msgspec.Struct, kw_only=True):
    """Kapso's contact object. `display_name` is the team's own name for the person, `profile_name` the person's."""

    id: UUID
    wa_id: Annotated[str, Meta(description="The phone number's digits.", examples=["15550100"])] | None
    business_scoped_user_id: Annotated[str, Meta(examples=["US.13491208655302741918"])] | None
    parent_business_scoped_user_id: Annotated[str, Meta(examples=["US.ENT.11815799212886844830"])] | None
    username: Annotated[str, Meta(examples=["ana.r"])] | None
    profile_name: Annotated[str, Meta(examples=["Ana"])] | None
    display_name: Annotated[str, Meta(examples=["Ana Ribeiro, Larch Hotels"])] | None
    customer_id: UUID | None
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class KapsoContactFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of Kapso's contact lists. Dates are inclusive."""

    customer_id: UUID | None = None
    customer_external_id: str | None = None
    has_customer: bool | None = None
    profile_name_contains: str | None = None
    wa_id: str | None = None
    wa_id_contains: str | None = None
    business_scoped_user_id: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


_CONTACT: AnySelect = select(
    Contact.id,
    Contact.phone_number,
    Contact.username,
    Contact.profile_name,
    Contact.display_name,
    Contact.customer_id,
    Contact.details.label("details"),
    Contact.created_at,
    Contact.updated_at,
    identity_value("bsuid", Contact.id).label("bsuid"),
    identity_value("parent_bsuid", Contact.id).label("parent_bsuid"),
)


async def find_contact(connection: AsyncConnection, project_id: UUID, identifier: str) -> UUID | None:
    """The id of the contact that somebody means: by id, phone number, or business-scoped user id, also the parent's."""
    try:
        query = select(Contact.id).where(Contact.project_id == project_id, Contact.id == UUID(identifier))
    except ValueError:
        digits = digits_of_number(identifier)
        kinds, values = (["bsuid", "parent_bsuid"], [identifier]) if digits is None else (["wa_id"], spellings(digits))
        place = func.array_position(literal(values, ARRAY(Text)), ContactIdentity.value)
        query = (
            select(ContactIdentity.contact_id)
            .where(
                ContactIdentity.project_id == project_id,
                ContactIdentity.kind.in_(kinds),
                ContactIdentity.value.in_(values),
            )
            .order_by(place)
            .limit(1)
        )
    found: UUID | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def get_kapso_contact(connection: AsyncConnection, project_id: UUID, contact_id: UUID) -> KapsoContact | None:
    """One contact of a project, or None."""
    query = _CONTACT.where(Contact.project_id == project_id, Contact.id == contact_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _view(row)


async def list_kapso_contacts(
    connection: AsyncConnection, project_id: UUID, filters: KapsoContactFilters, page: CursorQuery
) -> tuple[list[KapsoContact], Paging]:
    """A page of contacts, newest first. Raises InvalidCursorError."""
    rows, paging = await cursor_page(connection, _filtered(project_id, filters), Contact.created_at, Contact.id, page)
    return [_view(row) for row in rows], paging


async def list_numbered_contacts(
    connection: AsyncConnection, project_id: UUID, filters: KapsoContactFilters, *, page: int, per_page: int
) -> tuple[list[KapsoContact], PageMeta]:
    """A page of contacts, newest first, among the first MOST_NUMBERED of them."""
    rows, meta = await numbered_page(
        connection,
        _filtered(project_id, filters),
        Contact.created_at.desc(),
        Contact.id.desc(),
        page=page,
        per_page=per_page,
        most=MOST_NUMBERED + 1,
    )
    return [_view(row) for row in rows], meta


def _filtered(project_id: UUID, filters: KapsoContactFilters) -> AnySelect:
    query = _CONTACT.where(
        Contact.project_id == project_id,
        *between(Contact.created_at, filters.created_after, filters.created_before),
    )
    if filters.customer_id is not None:
        query = query.where(Contact.customer_id == filters.customer_id)
    if filters.customer_external_id is not None:
        customer = select(Customer.id).where(
            Customer.project_id == project_id, Customer.external_customer_id == filters.customer_external_id
        )
        query = query.where(Contact.customer_id == customer.scalar_subquery())
    if filters.has_customer is not None:
        query = query.where(Contact.customer_id.is_not(None) if filters.has_customer else Contact.customer_id.is_(None))
    if filters.profile_name_contains is not None:
        # As for numbers in people.py: the first condition has the index, the second is the exact one.
        needle = filters.profile_name_contains.lower()
        query = query.where(
            Contact.search.contains(fold(needle), autoescape=True),
            func.lower(Contact.profile_name).contains(needle, autoescape=True),
        )
    if filters.wa_id is not None:
        digits = digits_of_number(filters.wa_id)
        owner = select(ContactIdentity.contact_id).where(
            ContactIdentity.project_id == project_id,
            ContactIdentity.kind == "wa_id",
            ContactIdentity.value.in_([] if digits is None else spellings(digits)),
        )
        query = query.where(Contact.id.in_(owner))
    people = contacts_matching(project_id, filters.wa_id_contains, filters.business_scoped_user_id)
    return query if people is None else query.where(Contact.id.in_(people))


def _view(row: Row[Any]) -> KapsoContact:
    return KapsoContact(
        id=row.id,
        wa_id=row.phone_number,
        business_scoped_user_id=row.bsuid,
        parent_business_scoped_user_id=row.parent_bsuid,
        username=row.username,
        profile_name=row.profile_name,
        display_name=row.display_name,
        customer_id=row.customer_id,
        metadata=row.details,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
