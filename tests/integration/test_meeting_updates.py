"""Two batches at the same moment whose updates are about each other: neither sees the other's, and none gets lost."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.applying import apply, apply_in
from tests.factories import ProjectRows, new_wamid, status_update, text_message, webhook
from tests.meta_payloads import change, echo
from tests.waiting import eventually


async def _meet(engine: AsyncEngine, first: Sequence[bytes], second: Sequence[bytes]) -> None:
    """Apply two batches. The first commits when the second waits for it, or is done."""
    async with engine.connect() as connection:
        await apply_in(connection, first)
        other = asyncio.create_task(apply(engine, second))

        async def waits() -> bool:
            return other.done() or await _somebody_waits(engine)

        await eventually(waits)
        await connection.commit()
        await other


async def _somebody_waits(engine: AsyncEngine) -> bool:
    waiting = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE NOT granted AND d.datname = current_database()"
    )
    rows = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    async with engine.connect() as connection:
        return bool(await connection.scalar(waiting) or await connection.scalar(rows))


async def _message(engine: AsyncEngine, wamid: str) -> Any:
    query = text("SELECT deleted_at, status FROM message WHERE wamid = :wamid")
    async with engine.connect() as connection:
        return (await connection.execute(query, {"wamid": wamid})).one()


@pytest.mark.parametrize("open_before", [True, False])
@pytest.mark.parametrize("message_first", [True, False])
async def test_a_message_and_its_deletion(
    engine: AsyncEngine, project: ProjectRows, open_before: bool, message_first: bool
) -> None:
    number, wamid = project.phone_number_id, new_wamid()
    await apply(engine, [webhook(number, messages=[text_message("before")])])
    if not open_before:
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE conversation SET status = 'ended', ended_at = now()"))
    batches = [
        [webhook(number, messages=[text_message("oops", wamid=wamid)])],
        [webhook(number, messages=[text_message("") | {"type": "revoke", "revoke": {"original_message_id": wamid}}])],
    ]
    await _meet(engine, *(batches if message_first else batches[::-1]))
    assert (await _message(engine, wamid)).deleted_at is not None


@pytest.mark.parametrize("message_first", [True, False])
async def test_a_message_from_the_businesss_phone_and_its_status(
    engine: AsyncEngine, project: ProjectRows, message_first: bool
) -> None:
    number, wamid = project.phone_number_id, new_wamid()
    batches = [
        [change(number, field="smb_message_echoes", message_echoes=[echo("text", {"body": "hi"}) | {"id": wamid}])],
        [webhook(number, statuses=[status_update(wamid, "read")])],
    ]
    await _meet(engine, *(batches if message_first else batches[::-1]))
    assert (await _message(engine, wamid)).status == "read"


async def test_messages_and_statuses_that_cross_do_not_wait_for_each_other_in_a_circle(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number, wamids = project.phone_number_id, [new_wamid(), new_wamid()]
    echoes = [
        change(number, field="smb_message_echoes", message_echoes=[echo("text", {"body": "hi"}, to=to) | {"id": wamid}])
        for wamid, to in zip(wamids, ("15550101", "15550102"), strict=True)
    ]
    statuses = [webhook(number, statuses=[status_update(wamid, "read")]) for wamid in wamids]
    await _meet(engine, [echoes[0], statuses[1]], [echoes[1], statuses[0]])
    assert [(await _message(engine, wamid)).status for wamid in wamids] == ["read", "read"]
