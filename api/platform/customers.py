"""/platform/v1/customers (Kapso: Platform API, "Customers")."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from api.access import CurrentActor, CurrentKey
from api.body_check import Sent
from api.customers import add_customer, change_customer, remove_customer
from api.errors import AnyRequest, found
from api.openapi import refusals
from api.platform.paging import Contains, Moment, Page, PerPage, in_utc, numbered
from shared.operations.create_customer import NewCustomer, check_customer_fields
from shared.operations.update_customer import CustomerChanges
from shared.paging import PageMeta
from shared.queries.customers import CustomerFilters, CustomerView, get_customer, list_customers


class NewCustomerBody(msgspec.Struct):
    customer: NewCustomer


class CustomerChangesBody(msgspec.Struct):
    customer: CustomerChanges


class CustomerAnswer(msgspec.Struct):
    data: CustomerView


class CustomerPage(msgspec.Struct):
    data: list[CustomerView]
    meta: PageMeta


ExternalCustomerId = Annotated[str | None, QueryParameter(max_length=200, description="The one with this id of yours.")]


async def _check(sent: Sent) -> None:
    await check_customer_fields(sent.connection, sent.project_id, sent.fields, sent.path.get("customer_id"))


class CustomerController(Controller):
    path = "/customers"
    tags = ("Customers",)

    @get(responses=refusals())
    async def list(
        self,
        request: AnyRequest,
        state: State,
        key: CurrentKey,
        name_contains: Contains = None,
        external_customer_id: ExternalCustomerId = None,
        created_after: Moment = None,
        created_before: Moment = None,
        page: Page = 1,
        per_page: PerPage = 20,
    ) -> Response[CustomerPage]:
        """The project's customers, newest first."""
        filters = CustomerFilters(
            name_contains=name_contains,
            external_customer_id=external_customer_id,
            created_after=in_utc(created_after, "created_after"),
            created_before=in_utc(created_before, "created_before"),
        )
        async with state.engine.connect() as connection:
            data, meta = await list_customers(connection, key.project_id, filters, page=page, per_page=per_page)
        return numbered(request, CustomerPage(data, meta), meta)

    @post(responses=refusals(), checked_by=_check)
    async def create(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewCustomerBody]
    ) -> CustomerAnswer:
        """Add a customer. A number that is connected for the customer can be shown to them by an embed."""
        return CustomerAnswer(await add_customer(state, key.project_id, actor, data.customer))

    @get("/{customer_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, customer_id: FromPath[UUID]) -> CustomerAnswer:
        """One customer."""
        async with state.engine.connect() as connection:
            view = await get_customer(connection, key.project_id, customer_id)
        return CustomerAnswer(found(view, "Customer"))

    @patch("/{customer_id:uuid}", responses=refusals(404), checked_by=_check)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        customer_id: FromPath[UUID],
        data: JSONBody[CustomerChangesBody],
    ) -> CustomerAnswer:
        """Change a customer; what is not sent stays as it is."""
        return CustomerAnswer(await change_customer(state, key.project_id, actor, customer_id, data.customer))

    @delete("/{customer_id:uuid}", responses=refusals(404))
    async def delete(self, state: State, key: CurrentKey, actor: CurrentActor, customer_id: FromPath[UUID]) -> None:
        """Delete a customer. Numbers and conversations stay the project's; embeds of the customer's are revoked."""
        await remove_customer(state, key.project_id, actor, customer_id)
