"""Webhooks that came in and could not be applied. They are the installation's: of some nobody knows whose they are."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import InboundEvent, PhoneNumber, Project
from shared.paging import AnySelect, CursorQuery, Paging, page_by_number
from shared.refusals import NotFoundError

EventState = Literal["pending", "done", "failed"]

# Meta names the number before the messages, and so do we before what else is in an event of our own.
BEGINNING = 4096
MOST_ID = 2**63 - 1
_NUMBER = re.compile(rb'"phone_number_id"\s*:\s*"([0-9]{1,40})"')


class Owner(msgspec.Struct, frozen=True):
    """Whose number it is, and what they call it."""

    project_id: UUID
    project_name: str
    number_name: str


class FailedEvent(msgspec.Struct, kw_only=True):
    """`problem` is null once it is tried again, and `reason` what stands for it in addresses. `size` is in bytes. The
    number is the first that the body names, if it names one; `owner` is null where no project has it.
    """

    id: int
    kind: str
    state: EventState
    problem: str | None
    reason: str | None
    received_at: datetime
    processed_at: datetime | None
    retries: int
    size: int
    phone_number_id: str | None
    owner: Owner | None


_reason = func.md5(InboundEvent.problem)
_failed = InboundEvent.state == "failed"


def _select(beginning: int) -> AnySelect:
    return select(
        InboundEvent.id,
        InboundEvent.kind,
        InboundEvent.state,
        InboundEvent.problem,
        InboundEvent.received_at,
        InboundEvent.processed_at,
        InboundEvent.retries,
        _reason.label("reason"),
        func.octet_length(InboundEvent.body).label("size"),
        func.substring(InboundEvent.body, 1, beginning).label("beginning"),
    )


async def page_of_failed_events(
    connection: AsyncConnection, reason: str | None, page: CursorQuery
) -> tuple[list[FailedEvent], Paging]:
    """Newest first; with a `reason` only those that failed for it. Raises InvalidCursorError."""
    query = _select(BEGINNING).where(_failed)
    if reason is not None:
        query = query.where(_reason == reason)
    rows, paging = await page_by_number(connection, query, InboundEvent.id, page)
    owners = await _owners(connection, (_number(row) for row in rows))
    return [_view(row, owners) for row in rows], paging


async def get_failed_event(connection: AsyncConnection, event_id: int, most: int) -> tuple[FailedEvent, bytes]:
    """One that has failed, or that was tried again since, with at most so many bytes of its body.

    Raises NotFoundError.
    """
    if not 0 < event_id <= MOST_ID:
        raise NotFoundError("Event")
    query = _select(most).where(InboundEvent.id == event_id, or_(_failed, InboundEvent.retries > 0))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("Event")
    return _view(row, await _owners(connection, [_number(row)])), row.beginning


async def owners_of_events(connection: AsyncConnection, event_ids: list[int]) -> dict[UUID | None, int]:
    """How many of the events are of each project's numbers, and of none's."""
    rows = (await connection.execute(_select(BEGINNING).where(InboundEvent.id.in_(event_ids)))).all()
    numbers = [_number(row) for row in rows]
    owners = await _owners(connection, numbers)
    found = (owners.get(number or "") for number in numbers)
    return Counter(None if owner is None else owner.project_id for owner in found)


async def _owners(connection: AsyncConnection, numbers: Iterable[str | None]) -> dict[str, Owner]:
    query = (
        select(PhoneNumber.phone_number_id, Project.id, Project.name, PhoneNumber.name.label("number_name"))
        .join(Project, Project.id == PhoneNumber.project_id)
        .where(PhoneNumber.phone_number_id.in_(set(numbers) - {None}))
    )
    rows = await connection.execute(query)
    return {row.phone_number_id: Owner(row.id, row.name, row.number_name) for row in rows}


def _number(row: Row[Any]) -> str | None:
    match = _NUMBER.search(row.beginning, 0, BEGINNING)
    return None if match is None else match[1].decode()


def _view(row: Row[Any], owners: dict[str, Owner]) -> FailedEvent:
    number = _number(row)
    return FailedEvent(
        id=row.id,
        kind=row.kind,
        state=row.state,
        problem=row.problem,
        reason=row.reason,
        received_at=row.received_at,
        processed_at=row.processed_at,
        retries=row.retries,
        size=row.size,
        phone_number_id=number,
        owner=owners.get(number or ""),
    )
