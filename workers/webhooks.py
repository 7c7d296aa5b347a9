"""Sends webhooks to the business's own systems: in order within a conversation, many endpoints beside each other."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.metrics import ATTEMPTS
from shared.operations.emit_webhooks import emit_inactive
from shared.operations.pause_webhooks import note_outcomes
from shared.operations.settle_delivery import Outcome, give_up_inactive, settle_deliveries
from shared.outbound_http import OutboundHttp
from shared.queries.deliveries import DeliveryAttempt
from shared.settings import Settings
from shared.tasks import finish
from workers.drainer import Drainer
from workers.webhook_request import WebhookRequest

log = structlog.get_logger()

AT_ONCE = 100  # requests under way; OutboundHttp opens no more connections
AT_ONCE_EACH = 8  # to one endpoint
AT_ONCE_SILENT = 2  # to one that did not answer the last time, so that a few of those do not take all the places
CLAIMED_AT_ONCE = 50

# The endpoints that have something waiting are found by going from one to the next in the index, so that a long queue
# of one costs the others nothing. An event waits for an earlier one of its conversation, until that one has failed and
# 30 seconds have passed (Kapso: "Message ordering"). A buffered event takes along those that wait behind it; after a
# failure each goes alone. What a dead worker had taken goes again as it was taken, under the same key. Replays go
# alone, and wait for each other only: what happens now does not wait for what happened once. (`IS NULL` and not NOT
# EXISTS: the planner may make a join over the whole queue of that, not knowing yet how long the queue has become.)
_CLAIM = text("""
    WITH RECURSIVE waiting AS (
        (SELECT endpoint_id FROM webhook_delivery WHERE status = 'pending' ORDER BY endpoint_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.endpoint_id FROM webhook_delivery d
                WHERE d.status = 'pending' AND d.endpoint_id > w.endpoint_id ORDER BY d.endpoint_id LIMIT 1)
        FROM waiting w WHERE w.endpoint_id IS NOT NULL
    ), heads AS MATERIALIZED (
        SELECT d.*, e.max_buffer_size,
               CASE WHEN d.buffered THEN coalesce(d.batch_id, gen_random_uuid()) END AS new_batch_id
        FROM waiting w
        JOIN webhook_endpoint e ON e.id = w.endpoint_id AND e.active
        LEFT JOIN json_to_recordset(CAST(:places AS json)) AS p(endpoint_id uuid, places integer)
            ON p.endpoint_id = e.id
        CROSS JOIN LATERAL (
            SELECT d.id, d.endpoint_id, d.conversation_id, d.event, d.sequence, d.batch_id, d.due_at,
                   d.conversation_id IS NOT NULL AND d.last_attempt_at IS NULL AND d.replay_of IS NULL AND (
                       d.batch_id IS NOT NULL OR e.buffer_enabled AND d.event = ANY(e.buffer_events)) AS buffered
            FROM webhook_delivery d
            WHERE d.endpoint_id = e.id AND d.status = 'pending' AND d.due_at <= now()
              AND (d.leased_until IS NULL OR d.leased_until < now())
              AND (
                  SELECT b.id FROM webhook_delivery b
                  WHERE b.endpoint_id = d.endpoint_id AND b.conversation_id = d.conversation_id
                    AND b.status = 'pending' AND b.sequence < d.sequence
                    AND (b.replay_of IS NULL) = (d.replay_of IS NULL)
                    AND (b.last_attempt_at IS NULL OR d.created_at > now() - interval '30 seconds')
                  LIMIT 1) IS NULL
            ORDER BY d.due_at, d.sequence LIMIT coalesce(p.places, :each)
            FOR UPDATE SKIP LOCKED
        ) AS d
        ORDER BY d.due_at, d.sequence LIMIT :places_in_all
    ), taken AS (
        SELECT id, new_batch_id FROM heads
        UNION ALL
        SELECT d.id, h.new_batch_id
        FROM heads h
        CROSS JOIN LATERAL (
            SELECT d.id FROM webhook_delivery d
            WHERE h.buffered AND d.endpoint_id = h.endpoint_id AND d.conversation_id = h.conversation_id
              AND d.status = 'pending' AND d.event = h.event AND d.sequence > h.sequence
              AND d.last_attempt_at IS NULL AND d.replay_of IS NULL AND d.batch_id IS NOT DISTINCT FROM h.batch_id
            ORDER BY d.sequence LIMIT h.max_buffer_size - 1
            FOR UPDATE SKIP LOCKED
        ) AS d
    )
    UPDATE webhook_delivery d SET
        leased_until = now() + interval '30 seconds', attempt_count = attempt_count + 1, batch_id = t.new_batch_id
    FROM taken t, webhook_endpoint e
    WHERE d.id = t.id AND e.id = d.endpoint_id
    RETURNING d.id, d.sequence, d.endpoint_id, d.conversation_id, d.event, d.body, d.idempotency_key, d.batch_id,
        d.attempt_count, e.url, e.kind, e.secret_key, e.headers, e.payload_version, e.buffer_window_seconds,
        e.failing_since IS NOT NULL AS failing
""")


class WebhookSender:
    """Sends what is due in webhook_delivery. `drainer` starts what can be started; each request looks for the next one
    when it ends.
    """

    def __init__(self, settings: Settings, engine: AsyncEngine, http: OutboundHttp) -> None:
        self._settings = settings
        self._engine = engine
        self._http = http
        self._requests: set[asyncio.Task[None]] = set()
        self._under_way: Counter[UUID] = Counter()
        self._silent: set[UUID] = set()
        self._outcomes: list[Outcome] = []
        self._settler = Drainer(self._settle)
        self._stopping = False
        self.drainer = Drainer(self._start_due)

    async def stop(self, seconds: float) -> None:
        """Let the requests under way end; those that are cut off after `seconds` are repeated under the same key."""
        self._stopping = True
        await finish(self._requests, seconds)

    async def report_silence(self) -> None:
        """Store deliveries for conversations in which nobody has written for as long as an endpoint says."""
        more = True
        while more:
            async with self._engine.begin() as connection:
                more = await emit_inactive(connection)

    async def _start_due(self) -> bool:
        places = min(AT_ONCE - self._under_way.total(), CLAIMED_AT_ONCE)
        if self._stopping or places <= 0:
            return False
        claimed = await self._claim(places)
        for request in claimed:
            self._under_way[request.endpoint_id] += 1
            task = asyncio.create_task(self._deliver(request))
            self._requests.add(task)
            task.add_done_callback(self._requests.discard)
        if claimed:
            return len(claimed) == places
        async with self._engine.begin() as connection:
            return await give_up_inactive(connection)

    async def _claim(self, places: int) -> list[WebhookRequest]:
        taken = [
            {"endpoint_id": endpoint_id, "places": max(0, self._limit(endpoint_id) - self._under_way[endpoint_id])}
            for endpoint_id in self._under_way.keys() | self._silent
        ]
        parameters = {"places": _json(taken), "each": AT_ONCE_EACH, "places_in_all": places}
        async with self._engine.begin() as connection:
            rows = (await connection.execute(_CLAIM, parameters)).all()
        together: dict[UUID, list[Row[Any]]] = {}
        for row in sorted(rows, key=lambda row: row.sequence):
            together.setdefault(row.batch_id or row.id, []).append(row)
        return [WebhookRequest(rows) for rows in together.values()]

    def _limit(self, endpoint_id: UUID) -> int:
        return AT_ONCE_SILENT if endpoint_id in self._silent else AT_ONCE_EACH

    async def _deliver(self, request: WebhookRequest) -> None:
        try:
            try:
                outcomes = await request.send(self._http, self._settings.secret_key)
                ATTEMPTS.labels(_result(outcomes[0].attempt)).inc()
                self._outcomes.extend(outcomes)  # not before the wait: others take the list away meanwhile
                if outcomes[0].attempt.response_status is None:
                    self._silent.add(request.endpoint_id)
                else:
                    self._silent.discard(request.endpoint_id)
            finally:
                self._under_way -= Counter((request.endpoint_id,))
            await self._settler.drain()
            await self.drainer.drain()
        except Exception as error:  # noqa: BLE001 - the lease runs out and the sweep tries again
            log.error("webhook_not_settled", webhook_id=str(request.endpoint_id), error=type(error).__name__)

    async def _settle(self) -> bool:
        """Store all outcomes that have come in meanwhile, together."""
        outcomes, self._outcomes = self._outcomes, []
        if not outcomes:
            return False
        async with self._engine.begin() as connection:
            await settle_deliveries(connection, outcomes)
        failed = {outcome.endpoint_id for outcome in outcomes if outcome.attempt.problem is not None}
        if failed or any(outcome.failing for outcome in outcomes):
            taken = {outcome.endpoint_id for outcome in outcomes if outcome.attempt.problem is None}
            async with self._engine.begin() as connection:
                paused = await note_outcomes(connection, taken, failed)
            for endpoint_id in paused:
                log.warning("webhook_paused", webhook_id=str(endpoint_id))
        return bool(self._outcomes)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _result(attempt: DeliveryAttempt) -> str:
    if attempt.problem is None:
        return "accepted"
    return "no_answer" if attempt.response_status is None else "refused"
