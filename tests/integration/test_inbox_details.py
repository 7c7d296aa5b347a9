"""What stands beside the thread: earlier conversations, what was shared, what programs noted, and the workflow."""

import time
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.paging import CursorQuery
from shared.queries.thread_media import SharedKind, list_thread_media
from shared.queries.threads import EARLIER
from shared.scope import Scope
from tests.applying import apply
from tests.conversations import customer_wrote, new_wa_id
from tests.executions import change_body, person_in_inbox, started
from tests.factories import ProjectRows, new_wamid, text_message, webhook
from tests.platform_api import PlatformApi
from tests.stack import Stack
from tests.waiting import eventually

NOW = int(time.time())


def _file(kind: str, wa_id: str, at: int, **content: Any) -> Any:
    """A customer's file in Meta's shape, which nobody can fetch."""
    named = {"id": f"{at}", "mime_type": "image/jpeg", "sha256": "", **content}
    return {"from": wa_id, "id": new_wamid(), "timestamp": str(at), "type": kind, kind: named}


async def _receive(stack: Stack, *messages: Any) -> None:
    before = await stack.count("message")
    await stack.post_webhook(webhook(stack.project.phone_number_id, messages=list(messages)))

    async def stored() -> bool:
        return await stack.count("message") == before + len(messages)

    await eventually(stored)


async def _end(stack: Stack, conversation_id: str) -> None:
    path = f"/whatsapp/conversations/{conversation_id}"
    await PlatformApi(stack).change(path, {"whatsapp_conversation": {"status": "ended"}})


async def _pages(stack: Stack, token: str, path: str, limit: int, **query: Any) -> list[Any]:
    """All rows, read page by page."""
    rows: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = await stack.get(path, token, limit=limit, **query, **after)
        assert len(page["data"]) <= limit
        rows += page["data"]
        if page["paging"]["next"] is None:
            return rows
        after = {"after": page["paging"]["next"]}


async def test_the_earlier_conversations_are_those_of_the_thread_and_say_where_each_begins(stack: Stack) -> None:
    wa_id, token, made = new_wa_id(), await stack.embed(), []
    for index in range(4):
        at = NOW - 1000 * (4 - index)
        made.append(await customer_wrote(stack, f"{index} begins", wa_id=wa_id, at=at))
        await _receive(stack, text_message(f"{index} goes on", wa_id=wa_id, at=at + 10))
        await _end(stack, made[-1])
    await customer_wrote(stack, "elsewhere", wa_id=wa_id, number=stack.project.customer_phone_number_id)
    await customer_wrote(stack, "somebody else")
    path = f"/inbox/v1/conversations/{made[3]}"
    thread = {row["id"]: row for row in (await stack.get(f"{path}/messages", token))["data"]}
    earlier = await _pages(stack, token, f"{path}/earlier", 2)
    assert [row["id"] for row in earlier] == made[2::-1]
    for row, index in zip(earlier, (2, 1, 0), strict=True):
        first = thread[row["first_message_id"]]
        assert first["text"]["body"] == f"{index} begins"
        assert (row["started_at"], row["messages_count"], row["status"]) == (first["timestamp"], 2, "ended")
        assert row["ended_at"] is not None
    # As in the thread, what came after a conversation is none of it, and what a colleague has is not there.
    assert [row["id"] for row in await _pages(stack, token, f"/inbox/v1/conversations/{made[1]}/earlier", 5)] == made[
        :1
    ]
    user_id = str(stack.project.user_id)
    for one in (made[3], made[0]):
        await PlatformApi(stack).create(
            f"/whatsapp/conversations/{one}/assignments", {"assignment": {"user_id": user_id}}
        )
    mine = await stack.embed(assigned_user_id=user_id)
    assert [row["id"] for row in await _pages(stack, mine, f"{path}/earlier", 5)] == made[:1]


async def test_there_are_no_more_earlier_conversations_than_a_thread_goes_back(stack: Stack) -> None:
    latest, token = await customer_wrote(stack, at=NOW), await stack.embed()
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("""
                INSERT INTO conversation (id, project_id, phone_number_id, contact_id, status, ended_at, last_active_at)
                SELECT gen_random_uuid(), project_id, phone_number_id, contact_id, 'ended', now(),
                    last_active_at - make_interval(mins => n)
                FROM conversation, generate_series(1, 60) AS n
            """)
        )
    rows = await _pages(stack, token, f"/inbox/v1/conversations/{latest}/earlier", 20)
    assert len(rows) == len({row["id"] for row in rows}) == EARLIER - 1
    assert {(row["first_message_id"], row["messages_count"]) for row in rows} == {(None, 0)}


async def test_what_was_shared_is_found_by_its_kind_in_the_whole_thread_newest_first(stack: Stack) -> None:
    wa_id, token = new_wa_id(), await stack.embed()
    first = await customer_wrote(stack, "Look at https://example.com/1", wa_id=wa_id, at=NOW - 900)
    await _receive(stack, _file("image", wa_id, NOW - 800), _file("document", wa_id, NOW - 790, filename="a.pdf"))
    await _end(stack, first)
    second = await customer_wrote(stack, "no link: http and www", wa_id=wa_id, at=NOW - 700)
    await _receive(
        stack,
        _file("video", wa_id, NOW - 600),
        _file("image", wa_id, NOW - 600, caption="https://example.com/of-the-picture"),
        _file("audio", wa_id, NOW - 590),
        _file("sticker", wa_id, NOW - 580),
        _file("document", wa_id, NOW - 570, filename="b.pdf"),
        text_message("and WWW.example.com", wa_id=wa_id, at=NOW - 560),
    )
    await customer_wrote(stack, "https://example.com/of-somebody-else")
    path = f"/inbox/v1/conversations/{second}/media"

    async def shared(kind: str, conversation_id: str = second) -> list[Any]:
        return await _pages(stack, token, f"/inbox/v1/conversations/{conversation_id}/media", 1, kind=kind)

    assert [row["type"] for row in await shared("media")] in (["image", "video", "image"], ["video", "image", "image"])
    assert [row["document"]["filename"] for row in await shared("documents")] == ["b.pdf", "a.pdf"]
    bodies = ["and WWW.example.com", "Look at https://example.com/1"]
    assert [row["text"]["body"] for row in await shared("links")] == bodies
    assert [row["text"]["body"] for row in await shared("links", first)] == bodies[1:]
    # The rows are the thread's own.
    thread = (await stack.get(f"/inbox/v1/conversations/{second}/messages", token))["data"]
    assert all(row in thread for row in await shared("documents"))
    assert (await stack.get(path, token))["data"] == await shared("media")

    deleted, discarded = (row["id"] for row in (await shared("media"))[1:])
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE message SET deleted_at = now() WHERE id = :id"), {"id": deleted})
        await connection.execute(text("UPDATE message SET discarded_at = now() WHERE id = :id"), {"id": discarded})
    assert [row["id"] for row in await shared("media")] == [(await shared("media"))[0]["id"]]


@pytest.mark.parametrize(
    ("path", "field", "status"),
    [
        ("earlier?limit=0", "limit", 422),
        ("earlier?after=x", "after", 400),
        ("media?kind=sound", "kind", 422),
        ("media?limit=101", "limit", 422),
        ("media?after=%00", "after", 422),
    ],
)
async def test_wrong_questions_are_named(stack: Stack, path: str, field: str, status: int) -> None:
    conversation_id, token = await customer_wrote(stack), await stack.embed()
    answer = await stack.http.get(
        f"/inbox/v1/conversations/{conversation_id}/{path}", headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, list(answer.json()["errors"])) == (status, [field])


async def test_metadata_is_told_and_the_contact_s_only_in_an_embed_of_the_whole_project(stack: Stack) -> None:
    api, wa_id, number = PlatformApi(stack), new_wa_id(), stack.project.customer_phone_number_id
    conversation_id = await customer_wrote(stack, wa_id=wa_id, number=number)
    user_id = str(stack.project.user_id)
    path = f"/whatsapp/conversations/{conversation_id}"
    await api.create(f"{path}/assignments", {"assignment": {"user_id": user_id}})
    hostile = {"__proto__": {"admin": True}, "<b>": "javascript:alert(1)", "nested": [{"deep": [1, None]}]}
    await api.change(path, {"whatsapp_conversation": {"metadata": hostile}})
    await api.change(f"/whatsapp/contacts/{wa_id}", {"contact": {"metadata": {"tier": "gold"}}})

    async def details(**fields: Any) -> Any:
        return (await stack.get(f"/inbox/v1/conversations/{conversation_id}/details", await stack.embed(**fields)))[
            "data"
        ]

    noted = {"metadata": hostile, "contact_metadata": {"tier": "gold"}}
    first = await details()
    whole = {**noted, "first_message_at": first["first_message_at"], "workflow": None}
    assert first == await details(assigned_user_id=user_id) == whole
    for scope in (
        {"scope_type": "customer", "scope_id": str(stack.project.customer_id)},
        {"scope_type": "phone_number", "scope_id": number},
    ):
        assert await details(**scope) == whole | {"contact_metadata": None}
    # No row of a list pays for it.
    (row,) = (await stack.get("/inbox/v1/conversations", await stack.embed()))["data"]
    assert not {"metadata", "contact_metadata"} & {*row, *row["contact"]}


async def test_the_first_message_is_told_by_its_own_time_and_not_by_when_it_came_here(stack: Stack) -> None:
    wa_id, token, long_ago = new_wa_id(), await stack.embed(), NOW - 40 * 86_400
    conversation_id = await customer_wrote(stack, "the first to come", wa_id=wa_id, at=NOW - 60)
    path = f"/inbox/v1/conversations/{conversation_id}"

    async def first() -> float | None:
        at = (await stack.get(f"{path}/details", token))["data"]["first_message_at"]
        return None if at is None else datetime.fromisoformat(at).timestamp()

    assert await first() == NOW - 60
    await _receive(stack, text_message("written before", wa_id=wa_id, at=long_ago))
    assert await first() == long_ago
    # As in the thread, what was put away does not count.
    async with stack.engine.begin() as connection:
        put_away = "UPDATE message SET discarded_at = now() WHERE conversation_id = :id"
        await connection.execute(text(f"{put_away} AND sent_at < now() - INTERVAL '1 day'"), {"id": conversation_id})
    assert await first() == NOW - 60
    async with stack.engine.begin() as connection:
        await connection.execute(text(put_away), {"id": conversation_id})
    assert await first() is None


async def test_a_workflow_says_where_it_stands_since_when_and_who_moved_it(stack: Stack) -> None:
    api, token = PlatformApi(stack), await stack.embed()
    execution = await started(stack)
    conversation_id = execution["whatsapp_conversation_id"]
    path = f"/inbox/v1/conversations/{conversation_id}"

    async def workflow() -> Any:
        return (await stack.get(f"{path}/details", token))["data"]["workflow"]

    first = await workflow()
    assert (first["execution_id"], first["name"], first["status"]) == (execution["id"], "Order status", "running")
    assert [(move["type"], move["at"], move["by"]) for move in first["moves"]] == [
        ("execution_started", first["since"], None)
    ]
    person = {"id": "42", "name": "Mei Tanaka"}
    _, headers = await person_in_inbox(api, person["id"], person["name"])
    await api.change(f"/workflow_executions/{execution['id']}", change_body(current_step={"id": "1"}))
    await stack.http.post(f"{path}/handoff", headers=headers)
    handed = await workflow()
    assert (handed["status"], handed["handed_off_by"]) == ("handoff", person)
    assert [(move["type"], move["by"]) for move in handed["moves"]] == [
        ("execution_handoff", person),
        ("execution_started", None),
    ]
    assert handed["since"] == handed["moves"][0]["at"] > first["since"]
    await stack.http.post(f"{path}/hand_back", headers=headers)
    waiting = await workflow()
    assert (waiting["status"], waiting["handed_off_by"]) == ("waiting", None)
    assert waiting["moves"][0]["by"] == person
    for said, reason in (({"error": " no answer "}, "no answer"), ({"code": 7}, None), (None, None)):
        change = change_body(status="failed", error_details=said)
        await api.change(f"/workflow_executions/{execution['id']}", change)
        assert ((await workflow())["status"], (await workflow())["reason"]) == ("failed", reason)
        execution = await started(stack, await _wa_id(stack, conversation_id))
    assert (await workflow())["execution_id"] == execution["id"], "the latest one counts"


async def _wa_id(stack: Stack, conversation_id: str) -> str:
    query = text("SELECT k.phone_number FROM contact k JOIN conversation v ON v.contact_id = k.id WHERE v.id = :id")
    async with stack.engine.connect() as connection:
        return str(await connection.scalar(query, {"id": conversation_id}))


async def test_among_ten_thousand_messages_what_was_shared_is_read_from_its_index(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    """Every page of it, however old: none reads the messages in between."""
    await apply(engine, [webhook(project.phone_number_id, messages=[text_message("Hello")])])
    async with engine.begin() as connection:
        conversation_id = await connection.scalar(text("SELECT id FROM conversation"))
        await connection.execute(
            text("""
                INSERT INTO message (id, project_id, conversation_id, phone_number_id, direction, type, content, text,
                    preview, status, sent_at)
                SELECT gen_random_uuid(), v.project_id, v.id, v.phone_number_id, 'inbound',
                    CASE n % 1000 WHEN 1 THEN 'image' WHEN 2 THEN 'document' ELSE 'text' END, '{}',
                    CASE n % 1000 WHEN 3 THEN 'https://example.com' ELSE 'word' END, '', 'received',
                    v.last_active_at - make_interval(secs => n)
                FROM conversation v, generate_series(1, 10000) AS n
            """)
        )
        await connection.execute(text("ANALYZE message"))
    for kind in get_args(SharedKind):
        # As many pages as it takes until PostgreSQL makes one plan for all values.
        assert await _read_one_by_one(engine, Scope(project.id), conversation_id, kind) == 10
        used = text("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = :name")
        async with engine.connect() as connection:
            assert 10 <= int(await connection.scalar(used, {"name": f"message_{kind}"}) or 0) <= 30, kind


async def _read_one_by_one(engine: AsyncEngine, scope: Scope, conversation_id: UUID, kind: SharedKind) -> int:
    found, after = 0, None
    async with engine.connect() as connection:
        while True:
            rows, paging = await list_thread_media(connection, scope, conversation_id, kind, CursorQuery(1, after))
            found, after = found + len(rows), paging.next
            if after is None:
                await connection.execute(text("SELECT pg_stat_force_next_flush()"))
                return found
