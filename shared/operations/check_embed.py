"""The rules that creating, changing and rotating an embed share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import UnsetType
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import InboxEmbed, TeamMember
from shared.origins import InvalidOriginError, normal_origin
from shared.refusals import NotFoundError, RefusedError
from shared.validation import WRONG

Errors = dict[str, list[str]]


async def lock_embed(connection: AsyncConnection, project_id: UUID, embed_id: UUID) -> RowMapping:
    """The embed's row, which nobody else changes until the transaction ends.

    Raises NotFoundError, or RefusedError with code `embed_revoked`.
    """
    query = select(InboxEmbed.__table__).where(InboxEmbed.project_id == project_id, InboxEmbed.id == embed_id)
    row = (await connection.execute(query.with_for_update())).mappings().one_or_none()
    if row is None:
        raise NotFoundError("Inbox embed")
    if row["revoked_at"] is not None:
        raise RefusedError("embed_revoked", "The embed is revoked and cannot be changed; create another.")
    return row


def checked_origins(patterns: Sequence[str] | UnsetType, errors: Errors) -> list[str] | UnsetType:
    """The patterns in their stored form, if any were sent. Kapso's clients say "*" for any origin, which is our empty
    list.
    """
    if isinstance(patterns, UnsetType):
        return patterns
    known = [pattern for pattern in patterns if pattern is not WRONG]
    if [pattern.strip() for pattern in known] == ["*"]:
        return []
    origins: list[str] = []
    for pattern in known:
        try:
            origins.append(normal_origin(pattern))
        except InvalidOriginError as error:
            errors.setdefault("allowed_origins", []).append(f"{pattern}: {error}")
    return list(dict.fromkeys(origins))


def check_end(expires_at: datetime | UnsetType | None, errors: Errors) -> None:
    if isinstance(expires_at, datetime) and expires_at <= datetime.now(UTC):
        errors["expires_at"] = ["must be in the future"]


async def check_assignee(connection: AsyncConnection, project_id: UUID, user_id: UUID | None, errors: Errors) -> None:
    if user_id is None:
        return
    member = select(TeamMember.id).where(TeamMember.project_id == project_id, TeamMember.id == user_id)
    if (await connection.execute(member)).scalar_one_or_none() is None:
        errors["assigned_user_id"] = ["is not a member of this project"]
