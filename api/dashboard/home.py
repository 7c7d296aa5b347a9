"""/dashboard itself, and the projects of the installation."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import State
from msgspec import Meta
from sqlalchemy.exc import IntegrityError

from api.dashboard.access import HOME, CurrentActor, CurrentProject, CurrentVisit
from api.dashboard.forms import Form, read_form
from api.dashboard.pages import PROJECT_COOKIE, Page, redirect, render
from api.errors import AnyRequest
from shared.audit import made, record
from shared.db import is_conflict
from shared.ids import new_id
from shared.operations.create_project import create_project
from shared.validation import InvalidFieldsError, convert_fields

FIRST_PAGE = "overview"


class NewProject(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class HomeController(Controller):
    @get("/")
    async def home(self, request: AnyRequest, visit: CurrentVisit) -> Page:
        """The project that was looked at last, or else the first one; who has none makes one."""
        if not visit.projects:
            return redirect(f"{HOME}/projects")
        last = request.cookies.get(PROJECT_COOKIE)
        project = next((project for project in visit.projects if str(project.id) == last), visit.projects[0])
        return redirect(f"{HOME}/{project.id}/{FIRST_PAGE}")

    @get("/projects")
    async def projects(self, request: AnyRequest) -> Page:
        return render(request, "projects.html", form=Form(), form_id=new_id(), errors={})

    @post("/projects")
    async def create(self, request: AnyRequest, state: State, actor: CurrentActor) -> Page:
        form = await read_form(request)
        project_id = form.id()
        try:
            wanted = convert_fields(NewProject, {"name": form.text("name")})
            async with state.engine.begin() as connection:
                await create_project(connection, wanted.name, project_id)
                await record(connection, project_id, actor, "project.created", project_id, made({"name": wanted.name}))
        except InvalidFieldsError as error:
            return render(request, "projects.html", status=422, form=form, form_id=project_id, errors=error.errors)
        except IntegrityError as error:
            if not is_conflict(error):
                raise
        return redirect(f"{HOME}/{project_id}/{FIRST_PAGE}?done=created")

    @get("/{project_id:uuid}")
    async def project(self, project: CurrentProject) -> Page:
        return redirect(f"{HOME}/{project.id}/{FIRST_PAGE}")
