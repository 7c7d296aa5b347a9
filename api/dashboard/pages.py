"""How the dashboard's pages are made: templates, headers, redirects, and errors as pages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from litestar import MediaType, Response
from litestar.datastructures import Cookie
from litestar.types import ExceptionHandlersMap

from api.dashboard.access import HOME, SignInNeededError, Visit, is_fragment, path_with_query, sign_in_path
from api.dashboard.session import csrf_token, session_cookie, session_token
from api.errors import AnyRequest, ErrorBody
from shared.crypto import new_token
from shared.settings import Settings

Page = Response[str]

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-src": "'self'",  # an embed's preview
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{directive} {value}" for directive, value in _POLICY.items()),
    # Without a referrer, browsers would not say the origin of our own forms (Fetch, section 3.1).
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), payment=(), geolocation=()",
    "Vary": "Cookie, HX-Request",
}
THEMES = ("system", "light", "dark")
THEME_COOKIE = "porthole_theme"
PROJECT_COOKIE = "porthole_project"
"""Names the project that was looked at last, whose overview /dashboard leads to."""
YEAR = 365 * 24 * 3600

# What a redirect may have the next page say: ?done=<key>.
DONE = {
    "created": "Created.",
    "saved": "Saved.",
    "shown": "This form had been sent before. What is secret was shown then; make it anew if it is lost.",
    "revoked": "Revoked.",
    "deleted": "Deleted.",
    "disabled": "Disabled, and signed out everywhere.",
    "enabled": "Enabled again.",
    "removed": "The link is gone.",
    "connected": "Connected. Now point the webhook of its app in Meta's console here.",
    "disconnected": "Disconnected.",
    "password": "Your password is changed, and your other sessions have ended.",
    "assigned": "Assigned.",
    "unassigned": "Nobody's now.",
    "given_all": "Handed over.",
    "given_some": "500 are handed over. There are more: hand them over next.",
    "given_none": "There was nothing to hand over.",
    "retried": "It is being tried again.",
    "retried_all": "They are being tried again.",
    "retried_some": "The oldest 500 of them are being tried again. There are more: try them next.",
    "replayed": "It is being sent once more.",
    "replayed_all": "What has failed is being sent once more.",
    "replayed_some": "The oldest 500 that have failed are being sent once more. There are more: send them next.",
    "nothing_failed": "Nothing waits to be sent once more.",
    "tested": "A sample is on its way. It is among the deliveries below.",
    "paused": "Paused. Nothing is sent to it until it is resumed.",
    "resumed": "Resumed.",
}


class NavigationItem(msgspec.Struct, frozen=True):
    """A page that the menu leads to: its name, and its path below the project's, or below /dashboard."""

    name: str
    path: str
    of_project: bool = True
    role: str = "viewer"


NAVIGATION = (
    NavigationItem("Overview", "overview"),
    NavigationItem("Inbox Embeds", "embeds"),
    NavigationItem("Numbers", "numbers"),
    NavigationItem("Customers", "customers"),
    NavigationItem("Team", "team"),
    NavigationItem("Assignments", "assignments"),
    NavigationItem("API keys", "api-keys"),
    NavigationItem("Webhooks", "webhooks"),
    NavigationItem("Events", "events", of_project=False),
    NavigationItem("Audit log", "audit-log"),
    NavigationItem("Operators", "operators", of_project=False, role="owner"),
)


def render(
    request: AnyRequest,
    template: str,
    *,
    status: int = 200,
    cookies: Sequence[Cookie] = (),
    headers: Mapping[str, str] | None = None,
    back: str | None = None,
    **values: Any,
) -> Page:
    """A page from templates/dashboard. It knows the visit, if somebody is signed in, and can make forms.

    `back` is where the theme's form leads back to: needed of a page that answers a form which was sent to where there
    is none to get.
    """
    state = request.app.state
    set_cookies = list(cookies)
    cookie = session_token(request)
    if cookie is None:
        cookie = new_token()
        set_cookies.append(session_cookie(state.settings, cookie))
    visit: Visit | None = request.scope["state"].get("visit")
    if visit and visit.project and request.cookies.get(PROJECT_COOKIE) != str(visit.project.id):
        set_cookies.append(lasting_cookie(state.settings, PROJECT_COOKIE, str(visit.project.id)))
    theme = request.cookies.get(THEME_COOKIE, "system")
    html: str = state.jinja.get_template(f"dashboard/{template}").render(
        visit=visit,
        navigation=_navigation(visit),
        project=visit.project if visit else None,
        root=f"{HOME}/{visit.project.id}" if visit and visit.project else HOME,
        path=request.url.path,
        back=back or path_with_query(request),
        csrf_token=csrf_token(state.settings, cookie),
        theme=theme if theme in THEMES else "system",
        themes=THEMES,
        done=DONE.get(request.query_params.get("done", "")),
        assets=state.assets.dashboard,
        **values,
    )
    return Response(
        html,
        status_code=status,
        media_type=MediaType.HTML,
        cookies=set_cookies,
        headers={**_HEADERS, **(headers or {})},
    )


def lasting_cookie(settings: Settings, key: str, value: str) -> Cookie:
    """A cookie for what the dashboard remembers of a browser, for a year. It says nothing that is secret."""
    secure = settings.base_url.lower().startswith("https://")
    return Cookie(key=key, value=value, path=HOME, max_age=YEAR, secure=secure, samesite="lax")


def _navigation(visit: Visit | None) -> list[tuple[NavigationItem, str]]:
    """What the operator may open, with its paths."""
    if visit is None:
        return []
    project = visit.project or (visit.projects[0] if visit.projects else None)
    return [
        (item, f"{HOME}/{project.id}/{item.path}" if item.of_project and project else f"{HOME}/{item.path}")
        for item in NAVIGATION
        if visit.may(item.role) and (project or not item.of_project)
    ]


def nothing_new() -> Page:
    """For HTMX: what is on the page stays, the reader's place in it too."""
    return Response("", status_code=204)


def redirect(path: str, cookies: Sequence[Cookie] = ()) -> Page:
    """Go and get another page, after a form was done with."""
    return Response("", status_code=303, headers={"Location": path}, cookies=list(cookies))


def with_pages(handlers: ExceptionHandlersMap) -> ExceptionHandlersMap:
    """`handlers`, whose answers are pages for what lies below /dashboard."""
    return {**{kind: _as_page(handler) for kind, handler in handlers.items()}, SignInNeededError: _to_sign_in}


def _as_page(handler: Callable[[AnyRequest, Any], Response[Any]]) -> Callable[[AnyRequest, Any], Response[Any]]:
    def answer(request: AnyRequest, error: Exception) -> Response[Any]:
        said = handler(request, error)
        path = request.url.path
        if not (path == HOME or path.startswith(f"{HOME}/")) or not isinstance(said.content, ErrorBody):
            return said
        return render(
            request, "error.html", status=said.status_code or 500, headers=_retry_after(said), error=said.content
        )

    return answer


def _retry_after(said: Response[Any]) -> dict[str, str]:
    return {name: value for name, value in said.headers.items() if name.lower() == "retry-after"}


def _to_sign_in(request: AnyRequest, error: SignInNeededError) -> Page:
    path = sign_in_path(error.target)
    if is_fragment(request):  # the whole page goes there, and not the part that was asked for
        return Response("", status_code=401, headers={"HX-Redirect": sign_in_path(HOME)})
    return redirect(path)
