"""/dashboard/{project}/webhooks: the business's own systems that hear of events, and what is done to one."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName
from api.dashboard.lists import FIRST_PAGE, CurrentPage
from api.dashboard.pages import Page, redirect, render
from api.errors import AnyRequest, found
from api.webhook_endpoints import change_webhook, remove_webhook
from shared.audit import made, record
from shared.operations.replay_deliveries import replay_failed
from shared.operations.save_webhook import WebhookChanges
from shared.operations.send_test_webhook import send_test_webhook
from shared.paging import CursorQuery
from shared.queries.deliveries import DeliveryFilters, list_deliveries
from shared.queries.phone_numbers import number_names
from shared.queries.webhooks import WebhookView, get_webhook, page_of_webhooks
from shared.refusals import RefusedError

STATES = {"pending": "Waiting", "delivered": "Delivered", "failed": "Failed"}

Status = Annotated[Literal["", "pending", "delivered", "failed"], QueryParameter()]


class WebhookPageController(Controller):
    path = "/{project_id:uuid}/webhooks"

    @get()
    async def list(self, request: AnyRequest, state: State, project: CurrentProject, page: CurrentPage) -> Page:
        async with state.engine.connect() as connection:
            webhooks, paging = await page_of_webhooks(connection, state.settings, project.id, page)
            names = await number_names(connection, project.id, (webhook.phone_number_id for webhook in webhooks))
        return render(request, "webhooks.html", webhooks=webhooks, paging=paging, numbers=names)

    @get("/{webhook_id:uuid}")
    async def one(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        webhook_id: FromPath[UUID],
        page: CurrentPage,
        status: Status = "",
    ) -> Page:
        """A webhook with its deliveries."""
        return await _one(request, state, project, webhook_id, status, page)

    @post("/{webhook_id:uuid}/test")
    async def test(
        self, request: AnyRequest, state: State, project: CurrentProject, webhook_id: FromPath[UUID]
    ) -> Page:
        """Send a sample of the first event that the webhook is for."""
        try:
            async with state.engine.begin() as connection:
                await send_test_webhook(connection, project.id, webhook_id, None)
        except RefusedError as error:
            return await _one(request, state, project, webhook_id, problem=str(error))
        return redirect(_path(project, webhook_id, "tested"))

    @post("/{webhook_id:uuid}/replay")
    async def replay(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        webhook_id: FromPath[UUID],
    ) -> Page:
        """Send all that has failed once more, as long as deliveries are kept; the oldest 500 of it at once."""
        since = datetime.fromtimestamp(0, UTC)
        try:
            async with state.engine.begin() as connection:
                replayed = await replay_failed(connection, project.id, webhook_id, since)
                if replayed.replayed:
                    changes = made({"since": since, "deliveries": replayed.replayed})
                    await record(connection, project.id, actor, "webhook.replayed", webhook_id, changes)
        except RefusedError as error:
            return await _one(request, state, project, webhook_id, problem=str(error))
        done = "replayed_some" if replayed.more else "replayed_all" if replayed.replayed else "nothing_failed"
        return redirect(_path(project, webhook_id, done))

    @post("/{webhook_id:uuid}/pause")
    async def pause(
        self, state: State, project: CurrentProject, actor: CurrentActor, webhook_id: FromPath[UUID]
    ) -> Page:
        await change_webhook(state, project.id, actor, None, webhook_id, WebhookChanges(active=False))
        return redirect(_path(project, webhook_id, "paused"))

    @post("/{webhook_id:uuid}/resume")
    async def resume(
        self, state: State, project: CurrentProject, actor: CurrentActor, webhook_id: FromPath[UUID]
    ) -> Page:
        await change_webhook(state, project.id, actor, None, webhook_id, WebhookChanges(active=True))
        return redirect(_path(project, webhook_id, "resumed"))

    @get("/{webhook_id:uuid}/delete", role="operator")
    async def ask_delete(
        self, request: AnyRequest, state: State, project: CurrentProject, webhook_id: FromPath[UUID]
    ) -> Page:
        webhook = await good_webhook(state, project, webhook_id)
        return render(request, "webhook_delete.html", webhook=webhook)

    @post("/{webhook_id:uuid}/delete")
    async def delete(
        self, state: State, project: CurrentProject, actor: CurrentActor, webhook_id: FromPath[UUID]
    ) -> Page:
        """Delete a webhook with its deliveries; what waits is not delivered."""
        await remove_webhook(state, project.id, actor, None, webhook_id)
        return redirect(f"{HOME}/{project.id}/webhooks?done=deleted")


async def good_webhook(state: State, project: ProjectName, webhook_id: UUID) -> WebhookView:
    """Raises ApiError 404."""
    async with state.engine.connect() as connection:
        return found(await get_webhook(connection, state.settings, project.id, webhook_id), "Webhook")


def _path(project: ProjectName, webhook_id: UUID, done: str) -> str:
    return f"{HOME}/{project.id}/webhooks/{webhook_id}?done={done}"


async def _one(
    request: AnyRequest,
    state: State,
    project: ProjectName,
    webhook_id: UUID,
    status: Status = "",
    page: CursorQuery = FIRST_PAGE,
    problem: str | None = None,
) -> Page:
    """The page of a webhook; `problem` is why it does not do what it was asked."""
    filters = DeliveryFilters(webhook_id=webhook_id, status=status or None)
    webhook = await good_webhook(state, project, webhook_id)
    async with state.engine.connect() as connection:
        names = await number_names(connection, project.id, [webhook.phone_number_id])
        deliveries, paging = await list_deliveries(connection, project.id, filters, page)
    return render(
        request,
        "webhook.html",
        status=422 if problem else 200,
        back=f"{HOME}/{project.id}/webhooks/{webhook_id}" if problem else None,
        webhook=webhook,
        numbers=names,
        deliveries=deliveries,
        paging=paging,
        states=STATES,
        status_filter=status,
        query={"status": status},
        problem=problem,
    )
