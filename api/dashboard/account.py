"""An operator's own account: the password."""

from litestar import Controller, get, post
from litestar.datastructures import State

from api.access import limit_headers
from api.dashboard.access import HOME, CurrentActor, CurrentVisit
from api.dashboard.forms import read_form
from api.dashboard.pages import Page, redirect, render
from api.dashboard.session import session_cookie
from api.dashboard.sign_in import TOO_MANY, count_sign_in
from api.errors import AnyRequest
from shared.operators.accounts import change_password
from shared.operators.passwords import check_password, hash_password
from shared.operators.sessions import check_password_of, start_session, still_proven

PATH = f"{HOME}/account"


class AccountController(Controller):
    path = "/account"

    @get()
    async def account(self, request: AnyRequest) -> Page:
        return render(request, "account.html", errors={})

    @post("/password", role="viewer")
    async def change(self, request: AnyRequest, state: State, visit: CurrentVisit, actor: CurrentActor) -> Page:
        """Change one's own password: all sessions end, and this browser gets a new one."""
        form, operator = await read_form(request), visit.operator
        tried = await count_sign_in(request, operator.email)
        if tried.exceeded:
            errors = {"current_password": [TOO_MANY]}
            return render(request, "account.html", status=429, headers=limit_headers(tried), errors=errors, back=PATH)
        errors = {}
        password = form.secret("password")
        check_password(password, operator.email, errors)
        if password != form.secret("password_again"):
            errors["password_again"] = ["is not the same"]
        proven = await check_password_of(state.engine, operator.email, form.secret("current_password")[:1000])
        if proven is None:
            errors["current_password"] = ["is not right"]
        if proven is None or errors:
            return _account_page(request, errors)
        password_hash = await hash_password(password)
        async with state.engine.begin() as connection:
            if not await still_proven(connection, proven):
                return _account_page(request, {"current_password": ["is not right"]})
            await change_password(connection, operator.operator_id, password_hash, actor)
            token = await start_session(connection, operator.operator_id)
        return redirect(f"{PATH}?done=password", [session_cookie(state.settings, token)])


def _account_page(request: AnyRequest, errors: dict[str, list[str]]) -> Page:
    return render(request, "account.html", status=422, errors=errors, back=PATH)
