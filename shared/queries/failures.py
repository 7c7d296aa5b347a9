"""What went wrong lately, by kind."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_COUNTED = 10_000
MOST_KINDS = 12

FailureKind = Literal["send", "webhook_in", "webhook_out", "media"]


class Failures(msgspec.Struct, frozen=True):
    """`code` is Meta's of a send, the answer's status of a webhook to the business, and `failed` or `gone` of a file;
    None where there was none. Of each kind MOST_COUNTED are looked at, the latest ones.
    """

    kind: FailureKind
    code: str | None
    title: str | None
    number: int


# A webhook that came in is nobody's until it is read, so that those of all projects are counted. Files go by when their
# message came, and webhooks to the business by when they were first due; both are given up within half a day.
_READ = text("""
    WITH failed AS (
        (SELECT 'send' AS kind, error ->> 'code' AS code, error ->> 'title' AS title
         FROM message WHERE project_id = :project_id AND status = 'failed' AND sent_at >= :since
         ORDER BY sent_at DESC LIMIT :most)
        UNION ALL
        SELECT 'webhook_in', kind, NULL FROM (
            SELECT kind, received_at FROM inbound_event WHERE state = 'failed' ORDER BY id DESC LIMIT :most) e
        WHERE received_at >= :since
        UNION ALL
        (SELECT 'webhook_out', CAST(response_status AS text), NULL
         FROM webhook_delivery
         WHERE project_id = :project_id AND problem IS NOT NULL AND status = 'failed' AND created_at >= :since
         ORDER BY created_at DESC LIMIT :most)
        UNION ALL
        (SELECT 'media', state, NULL
         FROM media WHERE project_id = :project_id AND state IN ('failed', 'gone') AND created_at >= :since
         ORDER BY created_at DESC LIMIT :most)
    )
    SELECT kind, code, max(title) AS title, count(*) AS number FROM failed
    GROUP BY kind, code ORDER BY number DESC, kind, code LIMIT :kinds
""")


async def count_failures(connection: AsyncConnection, project_id: UUID, since: datetime) -> list[Failures]:
    """The MOST_KINDS most frequent ones, most frequent first."""
    values = {"project_id": project_id, "since": since, "most": MOST_COUNTED, "kinds": MOST_KINDS}
    rows = await connection.execute(_READ, values)
    return [Failures(row.kind, row.code, row.title, row.number) for row in rows]
