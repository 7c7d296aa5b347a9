"""/platform/v1/webhook_deliveries (Kapso: Platform API, "Webhook deliveries")."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from api.access import CurrentKey
from api.openapi import refusals
from api.platform.paging import After, Before, Limit
from shared.paging import CursorQuery, Paging
from shared.queries.deliveries import DeliveryFilters, DeliveryStatus, DeliveryView, Period, list_deliveries


class DeliveryList(msgspec.Struct):
    data: list[DeliveryView]
    paging: Paging


class WebhookDeliveryController(Controller):
    path = "/webhook_deliveries"
    tags = ("Webhooks",)

    @get(responses=refusals())
    async def list(
        self,
        state: State,
        key: CurrentKey,
        status: Annotated[DeliveryStatus | None, QueryParameter(description="Only those with this status.")] = None,
        event: Annotated[str | None, QueryParameter(max_length=100, description="Only those of this event.")] = None,
        webhook_id: Annotated[UUID | None, QueryParameter(description="Only those to this webhook.")] = None,
        errors_only: Annotated[bool, QueryParameter(description="Only those whose last attempt failed.")] = False,
        period: Annotated[Period | None, QueryParameter(description="Only those of the last so long.")] = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> DeliveryList:
        """What was sent to the project's webhooks in the last 30 days, newest first."""
        filters = DeliveryFilters(
            status=status, event=event, webhook_id=webhook_id, errors_only=errors_only, period=period
        )
        async with state.engine.connect() as connection:
            data, paging = await list_deliveries(connection, key.project_id, filters, CursorQuery(limit, after, before))
        return DeliveryList(data, paging)
