"""What is hard to store: it is stored readable where that is possible, and else kept and marked; those beside it are
applied all the same.
"""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.settings import Settings
from tests.applying import drain, store
from tests.database import count
from tests.factories import ProjectRows, text_message, webhook
from tests.meta_payloads import change, inbound

# PostgreSQL takes all that the decoder lets through, as far as we know. This stands for what we do not know.
REFUSE = text("""
    CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'poison' USING ERRCODE = 'data_exception'; END $$
""")
REFUSE_IN_MESSAGES = text("""
    CREATE TRIGGER refuse_poison BEFORE INSERT ON message FOR EACH ROW WHEN (NEW.text = 'poison')
    EXECUTE FUNCTION refuse_poison()
""")


async def test_an_event_that_postgres_refuses_is_marked_and_the_others_go_through(
    engine: AsyncEngine, project: ProjectRows, settings: Settings
) -> None:
    async with engine.begin() as connection:
        await connection.execute(REFUSE)
        await connection.execute(REFUSE_IN_MESSAGES)
    bodies = [webhook(project.phone_number_id, messages=[text_message(f"good {index}")]) for index in range(5)]
    poison = webhook(project.phone_number_id, messages=[text_message("poison")])
    await store(engine, [*bodies[:2], poison, *bodies[2:]])  # one batch
    await drain(engine, settings)
    assert await count(engine, "message") == 5
    assert await count(engine, "conversation", "unread_count = 5") == 1
    assert await count(engine, "inbound_event", "state = 'failed' AND problem = 'poison'") == 1
    async with engine.connect() as connection:
        kept = await connection.scalar(text("SELECT body FROM inbound_event WHERE state = 'failed'"))
    assert kept == poison, "to the byte, for whoever looks into it"


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (rb'"a\u0000b"', "a\ufffdb"),
        (rb'"a\ud800b"', "a\ufffdb"),
        (rb'"a\udc00\ud800b"', "a\ufffd\ufffdb"),
        (b'"a\xff\xfeb"', "a\ufffd\ufffdb"),
        (rb'"\ud83d\ude00 \\u0000"', "😀 \\u0000"),
        (b'"' + b"w\xc3\xb6rter " * 7500 + b'"', "wörter " * 7500),
        (b'"' + b"x" * 60_000 + b'"', "x" * 60_000),
        (b"1e999", "1e999"),
        (b"-" + b"9" * 40, "-" + "9" * 40),
        (b"18446744073709551615", "18446744073709551615"),
    ],
    ids=["nul", "surrogate", "surrogates", "bytes", "escaped", "60kB", "word", "float", "long", "unsigned"],
)
async def test_what_postgres_or_json_cannot_hold_is_stored_readable(
    engine: AsyncEngine, project: ProjectRows, settings: Settings, raw: bytes, stored: str
) -> None:
    number = project.phone_number_id
    message = inbound("text", {"body": "@@"}, quantity="@@")
    contacts: list[Any] = [{"profile": {"name": "@@"}, "wa_id": "15550100"}]
    body = change(number, messages=[message], contacts=contacts).replace(b'"@@"', raw)
    await store(engine, [body, webhook(number, messages=[text_message("beside it")])])
    await drain(engine, settings)
    assert await count(engine, "inbound_event", "state = 'done'") == 2
    async with engine.connect() as connection:
        row = (
            await connection.execute(
                text("SELECT m.content ->> 'body' AS body, m.details ->> 'quantity' AS quantity FROM message m"
                     " WHERE details IS NOT NULL")
            )
        ).one()  # fmt: skip
    assert (row.body, row.quantity) == (stored, stored)


@pytest.mark.parametrize("timestamp", ["99999999999999999", "-99999999999999", "soon", "", "1e9"])
async def test_a_time_that_no_calendar_has_loses_no_message(
    engine: AsyncEngine, project: ProjectRows, settings: Settings, timestamp: str
) -> None:
    message = {**text_message("when?"), "timestamp": timestamp}
    await store(engine, [webhook(project.phone_number_id, messages=[message])])
    await drain(engine, settings)
    assert await count(engine, "message", "sent_at BETWEEN now() - interval '1 minute' AND now()") == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"entry": 5}', b'{"entry": [5]}', b'{"entry": [{"changes": [{}]}]}', b"[" * 100_000],
)
async def test_what_is_no_webhook_is_kept_and_marked(
    engine: AsyncEngine, project: ProjectRows, settings: Settings, body: bytes
) -> None:
    await store(engine, [body, webhook(project.phone_number_id, messages=[text_message("beside it")])])
    await drain(engine, settings)
    assert await count(engine, "message") == 1
    assert await count(engine, "inbound_event", "state = 'failed' AND problem <> ''") == 1
