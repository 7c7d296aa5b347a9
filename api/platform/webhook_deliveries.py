"""/platform/v1/webhook_deliveries (Kapso: Platform API, "Webhook deliveries")."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from api.access import CurrentActor, CurrentKey
from api.openapi import refusals
from api.platform.paging import After, Before, Limit
from shared.audit import made, record
from shared.operations.replay_deliveries import replay_delivery
from shared.paging import CursorQuery, Paging
from shared.queries.deliveries import (
    DeliveryDetail,
    DeliveryFilters,
    DeliveryStatus,
    DeliveryView,
    Period,
    get_delivery,
    list_deliveries,
)


class DeliveryList(msgspec.Struct):
    data: list[DeliveryView]
    paging: Paging


class DeliveryAnswer(msgspec.Struct):
    data: DeliveryDetail


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

    @get("/{delivery_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, delivery_id: FromPath[UUID]) -> DeliveryAnswer:
        """One delivery: what is sent, and every attempt with its request, its answer and the time that it took."""
        async with state.engine.connect() as connection:
            return DeliveryAnswer(await get_delivery(connection, key.project_id, delivery_id))

    @post("/{delivery_id:uuid}/replay", responses=refusals(404))
    async def replay(
        self, state: State, key: CurrentKey, actor: CurrentActor, delivery_id: FromPath[UUID]
    ) -> Response[DeliveryAnswer]:
        """Send a delivery once more that has arrived or failed: with the same body, and under the same key. It is a
        delivery of its own, whose `replay_of` says of which; 200 with the one that waits already, if one does.
        """
        async with state.engine.begin() as connection:
            replay_id, is_new = await replay_delivery(connection, key.project_id, delivery_id)
            if is_new:
                changes = made({"replay": replay_id})
                await record(connection, key.project_id, actor, "webhook_delivery.replayed", delivery_id, changes)
            view = await get_delivery(connection, key.project_id, replay_id)
        return Response(DeliveryAnswer(view), status_code=201 if is_new else 200)
