"""Embeds: who may open an inbox in an iframe, and what it shows."""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Uuid, any_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.crypto import token_hash
from shared.db import autocommit
from shared.models import InboxEmbed
from shared.origins import is_own_origin, origin_is_allowed
from shared.paging import AnyRow
from shared.rate_limit import Usage, count_embed_call, count_failure
from shared.scope import Scope, ScopeType
from shared.settings import Settings

MOST_TOKEN = 200  # characters; ours have 43
USED_EVERY = timedelta(minutes=1)
PAGE = 5000  # embeds that are read at once

REFUSALS = {
    "invalid_token": "The embed token is not valid.",
    "expired_token": "The embed token has expired.",
    "revoked_token": "The embed token has been revoked.",
    "embed_changed": "The embed has changed; load its page again.",
    "forbidden_origin": "This origin may not use the embed.",
    "invalid_user_claim": "The user claim is not valid.",
    "expired_user_claim": "The user claim has expired.",
}

Mode = Literal["system", "light", "dark"]
Language = Literal["en", "es", "pt", "fr", "de", "ar"]
LANGUAGES = frozenset(get_args(Language))

_BY_TOKEN = select(InboxEmbed.__table__).where(
    or_(InboxEmbed.token_hash == bindparam("hash"), InboxEmbed.previous_token_hash == bindparam("hash"))
)
_BY_IDS = select(InboxEmbed.__table__).where(InboxEmbed.id == any_(bindparam("ids", type_=ARRAY(Uuid(), dimensions=1))))
# Whoever meets somebody else's lock passes on: one of them writes the time, and nobody waits for it.
_USED = (
    update(InboxEmbed)
    .values(last_used_at=func.now())
    .where(
        InboxEmbed.id
        == select(InboxEmbed.id)
        .where(
            InboxEmbed.id == bindparam("embed_id"),
            or_(InboxEmbed.last_used_at.is_(None), InboxEmbed.last_used_at < func.now() - USED_EVERY),
        )
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
)


class Embed(msgspec.Struct, frozen=True):
    """An embed as its token opens it. `expires_at` is the end of the token that was presented, which for a replaced one
    is the end of its grace; `signing_secret` is encrypted.
    """

    id: UUID
    name: str | None
    scope_type: ScopeType
    scope: Scope
    allowed_origins: list[str]
    default_mode: Mode
    language: Language
    expires_at: datetime | None
    signing_secret: bytes | None

    def version(self) -> str:
        """What it is that a page was opened with: pages of another version have to be loaded again. The end is not in
        it, and neither is the token, because a page that is still let in shows the same after either has changed.
        """
        shown = (self.name, self.scope.assignee_id, self.allowed_origins, self.default_mode, self.language)
        return hashlib.sha256(msgspec.json.encode((shown, self.signing_secret))).hexdigest()[:16]


class EmbedRefusedError(Exception):
    """The caller is not let in. `code` is a key of REFUSALS; `embed` is known unless the token is not valid at all."""

    def __init__(self, code: str, embed: Embed | None = None) -> None:
        super().__init__(REFUSALS[code])
        self.code = code
        self.embed = embed


def check_origin(embed: Embed, origin: str | None, host: str, own: str) -> None:
    """Let in the inbox's own pages, the embed's allowed origins, and callers that are no browser and send no Origin.

    `host` is the request's Host header, `own` the inbox's own origin. Raises EmbedRefusedError.
    """
    if origin is None or is_own_origin(origin, host, own) or origin_is_allowed(origin, embed.allowed_origins):
        return
    raise EmbedRefusedError("forbidden_origin", embed)


async def count_refusal(redis: Redis, settings: Settings, error: EmbedRefusedError, address: str) -> Usage:
    """Count who was not let in. A token that never was any is a guess, of which an address has few. One that an embed
    once had is in every open iframe of an office, so that those have the embed's own limit, apart from good calls.
    """
    if error.embed is None:
        return await count_failure(redis, address, settings.failure_rate_limit)
    return await count_embed_call(redis, f"refused:{error.embed.id}", address, settings.embed_rate_limit)


async def authenticate_embed(engine: AsyncEngine, token: str) -> Embed:
    """The embed that a token opens: one indexed query, and once a minute a note that it is used.

    Raises EmbedRefusedError.
    """
    if not (0 < len(token) <= MOST_TOKEN and token.isascii()):
        raise EmbedRefusedError("invalid_token")
    presented = token_hash(token)
    async with autocommit(engine).connect() as connection:
        row = (await connection.execute(_BY_TOKEN, {"hash": presented})).one_or_none()
        if row is None:
            raise EmbedRefusedError("invalid_token")
        embed = opened_embed(row, presented)
        if row.last_used_at is None or row.last_used_at < datetime.now(UTC) - USED_EVERY:
            await connection.execute(_USED, {"embed_id": embed.id})
    return embed


async def embed_rows(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, AnyRow]:
    """What `opened_embed` reads, for embeds that are open in iframes; one that was deleted is missing."""
    found: dict[UUID, AnyRow] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), PAGE):
        rows = await connection.execute(_BY_IDS, {"ids": wanted[start : start + PAGE]})
        found |= {row.id: row for row in rows}
    return found


def opened_embed(row: AnyRow, presented: bytes) -> Embed:
    """The embed of a row, for whoever presented the token with this hash.

    A replaced token without an end is dead, one with an end lives until then. Raises EmbedRefusedError.
    """
    is_current = row.token_hash == presented
    is_in_grace = row.previous_token_hash == presented and row.previous_token_expires_at is not None
    ends = [row.expires_at, None if is_current else row.previous_token_expires_at]
    embed = Embed(
        id=row.id,
        name=row.name,
        scope_type=row.scope_type,
        scope=Scope(row.project_id, row.phone_number_id, row.customer_id, row.assignee_id),
        allowed_origins=row.allowed_origins,
        default_mode=row.default_mode,
        language=row.language,
        expires_at=min((end for end in ends if end is not None), default=None),
        signing_secret=row.signing_secret,
    )
    if row.revoked_at is not None or not (is_current or is_in_grace):
        raise EmbedRefusedError("revoked_token", embed)
    if embed.expires_at is not None and embed.expires_at <= datetime.now(UTC):
        raise EmbedRefusedError("expired_token", embed)
    return embed
