"""Change what is known of a person: the team's name for them, their number, whose customer they are."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import changed
from shared.events import ConversationUpdated, Event
from shared.kapso.contacts import KapsoContact, get_kapso_contact
from shared.models import Contact, ContactIdentity, Conversation
from shared.operations.create_contact import (
    Metadata,
    PersonName,
    WaId,
    check_contact,
    check_shape,
    give_number,
    name_or_none,
)
from shared.operations.lock_conversations import lock_matching
from shared.patches import sent_fields
from shared.queries.views import conversation_views
from shared.refusals import NotFoundError

_SHOWN = ("display_name", "profile_name", "wa_id")


class ContactChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What may be changed (Kapso: Platform API, "Update contact"). A name of spaces only is none."""

    wa_id: WaId | UnsetType = UNSET
    profile_name: PersonName | UnsetType | None = UNSET
    display_name: PersonName | UnsetType | None = UNSET
    customer_id: UUID | UnsetType | None = UNSET
    metadata: Metadata | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        check_shape(self.wa_id, self.metadata)


class UpdatedContact(msgspec.Struct, frozen=True):
    """The contact as it is now, what changed as {field: [before, after]}, and what to publish after the commit."""

    contact: KapsoContact
    changes: dict[str, list[Any]]
    events: list[Event]


async def update_contact(
    connection: AsyncConnection, project_id: UUID, contact_id: UUID, wanted: ContactChanges
) -> UpdatedContact:
    """Store what differs; the contact's conversations change with its names and its number.

    Raises NotFoundError or InvalidFieldsError.
    """
    theirs = (Conversation.project_id == project_id, Conversation.contact_id == contact_id)
    await lock_matching(connection, *theirs)  # before the contact, which is the order in which webhooks are applied
    this = (Contact.project_id == project_id, Contact.id == contact_id)
    await connection.execute(select(Contact.id).where(*this).with_for_update(key_share=True))
    before = await get_kapso_contact(connection, project_id, contact_id)
    if before is None:
        raise NotFoundError("WhatsApp contact")
    values = sent_fields(wanted)
    digits = await check_contact(connection, project_id, values, contact_id)
    values |= {name: name_or_none(values[name]) for name in ("profile_name", "display_name") if name in values}
    if digits:
        values["wa_id"] = digits
    if "metadata" in values:
        values["metadata"] = values["metadata"] or {}
    changes = changed(msgspec.structs.asdict(before), values)
    if not changes:
        return UpdatedContact(before, {}, [])
    await connection.execute(update(Contact).where(*this).values(**_columns(values), updated_at=func.now()))
    if "wa_id" in changes:
        await _replace_number(connection, project_id, contact_id, digits)
    after = await get_kapso_contact(connection, project_id, contact_id)
    assert after is not None
    events = await _tell(connection, theirs) if changes.keys() & set(_SHOWN) else []
    return UpdatedContact(after, changes, events)


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """The same values by the names of the table."""
    names = {"wa_id": "phone_number", "metadata": "details"}
    return {names.get(name, name): value for name, value in values.items()}


async def _replace_number(connection: AsyncConnection, project_id: UUID, contact_id: UUID, wa_id: str) -> None:
    await connection.execute(
        delete(ContactIdentity).where(ContactIdentity.contact_id == contact_id, ContactIdentity.kind == "wa_id")
    )
    await give_number(connection, project_id, contact_id, wa_id)


async def _tell(connection: AsyncConnection, theirs: Any) -> list[Event]:
    """`conversation.updated` for the contact's conversations, which get a new `rev` for whoever misses it."""
    touched = await connection.execute(
        update(Conversation).where(*theirs).values(contact_id=Conversation.contact_id).returning(Conversation.id)
    )
    views = await conversation_views(connection, touched.scalars())
    return [Event(audience.channels(), ConversationUpdated(view)) for view, audience in views.values()]
