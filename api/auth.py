"""The door of the iframe's API: an embed's token, the origins it may be used from, and how often."""

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.access import client_address, limit_headers, too_many
from api.errors import AnyRequest, ApiError
from shared.audit import Actor
from shared.embeds import Embed, EmbedRefusedError, authenticate_embed, check_origin, count_refusal
from shared.rate_limit import count_embed_call
from shared.user_claims import User, read_user_claim

CurrentEmbed = NamedDependency[Embed]
CurrentUser = NamedDependency[User | None]

USER_HEADER = "x-porthole-user"
# What may be asked is the same for every origin: whether one may use the embed is not known before its token comes.
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"authorization, content-type, x-porthole-user"),
    (b"access-control-max-age", b"7200"),
    (b"vary", b"origin"),
]


class EmbedAccess(ASGIMiddleware):
    """Lets in the bearer of an embed's token, from the embed's origins and within its limit of calls.

    A browser's Origin must be the inbox's own, which the iframe has, or one of the embed's; without an Origin the
    caller is no browser. Fetch, section 3.2, "CORS protocol": a browser shows an answer to a page of another origin
    only if the answer names that origin, so that pages which may not ask cannot read a refusal either.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: AnyRequest = Request(scope)
        state = request.app.state
        if request.method == "OPTIONS":
            await _answer_preflight(request, send)
            return
        embed = await _authenticate(request)
        cors = _cors_headers(request, embed)
        address, limit = client_address(request), state.settings.embed_rate_limit
        usage = await count_embed_call(state.redis, f"embed:{embed.id}", address, limit)
        if usage.exceeded:
            raise too_many(usage, cors)
        claim = request.headers.get(USER_HEADER)
        try:
            user = None if claim is None else read_user_claim(claim, embed, state.settings.secret_key)
        except EmbedRefusedError as error:
            raise _refused(request, error) from error
        scope["state"] |= {"embed": embed, "user": user}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in (limit_headers(usage) | cors | {"X-Embed-Version": embed.version()}).items():
                    headers.add(name, value)
            await send(message)

        await next_app(scope, receive, send_with_headers)


def embed_of_request(request: AnyRequest) -> Embed:
    """The embed that EmbedAccess let in."""
    embed: Embed = request.scope["state"]["embed"]
    return embed


def user_of_request(request: AnyRequest) -> User | None:
    """The person whom the request's user claim names; None without a claim."""
    user: User | None = request.scope["state"]["user"]
    return user


def actor_of_iframe(request: AnyRequest) -> Actor:
    """Who an audit line names for this request: the embed, by the name of the person where its host gives one."""
    embed, user = embed_of_request(request), user_of_request(request)
    return Actor(
        type="embed",
        id=str(embed.id),
        name=embed.name if user is None else user.name,
        user_id=None if user is None else user.id,
        address=client_address(request),
        user_agent=request.headers.get("user-agent"),
        request_id=request.scope["state"].get("request_id"),
    )


async def _authenticate(request: AnyRequest) -> Embed:
    """Raises ApiError 401, 403, or 429 for who is refused too often."""
    state = request.app.state
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        embed = await authenticate_embed(state.engine, token if scheme.lower() == "bearer" else "")
        _check_origin(request, embed)
    except EmbedRefusedError as error:
        tried = await count_refusal(state.redis, state.settings, error, client_address(request))
        if tried.exceeded:
            raise too_many(tried, _cors_headers(request, error.embed)) from error
        raise _refused(request, error) from error
    return embed


def _refused(request: AnyRequest, error: EmbedRefusedError) -> ApiError:
    status = 403 if error.code == "forbidden_origin" else 401
    return ApiError(status, error.code, str(error), headers=_cors_headers(request, error.embed))


def _check_origin(request: AnyRequest, embed: Embed) -> None:
    own = request.app.state.settings.origin()
    check_origin(embed, request.headers.get("origin"), request.headers.get("host", ""), own)


def _cors_headers(request: AnyRequest, embed: Embed | None) -> dict[str, str]:
    """None for a caller that is no browser, and for an origin that may not use the embed."""
    origin = request.headers.get("origin")
    if origin is None or embed is None:
        return {}
    try:
        _check_origin(request, embed)
    except EmbedRefusedError:
        return {}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


async def _answer_preflight(request: AnyRequest, send: Send) -> None:
    allowed = [(b"access-control-allow-origin", request.headers.get("origin", "*").encode("latin-1"))]
    await send({"type": "http.response.start", "status": 204, "headers": [*allowed, *_PREFLIGHT]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
