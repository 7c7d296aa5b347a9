"""What a search of the list has found in messages: the newest one that holds the words, out of the scope alone."""

import time
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.fold import fold
from shared.queries.conversations import ConversationFilters, list_conversations
from shared.scope import Scope
from tests.applying import apply
from tests.database import blocks_read, statements
from tests.factories import ProjectRows, text_message
from tests.meta_payloads import change, inbound
from tests.stack import Stack
from tests.waiting import eventually

ANA, ANAS_NEW_NUMBER = "5215555550100", "5215555550199"


async def _found(engine: AsyncEngine, scope: Scope, search: str, **filters: Any) -> dict[str, str]:
    """Each found conversation's snippet by its number, "" where the contact alone answered."""
    wanted = ConversationFilters(search=search, status="all", **filters)
    async with engine.connect() as connection:
        rows, matches, _ = await list_conversations(connection, scope, wanted)
    texts = {match.conversation_id: match.text for match in matches}
    assert texts.keys() <= {row.id for row in rows}
    return {f"{row.phone_number_id}/{row.status}": texts.get(row.id, "") for row in rows}


async def test_the_newest_message_with_the_words_comes_beside_each_row(stack: Stack) -> None:
    now = int(time.time())
    long = f"{'We ask you about many things. ' * 20}The GREEN tent came without poles.{' Thank you.' * 40}"
    messages = [
        text_message("A green tent, please", at=now - 30),
        text_message(long, at=now - 20),
        text_message("Is it shipped?", at=now - 10),
    ]
    await stack.post_webhook(change(stack.project.phone_number_id, messages=messages))

    async def stored() -> bool:
        return await stack.count("message") == 3

    await eventually(stored)
    token = await stack.embed()
    page = await stack.get("/inbox/v1/conversations", token, search="gree tent")
    [row], [match] = page["data"], page["matches"]
    assert row["last_message"]["preview"] == "Is it shipped?"
    assert "match" not in row, "a row is the same wherever it comes from"
    thread = (await stack.get(f"/inbox/v1/conversations/{row['id']}/messages", token))["data"]
    assert match == {
        "conversation_id": row["id"],
        "message_id": thread[1]["id"],
        "timestamp": thread[1]["timestamp"],
        "text": match["text"],
    }
    assert "The GREEN tent came without poles." in match["text"]
    assert match["text"].startswith("…")
    assert match["text"].endswith("…")
    for search in ("", "Ana", "5555550100", "a", "&|!:*"):
        assert (await stack.get("/inbox/v1/conversations", token, search=search))["matches"] == [], search


async def test_accents_and_case_are_one_in_messages_too(engine: AsyncEngine, project: ProjectRows) -> None:
    number, scope = project.phone_number_id, Scope(project.id)
    for body, searches in (
        ("¿Dónde ESTÁ mi pedido?", ("donde esta", "DÓNDE", "está")),
        ("Die große Straße in Łódź", ("strasse lodz", "GROSSE")),
        ("أين طلبي؟", ("اين", "أَيْنَ")),
    ):
        await apply(engine, [change(number, messages=[text_message(body)])])
        for search in searches:
            assert await _found(engine, scope, search) == {f"{number}/active": body}, search


async def test_python_and_postgresql_fold_alike(engine: AsyncEngine) -> None:
    scripts = ((0x20, 0x250), (0x300, 0x400), (0x400, 0x530), (0x600, 0x6E0), (0x1E00, 0x2000), (0x3040, 0x3100))
    letters = [chr(point) for start, end in scripts for point in range(start, end)]
    texts = [
        *letters,
        *("".join(letters[start:end]) for start, end in ((0, 600), (600, 1200))),
        "한국 e\u0301 か\u3099 👩\u200d🔧 ΟΔΟΣ",
    ]
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT value, fold(value) FROM unnest(CAST(:texts AS text[])) AS value"), {"texts": texts}
        )
        differing = {value: (folded, fold(value)) for value, folded in rows if folded != fold(value)}
    assert differing == {}


async def test_a_message_that_nobody_sees_any_more_is_not_found(engine: AsyncEngine, project: ProjectRows) -> None:
    number, scope = project.phone_number_id, Scope(project.id)
    now = int(time.time())
    older, newer = text_message("needle in hay", at=now - 20), text_message("Another needle", at=now - 10)
    await apply(engine, [change(number, messages=[older, newer])])
    assert await _found(engine, scope, "needle") == {f"{number}/active": "Another needle"}
    await _execute(engine, f"UPDATE message SET discarded_at = now() WHERE wamid = '{newer['id']}'")
    assert await _found(engine, scope, "needle") == {f"{number}/active": "needle in hay"}
    edit = inbound("edit", {"original_message_id": older["id"], "message": {"type": "text", "text": {"body": "hay"}}})
    await apply(engine, [change(number, messages=[edit | {"from": ANA}])])
    assert await _found(engine, scope, "needle") == {}


async def test_no_snippet_comes_out_of_another_scope(engine: AsyncEngine, project: ProjectRows) -> None:
    """One person on two numbers, with an earlier conversation, and then with that of somebody who turned out to be her:
    each of them says a newer needle than the one before.
    """
    number, other = project.phone_number_id, project.customer_phone_number_id
    now = int(time.time())

    async def says(body: str, at: int, to: str = number, wa_id: str = ANA) -> None:
        await apply(engine, [change(to, messages=[text_message(body, wa_id=wa_id, at=now - at)])])

    await says("needle of the past", 90)
    await _execute(engine, "UPDATE conversation SET status = 'ended', ended_at = now()")
    await says("needle of now", 80)
    await _execute(
        engine, f"UPDATE conversation SET assignee_id = '{project.user_id}' WHERE status = 'active'"
    )  # the earlier one is nobody's
    await says("needle elsewhere", 70, to=other)
    await says("needle of a new number", 60, to=other, wa_id=ANAS_NEW_NUMBER)
    changed = inbound("system", {"type": "user_changed_number", "wa_id": ANAS_NEW_NUMBER, "body": "A new number"})
    await apply(engine, [change(number, messages=[changed | {"from": ANA}])])
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM contact")) == 1, "they are one person"

    past, present = {f"{number}/ended": "needle of the past"}, {f"{number}/active": "needle of now"}
    elsewhere = {f"{other}/active": "needle of a new number"}
    for scope, expected in (
        (Scope(project.id), past | present | elsewhere),
        (Scope(project.id, phone_number_id=number), past | present),
        (Scope(project.id, customer_id=project.customer_id), elsewhere),
        (Scope(project.id, assignee_id=project.user_id), present),
        (Scope(project.id, phone_number_id=other, assignee_id=project.user_id), {}),
    ):
        assert await _found(engine, scope, "needle") == expected, scope
        assert await _found(engine, scope, "past") == {key: value for key, value in expected.items() if "past" in value}
    assert await _found(engine, Scope(project.user_id), "needle") == {}, "another project"


async def test_a_phones_history_is_searched_at_once_though_the_tables_were_empty_a_moment_ago(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    """The planner is told of what has come only a minute later, and takes every step for one over a single row."""
    async with engine.connect() as connection:
        whole = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await whole.execute(text("VACUUM ANALYZE contact, conversation, message"))
    await _execute(
        engine,
        f"""
        WITH people AS (
            INSERT INTO contact (id, project_id, profile_name)
            SELECT gen_random_uuid(), '{project.id}', 'Person ' || n FROM generate_series(1, 400) AS n RETURNING id
        )
        INSERT INTO conversation (id, project_id, phone_number_id, contact_id, last_active_at)
        SELECT gen_random_uuid(), '{project.id}', '{project.phone_number_id}', id, now() FROM people
        """,
    )
    wanted = ConversationFilters(search="Person 7", status="all")
    with statements(engine) as asked:
        async with engine.connect() as connection:
            rows, _, _ = await list_conversations(connection, Scope(project.id), wanted)
    assert len(rows) == 11
    assert await blocks_read(engine, asked[0]) < 25 * 400, "each was looked at once more for each of the others"


async def _execute(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))
