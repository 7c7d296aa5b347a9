"""/platform/v1/whatsapp/webhooks, and those of one number (Kapso: Platform API, "Webhooks")."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from api.access import CurrentActor, CurrentKey, ProjectKey
from api.body_check import Sent
from api.errors import AnyRequest, found
from api.openapi import refusals
from api.platform.paging import Contains, Moment, Page, PerPage, in_utc, numbered
from api.webhook_endpoints import add_webhook, change_webhook, remove_webhook
from shared.audit import Actor
from shared.operations.save_webhook import (
    NewProjectWebhook,
    NewWebhook,
    WebhookChanges,
    check_new_webhook,
    check_number,
    check_webhook_changes,
    webhook_row,
)
from shared.paging import PageMeta
from shared.queries.webhooks import WebhookFilters, WebhookKind, WebhookView, get_webhook, list_webhooks

Kind = Annotated[WebhookKind | None, QueryParameter(description="Only those of this kind.")]
Active = Annotated[bool | None, QueryParameter(description="Only those that are active, or that are not.")]


class NewWebhookBody(msgspec.Struct):
    whatsapp_webhook: NewWebhook


class NewProjectWebhookBody(msgspec.Struct):
    whatsapp_webhook: NewProjectWebhook


class WebhookChangesBody(msgspec.Struct):
    whatsapp_webhook: WebhookChanges


class WebhookAnswer(msgspec.Struct):
    data: WebhookView


class WebhookPage(msgspec.Struct):
    data: list[WebhookView]
    meta: PageMeta


async def _check_new(sent: Sent) -> None:
    number = sent.path.get("phone_number_id") or sent.fields.get("phone_number_id")
    await check_new_webhook(sent.connection, sent.settings, sent.project_id, number, sent.fields)


async def _check_changes(sent: Sent) -> None:
    number = sent.path.get("phone_number_id")
    row = await webhook_row(sent.connection, sent.project_id, number, sent.path["webhook_id"])
    check_webhook_changes(sent.settings, row, sent.fields)


class NumberWebhookController(Controller):
    path = "/whatsapp/phone_numbers/{phone_number_id:str}/webhooks"
    tags = ("Webhooks",)

    @get(responses=refusals(404))
    async def list(
        self,
        request: AnyRequest,
        key: CurrentKey,
        phone_number_id: FromPath[str],
        url_contains: Contains = None,
        kind: Kind = None,
        active: Active = None,
        created_after: Moment = None,
        created_before: Moment = None,
        page: Page = 1,
        per_page: PerPage = 20,
    ) -> Response[WebhookPage]:
        """The number's webhooks, newest first."""
        filters = WebhookFilters(
            phone_number_id=phone_number_id,
            url_contains=url_contains,
            kind=kind,
            active=active,
            created_after=in_utc(created_after, "created_after"),
            created_before=in_utc(created_before, "created_before"),
        )
        async with request.app.state.engine.connect() as connection:
            await check_number(connection, key.project_id, phone_number_id)
        return await _page(request, key, filters, page, per_page)

    @post(responses=refusals(404), checked_by=_check_new)
    async def create(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        phone_number_id: FromPath[str],
        data: JSONBody[NewWebhookBody],
    ) -> WebhookAnswer:
        """Add a webhook for the number's messages and conversations. This answer is the only one with `secret_key` and
        the values of `headers`.
        """
        return await _create(state, key, actor, phone_number_id, data.whatsapp_webhook)

    @get("/{webhook_id:uuid}", responses=refusals(404))
    async def get(
        self, state: State, key: CurrentKey, phone_number_id: FromPath[str], webhook_id: FromPath[UUID]
    ) -> WebhookAnswer:
        """One of the number's webhooks."""
        return await _get(state, key, phone_number_id, webhook_id)

    @patch("/{webhook_id:uuid}", responses=refusals(404), checked_by=_check_changes)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        phone_number_id: FromPath[str],
        webhook_id: FromPath[UUID],
        data: JSONBody[WebhookChangesBody],
    ) -> WebhookAnswer:
        """Change one of the number's webhooks; what is not sent stays as it is."""
        return await _update(state, key, actor, phone_number_id, webhook_id, data.whatsapp_webhook)

    @delete("/{webhook_id:uuid}", responses=refusals(404))
    async def delete(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        phone_number_id: FromPath[str],
        webhook_id: FromPath[UUID],
    ) -> None:
        """Delete one of the number's webhooks; what waits for it is not delivered."""
        await remove_webhook(state, key.project_id, actor, phone_number_id, webhook_id)


class ProjectWebhookController(Controller):
    path = "/whatsapp/webhooks"
    tags = ("Webhooks",)

    @get(responses=refusals())
    async def list(
        self,
        request: AnyRequest,
        key: CurrentKey,
        phone_number_id: Annotated[
            str | None, QueryParameter(max_length=40, description="Only those of this number.")
        ] = None,
        url_contains: Contains = None,
        kind: Kind = None,
        active: Active = None,
        created_after: Moment = None,
        created_before: Moment = None,
        page: Page = 1,
        per_page: PerPage = 20,
    ) -> Response[WebhookPage]:
        """All webhooks of the project, those of its numbers included, newest first."""
        filters = WebhookFilters(
            phone_number_id=phone_number_id,
            url_contains=url_contains,
            kind=kind,
            active=active,
            created_after=in_utc(created_after, "created_after"),
            created_before=in_utc(created_before, "created_before"),
        )
        return await _page(request, key, filters, page, per_page)

    @post(responses=refusals(404), checked_by=_check_new)
    async def create(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewProjectWebhookBody]
    ) -> WebhookAnswer:
        """Add a webhook: for the project's events, or with a `phone_number_id` for that number's. This answer is the
        only one with `secret_key` and the values of `headers`.
        """
        wanted = data.whatsapp_webhook
        return await _create(state, key, actor, wanted.phone_number_id, wanted)

    @get("/{webhook_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, webhook_id: FromPath[UUID]) -> WebhookAnswer:
        """One webhook of the project or of one of its numbers."""
        return await _get(state, key, None, webhook_id)

    @patch("/{webhook_id:uuid}", responses=refusals(404), checked_by=_check_changes)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        webhook_id: FromPath[UUID],
        data: JSONBody[WebhookChangesBody],
    ) -> WebhookAnswer:
        """Change a webhook; what is not sent stays as it is."""
        return await _update(state, key, actor, None, webhook_id, data.whatsapp_webhook)

    @delete("/{webhook_id:uuid}", responses=refusals(404))
    async def delete(self, state: State, key: CurrentKey, actor: CurrentActor, webhook_id: FromPath[UUID]) -> None:
        """Delete a webhook; what waits for it is not delivered."""
        await remove_webhook(state, key.project_id, actor, None, webhook_id)


async def _page(
    request: AnyRequest, key: ProjectKey, filters: WebhookFilters, page: int, per_page: int
) -> Response[WebhookPage]:
    state = request.app.state
    async with state.engine.connect() as connection:
        data, meta = await list_webhooks(
            connection, state.settings, key.project_id, filters, page=page, per_page=per_page
        )
    return numbered(request, WebhookPage(data, meta), meta)


async def _get(state: State, key: ProjectKey, phone_number_id: str | None, webhook_id: UUID) -> WebhookAnswer:
    async with state.engine.connect() as connection:
        view = await get_webhook(connection, state.settings, key.project_id, webhook_id, phone_number_id)
    return WebhookAnswer(found(view, "Webhook"))


async def _create(
    state: State, key: ProjectKey, actor: Actor, phone_number_id: str | None, wanted: NewWebhook
) -> WebhookAnswer:
    view = await add_webhook(state, key.project_id, actor, phone_number_id, wanted)
    return WebhookAnswer(
        msgspec.structs.replace(view, secret_key=wanted.secret_key or None, headers=wanted.headers or {})
    )


async def _update(
    state: State,
    key: ProjectKey,
    actor: Actor,
    phone_number_id: str | None,
    webhook_id: UUID,
    wanted: WebhookChanges,
) -> WebhookAnswer:
    return WebhookAnswer(await change_webhook(state, key.project_id, actor, phone_number_id, webhook_id, wanted))
