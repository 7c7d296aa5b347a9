"""Which endpoints fail, and when they get no more deliveries (Kapso: "Webhooks", "Automatic pausing")."""

from collections.abc import Set as AbstractSet
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import Actor, record

# A row is written when an endpoint begins to fail, and when it no longer does; locked in one order for everybody.
_NOTE = text("""
    UPDATE webhook_endpoint e SET failing_since = CASE WHEN g.well THEN NULL ELSE now() END
    FROM (
        SELECT e.id, g.well
        FROM unnest(CAST(:ids AS uuid[]), CAST(:well AS boolean[])) AS g(id, well) JOIN webhook_endpoint e USING (id)
        WHERE g.well <> (e.failing_since IS NULL) ORDER BY e.id FOR NO KEY UPDATE OF e
    ) AS g
    WHERE e.id = g.id
""")

# Both rules count since the webhook was last changed, so that one that was switched on again gets its chance. The times
# of creation let the index end the search; nothing is retried for longer than three minutes.
_PAUSE = text("""
    UPDATE webhook_endpoint e SET active = false, updated_at = now(), paused_at = now(), pause_reason = g.reason
    FROM (
        SELECT e.id, CASE
            WHEN deliveries >= 40 AND failures >= 10 AND failures >= 0.85 * deliveries
            THEN format('%s of %s deliveries within 15 minutes have failed.', failures, deliveries)
            ELSE to_char(e.failing_since AT TIME ZONE 'UTC',
                         '"Nothing was delivered since "YYYY-MM-DD" at "HH24:MI" (UTC)."')
        END AS reason
        FROM webhook_endpoint e
        CROSS JOIN LATERAL (
            SELECT count(*) AS deliveries, count(*) FILTER (WHERE status <> 'delivered') AS failures
            FROM (
                SELECT status FROM webhook_delivery
                WHERE endpoint_id = e.id AND created_at > now() - interval '30 minutes'
                  AND last_attempt_at > greatest(now() - interval '15 minutes', e.updated_at)
                ORDER BY created_at DESC, id DESC LIMIT 1000
            ) AS recent
        ) AS counted
        WHERE e.id = ANY(:ids) AND e.active AND (
            deliveries >= 40 AND failures >= 10 AND failures >= 0.85 * deliveries
            OR e.failing_since < now() - interval '3 days' AND 10 = (
                SELECT count(*) FROM (
                    SELECT FROM webhook_delivery
                    WHERE endpoint_id = e.id AND status = 'failed'
                      AND created_at > e.failing_since - interval '5 minutes'
                    LIMIT 10
                ) AS given_up))
        ORDER BY e.id FOR NO KEY UPDATE OF e
    ) AS g
    WHERE e.id = g.id
    RETURNING e.id, e.project_id, e.pause_reason
""")


async def note_outcomes(connection: AsyncConnection, taken: AbstractSet[UUID], failed: AbstractSet[UUID]) -> list[UUID]:
    """Keep since when endpoints have been failing, given which have just taken a delivery and which have not. Those
    that hardly ever do are paused: switched off, until somebody sets `active` again. Returns their ids.

    A transaction of its own: who deletes an endpoint locks it before its deliveries.
    """
    ids = list(taken | failed)
    await connection.execute(_NOTE, {"ids": ids, "well": [one in taken for one in ids]})
    paused = (await connection.execute(_PAUSE, {"ids": list(failed)})).all()
    for row in paused:
        actor = Actor(type="system", name="Porthole")
        changes = {"active": [True, False], "pause_reason": [None, row.pause_reason]}
        await record(connection, row.project_id, actor, "webhook.paused", row.id, changes)
    return [row.id for row in paused]
