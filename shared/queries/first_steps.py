"""How far a project has come."""

from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


class FirstSteps(msgspec.Struct, frozen=True):
    """Whether there is a number, a message of any time, and an embed that is not revoked."""

    number: bool
    message: bool
    embed: bool


# With EXISTS, a large table that holds nothing of the project's might be read to its end.
_READ = text("""
    SELECT EXISTS (SELECT FROM phone_number WHERE project_id = :project_id) AS number,
        (SELECT id FROM message WHERE project_id = :project_id ORDER BY sent_at DESC, id DESC LIMIT 1) IS NOT NULL
            AS message,
        EXISTS (SELECT FROM inbox_embed WHERE project_id = :project_id AND revoked_at IS NULL) AS embed
""")


async def first_steps(connection: AsyncConnection, project_id: UUID) -> FirstSteps:
    row = (await connection.execute(_READ, {"project_id": project_id})).one()
    return FirstSteps(row.number, row.message, row.embed)
