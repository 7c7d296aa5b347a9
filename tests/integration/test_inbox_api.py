"""/inbox/v1: what the page in the iframe asks for."""

import time
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories import text_message, webhook
from tests.stack import Stack
from tests.waiting import eventually

HOUR = 3600


async def _receive(stack: Stack, *messages: Any, name: str = "Ana", number: str | None = None) -> None:
    before = await stack.count("message")
    await stack.post_webhook(webhook(number or stack.project.phone_number_id, messages=list(messages), name=name))

    async def stored() -> bool:
        return await stack.count("message") == before + len(messages)

    await eventually(stored)


async def _execute(stack: Stack, statement: str) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text(statement))


async def _names(stack: Stack, token: str, **query: Any) -> list[str]:
    listed = (await stack.get("/inbox/v1/conversations", token, **query))["data"]
    return [row["contact"]["name"] for row in listed]


async def test_a_session_names_the_embed_its_numbers_and_a_cursor(stack: Stack) -> None:
    token = await stack.embed(name="Support", scope_type="phone_number", scope_id=stack.project.phone_number_id)
    session = (await stack.get("/inbox/v1/session", token))["data"]
    assert session["embed"]["name"] == "Support"
    assert [number["phone_number_id"] for number in session["phone_numbers"]] == [stack.project.phone_number_id]
    assert session["cursor"].isdigit()


async def test_the_list_pages_by_cursor_latest_activity_first_with_nothing_missing_or_repeated(stack: Stack) -> None:
    now = int(time.time())
    for index in range(7):
        await _receive(stack, text_message("hi", wa_id=f"15550100{index}", at=now - index), name=f"C{index}")
    token = await stack.embed()
    names: list[str] = []
    after = None
    while True:
        query = {"limit": 3} | ({"after": after} if after else {})
        page = await stack.get("/inbox/v1/conversations", token, **query)
        names += [row["contact"]["name"] for row in page["data"]]
        after = page["paging"]["next"]
        if after is None:
            break
    assert names == [f"C{index}" for index in range(7)]


async def test_the_thread_pages_newest_first(stack: Stack) -> None:
    now = int(time.time())
    await _receive(stack, *(text_message(f"{index}", at=now - index) for index in range(5)))
    token = await stack.embed()
    conversation_id = (await stack.get("/inbox/v1/conversations", token))["data"][0]["id"]
    path = f"/inbox/v1/conversations/{conversation_id}/messages"
    first = await stack.get(path, token, limit=3)
    second = await stack.get(path, token, limit=3, after=first["paging"]["next"])
    assert [row["text"]["body"] for row in first["data"] + second["data"]] == ["0", "1", "2", "3", "4"]
    assert second["paging"]["next"] is None


async def test_a_page_around_a_message_has_it_in_its_middle_and_goes_on_both_ways(stack: Stack) -> None:
    now = int(time.time())
    # Two of one second each: a page may end between them.
    await _receive(stack, *(text_message(f"{index}", at=now - 60 + index // 2) for index in range(7)))
    token = await stack.embed()
    conversation_id = (await stack.get("/inbox/v1/conversations", token))["data"][0]["id"]
    path = f"/inbox/v1/conversations/{conversation_id}/messages"
    whole = [row["id"] for row in (await stack.get(path, token))["data"]]

    def ids(page: Any) -> list[str]:
        return [row["id"] for row in page["data"]]

    for limit in (1, 3, 30):
        for place, message_id in enumerate(whole):
            page = await stack.get(path, token, around=message_id, limit=limit)
            found = ids(page)
            assert len(found) <= max(2, limit)
            first = whole.index(found[0])
            assert found == whole[first : first + len(found)]
            assert first == max(0, place - max(2, limit) // 2), "as many newer ones as older ones"
            while page["paging"]["previous"]:
                page = await stack.get(path, token, before=page["paging"]["previous"], limit=limit)
                assert page["data"], "there was said to be more"
                found = [*ids(page), *found]
            page = await stack.get(path, token, around=message_id, limit=limit)
            while page["paging"]["next"]:
                page = await stack.get(path, token, after=page["paging"]["next"], limit=limit)
                found += ids(page)
            assert found == whole
    for wrong, status, field in (
        ({"around": "x"}, 422, "around"),
        ({"around": whole[0], "after": "x"}, 422, "around"),
        ({"before": "x"}, 422, "before"),
        ({"around": conversation_id}, 404, None),
    ):
        answer = await stack.http.get(path, params=wrong, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in {status, 400 if status == 422 else status}, answer.text
        assert list(answer.json()["errors"]) == ([field] if field else [])


async def test_the_filters_of_the_page(stack: Stack) -> None:
    await _receive(stack, text_message("the green tent", wa_id="15550100001"), name="Zoë 50%_off")
    await _receive(stack, text_message("broken pole", wa_id="15550100002"), name="Ben")
    await _receive(
        stack,
        text_message("blankets", wa_id="15550100003"),
        name="Hotel",
        number=stack.project.customer_phone_number_id,
    )
    await _execute(stack, "UPDATE conversation SET status = 'ended', ended_at = now() WHERE contact_id ="
                          " (SELECT id FROM contact WHERE profile_name = 'Ben')")  # fmt: skip
    await _execute(stack, "UPDATE conversation SET mode = 'handoff', unread_count = 0 WHERE phone_number_id ="
                          f" '{stack.project.customer_phone_number_id}'")  # fmt: skip
    token = await stack.embed()
    assert await _names(stack, token) == ["Hotel", "Zoë 50%_off"]
    assert await _names(stack, token, status="ended") == ["Ben"]
    assert await _names(stack, token, status="all") == ["Hotel", "Ben", "Zoë 50%_off"]
    assert await _names(stack, token, unread="1") == ["Zoë 50%_off"]
    assert await _names(stack, token, unread="true") == ["Zoë 50%_off"]
    assert await _names(stack, token, handoff="1") == ["Hotel"]
    config = str(stack.project.whatsapp_config_id)
    assert await _names(stack, token, status="all", whatsapp_config_id=config) == ["Ben", "Zoë 50%_off"]
    assert await _names(stack, token, whatsapp_config_id="all") == ["Hotel", "Zoë 50%_off"]
    for search, expected in (
        ("zoë", ["Zoë 50%_off"]),
        ("ZOE", ["Zoë 50%_off"]),
        ("Zoe\u0308", ["Zoë 50%_off"]),
        ("50%_", ["Zoë 50%_off"]),
        ("%", ["Zoë 50%_off"]),
        ("+1 (555) 010-0001", ["Zoë 50%_off"]),
        ("green te", ["Zoë 50%_off"]),
        ("blank", ["Hotel"]),
        ("nobody", []),
        ("&|!:*", []),
    ):
        assert await _names(stack, token, status="all", search=search) == expected, search


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/inbox/v1/conversations?status=closed", "status"),
        ("/inbox/v1/conversations?limit=0", "limit"),
        ("/inbox/v1/conversations?limit=many", "limit"),
        ("/inbox/v1/conversations?whatsapp_config_id=1", "whatsapp_config_id"),
        ("/inbox/v1/conversations?unread=maybe", "unread"),
        ("/inbox/v1/conversations?after=%00", "after"),
        (
            "/inbox/v1/conversations?after=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgIjAxOGYwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMCJd",
            "after",
        ),
        ("/inbox/v1/conversations?search=a%00b", "search"),
        ("/inbox/v1/changes?since=abc", "since"),
        ("/inbox/v1/changes", "since"),
        ("/inbox/v1/changes?since=-1", "since"),
        ("/inbox/v1/conversations?search=" + "x" * 201, "search"),
    ],
)
async def test_a_wrong_query_is_named_in_the_error(stack: Stack, path: str, field: str) -> None:
    answer = await stack.http.get(path, headers={"Authorization": f"Bearer {await stack.embed()}"})
    body = answer.json()
    assert answer.status_code in (400, 422), answer.text
    assert set(body) == {"error", "code", "request_id", "errors"}
    assert list(body["errors"]) == [field]
    assert body["error"].endswith(".")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc", "Bearer nonsense", "Bearer " + "x" * 500])
async def test_without_a_good_token_everything_is_401(stack: Stack, header: str | None) -> None:
    for path in ("/inbox/v1/session", "/inbox/v1/conversations", "/inbox/v1/changes?since=0"):
        answer = await stack.http.get(path, headers={"Authorization": header} if header is not None else {})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_reading_clears_the_badge_for_everybody_and_tells_them(stack: Stack) -> None:
    await _receive(stack, text_message("one"), text_message("two"))
    token = await stack.embed()
    conversation_id = (await stack.get("/inbox/v1/conversations", token))["data"][0]["id"]
    async with stack.iframe(await stack.embed()) as colleague:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await stack.http.post(f"/inbox/v1/conversations/{conversation_id}/read", headers=headers)
        assert answer.json()["data"]["unread_count"] == 0
        event = await colleague.event("conversation.updated")
    assert (event["conversation"]["id"], event["conversation"]["unread_count"]) == (conversation_id, 0)


@pytest.mark.parametrize(
    ("reply", "fields"),
    [
        ({}, {"client_id", "type"}),
        ({"client_id": "c", "type": "text"}, {"text"}),
        ({"client_id": "", "type": "text", "text": {"body": ""}}, {"client_id", "text.body"}),
        ({"client_id": "c", "type": "text", "text": {"body": "x" * 4097}}, {"text.body"}),
        ({"client_id": "x" * 65, "type": "text", "text": "hi"}, {"client_id", "text"}),
        ({"client_id": "c", "type": "telepathy"}, {"type"}),
        ({"client_id": "c\x00", "type": "text", "text": {"body": "a\x00b"}}, {"client_id", "text.body"}),
        ({"client_id": "c", "type": "text", "text": {"body": "x"}, "context": {}}, {"context.message_id"}),
    ],
)
async def test_every_wrong_field_of_a_reply_is_named(stack: Stack, reply: dict[str, Any], fields: set[str]) -> None:
    await _receive(stack, text_message("hi"))
    token = await stack.embed()
    conversation_id = (await stack.get("/inbox/v1/conversations", token))["data"][0]["id"]
    path, headers = f"/inbox/v1/conversations/{conversation_id}/messages", {"Authorization": f"Bearer {token}"}
    answer = await stack.http.post(path, json=reply, headers=headers)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == fields
    for malformed in (b"{", b"[]", b"\xff"):
        answer = await stack.http.post(path, content=malformed, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("status = 'ended', ended_at = now()", "conversation_ended"),
        ("mode = 'running'", "workflow_running"),
        ("last_inbound_at = now() - interval '24 hours 1 second'", "window_closed"),
        ("last_inbound_at = NULL", "window_closed"),
    ],
)
async def test_a_reply_that_the_conversation_does_not_take_is_refused_with_the_reason(
    stack: Stack, change: str, code: str
) -> None:
    await _receive(stack, text_message("hi"))
    token = await stack.embed()
    conversation_id = (await stack.get("/inbox/v1/conversations", token))["data"][0]["id"]
    await _execute(stack, f"UPDATE conversation SET {change}")
    answer = await stack.http.post(
        f"/inbox/v1/conversations/{conversation_id}/messages",
        json={"client_id": "c", "type": "text", "text": {"body": "hi"}},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await stack.count("outbox") == 0


async def test_a_new_message_after_the_end_opens_the_next_conversation(stack: Stack) -> None:
    await _receive(stack, text_message("first"))
    await _execute(stack, "UPDATE conversation SET status = 'ended', ended_at = now()")
    await _receive(stack, text_message("second"))
    assert await stack.count("conversation") == 2
    assert await stack.count("contact") == 1
    assert await stack.count("conversation", "status = 'active'") == 1


async def test_changes_miss_nothing_of_a_transaction_that_was_open_while_the_cursor_was_taken(stack: Stack) -> None:
    await _receive(stack, text_message("one", wa_id="15550100001"), text_message("two", wa_id="15550100002"))
    token = await stack.embed()
    async with stack.engine.connect() as slow:
        await slow.execute(text("UPDATE conversation SET unread_count = 7 WHERE contact_id ="
                                " (SELECT id FROM contact WHERE phone_number = '15550100001')"))  # fmt: skip
        cursor = (await stack.get("/inbox/v1/session", token))["data"]["cursor"]
        await _execute(stack, "UPDATE conversation SET unread_count = 8 WHERE contact_id ="
                              " (SELECT id FROM contact WHERE phone_number = '15550100002')")  # fmt: skip
        during = (await stack.get("/inbox/v1/changes", token, since=cursor))["data"]
        await slow.commit()
    after = (await stack.get("/inbox/v1/changes", token, since=during["cursor"]))["data"]
    assert [row["unread_count"] for row in during["conversations"]] == [8]
    assert 7 in [row["unread_count"] for row in after["conversations"]], "what was not visible yet comes later"
    assert not after["reset"]


async def test_a_rev_never_falls_even_when_an_older_transaction_writes_last(stack: Stack) -> None:
    await _receive(stack, text_message("hi"))
    async with stack.engine.connect() as older:
        await older.execute(text("SELECT pg_current_xact_id()"))
        await _execute(stack, "UPDATE conversation SET unread_count = 5")
        newer_rev = await older.scalar(text("SELECT rev::text::bigint FROM conversation"))
        await older.execute(text("UPDATE conversation SET unread_count = 6"))
        assert await older.scalar(text("SELECT rev::text::bigint FROM conversation")) >= newer_rev
        await older.rollback()


async def test_a_cursor_of_another_database_and_too_many_changes_ask_for_a_reset(stack: Stack) -> None:
    token = await stack.embed()
    answer = (await stack.get("/inbox/v1/changes", token, since=2**62))["data"]
    assert (answer["reset"], answer["conversations"]) == (True, [])
    await _receive(stack, *(text_message(f"{index}") for index in range(501)))
    answer = (await stack.get("/inbox/v1/changes", token, since=0))["data"]
    assert (answer["reset"], answer["messages"]) == (True, [])
