"""What is done to the business's webhooks through the Platform API and in the dashboard, with its lines in the audit
log.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar.datastructures import State

from shared.audit import Actor, made, record
from shared.operations.delete_webhook import delete_webhook
from shared.operations.save_webhook import NewWebhook, WebhookChanges, create_webhook, update_webhook
from shared.queries.webhooks import WebhookView, get_webhook


async def add_webhook(
    state: State,
    project_id: UUID,
    actor: Actor,
    phone_number_id: str | None,
    wanted: NewWebhook,
    webhook_id: UUID | None = None,
) -> WebhookView:
    """Raises what `create_webhook` raises."""
    async with state.engine.begin() as connection:
        webhook_id = await create_webhook(connection, state.settings, project_id, phone_number_id, wanted, webhook_id)
        values = {**msgspec.structs.asdict(wanted), "phone_number_id": phone_number_id}
        changes = made({name: value for name, value in values.items() if name not in ("secret_key", "headers")})
        await record(connection, project_id, actor, "webhook.created", webhook_id, changes)
        view = await get_webhook(connection, state.settings, project_id, webhook_id)
    assert view is not None
    return view


async def change_webhook(
    state: State,
    project_id: UUID,
    actor: Actor,
    phone_number_id: str | None,
    webhook_id: UUID,
    wanted: WebhookChanges,
    seen_at: datetime | None = None,
) -> WebhookView:
    """Raises what `update_webhook` raises."""
    async with state.engine.begin() as connection:
        changes = await update_webhook(
            connection, state.settings, project_id, phone_number_id, webhook_id, wanted, seen_at
        )
        if changes:
            await record(connection, project_id, actor, "webhook.updated", webhook_id, changes)
        view = await get_webhook(connection, state.settings, project_id, webhook_id)
    assert view is not None
    return view


async def remove_webhook(
    state: State, project_id: UUID, actor: Actor, phone_number_id: str | None, webhook_id: UUID
) -> None:
    """Delete a webhook with its deliveries; what waits is not delivered. Raises NotFoundError."""
    async with state.engine.begin() as connection:
        await delete_webhook(connection, project_id, phone_number_id, webhook_id)
        await record(connection, project_id, actor, "webhook.deleted", webhook_id)
