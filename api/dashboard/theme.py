"""The dashboard's theme: in a cookie, so that a page has it from the first paint on and without a script."""

from litestar import Controller, post
from litestar.datastructures import State

from api.dashboard.access import HOME, check_form, own_path
from api.dashboard.forms import read_form
from api.dashboard.pages import THEME_COOKIE, THEMES, Page, lasting_cookie, redirect
from api.errors import AnyRequest


class ThemeController(Controller):
    path = HOME
    guards = (check_form,)

    @post("/theme")
    async def choose(self, request: AnyRequest, state: State) -> Page:
        form = await read_form(request)
        theme, back = form.text("theme"), form.text("back")
        value = theme if theme in THEMES else "system"
        cookie = lasting_cookie(state.settings, THEME_COOKIE, value)
        return redirect(own_path(back), [cookie])
