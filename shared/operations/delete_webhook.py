"""Delete one of the business's own webhooks."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import WebhookEndpoint
from shared.refusals import NotFoundError


async def delete_webhook(
    connection: AsyncConnection, project_id: UUID, phone_number_id: str | None, webhook_id: UUID
) -> None:
    """Delete a webhook and its deliveries, those that wait included; with a `phone_number_id`, only one of that number.

    Raises NotFoundError.
    """
    this = [WebhookEndpoint.project_id == project_id, WebhookEndpoint.id == webhook_id]
    if phone_number_id is not None:
        this.append(WebhookEndpoint.phone_number_id == phone_number_id)
    deleted = await connection.execute(delete(WebhookEndpoint).where(*this).returning(WebhookEndpoint.id))
    if deleted.scalar_one_or_none() is None:
        raise NotFoundError("Webhook")
