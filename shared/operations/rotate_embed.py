"""Give an embed a new token; the old one dies at once, or after a grace in which hosts take up the new one."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import encrypt, new_token, token_hash
from shared.models import InboxEmbed
from shared.operations.check_embed import lock_embed
from shared.refusals import RefusedError


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """How an embed is to be rotated."""

    grace_seconds: Annotated[
        int, Meta(ge=0, le=7 * 24 * 3600, description="How long the token of before stays good.", examples=[3600])
    ] = 0
    rotate_signing_secret: Annotated[
        bool, Meta(description="Make a new signing secret too; claims of the old one are refused at once.")
    ] = False


class RotatedSecrets(msgspec.Struct, frozen=True):
    """What is shown once. `signing_secret` is None where it stays as it was."""

    token: str
    signing_secret: str | None


async def rotate_embed(
    connection: AsyncConnection,
    project_id: UUID,
    embed_id: UUID,
    rotation: Rotation,
    secret_key: str,
    seen_at: datetime | None = None,
) -> RotatedSecrets:
    """Replace the token. A token that was already in its grace dies at once: there is room for one. `seen_at` is the
    `updated_at` that the caller has seen, so that a form that is sent twice rotates once.

    An embed of before there were signing secrets gets one. Raises NotFoundError, or RefusedError with code
    `embed_revoked` or `embed_changed`.
    """
    row = await lock_embed(connection, project_id, embed_id)
    if seen_at is not None and row["updated_at"] != seen_at:
        raise RefusedError("embed_changed", "The embed has been changed or rotated meanwhile; look at it again.")
    token = new_token()
    needs_secret = rotation.rotate_signing_secret or row["signing_secret"] is None
    secret = new_token() if needs_secret else None
    grace = timedelta(seconds=rotation.grace_seconds)
    await connection.execute(
        update(InboxEmbed)
        .where(InboxEmbed.id == embed_id)
        .values(
            token_hash=token_hash(token),
            # Kept without an end, too: its iframes are to be told that it was revoked, not that it never was.
            previous_token_hash=row["token_hash"],
            previous_token_expires_at=datetime.now(UTC) + grace if grace else None,
            signing_secret=row["signing_secret"] if secret is None else encrypt(secret, secret_key),
            updated_at=func.now(),
        )
    )
    return RotatedSecrets(token, secret)
