"""Who is asking: an embed's token, or a project's API key."""

from uuid import UUID

import msgspec
from litestar.datastructures import State
from litestar.di import NamedDependency
from sqlalchemy import select

from api.errors import AnyRequest, ApiError
from shared.crypto import token_hash
from shared.embeds import MOST_TOKEN, Embed, EmbedRefusedError, authenticate_embed, check_origin
from shared.models import ApiKey


class ProjectKey(msgspec.Struct, frozen=True):
    """An API key that is good, and the project it opens."""

    id: UUID
    project_id: UUID


CurrentEmbed = NamedDependency[Embed]
CurrentKey = NamedDependency[ProjectKey]


async def embed_of_request(request: AnyRequest, state: State) -> Embed:
    """The embed of `Authorization: Bearer <token>`.

    A browser's Origin must be the inbox's own, which the iframe has, or one of the embed's; without an Origin the
    caller is no browser. Raises EmbedRefusedError.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise EmbedRefusedError("invalid_token")
    async with state.engine.connect() as connection:
        embed = await authenticate_embed(connection, token)
    check_origin(embed, request.headers.get("origin"), request.headers.get("host", ""))
    return embed


async def key_of_request(request: AnyRequest, state: State) -> ProjectKey:
    """The key of `X-API-Key`. Raises ApiError 401."""
    given = request.headers.get("x-api-key", "")
    if 0 < len(given) <= MOST_TOKEN:
        query = select(ApiKey.id, ApiKey.project_id).where(
            ApiKey.key_hash == token_hash(given), ApiKey.revoked_at.is_(None)
        )
        async with state.engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is not None:
            return ProjectKey(row.id, row.project_id)
    raise ApiError(401, "unauthorized", "Invalid or missing API key")
