"""/platform/v1/whatsapp/contacts (Kapso: Platform API, "Contacts")."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access import CurrentActor, CurrentKey
from api.body_check import Sent
from api.errors import AnyRequest, ErrorBody, not_found
from api.openapi import refusals
from api.platform.paging import After, Before, Contains, Limit, Moment, PerPage, in_utc, numbered
from shared.audit import made, record
from shared.kapso.contacts import (
    MOST_NUMBERED,
    KapsoContact,
    KapsoContactFilters,
    find_contact,
    get_kapso_contact,
    list_kapso_contacts,
    list_numbered_contacts,
)
from shared.operations.create_contact import NewContact, check_contact, create_contact
from shared.operations.delete_contact import delete_contact
from shared.operations.update_contact import ContactChanges, update_contact
from shared.paging import MOST_PER_PAGE, CursorQuery, PageMeta, Paging
from shared.publish import publish
from shared.refusals import NotFoundError

MOST_PAGES = 50


class NewContactBody(msgspec.Struct):
    contact: NewContact


class ContactChangesBody(msgspec.Struct):
    contact: ContactChanges


class ContactAnswer(msgspec.Struct):
    data: KapsoContact


class ContactPage(msgspec.Struct):
    data: list[KapsoContact]
    paging: Paging


class NumberedContactPage(msgspec.Struct):
    data: list[KapsoContact]
    meta: PageMeta


class TooManyPages(ErrorBody, kw_only=True):
    """What Kapso answers for a numbered page that is too far in (Platform API, "Legacy pagination")."""

    message: Annotated[str, Meta(examples=["legacy_offset_pagination_limit_exceeded"])]
    detail: Annotated[str, Meta(examples=["Go on with cursors: limit and after."])]
    requested_page: int
    requested_per_page: int
    requested_window: int
    max_page: int
    max_window: int
    cursor_example: Annotated[str, Meta(examples=["/platform/v1/whatsapp/contacts?limit=100"])]


_REFUSALS = {
    **refusals(),
    400: ResponseSpec(
        ErrorBody, description="A cursor that is not ours; or a page too far in, with Kapso's fields on that besides."
    ),
}

PageNumber = Annotated[
    int, QueryParameter(ge=1, description=f"At most {MOST_PAGES}, and {MOST_NUMBERED} rows in; cursors go further.")
]
OneOf = Annotated[str | None, QueryParameter(max_length=200, description="Only those with exactly this value.")]


async def _check_new(sent: Sent) -> None:
    await check_contact(sent.connection, sent.project_id, sent.fields)


async def _check_changes(sent: Sent) -> None:
    contact_id = await _found(sent.connection, sent.project_id, sent.path["identifier"])
    await check_contact(sent.connection, sent.project_id, sent.fields, contact_id)


class ContactController(Controller):
    path = "/whatsapp/contacts"
    tags = ("Contacts",)

    @get(responses=_REFUSALS)
    async def list(
        self,
        request: AnyRequest,
        state: State,
        key: CurrentKey,
        customer_id: Annotated[UUID | None, QueryParameter(description="Only this customer's.")] = None,
        customer_external_id: OneOf = None,
        has_customer: Annotated[
            bool | None, QueryParameter(description="Only those of some customer, or only the others.")
        ] = None,
        profile_name_contains: Contains = None,
        wa_id_contains: Contains = None,
        business_scoped_user_id: OneOf = None,
        created_after: Moment = None,
        created_before: Moment = None,
        page: PageNumber = 1,
        per_page: PerPage = 20,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> Response[ContactPage | NumberedContactPage | TooManyPages]:
        """The project's contacts, newest first: with cursors if `limit`, `after` or `before` is given, in numbered
        pages otherwise, whose total count stops just above 5,000.
        """
        filters = KapsoContactFilters(
            customer_id=customer_id,
            customer_external_id=customer_external_id,
            has_customer=has_customer,
            profile_name_contains=profile_name_contains,
            wa_id_contains=wa_id_contains,
            business_scoped_user_id=business_scoped_user_id,
            created_after=in_utc(created_after, "created_after"),
            created_before=in_utc(created_before, "created_before"),
        )
        async with state.engine.connect() as connection:
            if request.query_params.keys() & {"limit", "after", "before"}:
                query = CursorQuery(limit, after, before)
                return Response(ContactPage(*await list_kapso_contacts(connection, key.project_id, filters, query)))
            per_page = min(per_page, MOST_PER_PAGE)
            if page > MOST_PAGES or page * per_page > MOST_NUMBERED:
                return Response(_too_many_pages(request, page, per_page), status_code=400)
            data, meta = await list_numbered_contacts(connection, key.project_id, filters, page=page, per_page=per_page)
        return numbered(request, NumberedContactPage(data, meta), meta)

    @post(responses=refusals(), checked_by=_check_new)
    async def create(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewContactBody]
    ) -> ContactAnswer:
        """Add a person before they write."""
        async with state.engine.begin() as connection:
            contact_id = await create_contact(connection, key.project_id, data.contact)
            changes = made(msgspec.structs.asdict(data.contact))
            await record(connection, key.project_id, actor, "contact.created", contact_id, changes)
            contact = await get_kapso_contact(connection, key.project_id, contact_id)
        assert contact is not None
        return ContactAnswer(contact)

    @get("/{identifier:str}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, identifier: FromPath[str]) -> ContactAnswer:
        """One contact, by id, phone number (with or without +), or business-scoped user id, also the parent's."""
        async with state.engine.connect() as connection:
            contact_id = await _found(connection, key.project_id, identifier)
            contact = await get_kapso_contact(connection, key.project_id, contact_id)
        if contact is None:
            raise not_found("WhatsApp contact")
        return ContactAnswer(contact)

    @patch("/{identifier:str}", responses=refusals(404), checked_by=_check_changes)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        identifier: FromPath[str],
        data: JSONBody[ContactChangesBody],
    ) -> ContactAnswer:
        """Change a contact; what is not sent stays as it is. Open inboxes show a new name at once."""
        async with state.engine.begin() as connection:
            contact_id = await _found(connection, key.project_id, identifier)
            updated = await update_contact(connection, key.project_id, contact_id, data.contact)
            if updated.changes:
                await record(connection, key.project_id, actor, "contact.updated", contact_id, updated.changes)
        await publish(state.pubsub, updated.events)
        return ContactAnswer(updated.contact)

    @delete("/{identifier:str}", responses=refusals(404))
    async def delete(self, state: State, key: CurrentKey, actor: CurrentActor, identifier: FromPath[str]) -> None:
        """Erase a contact with all conversations and messages."""
        async with state.engine.begin() as connection:
            contact_id = await _found(connection, key.project_id, identifier)
            events = await delete_contact(connection, key.project_id, contact_id)
            await record(connection, key.project_id, actor, "contact.erased", contact_id)
        await publish(state.pubsub, events)


async def _found(connection: AsyncConnection, project_id: UUID, identifier: str) -> UUID:
    contact_id = await find_contact(connection, project_id, identifier)
    if contact_id is None:
        raise NotFoundError("WhatsApp contact")
    return contact_id


def _too_many_pages(request: AnyRequest, page: int, per_page: int) -> TooManyPages:
    return TooManyPages(
        error="The page is too far in; go on with cursors.",
        code="legacy_offset_pagination_limit_exceeded",
        request_id=request.scope["state"].get("request_id", ""),
        message="legacy_offset_pagination_limit_exceeded",
        detail="Numbered pages end here; pass `limit`, and `next` of each answer as `after` of the following call.",
        requested_page=page,
        requested_per_page=per_page,
        requested_window=page * per_page,
        max_page=MOST_PAGES,
        max_window=MOST_NUMBERED,
        cursor_example="/platform/v1/whatsapp/contacts?limit=100",
    )
