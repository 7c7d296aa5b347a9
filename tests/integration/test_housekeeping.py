"""What is too old is deleted, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.settings import Settings
from tests.database import count
from tests.factories import ProjectRows
from workers import housekeeping
from workers.housekeeping import Housekeeper

NOW = datetime.now(UTC)


async def _run(engine: AsyncEngine, statement: str, rows: list[dict[str, Any]]) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement), rows)


def _id_of(at: datetime, number: int) -> UUID:
    """A UUIDv7 of that time."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | 0x7000_8000_0000_0000_0000 | number)


async def _tidy(engine: AsyncEngine, settings: Settings) -> None:
    await Housekeeper(settings, engine).tidy()


async def test_idempotency_keys_go_after_a_day(engine: AsyncEngine, settings: Settings, project: ProjectRows) -> None:
    await _run(
        engine,
        "INSERT INTO idempotency_key (project_id, key, fingerprint, created_at) VALUES (:p, :key, '', :at)",
        [
            {"p": project.id, "key": "old", "at": NOW - timedelta(hours=25)},
            {"p": project.id, "key": "young", "at": NOW - timedelta(hours=23)},
        ],
    )
    await _tidy(engine, settings)
    assert await count(engine, "idempotency_key") == await count(engine, "idempotency_key", "key = 'young'") == 1


async def test_removed_conversations_are_forgotten_after_thirty_days(
    engine: AsyncEngine, settings: Settings, project: ProjectRows
) -> None:
    await _run(
        engine,
        "INSERT INTO conversation_removal (conversation_id, project_id, phone_number_id, removed_at)"
        " VALUES (gen_random_uuid(), :p, :number, :at)",
        [{"p": project.id, "number": str(days), "at": NOW - timedelta(days=days)} for days in (31, 29)],
    )
    await _tidy(engine, settings)
    left = await count(engine, "conversation_removal", "phone_number_id = '29'")
    assert await count(engine, "conversation_removal") == left == 1


async def test_deliveries_go_thirty_days_after_they_were_made_unless_they_wait(
    engine: AsyncEngine, settings: Settings, project: ProjectRows
) -> None:
    endpoint = _id_of(NOW, 1)
    await _run(
        engine,
        "INSERT INTO webhook_endpoint (id, project_id, url) VALUES (:id, :p, 'https://example.com')",
        [{"id": endpoint, "p": project.id}],
    )
    rows = [("old", 31, "delivered"), ("waiting", 31, "pending"), ("failed", 31, "failed"), ("young", 29, "delivered")]
    await _run(
        engine,
        "INSERT INTO webhook_delivery (id, project_id, endpoint_id, event, body, idempotency_key, status)"
        " VALUES (:id, :p, :endpoint, :event, '', '', :status)",
        [
            {
                "id": _id_of(NOW - timedelta(days=days), number),
                "p": project.id,
                "endpoint": endpoint,
                "event": event,
                "status": status,
            }
            for number, (event, days, status) in enumerate(rows)
        ],
    )
    await _tidy(engine, settings)
    assert await count(engine, "webhook_delivery") == 2
    assert await count(engine, "webhook_delivery", "event IN ('waiting', 'young')") == 2


async def test_webhooks_of_metas_go_a_week_after_they_were_applied_and_those_with_a_problem_stay(
    engine: AsyncEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "AT_ONCE", 3)
    rows: list[tuple[str, int]] = [("done", 8)] * 7 + [("failed", 8), ("done", 6)]
    await _run(
        engine,
        "INSERT INTO inbound_event (body, state, processed_at) VALUES ('', :state, :at)",
        [{"state": state, "at": NOW - timedelta(days=days)} for state, days in rows]
        + [{"state": "pending", "at": None}],
    )
    await _tidy(engine, settings)
    assert await count(engine, "inbound_event", "state = 'done'") == 1
    assert await count(engine, "inbound_event", "state <> 'done'") == 2


async def test_statuses_without_a_message_go_after_a_week_wherever_they_stand_in_the_table(
    engine: AsyncEngine, settings: Settings, project: ProjectRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "AT_ONCE", 3)
    monkeypatch.setattr(housekeeping, "PAGES", 2)
    number = project.phone_number_id
    await _run(
        engine,
        "INSERT INTO contact (id, project_id) VALUES (:id, :p)",
        [{"id": _id_of(NOW, 1), "p": project.id}],
    )
    await _run(
        engine,
        "INSERT INTO conversation (id, project_id, phone_number_id, contact_id, last_active_at)"
        " VALUES (:id, :p, :number, :contact, now())",
        [{"id": _id_of(NOW, 2), "p": project.id, "number": number, "contact": _id_of(NOW, 1)}],
    )
    await _run(
        engine,
        "INSERT INTO message (id, project_id, conversation_id, phone_number_id, wamid, wamid_key, direction, type,"
        " content, preview, status, sent_at)"
        " VALUES (:id, :p, :c, :number, 'known', 'known', 'outbound', 'text', '{}', '', 'sent', now())",
        [{"id": _id_of(NOW, 3), "p": project.id, "c": _id_of(NOW, 2), "number": number}],
    )
    old, young = NOW - timedelta(days=8), NOW - timedelta(days=6)
    statuses = [(f"gone-{index}", old) for index in range(10)] + [("known", old), ("unknown", young)]
    await _run(
        engine,
        "INSERT INTO message_status (phone_number_id, wamid, wamid_key, status, occurred_at, payload)"
        " VALUES (:number, :wamid, :wamid, 'sent', :at, '{}')",
        [{"number": number, "wamid": wamid, "at": at} for wamid, at in statuses],
    )
    keeper = Housekeeper(settings, engine)
    await keeper.tidy()  # two pages of three: the next run goes on behind them
    assert await count(engine, "message_status", "wamid LIKE 'gone%'") == 4
    await keeper.tidy()
    assert await count(engine, "message_status") == 2
    assert await count(engine, "message_status", "wamid IN ('known', 'unknown')") == 2
