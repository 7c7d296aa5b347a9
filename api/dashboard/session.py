"""The dashboard's cookies, and the token that shows that a form is of one of our own pages."""

import hmac
import re
import secrets

from litestar.datastructures import Cookie

from api.errors import AnyRequest, ApiError
from shared.crypto import derive_key, derive_keys
from shared.operators.sessions import LONGEST
from shared.origins import is_own_origin
from shared.settings import Settings

CSRF_FIELD, CSRF_HEADER = "csrf_token", "x-csrf-token"
PURPOSE = "porthole dashboard forms"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def session_cookie(settings: Settings, token: str) -> Cookie:
    """RFC 6265bis, section 4.1.3.2: a name with __Host- is only ever set by this host, over https, for all paths."""
    return Cookie(
        key=_name(settings),
        value=token,
        path="/",
        max_age=int(LONGEST.total_seconds()) if token else 0,
        secure=_is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def session_token(request: AnyRequest) -> str | None:
    """What the cookie holds: a session's token, or of somebody who has not signed in what their forms are bound to."""
    token = request.cookies.get(_name(request.app.state.settings), "")
    return token if _TOKEN.fullmatch(token) else None


def _name(settings: Settings) -> str:
    return "__Host-porthole_session" if _is_secure(settings) else "porthole_session"


def _is_secure(settings: Settings) -> bool:
    return settings.base_url.lower().startswith("https://")


def csrf_token(settings: Settings, cookie: str) -> str:
    """Good for as long as the cookie is. Each is another, so that what a page compresses to tells nothing of it."""
    nonce = secrets.token_urlsafe(12)
    return f"{nonce}.{_signature(derive_key(settings.secret_key, PURPOSE), nonce, cookie)}"


async def check_own_form(request: AnyRequest) -> None:
    """Raises ApiError 403 unless the request changes nothing, or comes from a page of ours in the same browser: its
    Origin is our own, and its token, in a header or a field, is of its cookie.
    """
    if request.method in SAFE:
        return
    settings: Settings = request.app.state.settings
    origin = request.headers.get("origin")
    if origin is None or not is_own_origin(origin, request.headers.get("host", ""), settings.origin()):
        raise ApiError(403, "forbidden_origin", "This form was not sent from a page of this dashboard.")
    cookie, given = session_token(request), request.headers.get(CSRF_HEADER)
    if given is None:
        given = str((await request.form()).get(CSRF_FIELD, ""))
    nonce, _, signature = given.partition(".")
    keys = derive_keys(settings.secret_key, PURPOSE)
    expected = [_signature(key, nonce, cookie or "") for key in keys]
    if cookie is None or not any(hmac.compare_digest(signature.encode(), one.encode()) for one in expected):
        raise ApiError(403, "stale_form", "This form is no longer valid; go back, load the page again and repeat it.")


def _signature(key: bytes, nonce: str, cookie: str) -> str:
    return hmac.digest(key, f"{nonce}.{cookie}".encode(), "sha256").hex()
