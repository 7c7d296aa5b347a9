"""The form of an embed: making one, and changing one."""

from typing import Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from sqlalchemy.exc import IntegrityError

from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName
from api.dashboard.embed_secrets import secrets_page
from api.dashboard.forms import Errors, Form, read_form
from api.dashboard.pages import Page, redirect, render
from api.dashboard.pickers import WHOLE_PROJECT, assignee_picker, scope_picker, searches
from api.errors import AnyRequest, found
from api.inbox_embeds import add_embed, change_embed
from shared.db import is_conflict
from shared.ids import new_id
from shared.operations.create_embed import NewEmbed, ScopeNotFoundError, read_new_embed
from shared.operations.update_embed import EmbedChanges
from shared.queries.embeds import InboxEmbedView, get_embed
from shared.refusals import RefusedError
from shared.validation import InvalidFieldsError, convert_fields

LANGUAGES = {
    "en": "English",
    "es": "Español",
    "pt": "Português",
    "fr": "Français",
    "de": "Deutsch",
    "ar": "العربية",
}
MODES = {"system": "As the device is set", "light": "Light", "dark": "Dark"}


class EmbedFormController(Controller):
    path = "/{project_id:uuid}/embeds"

    @get("/new", role="operator")
    async def new(self, request: AnyRequest, state: State, project: CurrentProject) -> Page:
        """An empty form, or with what the query holds: without HTMX a picker's search loads the page anew."""
        return await _new_page(request, state, project, Form(request.query_params), {})

    @post()
    async def create(self, request: AnyRequest, state: State, project: CurrentProject, actor: CurrentActor) -> Page:
        """Make an embed; its secrets are on the page that answers, and on no other."""
        form = await read_form(request)
        if searches(form, "scope", "assigned_user_id"):
            return await _new_page(request, state, project, form, {})
        embed_id = form.id()
        try:
            wanted = _read_new(form)
            embed, secrets = await add_embed(state, project.id, actor, wanted, embed_id)
        except InvalidFieldsError as error:
            return await _new_page(request, state, project, form, _by_field(error.errors), 422)
        except ScopeNotFoundError as error:
            return await _new_page(request, state, project, form, {"scope": [str(error)]}, 422)
        except IntegrityError as error:
            if not is_conflict(error):
                raise
            return redirect(f"{HOME}/{project.id}/embeds/{embed_id}?done=shown")
        return secrets_page(request, embed, secrets.token, secrets.signing_secret, is_new=True)

    @get("/{embed_id:uuid}/edit", role="operator")
    async def edit(self, request: AnyRequest, state: State, project: CurrentProject, embed_id: FromPath[UUID]) -> Page:
        embed = await _changeable(state, project, embed_id)
        query = Form(request.query_params)
        return await _edit_page(request, state, project, embed, query if query.is_filled_in() else _filled_in(embed))

    @post("/{embed_id:uuid}/edit")
    async def change(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        embed_id: FromPath[UUID],
    ) -> Page:
        """Change an embed; its open iframes load again."""
        form = await read_form(request)
        if searches(form, "assigned_user_id"):
            embed = await _changeable(state, project, embed_id)
            return await _edit_page(request, state, project, embed, form)
        try:
            wanted = convert_fields(EmbedChanges, _fields(form))
            await change_embed(state, project.id, actor, embed_id, wanted)
        except InvalidFieldsError as error:
            embed = await _changeable(state, project, embed_id)
            return await _edit_page(request, state, project, embed, form, _by_field(error.errors), 422)
        return redirect(f"{HOME}/{project.id}/embeds/{embed_id}?done=saved")


def _read_new(form: Form) -> NewEmbed:
    """Raises InvalidFieldsError."""
    scope_type, _, scope_id = (form.text("scope") or WHOLE_PROJECT).partition(":")
    return read_new_embed({"scope_type": scope_type, "scope_id": scope_id or None, **_fields(form)})


def _fields(form: Form) -> dict[str, Any]:
    """What may be changed later, too."""
    return {
        "name": form.optional("name"),
        "assigned_user_id": form.optional("assigned_user_id"),
        "allowed_origins": form.lines("allowed_origins"),
        "default_mode": form.text("default_mode"),
        "language": form.text("language"),
        "expires_at": form.moment("expires_at"),
    }


def _by_field(errors: Errors) -> Errors:
    """Of the form's fields: what is wrong with one origin is told at the text area with all of them."""
    told: Errors = {}
    for name, texts in errors.items():
        field = name.partition("[")[0]
        told.setdefault("scope" if field in ("scope_type", "scope_id") else field, []).extend(texts)
    return told


def _filled_in(embed: InboxEmbedView) -> Form:
    """The form of an embed as it is."""
    return Form.of(
        name=embed.name or "",
        assigned_user_id=str(embed.assigned_user_id or ""),
        allowed_origins="\n".join(embed.allowed_origins),
        default_mode=embed.default_mode,
        language=embed.language,
        expires_at=embed.expires_at.strftime("%Y-%m-%dT%H:%M") if embed.expires_at else "",
    )


async def good_embed(state: State, project: ProjectName, embed_id: UUID) -> InboxEmbedView:
    """Raises ApiError 404."""
    async with state.engine.connect() as connection:
        return found(await get_embed(connection, project.id, embed_id), "Inbox embed")


async def _changeable(state: State, project: ProjectName, embed_id: UUID) -> InboxEmbedView:
    """Raises ApiError 404, or RefusedError for one that is revoked."""
    embed = await good_embed(state, project, embed_id)
    if embed.status == "revoked":
        raise RefusedError("embed_revoked", "The embed is revoked and cannot be changed; create another.")
    return embed


async def _new_page(
    request: AnyRequest, state: State, project: ProjectName, form: Form, errors: Errors, status: int = 200
) -> Page:
    async with state.engine.connect() as connection:
        scope = await scope_picker(connection, project.id, form)
        assignee = await assignee_picker(connection, project.id, form)
    return render(
        request,
        "embed_new.html",
        status=status,
        scope=scope,
        assignee=assignee,
        **_form_values(form, errors),
        form_id=form.uuid("form_id") or new_id(),
    )


async def _edit_page(
    request: AnyRequest,
    state: State,
    project: ProjectName,
    embed: InboxEmbedView,
    form: Form,
    errors: Errors | None = None,
    status: int = 200,
) -> Page:
    async with state.engine.connect() as connection:
        assignee = await assignee_picker(connection, project.id, form)
    values = _form_values(form, errors or {})
    return render(request, "embed_edit.html", status=status, embed=embed, assignee=assignee, **values)


def _form_values(form: Form, errors: Errors) -> dict[str, Any]:
    return {"form": form, "errors": errors, "languages": LANGUAGES, "modes": MODES}
