"""/dashboard/operators: who may use the dashboard. For owners."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from msgspec import Meta

from api.dashboard.access import HOME, CurrentActor
from api.dashboard.forms import read_form
from api.dashboard.pages import Page, redirect, render
from api.errors import AnyRequest
from api.platform.paging import After, Before
from shared.ids import new_id
from shared.operators.accounts import ROLES, Role, change_operator, get_operator, list_operators
from shared.operators.links import (
    link_url,
    list_links,
    make_invitation,
    make_password_link,
    remove_link,
)
from shared.paging import CursorQuery
from shared.refusals import ConflictError, RefusedError
from shared.validation import convert_fields

PATH = f"{HOME}/operators"


class Invitation(msgspec.Struct, frozen=True):
    role: Role


class Change(msgspec.Struct, frozen=True):
    role: Role
    access: Annotated[Literal["enabled", "disabled"], Meta(description="Whether they may sign in.")]


class OperatorController(Controller):
    path = "/operators"

    @get(role="owner")
    async def list(self, request: AnyRequest, state: State, after: After = None, before: Before = None) -> Page:
        return await _list(request, state, CursorQuery(50, after, before))

    @post("/invitations", role="owner")
    async def invite(self, request: AnyRequest, state: State, actor: CurrentActor) -> Page:
        """Make a link for a new operator, which this page alone shows. A form that is sent twice makes one."""
        form = await read_form(request)
        wanted = convert_fields(Invitation, {"role": form.text("role")})
        try:
            async with state.engine.begin() as connection:
                token = await make_invitation(connection, wanted.role, actor, form.id())
        except ConflictError:
            return redirect(f"{PATH}?done=shown")
        return _link_page(request, state, token, f"a new operator with the role {wanted.role}")

    @post("/links/{link_id:uuid}/remove", role="owner")
    async def remove(self, state: State, actor: CurrentActor, link_id: FromPath[UUID]) -> Page:
        async with state.engine.begin() as connection:
            await remove_link(connection, link_id, actor)
        return redirect(f"{PATH}?done=removed")

    @get("/{operator_id:uuid}", role="owner")
    async def one(self, request: AnyRequest, state: State, operator_id: FromPath[UUID]) -> Page:
        return await _one(request, state, operator_id)

    @post("/{operator_id:uuid}", role="owner")
    async def change(self, request: AnyRequest, state: State, actor: CurrentActor, operator_id: FromPath[UUID]) -> Page:
        form = await read_form(request)
        wanted = convert_fields(Change, {"role": form.text("role"), "access": form.text("access")})
        disabled = wanted.access == "disabled"
        try:
            async with state.engine.begin() as connection:
                await change_operator(connection, operator_id, role=wanted.role, disabled=disabled, actor=actor)
        except RefusedError as error:
            return await _one(request, state, operator_id, str(error))
        return redirect(f"{PATH}?done=saved")

    @post("/{operator_id:uuid}/password", role="owner")
    async def password(
        self, request: AnyRequest, state: State, actor: CurrentActor, operator_id: FromPath[UUID]
    ) -> Page:
        """Make a link with which an operator who has forgotten the password chooses a new one; this page alone shows
        it. A form that is sent twice makes one.
        """
        form = await read_form(request)
        try:
            async with state.engine.begin() as connection:
                operator = await get_operator(connection, operator_id)
                token = await make_password_link(connection, operator_id, actor, form.id())
        except ConflictError:
            return redirect(f"{PATH}/{operator_id}?done=shown")
        return _link_page(request, state, token, f"a new password of {operator.name}")


async def _list(request: AnyRequest, state: State, page: CursorQuery) -> Page:
    async with state.engine.connect() as connection:
        operators, paging = await list_operators(connection, page)
        links = await list_links(connection)
    form_id = new_id()
    return render(
        request, "operators.html", operators=operators, paging=paging, links=links, roles=ROLES, form_id=form_id
    )


async def _one(request: AnyRequest, state: State, operator_id: UUID, problem: str | None = None) -> Page:
    async with state.engine.connect() as connection:
        operator = await get_operator(connection, operator_id)
    status = 200 if problem is None else 422
    form_id = new_id()
    return render(
        request, "operator.html", status=status, operator=operator, roles=ROLES, problem=problem, form_id=form_id
    )


def _link_page(request: AnyRequest, state: State, token: str, purpose: str) -> Page:
    url = link_url(state.settings.base_url, token)
    return render(request, "operator_link.html", status=201, url=url, purpose=purpose, back=PATH)
