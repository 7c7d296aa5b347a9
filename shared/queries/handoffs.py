"""The conversations that an automation has given to people, and since when they wait for one."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_HANDOFFS = 1000
MOST_LISTED = 100


class Handoffs(msgspec.Struct, frozen=True):
    """`answered` are those whose customer a person has answered since. At most MOST_HANDOFFS are counted in all."""

    waiting: int
    answered: int
    oldest: datetime | None


class Handoff(msgspec.Struct, frozen=True):
    conversation_id: UUID
    contact: str
    number: str
    assignee: str | None
    since: datetime
    answered: bool


# `conversation_handoff` holds nothing else. The rest is a few look-ups by key for each.
_HANDOFFS = """
    WITH handed AS MATERIALIZED (
        SELECT id, contact_id, phone_number_id, assignee_id FROM conversation
        WHERE project_id = :project_id AND mode = 'handoff' AND status = 'active' LIMIT :most
    ), known AS MATERIALIZED (
        SELECT h.*, moved.since, EXISTS (
            SELECT FROM message m JOIN first_response f ON f.message_id = m.id
            WHERE m.conversation_id = h.id AND m.sent_at >= date_trunc('second', moved.since)
        ) AS answered
        FROM handed h
        JOIN workflow_execution x ON x.conversation_id = h.id AND x.status = 'handoff'
        CROSS JOIN LATERAL (
            SELECT v.created_at AS since FROM workflow_event v
            WHERE v.execution_id = x.id AND v.event_type = 'execution_handoff'
            ORDER BY v.created_at DESC, v.id DESC LIMIT 1
        ) moved
    )
"""

_COUNT = text(f"""{_HANDOFFS}
    SELECT count(*) FILTER (WHERE NOT answered) AS waiting, count(*) FILTER (WHERE answered) AS answered,
        min(since) FILTER (WHERE NOT answered) AS oldest FROM known
""")  # noqa: S608 - put together from the constant above

_LIST = text(f"""{_HANDOFFS}
    SELECT k.id, coalesce(c.display_name, c.saved_name, c.profile_name, c.phone_number, c.username, '') AS contact,
        n.name AS number, t.name AS assignee, k.since, k.answered
    FROM known k
    JOIN contact c ON c.id = k.contact_id
    JOIN phone_number n ON n.phone_number_id = k.phone_number_id
    LEFT JOIN team_member t ON t.id = k.assignee_id
    ORDER BY k.answered, k.since, k.id LIMIT :listed
""")  # noqa: S608 - put together from the constant above


async def count_handoffs(connection: AsyncConnection, project_id: UUID) -> Handoffs:
    row = (await connection.execute(_COUNT, {"project_id": project_id, "most": MOST_HANDOFFS})).one()
    return Handoffs(row.waiting, row.answered, row.oldest)


async def list_handoffs(connection: AsyncConnection, project_id: UUID) -> list[Handoff]:
    """Those that wait first, and of these the oldest; MOST_LISTED at most."""
    values = {"project_id": project_id, "most": MOST_HANDOFFS, "listed": MOST_LISTED}
    return [
        Handoff(row.id, row.contact, row.number, row.assignee, row.since, row.answered)
        for row in await connection.execute(_LIST, values)
    ]
