"""The form of a webhook: making one, changing one, and giving it another secret."""

from typing import Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from sqlalchemy.exc import IntegrityError

from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName
from api.dashboard.forms import Errors, Form, read_form
from api.dashboard.pages import Page, redirect, render
from api.dashboard.pickers import WHOLE_PROJECT, number_picker, searches
from api.dashboard.webhooks import good_webhook
from api.errors import AnyRequest, found
from api.webhook_endpoints import add_webhook, change_webhook
from shared.crypto import new_token
from shared.db import violates
from shared.ids import new_id
from shared.kapso import webhooks as kapso
from shared.operations.save_webhook import NewWebhook, WebhookChanges
from shared.queries.phone_numbers import get_phone_number
from shared.queries.webhooks import WebhookView
from shared.validation import InvalidFieldsError, convert_fields

# Those that ever come: others may be asked for through the Platform API, as Kapso's clients do.
NUMBER_EVENTS = {
    kapso.RECEIVED: "A customer wrote",
    kapso.STATUS_EVENTS["sent"]: "WhatsApp has taken a message",
    kapso.STATUS_EVENTS["delivered"]: "A message is on the customer's phone",
    kapso.STATUS_EVENTS["read"]: "A message was read",
    kapso.FAILED: "A message did not get there",
    kapso.CREATED: "A conversation began",
    kapso.ENDED: "A conversation was ended",
    kapso.INACTIVE: "Nobody has written for a while",
}
PROJECT_EVENTS = {
    kapso.NUMBER_CREATED: "A number was connected",
    kapso.NUMBER_DELETED: "A number was taken away",
    kapso.HANDOFF: "A person takes over from the automation",
    kapso.RESUMED: "A person hands back to the automation",
    kapso.WORKFLOW_FAILED: "The automation failed",
}
KINDS = {"kapso": "The events that are ticked", "meta": "All that WhatsApp says of the number, as it says it"}


class WebhookFormController(Controller):
    path = "/{project_id:uuid}/webhooks"

    @get("/new", role="operator")
    async def new(self, request: AnyRequest, state: State, project: CurrentProject) -> Page:
        """First whose events, since each has others; then the rest. The picker's search stays with the first."""
        form = Form(request.query_params)
        if form.ticked("chosen") and not searches(form, "phone_number_id"):
            return await _new_page(request, state, project, form, {})
        async with state.engine.connect() as connection:
            picker = await number_picker(connection, project.id, form)
        return render(request, "webhook_whose.html", picker=picker)

    @post()
    async def create(self, request: AnyRequest, state: State, project: CurrentProject, actor: CurrentActor) -> Page:
        """Add a webhook; its secret is on the page that answers, and on no other."""
        form = await read_form(request)
        webhook_id, number = form.id(), _number(form)
        try:
            fields = {**_fields(form), "headers": _headers(form), "kind": form.optional("kind")}
            wanted = convert_fields(NewWebhook, {**fields, "secret_key": new_secret()}, strict=False)
            webhook = await add_webhook(state, project.id, actor, number, wanted, webhook_id)
        except InvalidFieldsError as error:
            return await _new_page(request, state, project, form, _by_field(error.errors))
        except IntegrityError as error:
            if not violates(error, "webhook_endpoint_pkey"):
                raise
            return redirect(f"{HOME}/{project.id}/webhooks/{webhook_id}?done=shown")
        return _secret_page(request, webhook, wanted.secret_key, is_new=True)

    @get("/{webhook_id:uuid}/edit", role="operator")
    async def edit(
        self, request: AnyRequest, state: State, project: CurrentProject, webhook_id: FromPath[UUID]
    ) -> Page:
        webhook = await good_webhook(state, project, webhook_id)
        return _edit_page(request, webhook, None, {})

    @post("/{webhook_id:uuid}/edit")
    async def change(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        webhook_id: FromPath[UUID],
    ) -> Page:
        """Change a webhook. A header's value that is left as it is shown stays; so do headers that cannot be shown."""
        form = await read_form(request)
        webhook = await good_webhook(state, project, webhook_id)
        headers = _headers(form)
        kept = headers == (webhook.headers or {})
        try:
            fields = _fields(form) | ({} if kept else {"headers": headers})
            wanted = convert_fields(WebhookChanges, fields, strict=False)
            await change_webhook(state, project.id, actor, None, webhook_id, wanted)
        except InvalidFieldsError as error:
            return _edit_page(request, webhook, form, _by_field(error.errors))
        return redirect(f"{HOME}/{project.id}/webhooks/{webhook_id}?done=saved")

    @get("/{webhook_id:uuid}/secret", role="operator")
    async def ask_secret(
        self, request: AnyRequest, state: State, project: CurrentProject, webhook_id: FromPath[UUID]
    ) -> Page:
        webhook = await good_webhook(state, project, webhook_id)
        return render(request, "webhook_secret_new.html", webhook=webhook)

    @post("/{webhook_id:uuid}/secret")
    async def replace_secret(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        webhook_id: FromPath[UUID],
    ) -> Page:
        """Sign with a new secret from now on; it is on the page that answers, and on no other."""
        form, secret = await read_form(request), new_secret()
        wanted = WebhookChanges(secret_key=secret)
        webhook = await change_webhook(state, project.id, actor, None, webhook_id, wanted, form.time("seen_at"))
        return _secret_page(request, webhook, secret, is_new=False)


def new_secret() -> str:
    return f"wh_sec_{new_token()}"


def _number(form: Form) -> str | None:
    chosen = form.text("phone_number_id") or WHOLE_PROJECT
    return None if chosen == WHOLE_PROJECT else chosen


def _fields(form: Form) -> dict[str, Any]:
    """What may be changed later, too. The field of the minutes is not in every form."""
    minutes = form.optional("inactivity_minutes")
    fields = {"url": form.text("url"), "events": form.all("events")}
    return fields if minutes is None else {**fields, "inactivity_minutes": minutes}


def _headers(form: Form) -> dict[str, str]:
    pairs = [line.partition(":") for line in form.lines("headers")]
    return {name.strip(): value.strip() for name, _, value in pairs}


def _by_field(errors: Errors) -> Errors:
    """Of the form's fields: what is wrong with one event is told at all of them."""
    told: Errors = {}
    for name, texts in errors.items():
        told.setdefault(name.partition("[")[0].partition(".")[0], []).extend(texts)
    return told


def _filled_in(webhook: WebhookView) -> Form:
    """The form of a webhook as it is, but for the ticks."""
    return Form.of(
        url=webhook.url,
        headers="\n".join(f"{name}: {value}" for name, value in (webhook.headers or {}).items()),
        inactivity_minutes=str(webhook.inactivity_minutes),
    )


async def _new_page(request: AnyRequest, state: State, project: ProjectName, form: Form, errors: Errors) -> Page:
    """Raises ApiError 404 for a number that the project does not have."""
    wanted, number = _number(form), None
    if wanted is not None:
        async with state.engine.connect() as connection:
            number = found(await get_phone_number(connection, project.id, wanted), "Phone number")
    return render(
        request,
        "webhook_new.html",
        status=422 if errors else 200,
        number=number,
        form=form,
        form_id=form.uuid("form_id") or new_id(),
        offered=PROJECT_EVENTS if number is None else NUMBER_EVENTS,
        ticked=form.all("events"),
        kinds=KINDS,
        errors=errors,
    )


def _edit_page(request: AnyRequest, webhook: WebhookView, form: Form | None, errors: Errors) -> Page:
    """As the webhook is, unless a form was sent. What else it asks for, through the Platform API, can be seen."""
    known = PROJECT_EVENTS if webhook.phone_number_id is None else NUMBER_EVENTS
    return render(
        request,
        "webhook_edit.html",
        status=422 if errors else 200,
        webhook=webhook,
        form=form or _filled_in(webhook),
        offered=known | {name: name for name in webhook.events if name not in known},
        ticked=form.all("events") if form else webhook.events,
        errors=errors,
    )


def _secret_page(request: AnyRequest, webhook: WebhookView, secret: str | None, *, is_new: bool) -> Page:
    status = 201 if is_new else 200
    return render(request, "webhook_secret.html", status=status, webhook=webhook, secret=secret, is_new=is_new)
