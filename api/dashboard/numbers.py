"""/dashboard/{project}/numbers: WhatsApp numbers, connected by what Meta's console says of them."""

from typing import Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName, is_fragment
from api.dashboard.forms import Errors, Form, read_form
from api.dashboard.lists import CurrentPage, Words
from api.dashboard.pages import Page, redirect, render
from api.dashboard.pickers import customer_picker, searches
from api.errors import AnyRequest, found
from api.numbers import NewPhoneNumber, change_number, connect, disconnect_number, health_of_number
from shared.operations.update_number import NumberChanges
from shared.queries.customers import get_customer
from shared.queries.phone_numbers import PhoneNumberView, get_phone_number, search_phone_numbers
from shared.refusals import ConflictError
from shared.validation import InvalidFieldsError, convert_fields
from shared.whatsapp.graph import NoAnswerError, NotSentError

CHECKS = {
    "phone_number_access": "The token opens the number",
    "phone_number_connection": "The number is connected",
    "messaging_health": "WhatsApp lets it send",
    "webhook_subscription": "An app takes its webhooks",
    "webhook_verified": "Its webhooks come in here",
    "token_validity": "The token is valid",
}
SILENT = "WhatsApp did not answer, so that nothing was stored; try again shortly."


class NumberController(Controller):
    path = "/{project_id:uuid}/numbers"

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
            numbers, paging = await search_phone_numbers(connection, project.id, words.strip(), page)
        return render(
            request, "numbers.html", numbers=numbers, paging=paging, words=words, query={"words": words}, **_meta(state)
        )

    @get("/new", role="operator")
    async def new(self, request: AnyRequest, state: State, project: CurrentProject) -> Page:
        return await _form(request, state, project, None, Form(), {})

    @post()
    async def create(self, request: AnyRequest, state: State, project: CurrentProject, actor: CurrentActor) -> Page:
        """Connect a number, once WhatsApp has said that ids and token belong together."""
        form = await read_form(request)
        if searches(form, "customer_id"):
            return await _form(request, state, project, None, form, {})
        ids = {name: form.text(name) for name in ("phone_number_id", "business_account_id")}
        try:
            wanted = convert_fields(NewPhoneNumber, {**_fields(form), "access_token": form.text("access_token"), **ids})
            customer_id = await _chosen_customer(state, project, form)
            await connect(state, project.id, actor, wanted, customer_id)
        except InvalidFieldsError as error:
            return await _form(request, state, project, None, form, error.errors)
        except ConflictError as error:
            return await _form(request, state, project, None, form, {"phone_number_id": [str(error)]})
        except (NotSentError, NoAnswerError):
            return await _form(request, state, project, None, form, {"access_token": [SILENT]})
        return redirect(f"{HOME}/{project.id}/numbers/{wanted.phone_number_id}?done=connected")

    @get("/{phone_number_id:str}")
    async def one(
        self, request: AnyRequest, state: State, project: CurrentProject, phone_number_id: FromPath[str]
    ) -> Page:
        number = await _number(state, project, phone_number_id)
        async with state.engine.connect() as connection:
            customer = number.customer_id and await get_customer(connection, project.id, number.customer_id)
        return render(request, "number.html", number=number, customer=customer, **_meta(state))

    @get("/{phone_number_id:str}/health")
    async def health(
        self, request: AnyRequest, state: State, project: CurrentProject, phone_number_id: FromPath[str]
    ) -> Page:
        """What WhatsApp says of the number; HTMX gets that alone, for the number's own page."""
        health = await health_of_number(state, project.id, phone_number_id)
        number = await _number(state, project, phone_number_id)
        template = "number_health_part.html" if is_fragment(request) else "number_health.html"
        return render(request, template, number=number, health=health, checks=CHECKS)

    @get("/{phone_number_id:str}/edit", role="operator")
    async def edit(
        self, request: AnyRequest, state: State, project: CurrentProject, phone_number_id: FromPath[str]
    ) -> Page:
        number = await _number(state, project, phone_number_id)
        return await _form(request, state, project, number, _filled_in(number), {})

    @post("/{phone_number_id:str}/edit")
    async def change(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        phone_number_id: FromPath[str],
    ) -> Page:
        """Change a number. An empty token leaves the one that is stored."""
        form = await read_form(request)
        if searches(form, "customer_id"):
            number = await _number(state, project, phone_number_id)
            return await _form(request, state, project, number, form, {})
        token = {"access_token": form.text("access_token")} if form.text("access_token") else {}
        try:
            fields = {**_fields(form), **token, "customer_id": form.optional("customer_id")}
            wanted = convert_fields(NumberChanges, fields, strict=False)
            await change_number(state, project.id, actor, phone_number_id, wanted)
        except (InvalidFieldsError, NotSentError, NoAnswerError) as error:
            errors = error.errors if isinstance(error, InvalidFieldsError) else {"access_token": [SILENT]}
            number = await _number(state, project, phone_number_id)
            return await _form(request, state, project, number, form, errors)
        return redirect(f"{HOME}/{project.id}/numbers/{phone_number_id}?done=saved")

    @get("/{phone_number_id:str}/disconnect", role="operator")
    async def ask_disconnect(
        self, request: AnyRequest, state: State, project: CurrentProject, phone_number_id: FromPath[str]
    ) -> Page:
        number = await _number(state, project, phone_number_id)
        return render(request, "number_disconnect.html", number=number, errors={})

    @post("/{phone_number_id:str}/disconnect")
    async def disconnect(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        phone_number_id: FromPath[str],
    ) -> Page:
        """Disconnect a number, whose conversations are erased: for that its id is typed once more."""
        number = await _number(state, project, phone_number_id)
        if (await read_form(request)).text("phone_number_id") != phone_number_id:
            errors = {"phone_number_id": [f"must be {phone_number_id}"]}
            return render(request, "number_disconnect.html", status=422, number=number, errors=errors)
        await disconnect_number(state, project.id, actor, phone_number_id)
        return redirect(f"{HOME}/{project.id}/numbers?done=disconnected")


def _meta(state: State) -> dict[str, Any]:
    """What is typed into the webhook form of Meta's console. The templates show it to operators."""
    base_url = state.settings.base_url.rstrip("/")
    return {"webhook_url": f"{base_url}/webhooks/whatsapp", "verify_token": state.settings.whatsapp_verify_token}


def _fields(form: Form) -> dict[str, Any]:
    return {"name": form.text("name"), "inbound_processing_enabled": form.ticked("inbound_processing_enabled")}


def _filled_in(number: PhoneNumberView) -> Form:
    return Form.of(
        name=number.name,
        customer_id=str(number.customer_id or ""),
        inbound_processing_enabled="on" if number.inbound_processing_enabled else "",
    )


async def _chosen_customer(state: State, project: ProjectName, form: Form) -> UUID | None:
    """Raises InvalidFieldsError."""
    customer_id = form.uuid("customer_id")
    if not form.text("customer_id"):
        return None
    async with state.engine.connect() as connection:
        if customer_id is None or await get_customer(connection, project.id, customer_id) is None:
            raise InvalidFieldsError({"customer_id": ["is not a customer of this project"]})
    return customer_id


async def _number(state: State, project: ProjectName, phone_number_id: str) -> PhoneNumberView:
    """Raises ApiError 404."""
    async with state.engine.connect() as connection:
        return found(await get_phone_number(connection, project.id, phone_number_id), "Phone number")


async def _form(
    request: AnyRequest,
    state: State,
    project: ProjectName,
    number: PhoneNumberView | None,
    form: Form,
    errors: Errors,
) -> Page:
    """The form of a number; of a new one for None."""
    async with state.engine.connect() as connection:
        customer = await customer_picker(connection, project.id, form)
    status = 422 if errors else 200
    fresh = number is None and not form.is_filled_in()
    return render(
        request,
        "number_form.html",
        status=status,
        number=number,
        form=form,
        fresh=fresh,
        customer=customer,
        errors=errors,
    )
