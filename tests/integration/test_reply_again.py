"""A reply that failed is sent again or put away, for everybody; and what the customer sees of who reads and types."""

import asyncio
from typing import Any

import httpx
from redis.asyncio import Redis
from sqlalchemy import text

from tests.factories import status_update, webhook
from tests.stack import Stack
from tests.waiting import eventually

ANA = "5215555550100"


class Desk:
    """An inbox with one conversation, and a person in it."""

    def __init__(self, stack: Stack, token: str, conversation_id: str, wamid: str) -> None:
        self.stack = stack
        self.token = token
        self.conversation_id = conversation_id
        self.wamid = wamid

    async def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return await self.stack.http.request(method, f"/inbox/v1{path}", json=body, headers=headers)

    async def reply(self, body: str) -> dict[str, Any]:
        reply = {"client_id": body, "type": "text", "text": {"body": body}}
        answer = await self.call("POST", f"/conversations/{self.conversation_id}/messages", reply)
        assert answer.status_code == 201, answer.text
        message: dict[str, Any] = answer.json()["data"]
        return message

    async def failed(self, body: str, code: int = 131026) -> dict[str, Any]:
        """A reply that WhatsApp has refused."""
        await self.faults(fail_next={"count": 1, "code": code})
        message = await self.reply(body)
        return await self.reached(message["id"], "failed")

    async def reached(self, message_id: str, status: str) -> dict[str, Any]:
        async def found() -> dict[str, Any] | None:
            message: dict[str, Any] = (await self.stack.get(f"/inbox/v1/messages/{message_id}", self.token))["data"]
            return message if message["status"] == status else None

        message = await eventually(found)
        assert message is not None
        return message

    async def thread(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (
            await self.stack.get(f"/inbox/v1/conversations/{self.conversation_id}/messages", self.token)
        )["data"]
        return list(reversed(rows))

    async def conversation(self) -> dict[str, Any]:
        row: dict[str, Any] = (await self.stack.get(f"/inbox/v1/conversations/{self.conversation_id}", self.token))[
            "data"
        ]
        return row

    async def faults(self, **faults: Any) -> None:
        answer = await self.stack.simulator.put("/_sim/faults", json=faults)
        assert answer.is_success, answer.text

    async def received(self) -> list[str]:
        sent = (await self.stack.simulator.get("/_sim/received")).json()["data"]
        return [message["text"]["body"] for message in sent if message["type"] == "text"]

    async def ticks(self) -> str | None:
        """What the customer's phone shows of what the customer wrote."""
        query = {"phone_number_id": self.stack.project.phone_number_id, "wa_id": ANA}
        shown: list[dict[str, Any]] = (await self.stack.simulator.get("/_sim/messages", params=query)).json()
        return shown[-1]["statuses"][-1]["status"] if shown[-1]["statuses"] else None


async def _desk(stack: Stack) -> Desk:
    token, wamid = await stack.embed(), await stack.customer_writes(ANA, "Hola")

    async def listed() -> list[Any]:
        rows: list[Any] = (await stack.get("/inbox/v1/conversations", token))["data"]
        return rows

    return Desk(stack, token, (await eventually(listed))[0]["id"], wamid)


async def test_a_failed_reply_is_put_away_for_everybody(stack: Stack) -> None:
    desk = await _desk(stack)
    failed = await desk.failed("no use")
    before = await desk.conversation()
    async with stack.iframe(desk.token) as iframe:
        answer = await desk.call("DELETE", f"/messages/{failed['id']}")
        event = await iframe.event("message.updated")
    assert answer.status_code == 200
    assert answer.json()["data"]["discarded_at"] == event["message"]["discarded_at"] is not None
    assert [message["type"] for message in await desk.thread()] == ["text"]
    after = await desk.conversation()
    assert after == event["conversation"]
    assert (before["last_message"]["preview"], after["last_message"]["preview"]) == ("no use", "Hola")
    assert (before["messages_count"], after["messages_count"]) == (2, 1)
    repeated = await desk.call("DELETE", f"/messages/{failed['id']}")
    assert (repeated.status_code, repeated.json()["data"]) == (200, answer.json()["data"])
    assert await desk.conversation() == after


async def test_a_failed_reply_is_sent_again_in_its_place(stack: Stack) -> None:
    desk = await _desk(stack)
    failed = await desk.failed("once more")
    async with stack.iframe(desk.token) as iframe:
        answers = await asyncio.gather(*(desk.call("POST", f"/messages/{failed['id']}/retry") for _ in range(4)))
        created = await iframe.event("message.created")
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    (again,) = {answer.json()["data"]["id"] for answer in answers}
    assert again == created["message"]["id"] != failed["id"]
    await desk.reached(again, "delivered")
    assert await desk.received() == ["once more"]
    assert [message["id"] for message in await desk.thread()][1:] == [again]
    assert (await desk.conversation())["messages_count"] == 2


async def test_what_did_not_fail_is_neither_sent_again_nor_put_away(stack: Stack) -> None:
    desk = await _desk(stack)
    sent = await desk.reply("fine")
    await desk.reached(sent["id"], "delivered")
    (asked, _) = await desk.thread()
    for message in (sent, asked):
        for method, path in (("POST", f"/messages/{message['id']}/retry"), ("DELETE", f"/messages/{message['id']}")):
            answer = await desk.call(method, path)
            assert (answer.status_code, answer.json()["code"]) == (422, "not_failed"), path
    assert len(await desk.thread()) == 2


async def test_where_nothing_may_be_sent_a_failed_reply_stays(stack: Stack) -> None:
    desk = await _desk(stack)
    failed = await desk.failed("too late")
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE conversation SET last_inbound_at = now() - interval '25 hours'"))
    answer = await desk.call("POST", f"/messages/{failed['id']}/retry")
    assert (answer.status_code, answer.json()["code"]) == (422, "window_closed")
    assert (await desk.thread())[-1]["discarded_at"] is None


async def test_outside_its_scope_a_message_is_not_there(stack: Stack) -> None:
    desk = await _desk(stack)
    failed = await desk.failed("not yours")
    async with stack.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO team_member (id, project_id, email, name)"
                " SELECT gen_random_uuid(), id, 'a@example.com', 'A' FROM project"
            )
        )
        member = (await connection.execute(text("SELECT id FROM team_member WHERE name = 'A'"))).scalar_one()
    other = await stack.embed(assigned_user_id=member)
    for method, path in (
        ("POST", f"/messages/{failed['id']}/retry"),
        ("DELETE", f"/messages/{failed['id']}"),
        ("GET", f"/conversations/{desk.conversation_id}/templates"),
        ("POST", f"/conversations/{desk.conversation_id}/typing"),
    ):
        assert (await desk.call(method, path, token=other)).status_code == 404, path


async def test_a_reply_that_arrived_all_the_same_comes_back(stack: Stack) -> None:
    desk = await _desk(stack)
    failed = await desk.failed("lost?")
    await desk.call("DELETE", f"/messages/{failed['id']}")
    status = status_update("wamid.late", "delivered", biz_opaque_callback_data=failed["id"])
    await stack.post_webhook(webhook(stack.project.phone_number_id, statuses=[status]))
    message = await desk.reached(failed["id"], "delivered")
    assert message["discarded_at"] is None
    assert [one["id"] for one in await desk.thread()][1:] == [failed["id"]]
    conversation = await desk.conversation()
    assert (conversation["messages_count"], conversation["last_message"]["id"]) == (2, failed["id"])


async def test_free_text_that_whatsapp_refuses_closes_the_window_until_the_customer_writes(stack: Stack) -> None:
    desk = await _desk(stack)
    async with stack.engine.begin() as connection:  # by our clock it is open for a while
        await connection.execute(text("UPDATE conversation SET last_inbound_at = now() - interval '23 hours'"))
    failed = await desk.failed("too late", 131047)
    assert (await desk.conversation())["window_expires_at"] == failed["timestamp"]
    reply = {"client_id": "again", "type": "text", "text": {"body": "again"}}
    answer = await desk.call("POST", f"/conversations/{desk.conversation_id}/messages", reply)
    assert (answer.status_code, answer.json()["code"]) == (422, "window_closed")
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE conversation SET window_closed_at = now() - interval '1 second'"))
    await stack.customer_writes(ANA, "I am back")

    async def is_open() -> bool:
        end: str = (await desk.conversation())["window_expires_at"]
        return bool(end > failed["timestamp"])

    await eventually(is_open)
    await desk.reply("Good to hear")


async def test_after_a_reaction_it_is_whatsapp_that_decides(stack: Stack) -> None:
    desk = await _desk(stack)
    sent = await desk.reply("done")
    delivered = await desk.reached(sent["id"], "delivered")
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE conversation SET last_inbound_at = now() - interval '25 hours'"))
    reaction = {
        "phone_number_id": stack.project.phone_number_id,
        "type": "reaction",
        "reaction": {"message_id": delivered["wamid"], "emoji": "👍"},
    }
    assert (await stack.simulator.post(f"/_sim/users/{ANA}/messages", json=reaction)).is_success

    async def reacted() -> bool:
        return any(message["reactions"] for message in await desk.thread())

    await eventually(reacted)
    await desk.reply("glad to help")


async def test_reading_in_an_inbox_turns_the_customer_s_ticks_blue_even_if_whatsapp_is_away_at_first(
    stack: Stack,
) -> None:
    desk = await _desk(stack)
    await desk.faults(fail_receipt_next={"count": 1, "http_status": 500, "code": 131000})
    assert (await desk.call("POST", f"/conversations/{desk.conversation_id}/read")).status_code == 200

    async def tried() -> bool:
        return await stack.count("read_receipt", "attempts = 1") == 1

    await eventually(tried)
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE read_receipt SET due_at = now()"))

    async def blue() -> bool:
        return await desk.ticks() == "read"

    await eventually(blue)

    async def done() -> bool:
        return await stack.count("read_receipt") == 0

    await eventually(done)


async def test_a_receipt_that_whatsapp_does_not_want_is_dropped(stack: Stack) -> None:
    desk = await _desk(stack)
    await desk.faults(fail_receipt_next={"count": 1, "code": 131009})
    await desk.call("POST", f"/conversations/{desk.conversation_id}/read")

    async def done() -> bool:
        return await stack.count("read_receipt") == 0

    await eventually(done)
    assert await desk.ticks() == "delivered"


async def test_the_customer_sees_that_somebody_types(stack: Stack) -> None:
    desk = await _desk(stack)
    path = f"/conversations/{desk.conversation_id}/typing"
    await desk.faults(fail_receipt_next={"count": 1, "code": 131000})
    assert (await desk.call("POST", path)).status_code == 204, "it is no matter if WhatsApp does not want to know"
    redis: Redis = Redis.from_url(stack.settings.redis_url)
    await redis.delete(f"porthole:first:typing:{desk.conversation_id}")
    await redis.aclose()
    answers = [await desk.call("POST", path) for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
    assert await desk.ticks() == "read"


async def test_the_templates_that_may_be_sent_are_all_listed_and_only_those(stack: Stack) -> None:
    desk = await _desk(stack)
    account = "900100"
    headers = {"X-API-Key": stack.project.api_key}
    for number in range(3):
        template = {
            "name": f"update_{number}",
            "language": "en_US",
            "category": "UTILITY",
            "components": [{"type": "BODY", "text": "Your order is on its way."}],
        }
        made = await stack.http.post(
            f"/meta/whatsapp/v24.0/{account}/message_templates", json=template, headers=headers
        )
        assert made.status_code == 200, made.text
    answer = await desk.call("GET", f"/conversations/{desk.conversation_id}/templates")
    assert answer.status_code == 200, answer.text
    listed = answer.json()["data"]
    names = [(template["name"], template["language"]) for template in listed]
    assert names == sorted(names)
    assert ("hello_world", "en_US") in names
    assert {template["status"] for template in listed} == {"APPROVED"}
    assert all(template["components"] for template in listed)
