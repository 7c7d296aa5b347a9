"""Signing in and out, and the links that make operators."""

import hashlib
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from api.access import client_address, limit_headers, too_many
from api.dashboard.access import HOME, SIGN_IN, actor_at_door, check_form
from api.dashboard.forms import Form, read_form
from api.dashboard.pages import Page, redirect, render
from api.dashboard.session import session_cookie, session_token
from api.errors import AnyRequest, ApiError
from shared.audit import record
from shared.db import autocommit
from shared.operators.accounts import ROLES, get_operator
from shared.operators.links import LinkView, open_link, use_link
from shared.operators.sessions import check_password_of, end_session, signed_in, start_session
from shared.rate_limit import Usage, count_embed_call, count_failure
from shared.refusals import NotFoundError
from shared.validation import InvalidFieldsError

ATTEMPTS = 5  # to sign in as somebody, from one address in a minute; from all, ten times that
WRONG = "The email or the password is not right."
TOO_MANY = "Too many attempts; wait a minute and try again."

Next = Annotated[str, QueryParameter(name="next", max_length=2000)]


class SignInController(Controller):
    """Nobody needs to be signed in for this."""

    path = HOME
    guards = (check_form,)

    @get("/sign-in")
    async def form(self, request: AnyRequest, target: Next = HOME) -> Page:
        return render(request, "sign_in.html", target=target, email="", problem=None)

    @post("/sign-in")
    async def sign_in(self, request: AnyRequest, state: State) -> Page:
        """The same answer, after the same time, for whatever is wrong with the email or the password."""
        form = await read_form(request)
        email, password, target = form.text("email"), form.secret("password"), form.text("next")
        tried = await count_sign_in(request, email)
        if tried.exceeded:
            return _refused(request, form, 429, TOO_MANY, tried)
        operator_id = await check_password_of(state.engine, email[:300], password[:1000])
        if operator_id is None:
            failed = await count_failure(state.redis, client_address(request), state.settings.failure_rate_limit)
            if failed.exceeded:
                return _refused(request, form, 429, TOO_MANY, failed)
            return _refused(request, form, 422, WRONG)
        return await _begin(request, state, operator_id, target)

    @post("/sign-out")
    async def sign_out(self, request: AnyRequest, state: State) -> Page:
        token = session_token(request)
        async with autocommit(state.engine).connect() as connection:
            operator = await signed_in(connection, token) if token else None
            if operator is not None:
                await end_session(connection, operator.session_id)
        return redirect(SIGN_IN, [session_cookie(state.settings, "")])

    @get("/join/{token:str}")
    async def link(self, request: AnyRequest, state: State, token: FromPath[str]) -> Page:
        """What a link is for. To look at it does not use it up: those who preview links do that."""
        return _link_page(request, await _open(request, state, token), Form(), {})

    @post("/join/{token:str}")
    async def join(self, request: AnyRequest, state: State, token: FromPath[str]) -> Page:
        """Become an operator, or take a new password; and be signed in."""
        link = await _open(request, state, token)
        form = await read_form(request)
        fields = {"name": form.text("name"), "email": form.text("email"), "password": form.secret("password")}
        if fields["password"] != form.secret("password_again"):
            return _link_page(request, link, form, {"password_again": ["is not the same"]}, 422)
        try:
            operator_id = await use_link(state.engine, token, fields, actor_at_door(request))
        except InvalidFieldsError as error:
            return _link_page(request, link, form, error.errors, 422)
        return await _begin(request, state, operator_id, HOME)


async def count_sign_in(request: AnyRequest, email: str) -> Usage:
    """Count that somebody tries a password of an account. What Redis holds does not tell whose."""
    account = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    return await count_embed_call(request.app.state.redis, f"sign_in:{account}", client_address(request), ATTEMPTS)


async def _begin(request: AnyRequest, state: State, operator_id: UUID, target: str) -> Page:
    """A new session, whatever the cookie held before."""
    async with state.engine.begin() as connection:
        token = await start_session(connection, operator_id)
        name = (await get_operator(connection, operator_id)).name
        actor = msgspec.structs.replace(actor_at_door(request), id=str(operator_id), name=name)
        await record(connection, None, actor, "operator.signed_in", operator_id)
    is_ours = target == HOME or (target.startswith(f"{HOME}/") and "\\" not in target)
    return redirect(target if is_ours else HOME, [session_cookie(state.settings, token)])


def _refused(request: AnyRequest, form: Form, status: int, problem: str, usage: Usage | None = None) -> Page:
    return render(
        request,
        "sign_in.html",
        status=status,
        headers=None if usage is None else limit_headers(usage),
        target=form.text("next"),
        email=form.text("email"),
        problem=problem,
    )


async def _open(request: AnyRequest, state: State, token: str) -> LinkView:
    """Raises ApiError 404, or 429: guesses are counted by address, as those of keys are."""
    try:
        async with state.engine.connect() as connection:
            return await open_link(connection, token)
    except NotFoundError as error:
        tried = await count_failure(state.redis, client_address(request), state.settings.failure_rate_limit)
        if tried.exceeded:
            raise too_many(tried) from error
        raise ApiError(404, "not_found", "This link was used, has expired, or never was one.") from error


def _link_page(
    request: AnyRequest, link: LinkView, form: Form, errors: dict[str, list[str]], status: int = 200
) -> Page:
    return render(request, "join.html", status=status, link=link, roles=ROLES, form=form, errors=errors)
