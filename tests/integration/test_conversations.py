"""How a conversation begins, ends and goes on, and how the next one follows it."""

import time
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.operations.end_idle_conversations import end_idle_conversations
from shared.operations.set_conversation_status import set_conversation_status
from shared.paging import CursorQuery, InvalidCursorError
from shared.queries.messages import list_messages, list_messages_around
from shared.refusals import NotFoundError
from shared.scope import Scope
from shared.settings import Settings
from tests.applying import apply
from tests.factories import ProjectRows, text_message, webhook
from tests.meta_payloads import change, inbound

NOW = int(time.time())
ANA = "15550100"


async def _write(engine: AsyncEngine, number: str, body: str, at: int, wamid: str | None = None) -> None:
    await apply(engine, [webhook(number, messages=[text_message(body, wa_id=ANA, wamid=wamid, at=at)])])


async def _conversations(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        query = "SELECT id, status, unread_count, messages_count, ended_at FROM conversation ORDER BY last_active_at"
        return list((await connection.execute(text(query))).all())


async def _touch(engine: AsyncEngine, assignment: str) -> None:
    """Change conversations without their trigger, as if it had been long ago."""
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE conversation DISABLE TRIGGER set_updated_at"))
        await connection.execute(text(f"UPDATE conversation SET {assignment}"))
        await connection.execute(text("ALTER TABLE conversation ENABLE TRIGGER set_updated_at"))


async def _end_idle(engine: AsyncEngine, settings: Settings) -> int:
    async with engine.begin() as connection:
        events, _ = await end_idle_conversations(connection, settings)
    return len(events)


async def _thread(engine: AsyncEngine, scope: Scope, conversation_id: UUID, limit: int = 50) -> list[list[str]]:
    """The words of each page of the thread."""
    pages, after = [], None
    async with engine.connect() as connection:
        while True:
            rows, paging = await list_messages(connection, scope, conversation_id, CursorQuery(limit, after))
            pages.append([cast("dict[str, Any]", row)["text"]["body"] for row in rows])
            after = paging.next
            if after is None:
                return pages


async def test_silence_ends_a_conversation_and_the_next_message_opens_the_next(
    engine: AsyncEngine, project: ProjectRows, settings: Settings
) -> None:
    number = project.phone_number_id
    await _write(engine, number, "first", NOW - 25 * 3600, "wamid.first")
    assert await _end_idle(engine, settings) == 0, "somebody has to read it first"
    await _touch(engine, "unread_count = 0, updated_at = now() - interval '59 minutes'")
    assert await _end_idle(engine, settings) == 0, "and has a while to answer"
    await _touch(engine, "updated_at = now() - interval '61 minutes'")
    longer = msgspec.structs.replace(settings, conversation_hours=26)
    assert await _end_idle(engine, longer) == 0
    assert await _end_idle(engine, settings) == 1
    assert await _end_idle(engine, settings) == 0
    await _write(engine, number, "first", NOW - 25 * 3600, "wamid.first")  # Meta repeats it
    assert [row.status for row in await _conversations(engine)] == ["ended"], "a repeat opens nothing"
    await _write(engine, number, "second", NOW)
    assert [(row.status, row.unread_count) for row in await _conversations(engine)] == [("ended", 0), ("active", 1)]


@pytest.mark.parametrize("waiting", ["unread_count = 1", "mode = 'handoff'", "mode = 'running'"])
async def test_a_conversation_in_which_somebody_is_waited_for_does_not_end_by_itself(
    engine: AsyncEngine, project: ProjectRows, settings: Settings, waiting: str
) -> None:
    await _write(engine, project.phone_number_id, "hello?", NOW - 72 * 3600)
    await _touch(engine, "unread_count = 0, updated_at = now() - interval '9 hours'")
    await _touch(engine, waiting)
    assert await _end_idle(engine, settings) == 0
    await _touch(engine, "unread_count = 0, mode = NULL")
    assert await _end_idle(engine, settings) == 1


async def test_an_ended_conversation_can_be_opened_again_and_goes_on(engine: AsyncEngine, project: ProjectRows) -> None:
    number, scope = project.phone_number_id, Scope(project.id)
    await _write(engine, number, "one", NOW - 60)
    (only,) = await _conversations(engine)
    for status in ("ended", "active"):
        async with engine.begin() as connection:
            await set_conversation_status(connection, scope, only.id, status)
    await _write(engine, number, "two", NOW)
    (still,) = await _conversations(engine)
    assert (still.id, still.status, still.messages_count, still.ended_at) == (only.id, "active", 2, None)


async def test_a_reaction_to_an_old_message_opens_nothing(engine: AsyncEngine, project: ProjectRows) -> None:
    number = project.phone_number_id
    await _write(engine, number, "old", NOW - 99, "wamid.old")
    await _touch(engine, "status = 'ended', ended_at = now()")
    reaction = inbound("reaction", {"message_id": "wamid.old", "emoji": "👍"}, wa_id=ANA)
    applied = await apply(engine, [change(number, messages=[reaction])])
    assert [row.status for row in await _conversations(engine)] == ["ended"]
    assert [type(event.push).__name__ for event in applied.events] == ["MessageUpdated"]


async def test_the_thread_goes_on_into_the_earlier_conversations_of_the_scope(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id
    for n in range(6):
        await _write(engine, number, f"{n}", NOW - 600 + n * 10)
        if n in (1, 3):
            await _touch(engine, "status = 'ended', ended_at = now()")
    await _write(engine, project.customer_phone_number_id, "on another number", NOW)
    await apply(engine, [webhook(number, messages=[text_message("somebody else", wa_id="15550199")])])
    async with engine.connect() as connection:
        query = "SELECT id FROM conversation WHERE phone_number_id = :number AND contact_id = (SELECT contact_id FROM"
        query += " contact_identity WHERE value = :ana) ORDER BY last_active_at"
        ids = list((await connection.execute(text(query), {"number": number, "ana": ANA})).scalars())
    first, second, third = ids
    scope = Scope(project.id)
    assert await _thread(engine, scope, third) == [["5", "4", "3", "2", "1", "0"]]
    assert await _thread(engine, scope, third, limit=4) == [["5", "4", "3", "2"], ["1", "0"]]
    assert await _thread(engine, scope, second) == [["3", "2", "1", "0"]]
    mine = Scope(project.id, assignee_id=project.user_id)
    async with engine.connect() as connection:
        with pytest.raises(NotFoundError):
            await list_messages(connection, mine, third, CursorQuery())
        with pytest.raises(InvalidCursorError):
            await list_messages(connection, scope, third, CursorQuery(after="x"))
    await _touch(engine, f"assignee_id = '{project.user_id}' WHERE id IN ('{first}', '{third}')")
    assert await _thread(engine, mine, third) == [["5", "4", "1", "0"]]

    async def around(scope: Scope, conversation_id: UUID, body: str) -> list[str]:
        async with engine.connect() as connection:
            found = await connection.execute(text("SELECT id FROM message WHERE text = :body"), {"body": body})
            rows, _ = await list_messages_around(connection, scope, conversation_id, found.scalar_one(), 4)
        return [cast("dict[str, Any]", row)["text"]["body"] for row in rows]

    assert await around(scope, third, "3") == ["5", "4", "3", "2"]
    assert await around(mine, third, "1") == ["5", "4", "1", "0"]
    for outside, conversation_id, body in (
        (mine, third, "3"),
        (mine, second, "3"),
        (scope, second, "4"),
        (scope, third, "on another number"),
        (scope, third, "somebody else"),
    ):
        with pytest.raises(NotFoundError):
            await around(outside, conversation_id, body)
