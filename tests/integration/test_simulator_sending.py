"""What a business gets for POST /{phone_number_id}/messages, and what becomes of the message."""

import time

import httpx
import pytest

from tests.integration.simulator_support import ANA, NUMBER, OTHER_NUMBER, World, until

DAY = 24 * 60 * 60
HELLO = {"name": "hello_world", "language": {"code": "en_US"}}


pytest_plugins = ("tests.integration.simulator_fixtures",)


def code_of(answer: httpx.Response) -> int:
    code = answer.json()["error"]["code"]
    assert isinstance(code, int)
    return code


def test_an_accepted_send_answers_as_meta_does(world: World) -> None:
    world.open_window()
    answer = world.post(to=f"+{ANA}", type="text", text={"body": "hello"})
    assert answer.status_code == 200
    wamid = answer.json()["messages"][0]["id"]
    assert answer.json() == {
        "messaging_product": "whatsapp",
        "contacts": [{"input": f"+{ANA}", "wa_id": ANA}],
        "messages": [{"id": wamid}],
    }
    world.settled("sent", "delivered")
    assert [message["wamid"] for message in world.received()["data"]] == [wamid]


def test_the_answer_names_the_user_as_meta_knows_them(world: World) -> None:
    world.open_window()
    answer = world.post(to="+525555550100", type="text", text={"body": "hello"})
    assert answer.json()["contacts"] == [{"input": "+525555550100", "wa_id": ANA}]


def test_a_send_to_a_bsuid_never_mentions_the_phone(world: World) -> None:
    world.open_window()
    answer = world.post(recipient="MX.123", type="text", text={"body": "hello"})
    assert answer.json()["contacts"] == [{"input": "MX.123", "user_id": "MX.123"}]
    for status in world.settled("sent", "delivered"):
        assert "recipient_id" not in status
        assert status["recipient_user_id"] == "MX.123"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "test-token"}])
def test_without_the_token_nothing_is_told(world: World, headers: dict[str, str]) -> None:
    for path in (f"/v25.0/{NUMBER}/messages", "/v25.0/1/messages"):
        answer = world.sim.post(path, json={}, headers=headers)
        assert (answer.status_code, code_of(answer)) == (401, 190)


def test_an_unknown_number_does_not_exist(world: World) -> None:
    answer = world.graph.post("/123/messages", json={"messaging_product": "whatsapp"})
    assert (answer.status_code, code_of(answer)) == (400, 100)
    assert answer.json()["error"]["error_subcode"] == 33
    assert "Object with ID '123' does not exist" in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"text"', b"\xff"])
def test_what_is_not_a_json_object_is_refused(world: World, body: bytes) -> None:
    answer = world.graph.post(f"/{NUMBER}/messages", content=body)
    assert (answer.status_code, code_of(answer)) == (400, 100)


def test_an_unknown_version_is_refused(world: World) -> None:
    answer = world.sim.get(f"/latest/{NUMBER}", headers=world.graph.headers)
    assert (answer.status_code, code_of(answer)) == (400, 2500)


def test_a_refused_message_reaches_nobody(world: World) -> None:
    world.open_window()
    answer = world.post(to=f"+{ANA}", type="text", text={"body": "x" * 4097})
    assert (answer.status_code, code_of(answer)) == (400, 100)
    assert world.received() == {"count": 0, "data": []}


def test_a_business_cannot_write_to_itself(world: World) -> None:
    assert code_of(world.post(to="+1 555-000-1111", type="text", text={"body": "me"})) == 131021


def test_the_window_closes_after_a_day_and_a_template_still_goes(world: World) -> None:
    world.open_window()
    world.sim.post("/_sim/clock", json={"advance_seconds": DAY - 60})
    world.send_text()
    world.settled("sent", "delivered")
    world.sim.post("/_sim/clock", json={"advance_seconds": 90})
    world.send_text()
    failed = world.settled("sent", "delivered", "failed")[-1]
    assert failed["errors"][0]["code"] == 131047
    assert "24 hours" in failed["errors"][0]["error_data"]["details"]
    assert world.post(to=f"+{ANA}", type="template", template=HELLO).status_code == 200
    world.settled("sent", "delivered", "failed", "sent", "delivered")


def test_a_message_reopens_the_window(world: World) -> None:
    world.open_window()
    world.sim.post("/_sim/clock", json={"advance_seconds": 2 * DAY})
    world.open_window()
    world.send_text()
    world.settled("sent", "delivered")


def test_a_late_webhook_opens_only_what_is_left_of_the_window(world: World) -> None:
    world.customer_sends(timestamp=int(time.time()) - DAY - 60)
    world.send_text()
    world.settled("failed")


def test_a_window_is_of_one_number(world: World) -> None:
    world.open_window()
    text = {"messaging_product": "whatsapp", "to": f"+{ANA}", "type": "text", "text": {"body": "hi"}}
    assert world.graph.post(f"/{OTHER_NUMBER}/messages", json=text).status_code == 200
    world.settled("failed")


def test_a_closed_window_can_be_refused_at_once(world: World) -> None:
    world.open_window()
    world.faults(closed_window=True, closed_window_answer="error")
    answer = world.post(to=f"+{ANA}", type="text", text={"body": "hello"})
    assert (answer.status_code, code_of(answer)) == (400, 131047)
    assert world.received()["count"] == 0


@pytest.mark.parametrize("target", [{"to": "+4915112345678"}, {"recipient": "DE.404"}])
def test_nobody_there_fails_later(world: World, target: dict[str, str]) -> None:
    answer = world.post(type="text", text={"body": "hello"}, **target)
    assert answer.status_code == 200
    failed = world.settled("failed")[0]
    assert (failed["id"], failed["errors"][0]["code"]) == (answer.json()["messages"][0]["id"], 131026)


def test_a_dropped_answer_is_a_message_sent_once(world: World) -> None:
    world.open_window()
    world.faults(drop_answer_next=1)
    with pytest.raises(httpx.RemoteProtocolError):
        world.send_text(biz_opaque_callback_data="outbox-1")
    statuses = world.settled("sent", "delivered")
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"outbox-1"}
    assert world.received()["count"] == 1
    world.send_text()
    assert world.received()["count"] == 2


def test_the_next_sends_can_fail_and_a_read_receipt_is_none(world: World) -> None:
    received = world.open_window()
    world.faults(fail_next={"count": 2, "code": 130429, "http_status": 429})
    assert world.post(status="read", message_id=received).status_code == 200
    for _ in range(2):
        answer = world.post(to=f"+{ANA}", type="text", text={"body": "hello"})
        assert (answer.status_code, code_of(answer)) == (429, 130429)
    world.send_text()
    assert world.received()["count"] == 1


def test_a_failure_has_the_status_of_its_code(world: World) -> None:
    world.faults(fail_next={"count": 1, "code": 131016})
    assert world.post().status_code == 500


def test_the_next_sends_can_fail_later(world: World) -> None:
    world.open_window()
    world.faults(async_fail_next={"count": 1, "code": 131049})
    world.send_text()
    assert world.settled("failed")[0]["errors"][0]["code"] == 131049
    world.send_text()
    world.settled("failed", "sent", "delivered")


def test_a_slow_answer_is_late_but_the_message_is_not(world: World) -> None:
    world.open_window()
    world.faults(slow_seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        world.graph.post(
            f"/{NUMBER}/messages",
            json={"messaging_product": "whatsapp", "to": f"+{ANA}", "type": "text", "text": {"body": "hi"}},
            timeout=0.1,
        )
    world.settled("sent", "delivered")


def test_a_read_receipt_turns_the_ticks_of_all_earlier_messages(world: World) -> None:
    world.open_window()
    second = world.open_window()
    body = {"status": "read", "message_id": second, "typing_indicator": {"type": "text"}}
    assert world.post(**body).json() == {"success": True}
    shown = world.sim.get("/_sim/messages", params={"phone_number_id": NUMBER, "wa_id": ANA}).json()
    assert [message["statuses"][-1]["status"] for message in shown] == ["read", "read"]
    assert world.received()["count"] == 0


def test_a_read_receipt_for_an_unknown_message_is_refused(world: World) -> None:
    assert code_of(world.post(status="read", message_id="wamid.unknown")) == 131009


def test_a_reaction_gets_only_sent_and_shows_on_its_target(world: World) -> None:
    target = world.open_window()
    world.post(to=f"+{ANA}", type="reaction", reaction={"message_id": target, "emoji": "🎉"})
    world.settled("sent")
    shown = world.sim.get("/_sim/messages", params={"phone_number_id": NUMBER, "wa_id": ANA}).json()
    assert [message["reactions"] for message in shown] == [{"business": "🎉"}]


@pytest.mark.parametrize("days", [0, 31])
def test_a_reaction_to_nothing_or_to_the_past_fails_later(world: World, days: int) -> None:
    target = world.open_window() if days else "wamid.unknown"
    world.sim.post("/_sim/clock", json={"advance_seconds": days * DAY})
    world.open_window()
    world.post(to=f"+{ANA}", type="reaction", reaction={"message_id": target, "emoji": "🎉"})
    assert world.settled("failed")[0]["errors"][0]["code"] == 131009


def test_the_customer_sees_the_quoted_message_and_never_what_failed(world: World) -> None:
    asked = world.open_window()
    world.send_text(context={"message_id": asked})
    world.faults(async_fail_next={"count": 1})
    world.send_text("lost")
    world.settled("sent", "delivered", "failed")
    shown = world.sim.get("/_sim/messages", params={"phone_number_id": NUMBER, "wa_id": ANA}).json()
    assert [message["text"]["body"] for message in shown] == ["hola", "hello"]
    assert shown[1]["context"]["message_id"] == asked


def test_the_clock_stamps_what_is_sent(world: World) -> None:
    world.sim.post("/_sim/clock", json={"set": 2000000000})
    world.open_window()
    stamp = int(until(world.business.messages)[0]["timestamp"])
    assert 2000000000 <= stamp < 2000000060
