"""Whatever order webhooks come in, however they are split and repeated: the tables end up the same."""

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.applying import apply
from tests.factories import ProjectRows, status_update, text_message, webhook

BASE = 1_790_000_000
STATE = text("""
    SELECT c.phone_number, v.phone_number_id, v.status, v.unread_count, v.messages_count, v.last_active_at,
           v.last_inbound_at, last.wamid AS last_wamid,
           (SELECT array_agg((m.wamid, m.status)::text ORDER BY m.wamid) FROM message m
             WHERE m.conversation_id = v.id) AS messages
    FROM conversation v JOIN contact c ON c.id = v.contact_id LEFT JOIN message last ON last.id = v.last_message_id
    ORDER BY 1, 2
""")


def _history(project: ProjectRows) -> list[bytes]:
    """Sixty messages of four customers on two numbers, at different seconds."""
    numbers = (project.phone_number_id, project.customer_phone_number_id)
    return [
        webhook(
            numbers[index % 2],
            messages=[
                text_message(f"{index}", wa_id=f"155501{index % 4}", wamid=f"wamid.H{index:02d}", at=BASE + index)
            ],
        )
        for index in range(60)
    ]


async def _state(engine: AsyncEngine) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(STATE)).mappings()]


async def _clear(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE contact, message_status CASCADE"))


async def test_order_repeats_and_splits_of_messages_change_nothing(engine: AsyncEngine, project: ProjectRows) -> None:
    history = _history(project)
    await apply(engine, history)
    expected = await _state(engine)
    assert [row["unread_count"] for row in expected] == [15] * 4

    for seed in range(8):
        await _clear(engine)
        chance = random.Random(seed)
        shuffled = history + chance.sample(history, 20)
        chance.shuffle(shuffled)
        while shuffled:
            size = chance.randint(1, 25)
            await apply(engine, shuffled[:size])
            shuffled = shuffled[size:]
        assert await _state(engine) == expected, f"seed {seed}"


ADD_SENT = text("""
    INSERT INTO message (id, project_id, conversation_id, phone_number_id, wamid, wamid_key, direction, type, content,
                         preview, status, sent_at)
    SELECT gen_random_uuid(), project_id, id, phone_number_id, 'wamid.OUT', 'wamid.OUT', 'outbound', 'text', '{}',
           '', 'accepted', now()
    FROM conversation
""")


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("sent", "delivered", "read"), "read"),
        (("read", "sent", "delivered"), "read"),
        (("failed", "sent"), "failed"),
        (("sent", "failed"), "failed"),
        (("delivered", "failed"), "delivered"),
        (("failed", "delivered"), "delivered"),
        (("read", "played", "delivered"), "played"),
        (("sent", "sent"), "sent"),
        (("warning", "sent"), "sent"),
    ],
)
async def test_a_status_never_takes_a_tick_back(
    engine: AsyncEngine, project: ProjectRows, statuses: tuple[str, ...], expected: str
) -> None:
    number = project.phone_number_id
    await apply(engine, [webhook(number, messages=[text_message("hola")])])
    async with engine.begin() as connection:
        await connection.execute(ADD_SENT)
    errors = [{"code": 131026, "title": "Undeliverable", "error_data": {"details": "no WhatsApp"}}]
    for status in statuses:
        extra = {"errors": errors} if status == "failed" else {}
        await apply(engine, [webhook(number, statuses=[status_update("wamid.OUT", status, **extra)])])
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT status, error FROM message WHERE wamid = 'wamid.OUT'"))).one()
        kept = await connection.scalar(text("SELECT count(*) FROM message_status"))
    assert row.status == expected
    assert kept == len(set(statuses)), "every status that Meta reported is kept"
    if "failed" in statuses:
        assert row.error == {"code": 131026, "title": "Undeliverable", "details": "no WhatsApp"}


async def test_batches_that_share_conversations_in_other_orders_do_not_deadlock(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    """Each batch brings messages of some conversations and statuses of others; two of them always overlap."""
    number = project.phone_number_id
    people = [f"1555020{index:02d}" for index in range(12)]
    await apply(engine, [webhook(number, messages=[text_message("hi", wa_id=person)]) for person in people])
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO message (id, project_id, conversation_id, phone_number_id, wamid, wamid_key, direction,"
                 " type, content, preview, status, sent_at) SELECT gen_random_uuid(), v.project_id, v.id,"
                 " v.phone_number_id, 'wamid.' || c.phone_number, 'wamid.' || c.phone_number, 'outbound', 'text', '{}',"
                 " '', 'accepted', now() FROM conversation v JOIN contact c ON c.id = v.contact_id")
        )  # fmt: skip
    chance = random.Random(7)
    for _ in range(15):
        batches = []
        for _ in range(2):
            chance.shuffle(people)
            messages = [text_message("more", wa_id=person) for person in people[:6]]
            statuses = [status_update(f"wamid.{person}", "delivered") for person in people[6:]]
            batches.append([webhook(number, messages=messages), webhook(number, statuses=statuses)])
        await asyncio.gather(*(apply(engine, batch) for batch in batches))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT sum(unread_count) FROM conversation")) == 12 + 15 * 2 * 6
