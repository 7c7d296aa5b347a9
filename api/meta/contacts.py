"""Contacts below /meta/whatsapp/{version}/{phone_number_id}, and without the number, as Kapso's Python SDK changes one
(Kapso: "Contacts"). They are the project's: a person who writes to several numbers is one contact.
"""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, patch
from litestar.datastructures import State
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access import CurrentActor, CurrentKey, ProjectKey
from api.errors import not_found
from api.meta.done import Done
from api.meta.fields import Fields
from api.meta.numbers import NumberId, number_of
from api.openapi import graph_refusals
from api.platform.paging import After, Before, Limit
from shared.audit import Actor, record
from shared.kapso.contacts import (
    KapsoContact,
    KapsoContactFilters,
    find_contact,
    get_kapso_contact,
    list_kapso_contacts,
)
from shared.operations.create_contact import Metadata, PersonName
from shared.operations.update_contact import ContactChanges, update_contact
from shared.paging import CursorQuery, Paging
from shared.publish import publish

WaId = Annotated[str, PathParameter(description="The contact's phone number, business-scoped user id, or our own id.")]


class ContactChange(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is another word for `display_name`."""

    profile_name: PersonName | UnsetType | None = UNSET
    display_name: PersonName | UnsetType | None = UNSET
    name: PersonName | UnsetType | None = UNSET
    customer_id: UUID | UnsetType | None = UNSET
    metadata: Metadata | UnsetType | None = UNSET

    def changes(self) -> ContactChanges:
        return ContactChanges(
            profile_name=self.profile_name,
            display_name=self.name if self.display_name is UNSET else self.display_name,
            customer_id=self.customer_id,
            metadata=self.metadata,
        )


class ContactChangeOfNumber(ContactChange, frozen=True, kw_only=True):
    phone_number_id: Annotated[str, Meta(max_length=40, examples=["106540352242922"])] | None = None


class ContactList(msgspec.Struct):
    data: list[KapsoContact]
    paging: Paging


class NumberContactController(Controller):
    path = "/{phone_number_id:str}/contacts"
    tags = ("Contacts",)

    @get(responses=graph_refusals(404))
    async def list(
        self,
        state: State,
        key: CurrentKey,
        phone_number_id: NumberId,
        wa_id: Annotated[str | None, QueryParameter(max_length=40, description="The contact's phone number.")] = None,
        customer_id: Annotated[UUID | None, QueryParameter(description="Only this customer's.")] = None,
        has_customer: Annotated[
            bool | None, QueryParameter(description="Only those of some customer, or only the others.")
        ] = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
        fields: Fields = None,
    ) -> ContactList:
        """The project's contacts, newest first. There is nothing under `kapso` to choose."""
        filters = KapsoContactFilters(wa_id=wa_id, customer_id=customer_id, has_customer=has_customer)
        async with state.engine.connect() as connection:
            await number_of(connection, key.project_id, phone_number_id)
            data, paging = await list_kapso_contacts(
                connection, key.project_id, filters, CursorQuery(limit, after, before)
            )
        return ContactList(data, paging)

    @get("/{wa_id:str}", responses=graph_refusals(404))
    async def get(
        self, state: State, key: CurrentKey, phone_number_id: NumberId, wa_id: WaId, fields: Fields = None
    ) -> KapsoContact:
        """One contact."""
        async with state.engine.connect() as connection:
            await number_of(connection, key.project_id, phone_number_id)
            contact = await get_kapso_contact(connection, key.project_id, await _found(connection, key, wa_id))
        if contact is None:
            raise not_found("WhatsApp contact")
        return contact

    @patch("/{wa_id:str}", responses=graph_refusals(404))
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        phone_number_id: NumberId,
        wa_id: WaId,
        data: JSONBody[ContactChange],
    ) -> Done:
        """Change a contact; what is not sent stays as it is. Open inboxes show a new name at once."""
        return await _update(state, key, actor, phone_number_id, wa_id, data)


class ContactController(Controller):
    path = "/contacts/{wa_id:str}"
    tags = ("Contacts",)

    @patch(responses=graph_refusals(404))
    async def update(
        self, state: State, key: CurrentKey, actor: CurrentActor, wa_id: WaId, data: JSONBody[ContactChangeOfNumber]
    ) -> Done:
        """Change a contact; what is not sent stays as it is. Open inboxes show a new name at once."""
        return await _update(state, key, actor, data.phone_number_id, wa_id, data)


async def _update(
    state: State, key: ProjectKey, actor: Actor, phone_number_id: str | None, wa_id: str, data: ContactChange
) -> Done:
    async with state.engine.begin() as connection:
        if phone_number_id is not None:
            await number_of(connection, key.project_id, phone_number_id)
        contact_id = await _found(connection, key, wa_id)
        updated = await update_contact(connection, key.project_id, contact_id, data.changes())
        if updated.changes:
            await record(connection, key.project_id, actor, "contact.updated", contact_id, updated.changes)
    await publish(state.pubsub, updated.events)
    return Done()


async def _found(connection: AsyncConnection, key: ProjectKey, wa_id: str) -> UUID:
    contact_id = await find_contact(connection, key.project_id, wa_id)
    if contact_id is None:
        raise not_found("WhatsApp contact")
    return contact_id
