"""Queue a delivery of a sample for one of the business's own webhooks (Kapso: Platform API, "Test webhook")."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kapso.webhooks import META, NUMBER_EVENTS, PROJECT_EVENTS, sample_body
from shared.models import WebhookEndpoint
from shared.operations.emit_webhooks import emit_sample
from shared.refusals import NotFoundError, RefusedError
from shared.validation import InvalidFieldsError


async def send_test_webhook(
    connection: AsyncConnection, project_id: UUID, webhook_id: UUID, event_type: str | None
) -> None:
    """Queue a sample of `event_type`, or of the first event that the webhook is for; one of Meta's for the kind meta.

    Raises NotFoundError, InvalidFieldsError, or RefusedError with code `webhook_inactive`.
    """
    query = select(WebhookEndpoint.__table__).where(
        WebhookEndpoint.project_id == project_id, WebhookEndpoint.id == webhook_id
    )
    webhook = (await connection.execute(query)).one_or_none()
    if webhook is None:
        raise NotFoundError("Webhook")
    known = PROJECT_EVENTS if webhook.phone_number_id is None else NUMBER_EVENTS
    if event_type is not None and event_type not in known:
        raise InvalidFieldsError({"event_type": [f"{event_type} is not an event of this webhook"]})
    if not webhook.active:
        raise RefusedError("webhook_inactive", "The webhook is not active.")
    event = META if webhook.kind == "meta" else event_type or webhook.events[0]
    body = sample_body(event, project_id, webhook.phone_number_id)
    await emit_sample(connection, webhook_id, event, body, webhook.phone_number_id)
