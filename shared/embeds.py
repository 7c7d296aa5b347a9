"""Embeds: who may open an inbox in an iframe, and what it shows."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import token_hash
from shared.models import InboxEmbed
from shared.origins import is_same_origin, origin_is_allowed
from shared.scope import Scope

MOST_TOKEN = 200  # characters; ours have 43

REFUSALS = {
    "invalid_token": "The embed token is not valid.",
    "expired_token": "The embed token has expired.",
    "revoked_token": "The embed token has been revoked.",
    "forbidden_origin": "This origin may not use the embed.",
}


class Embed(msgspec.Struct, frozen=True):
    """An embed whose token was just presented and is good."""

    id: UUID
    name: str | None
    scope_type: str
    scope: Scope
    allowed_origins: list[str]
    default_mode: Literal["system", "light", "dark"]
    language: str
    expires_at: datetime | None


class EmbedRefusedError(Exception):
    """The token opens nothing. `code` is a key of REFUSALS; `embed` is known for an expired or revoked one."""

    def __init__(self, code: str, embed: Embed | None = None) -> None:
        super().__init__(REFUSALS[code])
        self.code = code
        self.embed = embed


def check_origin(embed: Embed, origin: str | None, host: str) -> None:
    """Let in the inbox's own pages, the embed's allowed origins, and callers that are no browser and send no Origin.

    `host` is the request's Host header. Raises EmbedRefusedError.
    """
    if origin is not None and not is_same_origin(origin, host) and not origin_is_allowed(origin, embed.allowed_origins):
        raise EmbedRefusedError("forbidden_origin", embed)


async def authenticate_embed(connection: AsyncConnection, token: str) -> Embed:
    """The embed that a token opens: one indexed query. Raises EmbedRefusedError."""
    if not 0 < len(token) <= MOST_TOKEN:
        raise EmbedRefusedError("invalid_token")
    query = select(InboxEmbed.__table__).where(InboxEmbed.token_hash == token_hash(token))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise EmbedRefusedError("invalid_token")
    embed = _embed(row)
    if row.revoked_at is not None:
        raise EmbedRefusedError("revoked_token", embed)
    if row.expires_at is not None and row.expires_at <= datetime.now(UTC):
        raise EmbedRefusedError("expired_token", embed)
    return embed


async def good_embeds(connection: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """Those of the embeds that are neither revoked nor expired."""
    if not ids:
        return set()
    query = select(InboxEmbed.id).where(
        InboxEmbed.id.in_(ids),
        InboxEmbed.revoked_at.is_(None),
        or_(InboxEmbed.expires_at.is_(None), InboxEmbed.expires_at > func.now()),
    )
    return set((await connection.execute(query)).scalars())


def _embed(row: Row[Any]) -> Embed:
    return Embed(
        id=row.id,
        name=row.name,
        scope_type=row.scope_type,
        scope=Scope(row.project_id, row.phone_number_id, row.customer_id, row.assignee_id),
        allowed_origins=row.allowed_origins,
        default_mode=row.default_mode,
        language=row.language,
        expires_at=row.expires_at,
    )
