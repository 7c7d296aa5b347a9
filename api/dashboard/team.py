"""/dashboard/{project}/team: the people who answer conversations."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from sqlalchemy.exc import IntegrityError

from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName
from api.dashboard.forms import Errors, Form, read_form
from api.dashboard.lists import CurrentPage, Words
from api.dashboard.pages import Page, redirect, render
from api.errors import AnyRequest, found
from api.users import add_user, change_user, remove_user
from shared.db import violates
from shared.ids import new_id
from shared.operations.create_user import NewUser
from shared.operations.update_user import UserChanges
from shared.queries.assigned import MOST_COUNTED, active_counts
from shared.queries.users import UserView, get_user, search_users
from shared.validation import InvalidFieldsError, convert_fields

TEAM_ROLES = {"member": "Member", "admin": "Admin", "owner": "Owner"}


class TeamController(Controller):
    path = "/{project_id:uuid}/team"

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
            users, paging = await search_users(connection, project.id, words.strip(), page)
            counts = await active_counts(connection, project.id, [user.user_id for user in users])
        return render(
            request,
            "team.html",
            users=users,
            counts=counts,
            most_counted=MOST_COUNTED,
            paging=paging,
            words=words,
            query={"words": words},
            team_roles=TEAM_ROLES,
        )

    @get("/new", role="operator")
    async def new(self, request: AnyRequest) -> Page:
        return _form(request, None, Form.of(role="member"), {})

    @post()
    async def create(self, request: AnyRequest, state: State, project: CurrentProject, actor: CurrentActor) -> Page:
        form = await read_form(request)
        user_id = form.id()
        try:
            wanted = convert_fields(NewUser, _fields(form))
            await add_user(state, project.id, actor, wanted, user_id)
        except InvalidFieldsError as error:
            return _form(request, None, form, error.errors)
        except IntegrityError as error:  # the form was sent before
            if not violates(error, "team_member_pkey"):
                raise
        return redirect(f"{HOME}/{project.id}/team?done=created")

    @get("/{user_id:uuid}/edit", role="operator")
    async def edit(self, request: AnyRequest, state: State, project: CurrentProject, user_id: FromPath[UUID]) -> Page:
        user = await good_user(state, project, user_id)
        return _form(request, user, Form.of(name=user.name, email=user.email, role=user.role), {})

    @post("/{user_id:uuid}/edit")
    async def change(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        user_id: FromPath[UUID],
    ) -> Page:
        form = await read_form(request)
        try:
            wanted = convert_fields(UserChanges, _fields(form))
            await change_user(state, project.id, actor, user_id, wanted)
        except InvalidFieldsError as error:
            return _form(request, await good_user(state, project, user_id), form, error.errors)
        return redirect(f"{HOME}/{project.id}/team?done=saved")

    @get("/{user_id:uuid}/delete", role="operator")
    async def ask_delete(
        self, request: AnyRequest, state: State, project: CurrentProject, user_id: FromPath[UUID]
    ) -> Page:
        return render(request, "team_delete.html", user=await good_user(state, project, user_id))

    @post("/{user_id:uuid}/delete")
    async def delete(self, state: State, project: CurrentProject, actor: CurrentActor, user_id: FromPath[UUID]) -> Page:
        await remove_user(state, project.id, actor, user_id)
        return redirect(f"{HOME}/{project.id}/team?done=deleted")


def _fields(form: Form) -> dict[str, str]:
    return {"name": form.text("name"), "email": form.text("email"), "role": form.text("role")}


async def good_user(state: State, project: ProjectName, user_id: UUID) -> UserView:
    """Raises ApiError 404."""
    async with state.engine.connect() as connection:
        return found(await get_user(connection, project.id, user_id), "User")


def _form(request: AnyRequest, user: UserView | None, form: Form, errors: Errors) -> Page:
    """The form of a person; of a new one for None."""
    return render(
        request,
        "team_form.html",
        status=422 if errors else 200,
        user=user,
        form=form,
        form_id=form.uuid("form_id") or new_id(),
        errors=errors,
        team_roles=TEAM_ROLES,
    )
