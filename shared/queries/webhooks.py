"""The business's own webhooks as the Platform API shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import DecryptionError, decrypt
from shared.models import WebhookEndpoint
from shared.paging import AnySelect, CursorQuery, PageMeta, Paging, cursor_page, numbered_page
from shared.periods import between
from shared.settings import Settings

WebhookKind = Literal["kapso", "meta"]

HIDDEN = "…"
"""What stands for the value of a header, which may be a credential."""


class WebhookView(msgspec.Struct, kw_only=True):
    """Kapso's webhook object (Platform API, "Webhooks"). `secret_key` is null except in the answer that creates it, and
    so are the values of the headers hidden. `failing_since`, `paused_at` and `pause_reason`, which Kapso has not, are
    null while deliveries succeed; a webhook that was paused gets none until `active` is set to true.
    """

    id: UUID
    url: Annotated[str, Meta(examples=["https://api.example.com/webhooks/whatsapp"])]
    kind: WebhookKind
    events: Annotated[list[str], Meta(examples=[["whatsapp.message.received"]])]
    active: bool
    created_at: datetime
    updated_at: datetime
    project_id: UUID
    phone_number_id: Annotated[str, Meta(examples=["1234567890"])] | None
    secret_key: Annotated[str, Meta(examples=["wh_sec_3kfj9dmfkg8s2"])] | None
    headers: Annotated[dict[str, str], Meta(examples=[{"X-Source": HIDDEN}])] | None
    buffer_enabled: bool
    buffer_window_seconds: int
    max_buffer_size: int
    buffer_events: Annotated[list[str], Meta(examples=[["whatsapp.message.received"]])]
    inactivity_minutes: int
    payload_version: Annotated[str, Meta(examples=["v2"])]
    failing_since: datetime | None
    paused_at: datetime | None
    pause_reason: Annotated[str, Meta(examples=["38 of 40 deliveries within 15 minutes have failed."])] | None


class WebhookFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of the lists. Dates are inclusive."""

    phone_number_id: str | None = None
    url_contains: str | None = None
    kind: str | None = None
    active: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


async def get_webhook(
    connection: AsyncConnection,
    settings: Settings,
    project_id: UUID,
    webhook_id: UUID,
    phone_number_id: str | None = None,
) -> WebhookView | None:
    """One webhook of a project, or of one of its numbers; None if there is none."""
    query = _of_project(project_id).where(WebhookEndpoint.id == webhook_id)
    if phone_number_id is not None:
        query = query.where(WebhookEndpoint.phone_number_id == phone_number_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _view(row, settings.secret_key)


async def list_webhooks(
    connection: AsyncConnection,
    settings: Settings,
    project_id: UUID,
    filters: WebhookFilters,
    *,
    page: int,
    per_page: int,
) -> tuple[list[WebhookView], PageMeta]:
    """A page of a project's webhooks, those of its numbers included, newest first."""
    query = _of_project(project_id).where(
        *between(WebhookEndpoint.created_at, filters.created_after, filters.created_before)
    )
    if filters.phone_number_id is not None:
        query = query.where(WebhookEndpoint.phone_number_id == filters.phone_number_id)
    if filters.url_contains is not None:
        query = query.where(WebhookEndpoint.url.icontains(filters.url_contains, autoescape=True))
    if filters.kind is not None:
        query = query.where(WebhookEndpoint.kind == filters.kind)
    if filters.active is not None:
        query = query.where(WebhookEndpoint.active == filters.active)
    order = (WebhookEndpoint.created_at.desc(), WebhookEndpoint.id.desc())
    rows, meta = await numbered_page(connection, query, *order, page=page, per_page=per_page)
    return [_view(row, settings.secret_key) for row in rows], meta


async def page_of_webhooks(
    connection: AsyncConnection, settings: Settings, project_id: UUID, page: CursorQuery
) -> tuple[list[WebhookView], Paging]:
    """All of a project, those of its numbers included, newest first. Raises InvalidCursorError."""
    at, row_id = WebhookEndpoint.created_at, WebhookEndpoint.id
    rows, paging = await cursor_page(connection, _of_project(project_id), at, row_id, page)
    return [_view(row, settings.secret_key) for row in rows], paging


def stored_headers(stored: bytes | None, secret_key: str) -> dict[str, str] | None:
    """The headers as they are sent; None if they cannot be decrypted."""
    if stored is None:
        return {}
    try:
        return msgspec.json.decode(decrypt(stored, secret_key), type=dict[str, str])
    except DecryptionError:
        return None


def _of_project(project_id: UUID) -> AnySelect:
    return select(WebhookEndpoint.__table__).where(WebhookEndpoint.project_id == project_id)


def _view(row: Row[Any], secret_key: str) -> WebhookView:
    headers = stored_headers(row.headers, secret_key)
    return WebhookView(
        id=row.id,
        url=row.url,
        kind=row.kind,
        events=row.events,
        active=row.active,
        created_at=row.created_at,
        updated_at=row.updated_at,
        project_id=row.project_id,
        phone_number_id=row.phone_number_id,
        secret_key=None,
        headers=None if headers is None else dict.fromkeys(headers, HIDDEN),
        buffer_enabled=row.buffer_enabled,
        buffer_window_seconds=row.buffer_window_seconds,
        max_buffer_size=row.max_buffer_size,
        buffer_events=row.buffer_events,
        inactivity_minutes=row.inactivity_minutes,
        payload_version=row.payload_version,
        failing_since=row.failing_since,
        paused_at=row.paused_at,
        pause_reason=row.pause_reason,
    )
