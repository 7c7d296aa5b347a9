"""The failures of other inboxes that are about what the business sends (see test_failures_of_inboxes.py)."""

from typing import Any
from uuid import uuid4

from tests.stack import Stack
from tests.waiting import eventually

ANA = "15550100"
BSUID = "US.Ab12Cd34"


async def _faults(stack: Stack, **faults: Any) -> None:
    answer = await stack.simulator.put("/_sim/faults", json=faults)
    assert answer.is_success, answer.text


async def _asks(stack: Stack, **user: Any) -> None:
    """The customer writes, so that the window is open."""
    await stack.simulator.post("/_sim/users", json={"wa_id": ANA, "name": "Ana", **user})
    message = {"phone_number_id": stack.project.phone_number_id, "text": {"body": "Hola"}}
    answer = await stack.simulator.post(f"/_sim/users/{ANA}/messages", json=message)
    assert answer.status_code == 201, answer.text


async def _conversation(stack: Stack, token: str) -> dict[str, Any]:
    async def listed() -> Any:
        rows = (await stack.get("/inbox/v1/conversations", token))["data"]
        return rows and rows[0]["unread_count"] and rows[0]

    found: dict[str, Any] = await eventually(listed)
    return found


async def _reply(stack: Stack, token: str, conversation_id: str, body: str) -> None:
    answer = await stack.http.post(
        f"/inbox/v1/conversations/{conversation_id}/messages",
        json={"client_id": body, "type": "text", "text": {"body": body}},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 201, answer.text


async def _outgoing(stack: Stack, token: str, conversation_id: str, status: str) -> list[dict[str, Any]]:
    """What the business sent, oldest first, once the last of it has a status."""

    async def found() -> list[dict[str, Any]] | None:
        rows = (await stack.get(f"/inbox/v1/conversations/{conversation_id}/messages", token))["data"]
        sent = [row for row in reversed(rows) if row["direction"] == "outbound"]
        return sent if sent and sent[-1]["status"] == status else None

    messages = await eventually(found, 15)
    assert messages is not None
    return messages


async def test_7_statuses_that_overtake_the_answer_to_the_send_are_applied(stack: Stack) -> None:
    token = await stack.embed()
    await _asks(stack)
    conversation = await _conversation(stack, token)
    await _faults(stack, statuses_before_answer=True)
    await _reply(stack, token, conversation["id"], "early")
    (message,) = await _outgoing(stack, token, conversation["id"], "delivered")
    assert message["wamid"] is not None


async def test_8_a_message_that_fails_after_it_was_accepted_says_why_on_its_bubble(stack: Stack) -> None:
    token = await stack.embed()
    await _asks(stack)
    conversation = await _conversation(stack, token)
    for code in (131026, 131053, 131047):  # the last one closes the window
        await _faults(stack, async_fail_next={"count": 1, "code": code})
        async with stack.iframe(token) as iframe:
            await _reply(stack, token, conversation["id"], f"{code}")

            async def told(events: list[dict[str, Any]] = iframe.events) -> Any:
                failed = [one for one in events if one.get("message", {}).get("status") == "failed"]
                return failed and failed[0]["message"]

            message = await eventually(told)
        assert message["error"]["code"] == code
        assert message["error"]["title"]


async def test_13_a_reply_to_a_person_without_a_number_goes_to_their_user_id_and_has_its_ticks(stack: Stack) -> None:
    token = await stack.embed()
    await _asks(stack, bsuid=BSUID, username="ana.p", phone_hidden=True)
    conversation = await _conversation(stack, token)
    assert (conversation["contact"]["phone_number"], conversation["contact"]["username"]) == (None, "ana.p")
    found = await stack.get("/inbox/v1/conversations", token, search="ana.p")
    assert [row["id"] for row in found["data"]] == [conversation["id"]]
    await _faults(stack, wamid_scope="bsuid")
    await _reply(stack, token, conversation["id"], "hidden")
    await _outgoing(stack, token, conversation["id"], "delivered")
    received = (await stack.simulator.get("/_sim/received")).json()["data"]
    assert [one["text"]["body"] for one in received] == ["hidden"]
    await _asks(stack, phone_hidden=False)

    async def known() -> bool:
        contact = (await stack.get(f"/inbox/v1/conversations/{conversation['id']}", token))["data"]["contact"]
        return bool(contact["phone_number"] == ANA)

    await eventually(known)
    assert await stack.count("contact") == await stack.count("conversation") == 1


async def test_15_a_reply_goes_to_the_spelling_that_whatsapp_told_last(stack: Stack) -> None:
    """Who begins in one spelling and is answered in the other is one person."""
    token = await stack.embed()
    number = stack.project.phone_number_id
    headers = {"X-API-Key": stack.project.api_key}
    await stack.simulator.post("/_sim/users", json={"wa_id": "551187654321", "name": "Bia"})
    await stack.simulator.post(
        "/_sim/users/551187654321/messages", json={"phone_number_id": number, "text": {"body": "oi"}}
    )
    await _conversation(stack, token)
    body = {"messaging_product": "whatsapp", "to": "+5511987654321", "type": "text", "text": {"body": "olá"}}
    answer = await stack.http.post(f"/meta/whatsapp/v24.0/{number}/messages", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert await stack.count("contact") == await stack.count("conversation") == 1
    received = (await stack.simulator.get("/_sim/received")).json()["data"]
    assert [one["wa_id"] for one in received] == ["551187654321"]


async def test_16_the_echo_of_our_own_send_is_no_second_message_even_if_it_comes_first(stack: Stack) -> None:
    token = await stack.embed()
    await _asks(stack)
    conversation = await _conversation(stack, token)
    await _faults(stack, echo_sends=True, statuses_before_answer=True)
    await _reply(stack, token, conversation["id"], "once")
    await _outgoing(stack, token, conversation["id"], "delivered")

    async def settled() -> bool:
        return await stack.count("inbound_event", "state = 'pending'") + await stack.count("outbox") == 0

    await eventually(settled)
    assert await stack.count("message", "direction = 'outbound'") == 1
    assert await stack.count("conversation", "messages_count = 2") == 1


async def test_16_what_is_typed_on_the_business_s_phone_shows_as_ours_and_its_changes_apply(stack: Stack) -> None:
    token, number = await stack.embed(), stack.project.phone_number_id
    await _asks(stack)
    conversation = await _conversation(stack, token)

    async def type_(**message: Any) -> str:
        answer = await stack.simulator.post(f"/_sim/users/{ANA}/echoes", json={"phone_number_id": number, **message})
        assert answer.status_code == 201, answer.text
        wamid: str = answer.json()["wamid"]
        return wamid

    wamid = await type_(text={"body": "typed"})
    (message,) = await _outgoing(stack, token, conversation["id"], "delivered")
    assert (message["origin"], message["text"]) == ("business_app", {"body": "typed"})
    edited = {"type": "text", "text": {"body": "typed well"}}
    await type_(type="edit", edit={"original_message_id": wamid, "message": edited})

    async def changed() -> bool:
        (message,) = await _outgoing(stack, token, conversation["id"], "delivered")
        return bool(message["edited_at"]) and message["text"] == {"body": "typed well"}

    await eventually(changed)
    await type_(type="revoke", revoke={"original_message_id": wamid})

    async def gone() -> bool:
        (message,) = await _outgoing(stack, token, conversation["id"], "delivered")
        return bool(message["deleted_at"]) and message["text"] == {}

    await eventually(gone)


async def test_18_a_lost_answer_makes_no_second_message_and_holds_up_no_other(stack: Stack) -> None:
    token = await stack.embed()
    await _asks(stack)
    conversation = await _conversation(stack, token)
    await _faults(stack, drop_answer_next=1)
    for body in ("first", "second"):
        await _reply(stack, token, conversation["id"], body)
    messages = await _outgoing(stack, token, conversation["id"], "delivered")
    assert [message["status"] for message in messages] == ["delivered", "delivered"]
    received = (await stack.simulator.get("/_sim/received")).json()["data"]
    assert [one["text"]["body"] for one in received] == ["first", "second"]


async def test_20_a_dead_token_fails_sends_in_sight_and_keeps_nothing_from_coming_in(stack: Stack) -> None:
    token = await stack.embed()
    await _asks(stack)
    conversation = await _conversation(stack, token)
    await _faults(stack, fail_next={"count": 1, "code": 190})
    await _reply(stack, token, conversation["id"], "refused")
    (refused,) = await _outgoing(stack, token, conversation["id"], "failed")
    assert refused["error"]["code"] == 190
    await stack.customer_writes(ANA, "are you there?")

    async def came_in() -> bool:
        return await stack.count("message", "direction = 'inbound'") == 2

    await eventually(came_in)
    await _reply(stack, token, conversation["id"], "with a new token")
    await _outgoing(stack, token, conversation["id"], "delivered")


async def test_20_an_error_of_whatsapp_s_own_is_no_dead_token(stack: Stack) -> None:
    token = await stack.embed()
    await _asks(stack)
    conversation = await _conversation(stack, token)
    await _faults(stack, fail_next={"count": 1, "code": 131000, "http_status": 500})
    await _reply(stack, token, conversation["id"], "again")
    await _outgoing(stack, token, conversation["id"], "delivered")


async def test_a_reaction_that_is_refused_gives_way_to_the_one_before_it(stack: Stack) -> None:
    token = await stack.embed()
    wamid = await stack.customer_writes(ANA, "Hola")
    conversation = await _conversation(stack, token)

    async def react(emoji: str) -> None:
        answer = await stack.http.post(
            f"/inbox/v1/conversations/{conversation['id']}/messages",
            json={"client_id": str(uuid4()), "type": "reaction", "reaction": {"message_id": wamid, "emoji": emoji}},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201, answer.text

    async def chips() -> list[str]:
        rows = (await stack.get(f"/inbox/v1/conversations/{conversation['id']}/messages", token))["data"]
        return [chip["emoji"] for row in rows for chip in row["reactions"]]

    async def shown(*emojis: str) -> None:
        async def settled() -> bool:
            return await stack.count("outbox") == 0 and await chips() == [*emojis]

        await eventually(settled)

    async def refuse_next() -> None:
        await _faults(stack, fail_next={"count": 1, "code": 131009})

    await refuse_next()
    await react("🙏")
    await shown()
    await react("👍")
    assert await chips() == ["👍"]
    await shown("👍")
    for emoji in ("😮", "😢"):
        await refuse_next()
        await react(emoji)
        assert await chips() in ([emoji], ["👍"])
        await shown("👍")
    await react("")
    await shown()
    await refuse_next()
    await react("❤️")
    await shown()
    assert await stack.count("conversation", "messages_count = 1 AND unread_count = 1") == 1
