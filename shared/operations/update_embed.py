"""Change an embed. Its scope stays: whoever was given the token was given that."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import force_setattr
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import changed
from shared.embeds import Language, Mode
from shared.models import InboxEmbed
from shared.operations.check_embed import check_assignee, check_end, checked_origins, lock_embed
from shared.operations.create_embed import Assignee, End, Name, Origins
from shared.patches import sent_fields
from shared.validation import InvalidFieldsError


class EmbedChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What may be changed (Kapso: Platform API, "Update inbox embed"); null clears."""

    name: Name | UnsetType | None = UNSET
    assigned_user_id: Assignee | UnsetType | None = UNSET
    allowed_origins: Origins | UnsetType = UNSET
    default_mode: Mode | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    expires_at: End | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        """The rules that need no database. Raises InvalidFieldsError with every wrong field."""
        errors: dict[str, list[str]] = {}
        origins = checked_origins(self.allowed_origins, errors)
        check_end(self.expires_at, errors)
        if errors:
            raise InvalidFieldsError(errors)
        force_setattr(self, "allowed_origins", origins)


async def update_embed(
    connection: AsyncConnection, project_id: UUID, embed_id: UUID, wanted: EmbedChanges
) -> dict[str, list[Any]]:
    """Store what differs and return it as {field: [before, after]}.

    Raises NotFoundError, RefusedError with code `embed_revoked`, or InvalidFieldsError.
    """
    row = await lock_embed(connection, project_id, embed_id)
    values = sent_fields(wanted)
    await check_embed_changes(connection, project_id, values)
    changes = changed({**row, "assigned_user_id": row["assignee_id"]}, values)
    if changes:
        if "assigned_user_id" in values:
            values["assignee_id"] = values.pop("assigned_user_id")
        await connection.execute(
            update(InboxEmbed).where(InboxEmbed.id == embed_id).values(**values, updated_at=func.now())
        )
    return changes


async def check_embed_changes(connection: AsyncConnection, project_id: UUID, fields: Mapping[str, Any]) -> None:
    """Compare those fields that are right by themselves with what the project has. Raises InvalidFieldsError."""
    errors: dict[str, list[str]] = {}
    await check_assignee(connection, project_id, fields.get("assigned_user_id"), errors)
    if errors:
        raise InvalidFieldsError(errors)
