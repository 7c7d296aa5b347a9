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

DeliveryStatus = Literal["pending", "delivered", "failed"]
Period = Literal["24h", "7d", "30d"]

_PERIODS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}


class DeliveryView(msgspec.Struct, kw_only=True):
    """Kapso's webhook delivery (Platform API, "Webhook deliveries"). `problem`, which Kapso has not, says why the last
    attempt failed.
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
    return [_view(row) for row in rows], paging


def _view(row: Row[Any]) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event=row.event,
        status=row.status,
        response_status=row.response_status,
        problem=row.problem,
        delivered_at=row.delivered_at,
        failed_at=row.failed_at,
        last_attempt_at=row.last_attempt_at,
        attempt_count=row.attempt_count,
        created_at=row.created_at,
        webhook_id=row.endpoint_id,
        webhook_url=row.url,
        whatsapp_config_id=row.whatsapp_config_id,
        phone_number_id=row.phone_number_id,
        conversation_phone_number=row.conversation_phone_number,
    )
