"""Send deliveries to the business's own systems once more: as they were, and under the same key."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.jobs import Queue, wake_later
from shared.models import Conversation, WebhookDelivery, WebhookEndpoint
from shared.operations.lock_conversations import lock_matching
from shared.refusals import ConflictError, NotFoundError, RefusedError

REPLAYED_AT_ONCE = 500

# All that failed has a problem, and an index of these. What is on its way again, or has arrived, needs no third time.
_FAILED = text("""
    SELECT d.id, d.conversation_id FROM webhook_delivery d
    WHERE d.project_id = :project_id AND d.problem IS NOT NULL AND d.endpoint_id = :webhook_id
      AND d.status = 'failed' AND d.replay_of IS NULL AND d.created_at >= :since
      AND NOT EXISTS (SELECT FROM webhook_delivery r WHERE r.replay_of = d.id AND r.status IN ('pending', 'delivered'))
    ORDER BY d.created_at, d.id LIMIT :limit
""")

# A replay of a replay is one of the first. One that waits is enough: webhook_delivery_one_replay.
_REPLAY = text("""
    INSERT INTO webhook_delivery (id, project_id, endpoint_id, event, body, idempotency_key, phone_number_id,
                                  conversation_id, conversation_phone_number, replay_of)
    SELECT g.new_id, d.project_id, d.endpoint_id, d.event, d.body, d.idempotency_key, d.phone_number_id,
           d.conversation_id, d.conversation_phone_number, coalesce(d.replay_of, d.id)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:new_ids AS uuid[])) AS g(id, new_id)
    JOIN webhook_delivery d ON d.id = g.id
    JOIN webhook_endpoint e ON e.id = d.endpoint_id AND e.active
    WHERE d.conversation_id IS NULL OR d.conversation_id = ANY(:locked)
    ORDER BY d.sequence FOR KEY SHARE OF e
    ON CONFLICT DO NOTHING
    RETURNING id
""")

_WAITING = text("SELECT id FROM webhook_delivery WHERE replay_of = :id AND status = 'pending'")


class Replayed(msgspec.Struct, frozen=True):
    """How many deliveries go out again, and whether there are more of them to ask for."""

    replayed: int
    more: bool


async def replay_delivery(connection: AsyncConnection, project_id: UUID, delivery_id: UUID) -> tuple[UUID, bool]:
    """Queue a delivery that has arrived or failed once more. Returns the id of the new one, or of the one that waits
    already, and whether it is new.

    Raises NotFoundError; RefusedError with code `not_settled`, `body_gone` or `webhook_inactive`; ConflictError if its
    conversation has become another's meanwhile.
    """
    query = (
        select(WebhookDelivery.__table__, WebhookEndpoint.active)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.project_id == project_id, WebhookDelivery.id == delivery_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("Webhook delivery")
    if row.status == "pending":
        raise RefusedError("not_settled", "The delivery still waits to be sent.")
    if not row.body:
        raise RefusedError("body_gone", "What was delivered is not kept, so that it cannot be sent again.")
    _require_active(row.active)
    made = await _replay(connection, [row])
    if made:
        return made[0], True
    waiting = (await connection.execute(_WAITING, {"id": row.replay_of or row.id})).scalar_one_or_none()
    if waiting is None:
        raise ConflictError("conflict", "The delivery has changed meanwhile; try again.")
    return waiting, False


async def replay_failed(connection: AsyncConnection, project_id: UUID, webhook_id: UUID, since: datetime) -> Replayed:
    """Queue a webhook's deliveries since then that have failed once more, the oldest REPLAYED_AT_ONCE of them. Those
    whose replay waits or has arrived are left out, so that whoever asks again goes on with the next.

    Raises NotFoundError, or RefusedError with code `webhook_inactive`.
    """
    query = select(WebhookEndpoint.active).where(
        WebhookEndpoint.project_id == project_id, WebhookEndpoint.id == webhook_id
    )
    active = (await connection.execute(query)).scalar_one_or_none()
    if active is None:
        raise NotFoundError("Webhook")
    _require_active(active)
    wanted = {"project_id": project_id, "webhook_id": webhook_id, "since": since, "limit": REPLAYED_AT_ONCE + 1}
    failed = (await connection.execute(_FAILED, wanted)).all()
    made = await _replay(connection, failed[:REPLAYED_AT_ONCE])
    return Replayed(len(made), len(failed) > REPLAYED_AT_ONCE)


def _require_active(active: bool) -> None:
    if not active:
        raise RefusedError("webhook_inactive", "The webhook is not active.")


async def _replay(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[UUID]:
    """The ids of the new deliveries. Their conversations are locked: whoever erases or joins them takes these along."""
    conversation_ids = {row.conversation_id for row in rows if row.conversation_id is not None}
    locked = await lock_matching(connection, Conversation.id.in_(conversation_ids)) if conversation_ids else []
    parameters = {"ids": [row.id for row in rows], "new_ids": [new_id() for _ in rows], "locked": locked}
    made = (await connection.execute(_REPLAY, parameters)).scalars().all()
    if made:
        wake_later(connection, Queue.WEBHOOKS)
    return list(made)
