"""The door of the dashboard: who is signed in, what their role lets them do, and which project they are looking at."""

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access import client_address
from api.dashboard.session import SAFE, check_own_form, session_token
from api.errors import AnyRequest, ApiError, not_found
from shared.audit import Actor
from shared.db import autocommit
from shared.models import Project
from shared.operators.sessions import SignedIn, signed_in

HOME = "/dashboard"
SIGN_IN = f"{HOME}/sign-in"
MOST_PROJECTS = 200  # that the switcher offers
_OWN_PATH = re.compile(rf"{HOME}(/[\x21-\x5b\x5d-\x7e]*)?")  # visible ASCII without the backslash
RANK = {"viewer": 0, "operator": 1, "owner": 2}


class ProjectName(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class Visit(msgspec.Struct, frozen=True):
    """A request of an operator: the projects they may switch to, and the one that the path names, if it names one."""

    operator: SignedIn
    projects: list[ProjectName]
    project: ProjectName | None

    def may(self, role: str) -> bool:
        """Whether the operator may do what this role may."""
        return RANK[self.operator.role] >= RANK[role]


CurrentVisit = NamedDependency[Visit]
CurrentProject = NamedDependency[ProjectName]
CurrentActor = NamedDependency[Actor]


class SignInNeededError(Exception):
    """Nobody is signed in. `target` is the path that was asked for."""

    def __init__(self, target: str) -> None:
        super().__init__("Please sign in.")
        self.target = target


async def let_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard: lets in an operator with a session, whose role is the route's `role` or more.

    Routes that do not name one are for viewers if they change nothing, and else for operators. Raises
    SignInNeededError, or ApiError 403, or 404 for a project that there is not.
    """
    request = _request(connection)
    token = session_token(request)
    if token is None:
        raise SignInNeededError(_target(request))
    async with autocommit(request.app.state.engine).connect() as database:
        # A page that nobody looks at asks for its parts for ever.
        operator = await signed_in(database, token, is_use=not is_fragment(request))
        if operator is None:
            raise SignInNeededError(_target(request))
        projects = await _projects(database)
        project_id = request.path_params.get("project_id")
        project = None if project_id is None else await _project(database, projects, project_id)
    await check_own_form(request)  # reads the body, which may be slow to come: no connection is held meanwhile
    visit = Visit(operator, projects, project)
    role = handler.opt.get("role") or ("viewer" if request.method in SAFE else "operator")
    if not visit.may(role):
        raise ApiError(403, "forbidden", f"This is for the role {role}; yours is {operator.role}.")
    request.scope["state"]["visit"] = visit


async def check_form(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard for the pages that need nobody to be signed in."""
    await check_own_form(_request(connection))


def visit_of_request(request: AnyRequest) -> Visit:
    """What `let_in` has found out."""
    visit: Visit = request.scope["state"]["visit"]
    return visit


def project_of_request(request: AnyRequest) -> ProjectName:
    project = visit_of_request(request).project
    assert project is not None
    return project


def actor_of_operator(request: AnyRequest) -> Actor:
    """Whom an audit line names for this request."""
    operator = visit_of_request(request).operator
    return msgspec.structs.replace(actor_at_door(request), id=str(operator.operator_id), name=operator.name)


def actor_at_door(request: AnyRequest) -> Actor:
    """Somebody who is about to become an operator: all that is known is where they are."""
    return Actor(
        type="operator",
        address=client_address(request),
        user_agent=request.headers.get("user-agent"),
        request_id=request.scope["state"].get("request_id"),
    )


def _request(connection: ASGIConnection[Any, Any, Any, Any]) -> AnyRequest:
    """Guards are given the request itself."""
    assert isinstance(connection, Request)
    return connection


def _target(request: AnyRequest) -> str:
    """Where to go after signing in: back to the page, not to what a form was sent to."""
    if request.method not in SAFE:
        return HOME
    return path_with_query(request)


def path_with_query(request: AnyRequest) -> str:
    """What the request asks for, as a link of ours would have it."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def own_path(target: str) -> str:
    """The target, with its query, if it is of the dashboard, and else /dashboard: nobody is sent elsewhere."""
    return target if _OWN_PATH.fullmatch(target) else HOME


def is_fragment(request: AnyRequest) -> bool:
    """Whether HTMX asks, which puts the answer into a page that is there already."""
    return request.headers.get("hx-request") == "true"


def sign_in_path(target: str) -> str:
    return SIGN_IN if target == HOME else f"{SIGN_IN}?{urlencode({'next': target})}"


async def _projects(connection: AsyncConnection) -> list[ProjectName]:
    query = select(Project.id, Project.name).order_by(Project.name, Project.id).limit(MOST_PROJECTS)
    return [ProjectName(row.id, row.name) for row in await connection.execute(query)]


async def _project(connection: AsyncConnection, projects: list[ProjectName], project_id: UUID) -> ProjectName:
    known = next((project for project in projects if project.id == project_id), None)
    if known is not None:
        return known
    row = (await connection.execute(select(Project.id, Project.name).where(Project.id == project_id))).one_or_none()
    if row is None:
        raise not_found("Project")
    return ProjectName(row.id, row.name)
