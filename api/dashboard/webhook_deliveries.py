"""/dashboard/{project}/webhooks/deliveries/{delivery}: what was sent, and sending it once more."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from api.dashboard.access import HOME, CurrentActor, CurrentProject, is_fragment
from api.dashboard.pages import Page, nothing_new, redirect, render
from api.dashboard.payloads import readable
from api.dashboard.webhooks import STATES
from api.errors import AnyRequest
from shared.audit import made, record
from shared.operations.replay_deliveries import replay_delivery
from shared.queries.deliveries import DeliveryDetail, get_delivery
from shared.refusals import RefusedError

Seen = Annotated[int, QueryParameter(ge=0)]


class DeliveryPageController(Controller):
    path = "/{project_id:uuid}/webhooks/deliveries/{delivery_id:uuid}"

    @get()
    async def one(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        delivery_id: FromPath[UUID],
        seen: Seen = 0,
    ) -> Page:
        """A delivery; HTMX, which asks again while it waits, gets nothing as long as `seen` attempts are all."""
        async with state.engine.connect() as connection:
            delivery = await get_delivery(connection, project.id, delivery_id)
        if is_fragment(request) and delivery.status == "pending" and len(delivery.attempts) == seen:
            return nothing_new()
        return _page(request, delivery)

    @post("/replay")
    async def replay(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        delivery_id: FromPath[UUID],
    ) -> Page:
        """Send it once more; the answer leads to the new delivery, or to the one that waits already."""
        try:
            async with state.engine.begin() as connection:
                replay_id, is_new = await replay_delivery(connection, project.id, delivery_id)
                if is_new:
                    changes = made({"replay": replay_id})
                    await record(connection, project.id, actor, "webhook_delivery.replayed", delivery_id, changes)
        except RefusedError as error:
            async with state.engine.connect() as connection:
                delivery = await get_delivery(connection, project.id, delivery_id)
            back = f"{HOME}/{project.id}/webhooks/deliveries/{delivery_id}"
            return _page(request, delivery, str(error), back)
        return redirect(f"{HOME}/{project.id}/webhooks/deliveries/{replay_id}?done=replayed")


def _page(request: AnyRequest, delivery: DeliveryDetail, problem: str | None = None, back: str | None = None) -> Page:
    body = None if delivery.request_body is None else delivery.request_body.encode()
    return render(
        request,
        "webhook_delivery.html",
        status=422 if problem else 200,
        back=back,
        delivery=delivery,
        payload=None if body is None else readable(body, len(body)),
        states=STATES,
        problem=problem,
    )
