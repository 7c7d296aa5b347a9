"""A project's messages and first responses over time: ranges of indexes that hold all that is read."""

from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.timeline import Timeline

# width_bucket says which slot of the timeline a time is in, from 1.
_MESSAGES = text("""
    SELECT width_bucket(sent_at, CAST(:edges AS timestamptz[])) AS slot,
        count(*) FILTER (WHERE direction = 'inbound') AS inbound,
        count(*) FILTER (WHERE direction = 'outbound') AS outbound
    FROM message WHERE project_id = :project_id AND sent_at >= :begin AND sent_at < :end
    GROUP BY slot
""")

# The row without a slot is that of the whole timeline.
_RESPONSES = text("""
    SELECT width_bucket(answered_at, CAST(:edges AS timestamptz[])) AS slot, count(*) AS responses,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY answered_at - asked_at) AS median,
        percentile_disc(0.9) WITHIN GROUP (ORDER BY answered_at - asked_at) AS p90
    FROM first_response WHERE project_id = :project_id AND answered_at >= :begin AND answered_at < :end
    GROUP BY GROUPING SETS ((slot), ())
""")


class Messages(msgspec.Struct, frozen=True):
    inbound: int = 0
    outbound: int = 0


class Responses(msgspec.Struct, frozen=True):
    """How many there were, and how long half and nine of ten took at most; None where there were none."""

    count: int = 0
    median: timedelta | None = None
    p90: timedelta | None = None


async def count_messages(connection: AsyncConnection, project_id: UUID, timeline: Timeline) -> list[Messages]:
    """By slot: what was sent in it, by WhatsApp's clock."""
    slots = [Messages()] * timeline.slots
    for row in await connection.execute(_MESSAGES, _range(project_id, timeline)):
        slots[row.slot - 1] = Messages(row.inbound, row.outbound)
    return slots


async def measure_responses(
    connection: AsyncConnection, project_id: UUID, timeline: Timeline
) -> tuple[list[Responses], Responses]:
    """By slot, and of the whole timeline: of the replies that were given in it, how long they took."""
    slots, whole = [Responses()] * timeline.slots, Responses()
    for row in await connection.execute(_RESPONSES, _range(project_id, timeline)):
        measured = Responses(row.responses, row.median, row.p90)
        if row.slot is None:
            whole = measured
        else:
            slots[row.slot - 1] = measured
    return slots, whole


def _range(project_id: UUID, timeline: Timeline) -> dict[str, object]:
    edges = timeline.edges
    return {"project_id": project_id, "edges": list(edges), "begin": edges[0], "end": edges[-1]}
