"""Replies against a WhatsApp that misbehaves: none is lost, and the customer gets none twice."""

from typing import Any

import httpx
from sqlalchemy import text

from tests.meta_api import CONTENTS
from tests.stack import Stack
from tests.waiting import eventually

ANA = "5215555550100"


async def _conversation(stack: Stack, token: str) -> str:
    await stack.customer_writes(ANA, "Hola")

    async def listed() -> list[Any]:
        rows: list[Any] = (await stack.get("/inbox/v1/conversations", token))["data"]
        return rows

    conversation_id: str = (await eventually(listed))[0]["id"]
    return conversation_id


async def _post(stack: Stack, token: str, conversation_id: str, reply: Any) -> httpx.Response:
    path, headers = f"/inbox/v1/conversations/{conversation_id}/messages", {"Authorization": f"Bearer {token}"}
    return await stack.http.post(path, json=reply, headers=headers)


async def _reply(stack: Stack, token: str, conversation_id: str, body: str) -> None:
    answer = await _post(stack, token, conversation_id, {"client_id": body, "type": "text", "text": {"body": body}})
    assert answer.status_code == 201, answer.text


async def _faults(stack: Stack, **faults: Any) -> None:
    answer = await stack.simulator.put("/_sim/faults", json=faults)
    assert answer.is_success, answer.text


async def _received(stack: Stack) -> list[str]:
    sent = (await stack.simulator.get("/_sim/received")).json()["data"]
    return [message["text"]["body"] for message in sent]


async def _settled(stack: Stack, status: str, seconds: float = 15) -> dict[str, Any]:
    """The only outgoing message, once it has the status and nothing waits to be sent."""
    token = await stack.embed()

    async def found() -> dict[str, Any] | None:
        conversation = (await stack.get("/inbox/v1/conversations", token))["data"][0]
        rows = (await stack.get(f"/inbox/v1/conversations/{conversation['id']}/messages", token))["data"]
        message = next(row for row in rows if row["direction"] == "outbound")
        return message if message["status"] == status and await stack.count("outbox") == 0 else None

    message = await eventually(found, seconds)
    assert message is not None
    return message


async def test_replies_of_one_conversation_arrive_in_the_order_they_were_written(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    bodies = [f"line {index}" for index in range(12)]
    for body in bodies:
        await _reply(stack, token, conversation_id, body)

    async def all_sent() -> bool:
        return await stack.count("outbox") == 0

    await eventually(all_sent)
    assert await _received(stack) == bodies


async def test_a_slow_send_holds_up_its_own_conversation_only(stack: Stack) -> None:
    token = await stack.embed()
    slow = await _conversation(stack, token)
    await stack.customer_writes("15550100999", "Hello")

    async def other() -> str | None:
        rows = (await stack.get("/inbox/v1/conversations", token))["data"]
        return next((row["id"] for row in rows if row["id"] != slow), None)

    quick = await eventually(other)
    await _faults(stack, slow_seconds=4)
    await _reply(stack, token, slow, "slow")

    async def under_way(count: int) -> bool:
        return await stack.count("outbox", "leased_until IS NOT NULL") == count

    await eventually(lambda: under_way(1))
    await _reply(stack, token, str(quick), "quick")
    await eventually(lambda: under_way(2), 3)  # the first one is still unanswered


async def test_throttling_and_server_errors_are_retried_until_the_message_goes_out_once(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    await _faults(stack, fail_next={"count": 1, "http_status": 429, "code": 130429})
    await _reply(stack, token, conversation_id, "after a 429")
    await _settled(stack, "delivered")
    assert await _received(stack) == ["after a 429"]


async def test_a_final_error_fails_the_message_with_metas_reason(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    await _faults(stack, fail_next={"count": 1, "http_status": 400, "code": 131047})
    await _reply(stack, token, conversation_id, "too late")
    message = await _settled(stack, "failed")
    assert message["error"]["code"] == 131047
    assert message["error"]["title"]
    assert await _received(stack) == []


async def test_a_failure_that_meta_reports_later_fails_the_message_too(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    await _faults(stack, async_fail_next={"count": 1, "code": 131026})
    await _reply(stack, token, conversation_id, "no WhatsApp there")
    message = await _settled(stack, "failed")
    assert message["error"]["code"] == 131026


async def test_an_answer_that_is_dropped_is_settled_by_the_status_and_nothing_goes_out_twice(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    await _faults(stack, drop_answer_next=1)
    await _reply(stack, token, conversation_id, "did you get it?")
    message = await _settled(stack, "delivered")
    assert message["wamid"]
    assert await _received(stack) == ["did you get it?"]


async def test_statuses_that_come_before_the_answer_are_applied(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    await _faults(stack, statuses_before_answer=True)
    await _reply(stack, token, conversation_id, "fast")
    await _settled(stack, "delivered")
    assert await _received(stack) == ["fast"]


async def test_duplicated_shuffled_and_batched_webhooks_change_nothing(stack: Stack) -> None:
    token = await stack.embed()
    await _faults(stack, duplicate=2, shuffle=True, batch=5)
    burst = {"phone_number_id": stack.project.phone_number_id, "count": 40, "contacts": 5, "concurrency": 8}
    wamids = (await stack.simulator.post("/_sim/burst", json=burst)).json()["wamids"]

    async def all_in() -> bool:
        return await stack.count("inbound_event", "state = 'pending'") == 0 and await stack.count("message") == 40

    await eventually(all_in)
    assert len(set(wamids)) == 40
    listed = (await stack.get("/inbox/v1/conversations", token))["data"]
    assert sum(row["unread_count"] for row in listed) == 40
    assert len(listed) == 5


async def test_the_iframe_sends_every_type_and_the_phone_shows_it_as_it_was_given(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    for place, (kind, content) in enumerate(CONTENTS):
        reply = {"client_id": str(place), "type": kind, kind: content}
        answer = await _post(stack, token, conversation_id, reply)
        assert (answer.status_code, answer.json()["data"][kind]) == (201, content), answer.text

    async def all_sent() -> bool:
        return await stack.count("outbox") == 0

    await eventually(all_sent)
    sent = (await stack.simulator.get("/_sim/received")).json()["data"]
    assert [(message["type"], message[message["type"]]) for message in sent] == CONTENTS


async def test_after_a_day_the_iframe_sends_templates_only(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE conversation SET last_inbound_at = now() - interval '24 hours'"))
    answer = await _post(stack, token, conversation_id, {"client_id": "1", "type": "text", "text": {"body": "Hi"}})
    assert (answer.status_code, answer.json()["code"]) == (422, "window_closed")
    template = {"name": "hello_world", "language": {"code": "en_US"}}
    answer = await _post(stack, token, conversation_id, {"client_id": "2", "type": "template", "template": template})
    assert answer.status_code == 201
    message = await _settled(stack, "delivered")
    assert message["template"] == template
    (conversation,) = (await stack.get("/inbox/v1/conversations", token))["data"]
    assert conversation["last_message"]["preview"].startswith("Welcome!")
    assert message["words"].startswith("Welcome!")


async def test_what_is_wrong_deep_in_a_message_of_the_iframe_is_named_by_its_path(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    buttons = [{"type": "reply", "reply": {"id": "1", "title": title}} for title in ("Yes", "x" * 21)]
    content = {"type": "button", "body": {}, "action": {"buttons": buttons}}
    answer = await _post(stack, token, conversation_id, {"type": "interactive", "interactive": content})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {
        "client_id",
        "interactive.body.text",
        "interactive.action.buttons[0].reply.id",
        "interactive.action.buttons[1].reply.id",
        "interactive.action.buttons[1].reply.title",
    }


async def test_a_conversation_knows_when_it_was_last_answered(stack: Stack) -> None:
    token = await stack.embed()
    conversation_id = await _conversation(stack, token)
    assert await stack.count("conversation", "last_outbound_at IS NULL") == 1
    await _reply(stack, token, conversation_id, "hello")
    at = "last_outbound_at = (SELECT sent_at FROM message WHERE direction = 'outbound')"
    assert await stack.count("conversation", at) == 1
