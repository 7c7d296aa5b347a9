"""The door of the Platform API and of the Meta-compatible path: a project's key, and how often it may knock."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.errors import AnyRequest, ApiError
from shared.audit import Actor
from shared.crypto import token_hash
from shared.db import autocommit
from shared.embeds import MOST_TOKEN
from shared.models import ApiKey
from shared.rate_limit import WINDOW, Usage, count_call, count_failure

USED_EVERY = timedelta(minutes=1)

# Whoever meets somebody else's lock passes on: one of them writes the time, and nobody waits for it.
_USED = (
    update(ApiKey)
    .values(last_used_at=func.now())
    .where(
        ApiKey.id
        == select(ApiKey.id)
        .where(
            ApiKey.id == bindparam("key_id"),
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < func.now() - USED_EVERY),
        )
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
)


class ProjectKey(msgspec.Struct, frozen=True):
    """An API key that is good, and the project it opens."""

    id: UUID
    project_id: UUID
    name: str


CurrentKey = NamedDependency[ProjectKey]
CurrentActor = NamedDependency[Actor]


class ApiKeyAccess(ASGIMiddleware):
    """Lets in who has a project's key, in `X-API-Key` or as a bearer token, within the key's limit of calls.

    Wrong keys are counted by address, so that nobody can try many. Kapso: "Rate limits" for the headers.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: AnyRequest = Request(scope)
        state = request.app.state
        key = await self._authenticate(request, state)
        usage = await count_call(state.redis, f"key:{key.id}", state.settings.platform_rate_limit)
        if usage.exceeded:
            raise too_many(usage)
        scope["state"]["key"] = key

        async def send_with_limit(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                headers.update(limit_headers(usage))
            await send(message)

        await next_app(scope, receive, send_with_limit)

    async def _authenticate(self, request: AnyRequest, state: Any) -> ProjectKey:
        """A good key is never kept waiting for the wrong ones that others send from its address."""
        key = await _good_key(state.engine, _presented_key(request))
        if key is not None:
            return key
        tried = await count_failure(state.redis, client_address(request), state.settings.failure_rate_limit)
        if tried.exceeded:
            raise too_many(tried)
        raise ApiError(401, "unauthorized", "Invalid or missing API key")


def key_of_request(request: AnyRequest) -> ProjectKey:
    """The key that ApiKeyAccess let in."""
    key: ProjectKey = request.scope["state"]["key"]
    return key


def actor_of_request(request: AnyRequest) -> Actor:
    """Who an audit line names for this request."""
    key = key_of_request(request)
    return Actor(
        type="api_key",
        id=str(key.id),
        name=key.name,
        address=client_address(request),
        user_agent=request.headers.get("user-agent"),
        request_id=request.scope["state"].get("request_id"),
    )


def client_address(request: AnyRequest) -> str:
    """The caller's address; behind a proxy that PORTHOLE_TRUSTED_PROXIES names, the one that the proxy saw."""
    return request.client.host if request.client else "unknown"


def _presented_key(request: AnyRequest) -> str:
    given = request.headers.get("x-api-key", "")
    if given:
        return given
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


async def _good_key(engine: AsyncEngine, given: str) -> ProjectKey | None:
    if not 0 < len(given) <= MOST_TOKEN:
        return None
    query = select(ApiKey.id, ApiKey.project_id, ApiKey.name, ApiKey.last_used_at).where(
        ApiKey.key_hash == token_hash(given), ApiKey.revoked_at.is_(None)
    )
    # Without a transaction around it, the query is one round trip instead of three.
    async with autocommit(engine).connect() as connection:
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        if row.last_used_at is None or row.last_used_at < datetime.now(UTC) - USED_EVERY:
            await connection.execute(_USED, {"key_id": row.id})
    return ProjectKey(row.id, row.project_id, row.name)


def limit_headers(usage: Usage) -> dict[str, str]:
    """What an answer says of the limit (Kapso: "Rate limits")."""
    headers = {"X-RateLimit-Limit": str(usage.limit), "X-RateLimit-Remaining": str(usage.remaining)}
    return headers | ({"Retry-After": str(WINDOW)} if usage.exceeded else {})


def too_many(usage: Usage, headers: Mapping[str, str] | None = None) -> ApiError:
    """The answer to a call beyond the limit, with `headers` besides those that tell the limit."""
    return ApiError(429, "rate_limited", "Rate limit exceeded", headers={**limit_headers(usage), **(headers or {})})
