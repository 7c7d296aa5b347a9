"""Signing in and out, and the links that make operators."""

import hashlib
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from api.access import client_address, limit_headers, too_many
from api.dashboard.access import HOME, SIGN_IN, actor_at_door, check_form, own_path
from api.dashboard.forms import Form, read_form
from api.dashboard.pages import Page, redirect, render
from api.dashboard.session import session_cookie, session_token
from api.errors import AnyRequest, ApiError
from shared.audit import record
from shared.db import autocommit
from shared.operators.accounts import ROLES, get_operator
from shared.operators.links import LinkView, open_link, use_link
from shared.operators.sessions import (
    Proven,
    check_password_of,
    end_session,
    normal_email,
    signed_in,
    start_session,
    still_proven,
)
from shared.rate_limit import Usage, count_call, count_embed_call, count_failure, network_of
from shared.refusals import NotFoundError
from shared.validation import InvalidFieldsError

ATTEMPTS = 5  # to sign in as somebody, from one address in a minute; from all, ten times that
MOST_EMAIL = 254  # characters; no account has a longer one
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
        email, password = normal_email(form.text("email")), form.secret("password")
        tried = await _count_address(request)
        if not tried.exceeded and len(email) <= MOST_EMAIL:
            tried = await count_sign_in(request, email)
        if tried.exceeded:
            return _refused(request, form, 429, TOO_MANY, tried)
        if len(email) > MOST_EMAIL:
            return _refused(request, form, 422, WRONG)
        proven = await check_password_of(state.engine, email, password[:1000])
        if proven is None:
            return _refused(request, form, 422, WRONG)
        return await _begin(request, state, form, proven)

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
            proven = await use_link(state.engine, token, fields, actor_at_door(request))
        except InvalidFieldsError as error:
            return _link_page(request, link, form, error.errors, 422)
        return await _begin(request, state, form, proven)


async def count_sign_in(request: AnyRequest, email: str) -> Usage:
    """Count that somebody tries a password of an account. What Redis holds does not tell whose.

    `email` is in its normal spelling, the one by which the account is found: another spelling is another count.
    """
    account = hashlib.sha256(email.encode()).hexdigest()
    return await count_embed_call(request.app.state.redis, f"sign_in:{account}", client_address(request), ATTEMPTS)


async def _count_address(request: AnyRequest) -> Usage:
    """Count that an address tries to sign in, as whomever. Before the password is looked at, right or wrong: else who
    guesses would learn of a right one beyond the limit, and every guess would cost us a hash.
    """
    state = request.app.state
    subject = f"sign_ins:{network_of(client_address(request))}"
    return await count_call(state.redis, subject, state.settings.failure_rate_limit)


async def _begin(request: AnyRequest, state: State, form: Form, proven: Proven) -> Page:
    """A new session, whatever the cookie held before."""
    async with state.engine.begin() as connection:
        if not await still_proven(connection, proven):
            return _refused(request, form, 422, WRONG)
        operator_id = proven.operator_id
        token = await start_session(connection, operator_id)
        name = (await get_operator(connection, operator_id)).name
        actor = msgspec.structs.replace(actor_at_door(request), id=str(operator_id), name=name)
        await record(connection, None, actor, "operator.signed_in", operator_id)
    return redirect(own_path(form.text("next")), [session_cookie(state.settings, token)])


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
