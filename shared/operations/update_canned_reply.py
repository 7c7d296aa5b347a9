"""Change a text that is answered often."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import changed
from shared.models import CannedReply
from shared.operations.create_canned_reply import TAKEN, CannedText, Shortcut, check_shortcut
from shared.patches import sent_fields
from shared.refusals import NotFoundError
from shared.validation import InvalidFieldsError


class CannedReplyChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What may be changed."""

    shortcut: Shortcut | UnsetType = UNSET
    text: CannedText | UnsetType = UNSET


async def update_canned_reply(
    connection: AsyncConnection, project_id: UUID, reply_id: UUID, wanted: CannedReplyChanges
) -> dict[str, list[Any]]:
    """Store what differs and return it as {field: [before, after]}. Raises NotFoundError or InvalidFieldsError."""
    this = (CannedReply.project_id == project_id, CannedReply.id == reply_id)
    query = select(CannedReply.__table__).where(*this).with_for_update()
    before = (await connection.execute(query)).mappings().one_or_none()
    if before is None:
        raise NotFoundError("Canned reply")
    values = sent_fields(wanted)
    if "shortcut" in values:
        values["shortcut"] = values["shortcut"].lower()
    changes = changed(dict(before), values)
    if changes:
        try:
            await connection.execute(update(CannedReply).where(*this).values(**values, updated_at=func.now()))
        except IntegrityError as error:
            raise InvalidFieldsError(TAKEN) from error
    return changes


async def check_canned_reply_changes(
    connection: AsyncConnection, project_id: UUID, reply_id: UUID, fields: Mapping[str, Any]
) -> None:
    """Raises InvalidFieldsError, as the writing would, if another one has the shortcut; or NotFoundError."""
    query = select(CannedReply.customer_id).where(CannedReply.project_id == project_id, CannedReply.id == reply_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("Canned reply")
    await check_shortcut(connection, project_id, row.customer_id, fields.get("shortcut", ""), reply_id)
