"""Calls, as the business hears of them and the customer's phone keeps them."""

from typing import Any

import pytest

from tests.integration.simulator_support import ANA, NUMBER, Json, World, until

pytest_plugins = ("tests.integration.simulator_fixtures",)


def call(world: World, **body: object) -> Any:
    answer = world.sim.post(f"/_sim/users/{ANA}/calls", json={"phone_number_id": NUMBER, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def told(world: World, count: int) -> list[Json]:
    until(lambda: len(world.business.of_field("calls")) >= count)
    return world.business.of_field("calls")


def test_a_customer_calls_and_is_answered(world: World) -> None:
    call_id = call(world, duration=42, timestamp=1790000000)["call_id"]
    connect, terminate = told(world, 2)
    assert call_id.startswith("wacid.")
    begun = connect["calls"][0]
    assert begun.pop("session")["sdp_type"] == "offer"
    assert begun == {
        "id": call_id,
        "from": ANA,
        "from_user_id": "MX.123",
        "to": "15550001111",
        "event": "connect",
        "direction": "USER_INITIATED",
        "timestamp": "1790000000",
    }
    assert connect["contacts"] == [{"profile": {"name": "Ana P"}, "wa_id": ANA, "user_id": "MX.123"}]
    assert terminate["calls"] == [
        {
            "id": call_id,
            "from": ANA,
            "from_user_id": "MX.123",
            "to": "15550001111",
            "event": "terminate",
            "direction": "USER_INITIATED",
            "timestamp": "1790000042",
            "status": "COMPLETED",
            "start_time": "1790000000",
            "end_time": "1790000042",
            "duration": 42,
        }
    ]


def test_a_missed_call(world: World) -> None:
    call(world, outcome="failed")
    ended = told(world, 2)[1]["calls"][0]
    assert (ended["status"], ended["errors"][0]["code"]) == ("FAILED", 138021)
    assert not {"duration", "start_time", "end_time"} & ended.keys()


def test_a_call_of_the_customer_opens_the_window(world: World) -> None:
    call(world)
    told(world, 2)
    world.send_text()
    world.settled("sent", "delivered")


@pytest.mark.parametrize(
    ("outcome", "statuses", "events"),
    [
        ("completed", ["RINGING", "ACCEPTED"], ["connect", "terminate"]),
        ("rejected", ["RINGING", "REJECTED"], ["terminate"]),
        ("failed", ["RINGING"], ["terminate"]),
    ],
)
def test_the_business_calls(world: World, outcome: str, statuses: list[str], events: list[str]) -> None:
    given = {"direction": "BUSINESS_INITIATED", "outcome": outcome, "biz_opaque_callback_data": "outbox-3"}
    call_id = call(world, **given)["call_id"]
    values = told(world, len(statuses) + len(events))
    found = [status for value in values for status in value.get("statuses", [])]
    assert [status["status"] for status in found] == statuses
    assert found[0] | {"timestamp": ""} == {
        "id": call_id,
        "type": "call",
        "status": "RINGING",
        "timestamp": "",
        "recipient_id": ANA,
        "recipient_user_id": "MX.123",
        "biz_opaque_callback_data": "outbox-3",
    }
    calls = [one for value in values for one in value.get("calls", [])]
    assert [one["event"] for one in calls] == events
    assert {(one["from"], one["to"], one["direction"]) for one in calls} == {("15550001111", ANA, "BUSINESS_INITIATED")}
    world.send_text()
    world.settled("failed")


def test_a_call_in_two_steps(world: World) -> None:
    call_id = call(world, steps=["connect"])["call_id"]
    assert world.chat()[0]["call"]["outcome"] == "ringing"
    assert call(world, call_id=call_id, steps=["terminate"], outcome="failed")["call_id"] == call_id
    assert [value["calls"][0]["id"] for value in told(world, 2)] == [call_id, call_id]
    assert [one["call"] for one in world.chat()] == [
        {"direction": "USER_INITIATED", "outcome": "failed", "duration": 0}
    ]


def test_a_caller_without_a_phone_number(world: World) -> None:
    world.user(phone_hidden=True, parent_bsuid="MX.ENT.9", username="ana.p")
    world.faults(wamid_scope="bsuid")
    call(world, steps=["connect"])
    value = told(world, 1)[0]
    begun = value["calls"][0]
    assert "from" not in begun
    assert (begun["from_user_id"], begun["from_parent_user_id"]) == ("MX.123", "MX.ENT.9")
    assert value["contacts"][0]["profile"] == {"name": "Ana P", "username": "ana.p"}
    assert ANA.encode() not in world.business.webhooks[0].body


def test_a_call_is_no_message(world: World) -> None:
    call(world, direction="BUSINESS_INITIATED")
    told(world, 4)
    assert world.received()["count"] == 0
    assert world.sim.post(f"/_sim/users/{ANA}/read", json={"phone_number_id": NUMBER}).json() == {"read": 0}
    assert world.sim.get("/_sim/users").json()[0]["chats"][NUMBER]["unread"] == 0
