"""What was sent to the business's own webhooks, as the Platform API shows it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import PhoneNumber, WebhookDelivery, WebhookEndpoint
from shared.paging import AnySelect, CursorQuery, Paging, cursor_page
from shared.refusals import NotFoundError

DeliveryStatus = Literal["pending", "delivered", "failed"]
Period = Literal["24h", "7d", "30d"]

_PERIODS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}


class DeliveryAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer: `response_*` are null where none came, and `problem` where all went well. Of a
    webhook's own headers the values are hidden; of the answer's body the beginning is kept.
    """

    number: int
    at: datetime
    duration_ms: int
    url: Annotated[str, Meta(examples=["https://api.example.com/webhooks/whatsapp"])]
    request_headers: Annotated[dict[str, str], Meta(examples=[{"X-Webhook-Event": "whatsapp.message.received"}])]
    response_status: int | None = None
    response_headers: Annotated[dict[str, str], Meta(examples=[{"content-type": "text/plain"}])] | None = None
    response_body: Annotated[str, Meta(examples=["Internal Server Error"])] | None = None
    problem: Annotated[str, Meta(examples=["HTTP 500: Internal Server Error"])] | None = None


class DeliveryView(msgspec.Struct, kw_only=True):
    """Kapso's webhook delivery (Platform API, "Webhook deliveries"). Kapso has neither `problem`, which says why the
    last attempt failed, nor `replay_of`, the delivery that was sent once more by this one.
    """

    id: UUID
    event: Annotated[str, Meta(examples=["whatsapp.message.received"])]
    status: DeliveryStatus
    response_status: int | None
    problem: Annotated[str, Meta(examples=["HTTP 500: Internal Server Error"])] | None
    delivered_at: datetime | None
    failed_at: datetime | None
    last_attempt_at: datetime | None
    attempt_count: int
    created_at: datetime
    webhook_id: UUID
    webhook_url: Annotated[str, Meta(examples=["https://api.example.com/webhooks/whatsapp"])]
    whatsapp_config_id: UUID | None
    phone_number_id: Annotated[str, Meta(examples=["1234567890"])] | None
    conversation_phone_number: Annotated[str, Meta(examples=["15551234567"])] | None
    replay_of: UUID | None


class DeliveryDetail(DeliveryView, kw_only=True):
    """A delivery with what is sent and every attempt, oldest first. An attempt whose worker died is not among them.

    `request_body` is the exact text that is signed, unless it goes out in a batch; null where it is not kept.
    """

    idempotency_key: Annotated[str, Meta(examples=["0198f0a4-6c1e-7c5f-9d53-7d5d5d2c9f10"])]
    request_body: Annotated[str, Meta(examples=['{"message":{"id":"wamid.HBgL"}}'])] | None
    attempts: list[DeliveryAttempt]


class DeliveryFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of the list. `errors_only` keeps those whose last attempt failed."""

    status: DeliveryStatus | None = None
    event: str | None = None
    webhook_id: UUID | None = None
    errors_only: bool = False
    period: Period | None = None


_DELIVERY: AnySelect = (
    select(
        WebhookDelivery.id,
        WebhookDelivery.event,
        WebhookDelivery.status,
        WebhookDelivery.response_status,
        WebhookDelivery.problem,
        WebhookDelivery.delivered_at,
        WebhookDelivery.failed_at,
        WebhookDelivery.last_attempt_at,
        WebhookDelivery.attempt_count,
        WebhookDelivery.created_at,
        WebhookDelivery.endpoint_id,
        WebhookDelivery.phone_number_id,
        WebhookDelivery.conversation_phone_number,
        WebhookDelivery.replay_of,
        WebhookEndpoint.url,
        PhoneNumber.id.label("whatsapp_config_id"),
    )
    .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
    .outerjoin(PhoneNumber, PhoneNumber.phone_number_id == WebhookDelivery.phone_number_id)
)


async def list_deliveries(
    connection: AsyncConnection, project_id: UUID, filters: DeliveryFilters, page: CursorQuery
) -> tuple[list[DeliveryView], Paging]:
    """A page of a project's deliveries, newest first. Raises InvalidCursorError."""
    query = _DELIVERY.where(WebhookDelivery.project_id == project_id)
    if filters.webhook_id is not None:
        query = query.where(WebhookDelivery.endpoint_id == filters.webhook_id)
    if filters.event is not None:
        query = query.where(WebhookDelivery.event == filters.event)
    if filters.status is not None:
        query = query.where(WebhookDelivery.status == filters.status)
    if filters.errors_only or filters.status == "failed":  # all that failed has a problem, and an index of these
        query = query.where(WebhookDelivery.problem.is_not(None))
    if filters.period is not None:
        query = query.where(WebhookDelivery.created_at >= datetime.now(UTC) - _PERIODS[filters.period])
    rows, paging = await cursor_page(connection, query, WebhookDelivery.created_at, WebhookDelivery.id, page)
    return [DeliveryView(**_fields(row)) for row in rows], paging


async def get_delivery(connection: AsyncConnection, project_id: UUID, delivery_id: UUID) -> DeliveryDetail:
    """One delivery of a project. Raises NotFoundError."""
    query = _DELIVERY.add_columns(
        WebhookDelivery.idempotency_key, WebhookDelivery.body, WebhookDelivery.attempts
    ).where(WebhookDelivery.project_id == project_id, WebhookDelivery.id == delivery_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("Webhook delivery")
    return DeliveryDetail(
        **_fields(row),
        idempotency_key=row.idempotency_key,
        request_body=row.body.decode(errors="replace") if row.body else None,
        attempts=msgspec.convert(row.attempts, list[DeliveryAttempt]),
    )


def _fields(row: Row[Any]) -> dict[str, Any]:
    """Those that are in lists too."""
    return {
        "id": row.id,
        "event": row.event,
        "status": row.status,
        "response_status": row.response_status,
        "problem": row.problem,
        "delivered_at": row.delivered_at,
        "failed_at": row.failed_at,
        "last_attempt_at": row.last_attempt_at,
        "attempt_count": row.attempt_count,
        "created_at": row.created_at,
        "webhook_id": row.endpoint_id,
        "webhook_url": row.url,
        "whatsapp_config_id": row.whatsapp_config_id,
        "phone_number_id": row.phone_number_id,
        "conversation_phone_number": row.conversation_phone_number,
        "replay_of": row.replay_of,
    }
