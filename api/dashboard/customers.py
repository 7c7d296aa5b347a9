"""/dashboard/{project}/customers: whose numbers the project has, besides its own."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter
from sqlalchemy.exc import IntegrityError

from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName
from api.dashboard.forms import Form, read_form
from api.dashboard.pages import Page, redirect, render
from api.errors import AnyRequest, not_found
from api.platform.paging import After, Before
from shared.audit import made, record
from shared.db import violates
from shared.ids import new_id
from shared.operations.create_customer import NewCustomer, create_customer
from shared.operations.delete_customer import delete_customer
from shared.operations.update_customer import CustomerChanges, update_customer
from shared.paging import CursorQuery
from shared.publish import close_embed
from shared.queries.customers import CustomerView, get_customer, search_customers
from shared.validation import InvalidFieldsError, convert_fields

PER_PAGE = 25
Errors = dict[str, list[str]]
Words = Annotated[str, QueryParameter(max_length=200)]


class CustomerPageController(Controller):
    path = "/{project_id:uuid}/customers"

    @get()
    async def list(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        words: Words = "",
        after: After = None,
        before: Before = None,
    ) -> Page:
        async with state.engine.connect() as connection:
            page = CursorQuery(PER_PAGE, after, before)
            customers, paging = await search_customers(connection, project.id, words.strip(), page)
        return render(
            request, "customers.html", customers=customers, paging=paging, words=words, query={"words": words}
        )

    @get("/new", role="operator")
    async def new(self, request: AnyRequest) -> Page:
        return _form(request, None, Form(), {})

    @post()
    async def create(self, request: AnyRequest, state: State, project: CurrentProject, actor: CurrentActor) -> Page:
        form = await read_form(request)
        customer_id = form.id()
        try:
            wanted = convert_fields(NewCustomer, _fields(form))
            async with state.engine.begin() as connection:
                await create_customer(connection, project.id, wanted, customer_id)
                changes = made(msgspec.structs.asdict(wanted))
                await record(connection, project.id, actor, "customer.created", customer_id, changes)
        except InvalidFieldsError as error:
            return _form(request, None, form, error.errors)
        except IntegrityError as error:  # the form was sent before
            if not violates(error, "customer_pkey"):
                raise
        return redirect(f"{HOME}/{project.id}/customers?done=created")

    @get("/{customer_id:uuid}/edit", role="operator")
    async def edit(
        self, request: AnyRequest, state: State, project: CurrentProject, customer_id: FromPath[UUID]
    ) -> Page:
        customer = await _customer(state, project, customer_id)
        filled_in = Form.of(name=customer.name, external_customer_id=customer.external_customer_id or "")
        return _form(request, customer, filled_in, {})

    @post("/{customer_id:uuid}/edit")
    async def change(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        customer_id: FromPath[UUID],
    ) -> Page:
        form = await read_form(request)
        try:
            wanted = convert_fields(CustomerChanges, _fields(form))
            async with state.engine.begin() as connection:
                changes = await update_customer(connection, project.id, customer_id, wanted)
                if changes:
                    await record(connection, project.id, actor, "customer.updated", customer_id, changes)
        except InvalidFieldsError as error:
            return _form(request, await _customer(state, project, customer_id), form, error.errors)
        return redirect(f"{HOME}/{project.id}/customers?done=saved")

    @get("/{customer_id:uuid}/delete", role="operator")
    async def ask_delete(
        self, request: AnyRequest, state: State, project: CurrentProject, customer_id: FromPath[UUID]
    ) -> Page:
        customer = await _customer(state, project, customer_id)
        return render(request, "customer_delete.html", customer=customer)

    @post("/{customer_id:uuid}/delete")
    async def delete(
        self, state: State, project: CurrentProject, actor: CurrentActor, customer_id: FromPath[UUID]
    ) -> Page:
        """Numbers and conversations stay the project's; embeds of the customer's are revoked."""
        async with state.engine.begin() as connection:
            embed_ids = await delete_customer(connection, project.id, customer_id)
            await record(connection, project.id, actor, "customer.deleted", customer_id)
            for embed_id in embed_ids:
                changes = {"scope_id": [customer_id, None]}
                await record(connection, project.id, actor, "inbox_embed.revoked", embed_id, changes)
        for embed_id in embed_ids:
            await close_embed(state.pubsub, embed_id, "revoked_token")
        return redirect(f"{HOME}/{project.id}/customers?done=deleted")


def _fields(form: Form) -> dict[str, str | None]:
    return {"name": form.text("name"), "external_customer_id": form.optional("external_customer_id")}


async def _customer(state: State, project: ProjectName, customer_id: UUID) -> CustomerView:
    """Raises ApiError 404."""
    async with state.engine.connect() as connection:
        customer = await get_customer(connection, project.id, customer_id)
    if customer is None:
        raise not_found("Customer")
    return customer


def _form(request: AnyRequest, customer: CustomerView | None, form: Form, errors: Errors) -> Page:
    """The form of a customer; of a new one for None."""
    return render(
        request,
        "customer_form.html",
        status=422 if errors else 200,
        customer=customer,
        form=form,
        form_id=form.uuid("form_id") or new_id(),
        errors=errors,
    )
