"""Finding people by number or id, as the filters of Kapso's lists do."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from shared.models import Contact, ContactIdentity, Conversation
from shared.paging import AnyColumn


def digits_of(number: str) -> str:
    """A phone number as Kapso's API writes it: digits only."""
    return re.sub(r"\D", "", number)


def contacts_matching(project_id: UUID, phone_number: str | None, bsuid: str | None) -> Select[tuple[UUID]] | None:
    """Ids of the contacts whose number contains the digits, and who have the business-scoped user id; None for all.

    A text without a digit is part of no number.
    """
    if phone_number is None and bsuid is None:
        return None
    query: Any = select(Contact.id).where(Contact.project_id == project_id)
    if phone_number is not None:
        digits = digits_of(phone_number)
        # `search` has the trigram index, but holds names too; the second condition is the exact one.
        query = query.where(bool(digits), Contact.search.contains(digits), Contact.phone_number.contains(digits))
    if bsuid is not None:
        owner = select(ContactIdentity.contact_id).where(
            ContactIdentity.project_id == project_id,
            ContactIdentity.kind.in_(("bsuid", "parent_bsuid")),
            ContactIdentity.value == bsuid,
        )
        query = query.where(Contact.id.in_(owner))
    found: Select[tuple[UUID]] = query
    return found


def identity_value(kind: str, contact_id: AnyColumn = Conversation.contact_id) -> ColumnElement[Any]:
    """For a query that has the column: what its contact's identity of this kind says, see ContactIdentity."""
    identity = aliased(ContactIdentity)
    return (
        select(identity.value)
        .where(identity.contact_id == contact_id, identity.kind == kind)
        .limit(1)
        .correlate(contact_id.class_)
        .scalar_subquery()
    )
