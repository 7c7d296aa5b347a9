"""Store what the business's own systems are to hear, in the transaction in which it happens (Kapso: "Webhooks").

A delivery waits in webhook_delivery until a worker has sent it. Where no endpoint wants an event, one look-up by an
index is all that it costs. What is stored of a conversation is stored under the conversation's lock, so that the
deliveries' `sequence` is the order of what happened.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.jobs import Queue, wake_later
from shared.kapso.conversations import kapso_conversations
from shared.kapso.messages import kapso_messages
from shared.kapso.webhooks import (
    HANDOFF,
    INACTIVE,
    META,
    RESUMED,
    WORKFLOW_FAILED,
    ExecutionHead,
    SinceMessage,
    body_for_number,
    conversation_body,
    handoff_body,
    inactive_body,
    message_body,
    number_body,
    resumed_body,
    workflow_failed_body,
)
from shared.settings import Settings
from shared.user_claims import User

INACTIVE_AT_ONCE = 200  # conversations of one endpoint in one transaction

_OF_NUMBERS = text("""
    SELECT id, phone_number_id, kind, events, buffer_enabled, buffer_events, buffer_window_seconds
    FROM webhook_endpoint WHERE active AND phone_number_id = ANY(:numbers)
""")

_OF_PROJECT = text("""
    SELECT id FROM webhook_endpoint
    WHERE active AND project_id = :project_id AND phone_number_id IS NULL AND :event = ANY(events)
""")

# An endpoint that is being deleted is waited for, and then gets nothing.
_ADD = text("""
    INSERT INTO webhook_delivery (id, project_id, endpoint_id, event, body, idempotency_key, phone_number_id,
                                  conversation_id, conversation_phone_number, due_at)
    SELECT g.id, e.project_id, e.id, g.event, g.body, g.idempotency_key, g.phone_number_id,
           g.conversation_id, g.conversation_phone_number, now() + make_interval(secs => g.wait)
    FROM unnest(CAST(:id AS uuid[]), CAST(:endpoint_id AS uuid[]), CAST(:event AS text[]), CAST(:body AS bytea[]),
                CAST(:idempotency_key AS text[]), CAST(:phone_number_id AS text[]), CAST(:conversation_id AS uuid[]),
                CAST(:conversation_phone_number AS text[]), CAST(:wait AS integer[])) WITH ORDINALITY
        AS g(id, endpoint_id, event, body, idempotency_key, phone_number_id, conversation_id,
             conversation_phone_number, wait, place)
    JOIN webhook_endpoint e ON e.id = g.endpoint_id
    ORDER BY g.place FOR KEY SHARE OF e
    ON CONFLICT DO NOTHING
""")

# A full buffer does not wait for the end of its window.
_FLUSH = text("""
    UPDATE webhook_delivery SET due_at = now() WHERE id IN (
        SELECT (array_agg(d.id ORDER BY d.sequence))[1]
        FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
        WHERE d.endpoint_id = ANY(:endpoint_ids) AND d.conversation_id = ANY(:conversation_ids)
          AND d.status = 'pending' AND d.due_at > now() AND d.event = ANY(e.buffer_events)
          AND d.last_attempt_at IS NULL AND d.leased_until IS NULL
        GROUP BY d.endpoint_id, d.conversation_id, d.event, e.max_buffer_size
        HAVING count(*) >= e.max_buffer_size)
""")

# Conversations that have been silent for as long as the endpoint says, for a day at most: whoever was away for longer
# than that does not want to hear of all of them. One that somebody is writing to at this moment is not silent.
_SILENT = text("""
    SELECT e.id AS endpoint_id, e.inactivity_minutes, c.id AS conversation_id,
           m.id, m.wamid, m.direction, m.created_at
    FROM webhook_endpoint e
    CROSS JOIN LATERAL (
        SELECT c.id, c.last_message_id FROM conversation c
        WHERE c.phone_number_id = e.phone_number_id AND c.status = 'active' AND c.last_message_id IS NOT NULL
          AND c.last_active_at <= now() - make_interval(mins => e.inactivity_minutes)
          AND c.last_active_at >
              greatest(now() - interval '1 day', e.created_at) - make_interval(mins => e.inactivity_minutes)
          AND NOT EXISTS (
              SELECT FROM webhook_delivery d
              WHERE d.endpoint_id = e.id AND d.idempotency_key = CAST(c.last_message_id AS text)
                AND d.event = 'whatsapp.conversation.inactive' AND d.replay_of IS NULL)
        ORDER BY c.last_active_at LIMIT :limit
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS c
    JOIN message m ON m.id = c.last_message_id
    WHERE e.active AND e.kind = 'kapso' AND 'whatsapp.conversation.inactive' = ANY(e.events)
""")


class MessageHappened(msgspec.Struct, frozen=True, kw_only=True):
    """A `whatsapp.message.*` event; `error` is {code, title, details} where WhatsApp refused the message at once."""

    event: str
    phone_number_id: str
    message_id: UUID
    is_new_conversation: bool = False
    error: dict[str, Any] | None = None


class ConversationHappened(msgspec.Struct, frozen=True, kw_only=True):
    """A `whatsapp.conversation.created` or `.ended` event."""

    event: str
    phone_number_id: str
    conversation_id: UUID


Happened = MessageHappened | ConversationHappened


class _Delivery(msgspec.Struct, kw_only=True):
    """A row to be, without what the statement adds. `wait` is in seconds."""

    id: UUID = msgspec.field(default_factory=new_id)
    endpoint_id: UUID
    event: str
    body: bytes
    idempotency_key: str
    phone_number_id: str | None
    conversation_id: UUID | None = None
    conversation_phone_number: str | None = None
    wait: int = 0


class _Occurrence(msgspec.Struct):
    """An event with its body; every endpoint that wants it gets the same one, under the same key."""

    event: str
    body: bytes
    phone_number_id: str
    conversation_id: UUID
    conversation_phone_number: str | None
    idempotency_key: str = msgspec.field(default_factory=lambda: str(new_id()))


async def emit_webhooks(
    connection: AsyncConnection,
    settings: Settings,
    happened: Sequence[Happened],
    received: Sequence[tuple[bytes, AbstractSet[str]]] = (),
) -> None:
    """Store deliveries of what happened, in this order. The caller holds the conversations' locks.

    `received` are webhooks of Meta's, each with the numbers in it, for the endpoints that want them as they are.
    """
    numbers = {one.phone_number_id for one in happened}.union(*(mentioned for _, mentioned in received))
    if not numbers:
        return
    endpoints = (await connection.execute(_OF_NUMBERS, {"numbers": sorted(numbers)})).all()
    if not endpoints:
        return
    wanted = {(endpoint.phone_number_id, event) for endpoint in endpoints for event in endpoint.events}
    occurrences = await _occurrences(
        connection, settings, [one for one in happened if (one.phone_number_id, one.event) in wanted]
    )
    deliveries = [
        _delivery(endpoint, occurrence)
        for occurrence in occurrences
        for endpoint in endpoints
        if endpoint.phone_number_id == occurrence.phone_number_id and occurrence.event in endpoint.events
    ]
    await _add(connection, deliveries + _of_meta(endpoints, received))


async def emit_conversation(
    connection: AsyncConnection, event: str, phone_number_id: str, conversation_id: UUID
) -> None:
    """Store deliveries of a conversation's event. The caller holds its lock."""
    endpoints = (await connection.execute(_OF_NUMBERS, {"numbers": [phone_number_id]})).all()
    wanting = [endpoint for endpoint in endpoints if event in endpoint.events]
    if wanting:
        occurrence = await _of_conversation(connection, event, conversation_id)
        await _add(connection, [_delivery(endpoint, occurrence) for endpoint in wanting])


async def emit_inactive(connection: AsyncConnection) -> bool:
    """Store deliveries for the conversations that have become silent, once for each endpoint and silence.

    Returns whether there may be more. Its transactions may run beside each other.
    """
    silent = (await connection.execute(_SILENT, {"limit": INACTIVE_AT_ONCE})).all()
    if not silent:
        return False
    conversations = await kapso_conversations(connection, {row.conversation_id for row in silent})
    deliveries = []
    for row in silent:
        conversation = conversations[row.conversation_id]
        since = SinceMessage(row.id, row.wamid, row.direction, row.created_at)
        deliveries.append(
            _Delivery(
                endpoint_id=row.endpoint_id,
                event=INACTIVE,
                body=inactive_body(conversation, since, row.inactivity_minutes),
                idempotency_key=str(row.id),
                phone_number_id=conversation.phone_number_id,
                conversation_id=conversation.id,
                conversation_phone_number=conversation.phone_number,
            )
        )
    await _add(connection, deliveries)
    return len(silent) >= INACTIVE_AT_ONCE


async def emit_number(
    connection: AsyncConnection, event: str, project_id: UUID, phone_number_id: str, customer_id: UUID | None
) -> None:
    """Store deliveries of `whatsapp.phone_number.created` or `.deleted`."""
    endpoint_ids = await _wanting(connection, project_id, event)
    body, key = number_body(project_id, phone_number_id, customer_id), str(new_id())
    await _add(
        connection,
        [
            _Delivery(endpoint_id=one, event=event, body=body, idempotency_key=key, phone_number_id=phone_number_id)
            for one in endpoint_ids
        ],
    )


async def emit_handoff(connection: AsyncConnection, execution: Row[Any], source: str) -> None:
    """Store deliveries of a handoff. `execution` is a row of workflow_execution as it was, locked; `source` says who
    asked for it: `inbox` or `api`.
    """
    await _emit_execution(connection, HANDOFF, "handoff", execution, lambda head: handoff_body(head, source))


async def emit_resumed(
    connection: AsyncConnection, execution: Row[Any], status: str, source: str, by: User | None
) -> None:
    """Store deliveries of the end of a handoff. `status` is what the execution has come to; `by` the person who handed
    it back, where they are known; see `emit_handoff`.
    """
    await _emit_execution(connection, RESUMED, status, execution, lambda head: resumed_body(head, source, by))


async def emit_workflow_failed(
    connection: AsyncConnection, execution: Row[Any], error_details: dict[str, Any] | None
) -> None:
    """Store deliveries of a failure; see `emit_handoff`."""
    message = (error_details or {}).get("message")
    words = message if isinstance(message, str) and message else "The workflow execution failed."
    await _emit_execution(
        connection, WORKFLOW_FAILED, "failed", execution, lambda head: workflow_failed_body(head, words)
    )


async def emit_sample(
    connection: AsyncConnection, endpoint_id: UUID, event: str, body: bytes, phone_number_id: str | None
) -> None:
    """Store a delivery of a body that says nothing that happened."""
    key = hashlib.sha256(body).hexdigest() if event == META else str(new_id())
    await _add(
        connection,
        [
            _Delivery(
                endpoint_id=endpoint_id, event=event, body=body, idempotency_key=key, phone_number_id=phone_number_id
            )
        ],
    )


async def _occurrences(
    connection: AsyncConnection, settings: Settings, happened: Sequence[Happened]
) -> list[_Occurrence]:
    if not happened:
        return []
    messages = await kapso_messages(
        connection, settings, {one.message_id for one in happened if isinstance(one, MessageHappened)}
    )
    conversation_ids = {message["kapso"]["whatsapp_conversation_id"] for message in messages.values()}
    conversation_ids |= {one.conversation_id for one in happened if isinstance(one, ConversationHappened)}
    conversations = await kapso_conversations(connection, conversation_ids)
    occurrences = []
    for one in happened:
        if isinstance(one, MessageHappened):
            message = messages[one.message_id]
            conversation = conversations[message["kapso"]["whatsapp_conversation_id"]]
            body = message_body(
                one.event, message, conversation, is_new_conversation=one.is_new_conversation, error=one.error
            )
        else:
            conversation = conversations[one.conversation_id]
            body = conversation_body(conversation)
        occurrences.append(
            _Occurrence(one.event, body, conversation.phone_number_id, conversation.id, conversation.phone_number)
        )
    return occurrences


async def _of_conversation(connection: AsyncConnection, event: str, conversation_id: UUID) -> _Occurrence:
    conversation = (await kapso_conversations(connection, [conversation_id]))[conversation_id]
    body = conversation_body(conversation)
    return _Occurrence(event, body, conversation.phone_number_id, conversation.id, conversation.phone_number)


def _delivery(endpoint: Row[Any], occurrence: _Occurrence) -> _Delivery:
    buffered = endpoint.buffer_enabled and occurrence.event in endpoint.buffer_events
    return _Delivery(
        endpoint_id=endpoint.id,
        wait=endpoint.buffer_window_seconds if buffered else 0,
        **msgspec.structs.asdict(occurrence),
    )


def _of_meta(endpoints: Sequence[Row[Any]], received: Sequence[tuple[bytes, AbstractSet[str]]]) -> list[_Delivery]:
    """Each webhook for the endpoints that want it as it is; never more of it than what is of the endpoint's number."""
    deliveries = []
    for endpoint in endpoints:
        if endpoint.kind != "meta":
            continue
        for whole, mentioned in received:
            if endpoint.phone_number_id not in mentioned:
                continue
            body = body_for_number(whole, endpoint.phone_number_id)
            deliveries.append(
                _Delivery(
                    endpoint_id=endpoint.id,
                    event=META,
                    body=body,
                    idempotency_key=hashlib.sha256(body).hexdigest(),
                    phone_number_id=endpoint.phone_number_id,
                )
            )
    return deliveries


async def _emit_execution(
    connection: AsyncConnection, event: str, status: str, execution: Row[Any], body: Callable[[ExecutionHead], bytes]
) -> None:
    endpoint_ids = await _wanting(connection, execution.project_id, event)
    if not endpoint_ids:
        return
    conversation = (await kapso_conversations(connection, [execution.conversation_id]))[execution.conversation_id]
    head = ExecutionHead(
        event=event,
        occurred_at=datetime.now(UTC),
        project_id=execution.project_id,
        workflow_id=execution.workflow_id,
        workflow_execution_id=execution.id,
        status=status,
        tracking_id=execution.tracking_id,
        channel="whatsapp",
        whatsapp_conversation_id=conversation.id,
    )
    occurrence = _Occurrence(
        event, body(head), conversation.phone_number_id, conversation.id, conversation.phone_number
    )
    await _add(connection, [_Delivery(endpoint_id=one, **msgspec.structs.asdict(occurrence)) for one in endpoint_ids])


async def _wanting(connection: AsyncConnection, project_id: UUID, event: str) -> Sequence[UUID]:
    found = await connection.execute(_OF_PROJECT, {"project_id": project_id, "event": event})
    return found.scalars().all()


async def _add(connection: AsyncConnection, deliveries: Collection[_Delivery]) -> None:
    if not deliveries:
        return
    fields = [field.name for field in msgspec.structs.fields(_Delivery)]
    await connection.execute(_ADD, {name: [getattr(one, name) for one in deliveries] for name in fields})
    buffered = [one for one in deliveries if one.wait]
    if buffered:
        await connection.execute(
            _FLUSH,
            {
                "endpoint_ids": list({one.endpoint_id for one in buffered}),
                "conversation_ids": list({one.conversation_id for one in buffered}),
            },
        )
    wake_later(connection, Queue.WEBHOOKS)
