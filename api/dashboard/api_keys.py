"""/dashboard/{project}/api-keys: the project's keys to the Platform API and the Meta-compatible path."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from sqlalchemy.exc import IntegrityError

from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName
from api.dashboard.forms import Errors, Form, read_form
from api.dashboard.lists import FIRST_PAGE, CurrentPage
from api.dashboard.pages import Page, redirect, render
from api.errors import AnyRequest, found
from api.platform.api_keys import NewApiKey
from shared.audit import made, record
from shared.db import is_conflict
from shared.ids import new_id
from shared.operations.create_project import create_key
from shared.operations.revoke_key import revoke_key
from shared.paging import CursorQuery
from shared.queries.api_keys import get_api_key, page_of_api_keys
from shared.refusals import RefusedError
from shared.validation import InvalidFieldsError, convert_fields


class ApiKeyPageController(Controller):
    path = "/{project_id:uuid}/api-keys"

    @get()
    async def list(self, request: AnyRequest, state: State, project: CurrentProject, page: CurrentPage) -> Page:
        return await _list(request, state, project, page, Form(), {})

    @post()
    async def create(self, request: AnyRequest, state: State, project: CurrentProject, actor: CurrentActor) -> Page:
        """Make a key; it is on the page that answers, and on no other."""
        form = await read_form(request)
        key_id = form.id()
        try:
            wanted = convert_fields(NewApiKey, {"name": form.text("name")})
            async with state.engine.begin() as connection:
                _, key = await create_key(connection, project.id, wanted.name, key_id)
                await record(connection, project.id, actor, "api_key.created", key_id, made({"name": wanted.name}))
        except InvalidFieldsError as error:
            return await _list(request, state, project, FIRST_PAGE, form, error.errors)
        except IntegrityError as error:
            if not is_conflict(error):
                raise
            return redirect(f"{HOME}/{project.id}/api-keys?done=shown")
        return render(
            request, "api_key_secret.html", status=201, name=wanted.name, key=key, base_url=state.settings.base_url
        )

    @get("/{key_id:uuid}/revoke", role="operator")
    async def ask_revoke(
        self, request: AnyRequest, state: State, project: CurrentProject, key_id: FromPath[UUID]
    ) -> Page:
        return await _ask(request, state, project, key_id)

    @post("/{key_id:uuid}/revoke")
    async def revoke(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        key_id: FromPath[UUID],
    ) -> Page:
        """Revoke a key at once. The project's last one stays."""
        try:
            async with state.engine.begin() as connection:
                if await revoke_key(connection, project.id, key_id):
                    await record(connection, project.id, actor, "api_key.revoked", key_id)
        except RefusedError as error:
            return await _ask(request, state, project, key_id, str(error))
        return redirect(f"{HOME}/{project.id}/api-keys?done=revoked")


async def _list(
    request: AnyRequest, state: State, project: ProjectName, page: CursorQuery, form: Form, errors: Errors
) -> Page:
    async with state.engine.connect() as connection:
        keys, paging = await page_of_api_keys(connection, project.id, page)
    return render(
        request,
        "api_keys.html",
        status=422 if errors else 200,
        keys=keys,
        paging=paging,
        form=form,
        form_id=form.uuid("form_id") or new_id(),
        errors=errors,
    )


async def _ask(
    request: AnyRequest, state: State, project: ProjectName, key_id: UUID, problem: str | None = None
) -> Page:
    async with state.engine.connect() as connection:
        key = found(await get_api_key(connection, project.id, key_id), "API key")
    return render(request, "api_key_revoke.html", status=422 if problem else 200, key=key, problem=problem)
