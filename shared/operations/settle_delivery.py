"""What came of deliveries to the business's own systems (Kapso: "Webhooks", "Delivery")."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.queries.deliveries import DeliveryAttempt

RETRIES = (10, 40, 90)
"""Seconds between an attempt that failed and the next one; after the last of them the delivery has failed."""

GIVEN_UP_AT_ONCE = 500

# An outcome of an earlier claim comes too late: the delivery is somebody else's by now. A webhook of Meta's may quote
# customers who are erased one day, and is of no conversation with which it would go: it is kept until it is delivered.
# Locked in their order, as who erases a conversation locks them.
_SETTLE = text("""
    UPDATE webhook_delivery d SET
        status = g.status, response_status = g.response_status, problem = g.problem,
        body = CASE WHEN g.status = 'delivered' AND d.event = 'meta.webhook' THEN '' ELSE d.body END,
        attempts = d.attempts || g.line,
        last_attempt_at = now(), leased_until = NULL, batch_id = NULL,
        due_at = CASE WHEN g.retry_in IS NULL THEN d.due_at ELSE now() + make_interval(secs => g.retry_in) END,
        delivered_at = CASE WHEN g.status = 'delivered' THEN now() END,
        failed_at = CASE WHEN g.status = 'failed' THEN now() END
    FROM (
        SELECT g.* FROM json_to_recordset(CAST(:rows AS json))
            AS g(id uuid, attempt integer, status text, response_status integer, problem text, retry_in integer,
                 line jsonb)
        JOIN webhook_delivery d USING (id)
        ORDER BY d.sequence FOR NO KEY UPDATE OF d
    ) AS g
    WHERE d.id = g.id AND d.attempt_count = g.attempt AND d.status = 'pending'
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
    """What came of one attempt, and whether the endpoint was known to be failing when it was made."""

    delivery_id: UUID
    endpoint_id: UUID
    attempt: DeliveryAttempt
    failing: bool = False


async def settle_deliveries(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Store the outcomes; a delivery that failed is due again later, unless that was its last attempt."""
    rows = [
        {
            "id": outcome.delivery_id,
            "attempt": outcome.attempt.number,
            "status": _status(outcome.attempt),
            "response_status": outcome.attempt.response_status,
            "problem": outcome.attempt.problem,
            "retry_in": RETRIES[outcome.attempt.number - 1] if _status(outcome.attempt) == "pending" else None,
            "line": outcome.attempt,
        }
        for outcome in outcomes
    ]
    await connection.execute(_SETTLE, {"rows": msgspec.json.encode(rows).decode()})


async def give_up_inactive(connection: AsyncConnection) -> bool:
    """Fail what waits for endpoints that are not active. Returns whether there may be more."""
    given_up = await connection.execute(_GIVE_UP, {"limit": GIVEN_UP_AT_ONCE})
    return given_up.rowcount >= GIVEN_UP_AT_ONCE


def _status(attempt: DeliveryAttempt) -> str:
    if attempt.problem is None:
        return "delivered"
    return "pending" if attempt.number <= len(RETRIES) else "failed"
