"""What came of deliveries to the business's own systems, and when an endpoint gets no more of them (Kapso: "Webhooks",
"Delivery").
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import Actor, record

RETRIES = (10, 40, 90)
"""Seconds between an attempt that failed and the next one; after the last of them the delivery has failed."""

MOST_PROBLEM = 2000  # characters
GIVEN_UP_AT_ONCE = 500

# An outcome of an earlier claim comes too late: the delivery is somebody else's by now. What was delivered need not be
# kept any longer: it may quote a customer. Locked in their order, as who erases a conversation locks them.
_SETTLE = text("""
    UPDATE webhook_delivery d SET
        status = g.status, response_status = g.response_status, problem = g.problem,
        body = CASE WHEN g.status = 'delivered' THEN '' ELSE d.body END,
        last_attempt_at = now(), leased_until = NULL, batch_id = NULL,
        due_at = CASE WHEN g.retry_in IS NULL THEN d.due_at ELSE now() + make_interval(secs => g.retry_in) END,
        delivered_at = CASE WHEN g.status = 'delivered' THEN now() END,
        failed_at = CASE WHEN g.status = 'failed' THEN now() END
    FROM (
        SELECT g.* FROM json_to_recordset(CAST(:rows AS json))
            AS g(id uuid, attempt integer, status text, response_status integer, problem text, retry_in integer)
        JOIN webhook_delivery d USING (id)
        ORDER BY d.sequence FOR NO KEY UPDATE OF d
    ) AS g
    WHERE d.id = g.id AND d.attempt_count = g.attempt AND d.status = 'pending'
""")

# Counted since the webhook was last changed, so that one that was switched on again gets its chance. The time of
# creation lets the index end the search; nothing is retried for longer than three minutes.
_PAUSE = text("""
    UPDATE webhook_endpoint e SET active = false, updated_at = now()
    FROM unnest(CAST(:ids AS uuid[])) AS g(id)
    JOIN webhook_endpoint before ON before.id = g.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS deliveries, count(*) FILTER (WHERE status <> 'delivered') AS failures
        FROM (
            SELECT status FROM webhook_delivery
            WHERE endpoint_id = g.id AND created_at > now() - interval '30 minutes'
              AND last_attempt_at > greatest(now() - interval '15 minutes', before.updated_at)
            ORDER BY created_at DESC, id DESC LIMIT 1000
        ) AS recent
    ) AS counted
    WHERE e.id = g.id AND e.active
      AND deliveries >= 40 AND failures >= 10 AND failures >= 0.85 * deliveries
    RETURNING e.id, e.project_id
""")

_GIVE_UP = text("""
    UPDATE webhook_delivery SET status = 'failed', failed_at = now(), problem = 'The webhook is not active.'
    WHERE id IN (
        SELECT d.id FROM webhook_endpoint e
        CROSS JOIN LATERAL (
            SELECT id FROM webhook_delivery
            WHERE endpoint_id = e.id AND status = 'pending' AND (leased_until IS NULL OR leased_until < now())
            LIMIT :limit FOR UPDATE SKIP LOCKED
        ) AS d
        WHERE NOT e.active)
""")


class Outcome(msgspec.Struct, frozen=True):
    """What came of one attempt. `response_status` is None where no answer came, `problem` None where all went well."""

    delivery_id: UUID
    endpoint_id: UUID
    attempt: int
    response_status: int | None
    problem: str | None


async def settle_deliveries(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Store the outcomes; a delivery that failed is due again later, unless that was its last attempt."""
    rows = [
        {
            "id": outcome.delivery_id,
            "attempt": outcome.attempt,
            "response_status": outcome.response_status,
            "problem": None if outcome.problem is None else outcome.problem[:MOST_PROBLEM].replace("\x00", ""),
            "status": _status(outcome),
            "retry_in": RETRIES[outcome.attempt - 1] if _status(outcome) == "pending" else None,
        }
        for outcome in outcomes
    ]
    await connection.execute(_SETTLE, {"rows": msgspec.json.encode(rows).decode()})


async def pause_failing(connection: AsyncConnection, endpoint_ids: Collection[UUID]) -> list[UUID]:
    """Switch those endpoints off that hardly ever answer well, and return their ids (Kapso: "Automatic pausing").

    A transaction of its own: who deletes an endpoint locks it before its deliveries.
    """
    paused = (await connection.execute(_PAUSE, {"ids": sorted(endpoint_ids)})).all()
    for row in paused:
        actor = Actor(type="system", name="Porthole")
        await record(connection, row.project_id, actor, "webhook.paused", row.id, {"active": [True, False]})
    return [row.id for row in paused]


async def give_up_inactive(connection: AsyncConnection) -> bool:
    """Fail what waits for endpoints that are not active. Returns whether there may be more."""
    given_up = await connection.execute(_GIVE_UP, {"limit": GIVEN_UP_AT_ONCE})
    return given_up.rowcount >= GIVEN_UP_AT_ONCE


def _status(outcome: Outcome) -> str:
    if outcome.problem is None:
        return "delivered"
    return "pending" if outcome.attempt <= len(RETRIES) else "failed"
