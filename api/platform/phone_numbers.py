"""/platform/v1/whatsapp/phone_numbers (Kapso: Platform API, "Phone numbers")."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from api.access import CurrentActor, CurrentKey
from api.body_check import Sent
from api.errors import AnyRequest, found
from api.numbers import NewPhoneNumber, change_number, connect, disconnect_number, health_of_number
from api.openapi import refusals
from api.platform.paging import Contains, Moment, Page, PerPage, in_utc, numbered
from shared.operations.connect_number import check_customer
from shared.operations.update_number import NumberChanges
from shared.paging import PageMeta
from shared.queries.customers import get_customer
from shared.queries.phone_numbers import PhoneNumberFilters, PhoneNumberView, get_phone_number, list_phone_numbers
from shared.whatsapp.number_health import NumberHealth


class NewPhoneNumberBody(msgspec.Struct):
    whatsapp_phone_number: NewPhoneNumber


class PhoneNumberChangesBody(msgspec.Struct):
    whatsapp_phone_number: NumberChanges


class PhoneNumberAnswer(msgspec.Struct):
    data: PhoneNumberView


class PhoneNumberPage(msgspec.Struct):
    data: list[PhoneNumberView]
    meta: PageMeta


MetaIdQuery = Annotated[str | None, QueryParameter(max_length=200, description="Only those with this id of Meta's.")]


async def _check_customer(sent: Sent) -> None:
    if sent.fields.get("customer_id") is not None:
        await check_customer(sent.connection, sent.project_id, sent.fields["customer_id"])


class PhoneNumberController(Controller):
    path = "/whatsapp/phone_numbers"
    tags = ("Phone numbers",)

    @get(responses=refusals())
    async def list(
        self,
        request: AnyRequest,
        state: State,
        key: CurrentKey,
        phone_number_id: MetaIdQuery = None,
        business_account_id: MetaIdQuery = None,
        customer_id: Annotated[UUID | None, QueryParameter(description="Only this customer's.")] = None,
        messaging_enabled: Annotated[
            bool | None, QueryParameter(description="Only those that WhatsApp lets send, or only the others.")
        ] = None,
        name_contains: Contains = None,
        created_after: Moment = None,
        created_before: Moment = None,
        page: Page = 1,
        per_page: PerPage = 20,
    ) -> Response[PhoneNumberPage]:
        """The project's WhatsApp numbers, newest first."""
        filters = PhoneNumberFilters(
            phone_number_id=phone_number_id,
            business_account_id=business_account_id,
            customer_id=customer_id,
            messaging_enabled=messaging_enabled,
            name_contains=name_contains,
            created_after=in_utc(created_after, "created_after"),
            created_before=in_utc(created_before, "created_before"),
        )
        async with state.engine.connect() as connection:
            data, meta = await list_phone_numbers(connection, key.project_id, filters, page=page, per_page=per_page)
        return numbered(request, PhoneNumberPage(data, meta), meta)

    @post(responses=refusals(409, 502))
    async def connect(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewPhoneNumberBody]
    ) -> PhoneNumberAnswer:
        """Connect a number of the project's own. Beyond Kapso, where each number is a customer's."""
        return PhoneNumberAnswer(await connect(state, key.project_id, actor, data.whatsapp_phone_number, None))

    @get("/{phone_number_id:str}/health", responses=refusals(404))
    async def health(self, state: State, key: CurrentKey, phone_number_id: FromPath[str]) -> NumberHealth:
        """What WhatsApp says of the number now, or said in the last three minutes."""
        return await health_of_number(state, key.project_id, phone_number_id)

    @get("/{phone_number_id:str}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, phone_number_id: FromPath[str]) -> PhoneNumberAnswer:
        """One number, by Meta's id."""
        async with state.engine.connect() as connection:
            view = await get_phone_number(connection, key.project_id, phone_number_id)
        return PhoneNumberAnswer(found(view, "Phone number"))

    @patch("/{phone_number_id:str}", responses=refusals(404, 502), checked_by=_check_customer)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        phone_number_id: FromPath[str],
        data: JSONBody[PhoneNumberChangesBody],
    ) -> PhoneNumberAnswer:
        """Change a number; what is not sent stays as it is. Its conversations follow it to another customer."""
        view = await change_number(state, key.project_id, actor, phone_number_id, data.whatsapp_phone_number)
        return PhoneNumberAnswer(view)

    @delete("/{phone_number_id:str}", responses=refusals(404))
    async def delete(self, state: State, key: CurrentKey, actor: CurrentActor, phone_number_id: FromPath[str]) -> None:
        """Disconnect a number and erase its conversations; embeds of the number are revoked. A deletion that was
        interrupted goes on where it is repeated; until then the number takes in no messages.
        """
        await disconnect_number(state, key.project_id, actor, phone_number_id)


class CustomerPhoneNumberController(Controller):
    path = "/customers/{customer_id:uuid}/whatsapp/phone_numbers"
    tags = ("Phone numbers",)

    @post(responses=refusals(404, 409, 502))
    async def connect(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        customer_id: FromPath[UUID],
        data: JSONBody[NewPhoneNumberBody],
    ) -> PhoneNumberAnswer:
        """Connect a customer's number."""
        async with state.engine.connect() as connection:
            found(await get_customer(connection, key.project_id, customer_id), "Customer")
        return PhoneNumberAnswer(await connect(state, key.project_id, actor, data.whatsapp_phone_number, customer_id))
