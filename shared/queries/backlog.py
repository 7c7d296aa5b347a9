"""What waits to be worked on, and since when, read from indexes of what waits and no further than MOST_COUNTED."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_COUNTED = 10_000


class Waiting(msgspec.Struct, frozen=True):
    """How many wait, and since when the oldest of those that were counted; MOST_COUNTED means at least that."""

    number: int
    oldest: datetime | None


class Backlog(msgspec.Struct, frozen=True):
    """`webhooks_in` are those of all projects: whose they are is known once they are read."""

    webhooks_in: Waiting
    sends: Waiting
    webhooks_out: Waiting


# By number and by endpoint, since that is how the indexes go.
_READ = text("""
    SELECT i.number AS in_number, i.oldest AS in_oldest, o.number AS send_number, m.sent_at AS send_oldest,
        d.number AS out_number, d.oldest AS out_oldest
    FROM (
        SELECT count(*) AS number, min(received_at) AS oldest FROM (
            SELECT received_at FROM inbound_event WHERE state = 'pending' ORDER BY id LIMIT :most) e
    ) i, (
        SELECT count(*) AS number, min(id) AS first_id FROM (
            SELECT o.id FROM phone_number n, LATERAL (
                SELECT id FROM outbox WHERE phone_number_id = n.phone_number_id ORDER BY turn_at, id LIMIT :most) o
            WHERE n.project_id = :project_id LIMIT :most) q
    ) o
    LEFT JOIN outbox oldest ON oldest.id = o.first_id
    LEFT JOIN message m ON m.id = oldest.message_id, (
        SELECT count(*) AS number, min(created_at) AS oldest FROM (
            SELECT w.created_at FROM webhook_endpoint p, LATERAL (
                SELECT created_at FROM webhook_delivery WHERE endpoint_id = p.id AND status = 'pending'
                ORDER BY due_at, sequence LIMIT :most) w
            WHERE p.project_id = :project_id LIMIT :most) q
    ) d
""")


async def read_backlog(connection: AsyncConnection, project_id: UUID) -> Backlog:
    row = (await connection.execute(_READ, {"project_id": project_id, "most": MOST_COUNTED})).one()
    return Backlog(
        Waiting(row.in_number, row.in_oldest),
        Waiting(row.send_number, row.send_oldest),
        Waiting(row.out_number, row.out_oldest),
    )
