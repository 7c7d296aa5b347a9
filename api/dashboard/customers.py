"""/dashboard/{project}/customers: whose numbers the project has, besides its own."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from sqlalchemy.exc import IntegrityError

from api.customers import add_customer, change_customer, remove_customer
from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName
from api.dashboard.forms import Errors, Form, read_form
from api.dashboard.lists import CurrentPage, Words
from api.dashboard.pages import Page, redirect, render
from api.errors import AnyRequest, found
from shared.db import violates
from shared.ids import new_id
from shared.operations.create_customer import NewCustomer
from shared.operations.update_customer import CustomerChanges
from shared.queries.customers import CustomerView, get_customer, search_customers
from shared.validation import InvalidFieldsError, convert_fields


class CustomerPageController(Controller):
    path = "/{project_id:uuid}/customers"

    @get()
    async def list(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        page: CurrentPage,
        words: Words = "",
    ) -> Page:
        async with state.engine.connect() as connection:
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
            await add_customer(state, project.id, actor, wanted, customer_id)
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
            await change_customer(state, project.id, actor, customer_id, wanted)
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
        await remove_customer(state, project.id, actor, customer_id)
        return redirect(f"{HOME}/{project.id}/customers?done=deleted")


def _fields(form: Form) -> dict[str, str | None]:
    return {"name": form.text("name"), "external_customer_id": form.optional("external_customer_id")}


async def _customer(state: State, project: ProjectName, customer_id: UUID) -> CustomerView:
    """Raises ApiError 404."""
    async with state.engine.connect() as connection:
        return found(await get_customer(connection, project.id, customer_id), "Customer")


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
