"""Kapso's lists of messages against a slow, obvious model: every filter, every page size, read forth and back."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.ids import new_id
from shared.kapso.messages import MEDIA_TYPES, MessageFilters, list_kapso_messages
from shared.models import Contact, Conversation, Message
from shared.paging import CursorQuery
from shared.scope import Scope
from shared.settings import Settings
from tests.factories import ProjectRows

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
SHOWN = {"received": "delivered", "queued": "pending", "accepted": "pending", "played": "read"}
_STATUSES = ["queued", "accepted", "sent", "delivered", "read", "played", "failed"]
_MOMENTS = st.none() | st.integers(0, 20).map(lambda seconds: START + timedelta(seconds=seconds))


class _Row(msgspec.Struct):
    id: UUID
    conversation_id: UUID
    phone_number_id: str
    direction: str
    type: str
    status: str
    sent_at: datetime


_FILTERS = st.builds(
    MessageFilters,
    direction=st.sampled_from([None, "inbound", "outbound"]),
    status=st.sampled_from([None, "pending", "sent", "delivered", "read", "failed"]),
    message_type=st.sampled_from([None, None, "text", "image", "order"]),
    has_media=st.sampled_from([None, None, True, False]),
    since=_MOMENTS,
    until=_MOMENTS,
)


@given(filters=_FILTERS, limit=st.integers(1, 40), number=st.booleans(), thread=st.sampled_from([None, 0, 1, 2]))
@hypothesis_settings(
    deadline=None,
    max_examples=80,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_pages_hold_what_the_filters_name_in_order_and_nothing_else(
    engine: AsyncEngine,
    settings: Settings,
    project: ProjectRows,
    filters: MessageFilters,
    limit: int,
    number: bool,
    thread: int | None,
) -> None:
    async with engine.connect() as connection:  # never committed
        rows = await _messages(connection, project)
        threads = sorted({row.conversation_id for row in rows})
        if thread is not None:
            filters = msgspec.structs.replace(filters, conversation_id=threads[thread])
        scope = Scope(project.id, phone_number_id=project.phone_number_id if number else None)
        expected = [
            str(row.id)
            for row in sorted(rows, key=lambda row: (row.sent_at, row.id), reverse=True)
            if _fits(row, filters) and scope.phone_number_id in (None, row.phone_number_id)
        ]
        assert await _read(connection, settings, scope, filters, limit) == expected


def _fits(row: _Row, filters: MessageFilters) -> bool:
    media = row.type in MEDIA_TYPES
    return (
        filters.direction in (None, row.direction)
        and filters.status in (None, SHOWN.get(row.status, row.status))
        and filters.message_type in (None, row.type)
        and filters.has_media in (None, media)
        and filters.conversation_id in (None, row.conversation_id)
        and (filters.since is None or row.sent_at >= filters.since)
        and (filters.until is None or row.sent_at <= filters.until)
    )


async def _read(
    connection: AsyncConnection, settings: Settings, scope: Scope, filters: MessageFilters, limit: int
) -> list[str]:
    """The ids of every page forth; those of every page back are the same."""
    page: Any = CursorQuery(limit)
    forth: list[str] = []
    while True:
        found, paging = await list_kapso_messages(connection, settings, scope, filters, page)
        assert len(found) <= limit
        forth += [one["id"] for one in found]
        if paging.next is None:
            break
        page = CursorQuery(limit, after=paging.next)
    back = [one["id"] for one in found]
    while paging.previous is not None:
        page = CursorQuery(limit, before=paging.previous)
        found, paging = await list_kapso_messages(connection, settings, scope, filters, page)
        back = [one["id"] for one in found] + back
    assert back == forth
    return forth


async def _messages(connection: AsyncConnection, project: ProjectRows) -> list[_Row]:
    """Sixty messages of three conversations on two numbers, many at the same moment."""
    chosen = random.Random(7)
    threads = []
    for number in (project.phone_number_id, project.phone_number_id, project.customer_phone_number_id):
        contact_id, conversation_id = new_id(), new_id()
        person = {"id": contact_id, "project_id": project.id, "phone_number": str(chosen.randrange(10**9, 10**10))}
        await connection.execute(insert(Contact).values(person))
        await connection.execute(
            insert(Conversation).values(
                id=conversation_id,
                project_id=project.id,
                phone_number_id=number,
                contact_id=contact_id,
                last_active_at=START,
            )
        )
        threads.append((conversation_id, number))
    rows = []
    for _ in range(60):
        (conversation_id, number), inbound = chosen.choice(threads), chosen.random() < 0.4
        rows.append(
            _Row(
                id=new_id(),
                conversation_id=conversation_id,
                phone_number_id=number,
                direction="inbound" if inbound else "outbound",
                type=chosen.choice(["text", "text", "image", "audio", "location"]),
                status="received" if inbound else chosen.choice(_STATUSES),
                sent_at=START + timedelta(seconds=chosen.randrange(20)),
            )
        )
    values = [{**msgspec.structs.asdict(row), "project_id": project.id, "content": {}, "preview": ""} for row in rows]
    await connection.execute(insert(Message), values)
    return rows
