"""The main job: a customer's message appears in the iframe, and the answer reaches the customer."""

from typing import Any

from tests.stack import Stack
from tests.waiting import eventually

ANA = "5215555550100"


async def test_a_message_from_the_phone_is_pushed_to_the_iframe_with_all_it_needs_to_be_drawn(stack: Stack) -> None:
    token = await stack.embed()
    async with stack.iframe(token) as iframe:
        wamid = await stack.customer_writes(ANA, "Do you have the tent in green?")
        event = await iframe.event("message.created")

    assert event["message"]["wamid"] == wamid
    assert event["message"]["text"] == {"body": "Do you have the tent in green?"}
    assert event["message"]["direction"] == "inbound"
    assert event["conversation"]["contact"]["name"] == "Ana"
    assert event["conversation"]["unread_count"] == 1
    assert event["conversation"]["last_message"]["preview"] == "Do you have the tent in green?"

    listed = (await stack.get("/inbox/v1/conversations", token))["data"]
    assert listed == [event["conversation"]]
    thread = await stack.get(f"/inbox/v1/conversations/{listed[0]['id']}/messages", token)
    assert thread["data"] == [event["message"]]


async def test_a_reply_reaches_the_customer_once_and_its_ticks_change_live(stack: Stack) -> None:
    token = await stack.embed()
    async with stack.iframe(token) as iframe:
        await stack.customer_writes(ANA, "Hola")
        conversation_id = (await iframe.event("message.created"))["conversation"]["id"]
        answer = await stack.http.post(
            f"/inbox/v1/conversations/{conversation_id}/messages",
            json={"client_id": "c1", "type": "text", "text": {"body": "Yes, in stock"}},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["data"]["status"] == "queued"

        async def delivered() -> list[dict[str, Any]]:
            return [
                event
                for event in iframe.events
                if event["type"] == "message.updated" and event["message"]["status"] == "delivered"
            ]

        final = (await eventually(delivered))[0]

    received = (await stack.simulator.get("/_sim/received")).json()
    assert [message["text"]["body"] for message in received["data"]] == ["Yes, in stock"]
    assert final["message"]["client_id"] == "c1"
    assert final["message"]["wamid"].startswith("wamid.")
    assert final["conversation"]["last_message"]["status"] == "delivered"
    assert await stack.count("outbox") == 0


async def test_a_reply_sent_twice_with_one_client_id_goes_out_once(stack: Stack) -> None:
    token = await stack.embed()
    async with stack.iframe(token) as iframe:
        await stack.customer_writes(ANA, "Hola")
        conversation_id = (await iframe.event("message.created"))["conversation"]["id"]
        reply = {"client_id": "c1", "type": "text", "text": {"body": "Once"}}
        url, headers = f"/inbox/v1/conversations/{conversation_id}/messages", {"Authorization": f"Bearer {token}"}
        first = await stack.http.post(url, json=reply, headers=headers)
        second = await stack.http.post(url, json=reply, headers=headers)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["data"]["id"] == second.json()["data"]["id"]

        async def sent() -> bool:
            return await stack.count("message", "direction = 'outbound' AND status = 'delivered'") == 1

        await eventually(sent)
    assert len((await stack.simulator.get("/_sim/received")).json()["data"]) == 1
