"""The business's WhatsApp numbers as the Platform API shows them."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation, MessageStatus, PhoneNumber
from shared.paging import AnySelect, CursorQuery, PageMeta, Paging, cursor_page, numbered_page
from shared.periods import between

MetaId = Annotated[str, Meta(examples=["106540352242922"])]
Quality = Annotated[str, Meta(description="GREEN, YELLOW or RED", examples=["GREEN"])]


class PhoneNumberView(msgspec.Struct, kw_only=True):
    """Kapso's WhatsappPhoneNumber object (Platform API, "Phone numbers"). `id` is Meta's; `internal_id` is ours, which
    other objects call `whatsapp_config_id`. What WhatsApp knows of the number is null until it was asked.
    """

    id: MetaId
    internal_id: UUID
    phone_number_id: MetaId
    name: Annotated[str, Meta(examples=["Support"])]
    business_account_id: Annotated[str, Meta(examples=["102290129340398"])]
    is_coexistence: Annotated[bool | None, Meta(description="Whether a phone's WhatsApp Business app has it too.")]
    inbound_processing_enabled: bool
    calls_enabled: Annotated[bool, Meta(description="Always false: calls are not handled.")]
    webhook_verified_at: Annotated[datetime | None, Meta(description="Always null: one webhook serves all numbers.")]
    customer_id: UUID | None
    display_name: Annotated[str, Meta(examples=["Alder & Finch"])]
    display_phone_number: Annotated[str, Meta(examples=["+1 555-0100"])]
    display_phone_number_normalized: Annotated[str, Meta(examples=["15550100"])]
    verified_name: Annotated[str, Meta(examples=["Alder & Finch"])] | None
    quality_rating: Quality | None
    code_verification_status: Annotated[str, Meta(examples=["VERIFIED"])] | None
    name_status: Annotated[str, Meta(examples=["APPROVED"])] | None
    status: Annotated[str, Meta(examples=["CONNECTED"])] | None
    throughput_tier: Annotated[str, Meta(examples=["STANDARD"])] | None
    messages_per_second: Annotated[int | None, Meta(description="What it was set to send; null: by its throughput.")]
    whatsapp_business_manager_messaging_limit: Annotated[int | str | None, Meta(examples=["TIER_2K"])]
    is_official_business_account: bool | None
    is_pin_enabled: bool | None
    created_at: datetime
    updated_at: datetime


class PhoneNumberFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of the list. Dates are inclusive."""

    phone_number_id: str | None = None
    business_account_id: str | None = None
    customer_id: UUID | None = None
    messaging_enabled: bool | None = None
    name_contains: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


async def get_phone_number(
    connection: AsyncConnection, project_id: UUID, phone_number_id: str
) -> PhoneNumberView | None:
    """One number of a project by Meta's id, or None."""
    row = (await connection.execute(_named(_of_project(project_id), phone_number_id))).one_or_none()
    return None if row is None else _view(row)


async def has_heard(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> bool:
    """Whether webhooks of the number have come in."""
    written = exists().where(Conversation.phone_number_id == phone_number_id, Conversation.last_inbound_at.is_not(None))
    reported = exists().where(MessageStatus.phone_number_id == phone_number_id)
    query = _named(select(or_(written, reported)).where(PhoneNumber.project_id == project_id), phone_number_id)
    return bool((await connection.execute(query)).scalar_one_or_none())


async def list_phone_numbers(
    connection: AsyncConnection, project_id: UUID, filters: PhoneNumberFilters, *, page: int, per_page: int
) -> tuple[list[PhoneNumberView], PageMeta]:
    """A page of a project's numbers, newest first."""
    query = _of_project(project_id).where(
        *between(PhoneNumber.created_at, filters.created_after, filters.created_before)
    )
    for column in (PhoneNumber.phone_number_id, PhoneNumber.business_account_id, PhoneNumber.customer_id):
        wanted = getattr(filters, column.key)
        if wanted is not None:
            query = query.where(column == wanted)
    if filters.messaging_enabled is not None:
        # A number that WhatsApp was not asked about yet is taken for a good one.
        status = func.coalesce(PhoneNumber.graph["status"].astext, "CONNECTED")
        query = query.where((status == "CONNECTED") == filters.messaging_enabled)
    if filters.name_contains is not None:
        query = query.where(PhoneNumber.name.icontains(filters.name_contains, autoescape=True))
    rows, meta = await numbered_page(
        connection, query, PhoneNumber.created_at.desc(), PhoneNumber.id.desc(), page=page, per_page=per_page
    )
    return [_view(row) for row in rows], meta


async def search_phone_numbers(
    connection: AsyncConnection, project_id: UUID, words: str, page: CursorQuery
) -> tuple[list[PhoneNumberView], Paging]:
    """Those whose name or number contains the words, newest first; all of them for no words. Raises
    InvalidCursorError.
    """
    query = _of_project(project_id)
    if words:
        columns = (PhoneNumber.name, PhoneNumber.display_phone_number, PhoneNumber.phone_number_id)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    rows, paging = await cursor_page(connection, query, PhoneNumber.created_at, PhoneNumber.id, page)
    return [_view(row) for row in rows], paging


async def number_names(
    connection: AsyncConnection, project_id: UUID, phone_number_ids: Iterable[str | None]
) -> dict[str, str]:
    """What the team calls those of the numbers that the project has."""
    query = select(PhoneNumber.phone_number_id, PhoneNumber.name).where(
        PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id.in_(set(phone_number_ids) - {None})
    )
    return {row.phone_number_id: row.name for row in await connection.execute(query)}


def _of_project(project_id: UUID) -> AnySelect:
    return select(PhoneNumber.__table__).where(PhoneNumber.project_id == project_id)


def _named(query: Any, phone_number_id: str) -> Any:
    return query.where(PhoneNumber.phone_number_id == phone_number_id)


def _view(row: Row[Any]) -> PhoneNumberView:
    said: dict[str, Any] = row.graph
    verified_name, quality = _text(said, "verified_name"), _text(said, "quality_rating")
    on_phone, throughput = _flag(said, "is_on_biz_app"), said.get("throughput")
    limit = said.get("whatsapp_business_manager_messaging_limit")
    return PhoneNumberView(
        id=row.phone_number_id,
        internal_id=row.id,
        phone_number_id=row.phone_number_id,
        name=row.name,
        business_account_id=row.business_account_id,
        is_coexistence=None if on_phone is None else on_phone and _text(said, "platform_type") == "CLOUD_API",
        inbound_processing_enabled=row.inbound_processing_enabled,
        calls_enabled=False,
        webhook_verified_at=None,
        customer_id=row.customer_id,
        display_name=verified_name or row.name,
        display_phone_number=row.display_phone_number,
        display_phone_number_normalized=re.sub(r"\D", "", row.display_phone_number),
        verified_name=verified_name,
        quality_rating=None if quality == "UNKNOWN" else quality,
        code_verification_status=_text(said, "code_verification_status"),
        name_status=_text(said, "name_status"),
        status=_text(said, "status"),
        throughput_tier=_text(throughput, "level") if isinstance(throughput, dict) else None,
        messages_per_second=row.messages_per_second,
        whatsapp_business_manager_messaging_limit=limit if isinstance(limit, int | str) else None,
        is_official_business_account=_flag(said, "is_official_business_account"),
        is_pin_enabled=_flag(said, "is_pin_enabled"),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _text(said: dict[str, Any], name: str) -> str | None:
    """What Graph said is not ours to trust: a value of another type counts as not said."""
    value = said.get(name)
    return value if isinstance(value, str) else None


def _flag(said: dict[str, Any], name: str) -> bool | None:
    value = said.get(name)
    return value if isinstance(value, bool) else None
