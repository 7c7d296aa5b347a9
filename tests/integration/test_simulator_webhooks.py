"""Webhooks as Meta delivers them, and every way in which they may go wrong."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.integration.simulator_support import (
    ACCOUNT,
    ANA,
    NUMBER,
    OTHER_NUMBER,
    SECRET,
    Webhook,
    World,
    until,
)

pytest_plugins = ("tests.integration.simulator_fixtures",)


def signature(body: bytes) -> str:
    return "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def first_webhook(world: World) -> Webhook:
    return until(lambda: list(world.business.webhooks))[0]


def test_the_signature_covers_the_exact_bytes(world: World) -> None:
    world.customer_sends(content={"body": "¡Hola! 👋 ana@example.com http://a.example"})
    webhook = first_webhook(world)
    assert webhook.headers["x-hub-signature-256"] == signature(webhook.body)
    assert webhook.headers["user-agent"] == "facebookexternalua"
    assert webhook.headers["content-type"] == "application/json"


def test_json_is_escaped_as_meta_does(world: World) -> None:
    text = "é 👋 @ /"
    world.customer_sends(content={"body": text})
    webhook = first_webhook(world)
    assert b'"\\u00e9 \\ud83d\\udc4b \\u0040 \\/"' in webhook.body
    assert world.business.messages()[0]["text"]["body"] == text


def test_the_envelope_of_a_message(world: World) -> None:
    wamid = world.customer_sends(timestamp=1790000000)
    payload = json.loads(first_webhook(world).body)
    assert payload["object"] == "whatsapp_business_account"
    assert payload["entry"][0]["id"] == ACCOUNT
    assert world.business.values() == [
        {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "Ana P"}, "wa_id": ANA, "user_id": "MX.123"}],
            "messages": [
                {
                    "id": wamid,
                    "timestamp": "1790000000",
                    "type": "text",
                    "from": ANA,
                    "from_user_id": "MX.123",
                    "text": {"body": "hola"},
                }
            ],
        }
    ]


@pytest.mark.parametrize("status", [503, 500, 404, 201, 204])
def test_whatever_is_not_200_is_tried_again(world: World, status: int) -> None:
    world.business.answers = [status, status]
    world.customer_sends()
    until(lambda: len(world.business.webhooks) == 3)
    assert len({webhook.body for webhook in world.business.webhooks}) == 1
    log = until(lambda: [found for found in [world.sim.get("/_sim/deliveries").json()] if not found["pending"]])[0]
    assert [attempt["status_code"] for attempt in log["data"]] == [status, status, 200]
    assert [attempt["attempt"] for attempt in log["data"]] == [1, 2, 3]
    assert all(attempt["latency_ms"] > 0 for attempt in log["data"])


def test_a_failed_webhook_does_not_hold_up_the_next(world: World) -> None:
    world.settings(retry_first_seconds=30)
    world.business.answers = [503]
    late, prompt = world.customer_sends(), world.customer_sends()
    until(lambda: len(world.business.webhooks) == 2)
    assert [message["id"] for message in world.business.messages()] == [late, prompt]
    until(lambda: world.sim.get("/_sim/deliveries").json()["pending"] == 1)
    world.sim.post("/_sim/deliveries/retry")
    until(lambda: len(world.business.webhooks) == 3)
    assert world.business.messages()[-1]["id"] == late


def test_it_gives_up_in_the_end(world: World) -> None:
    world.settings(retry_first_seconds=0.001, retry_attempts=3)
    world.business.answers = [500] * 9
    world.customer_sends()
    until(lambda: world.sim.get("/_sim/deliveries").json()["pending"] == 0)
    assert len(world.business.webhooks) == 3


def test_statuses_follow_in_order_with_our_own_data(world: World) -> None:
    world.open_window()
    world.settings(auto_read=True)
    wamid = world.send_text(biz_opaque_callback_data="outbox-7")
    statuses = world.settled("sent", "delivered", "read")
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert {status["id"] for status in statuses} == {wamid}
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"outbox-7"}
    assert {status["recipient_id"] for status in statuses} == {ANA}


def test_read_comes_when_the_customer_looks(world: World) -> None:
    world.open_window()
    world.send_text()
    world.settled("sent", "delivered")
    assert world.sim.post(f"/_sim/users/{ANA}/read", json={"phone_number_id": NUMBER}).json() == {"read": 1}
    world.settled("sent", "delivered", "read")
    assert world.sim.post(f"/_sim/users/{ANA}/read", json={"phone_number_id": NUMBER}).json() == {"read": 0}


def test_no_read_from_a_customer_without_read_receipts(world: World) -> None:
    world.sim.post("/_sim/users", json={"wa_id": ANA, "read_receipts": False})
    world.open_window()
    world.send_text()
    world.settled("sent", "delivered")
    assert world.sim.post(f"/_sim/users/{ANA}/read", json={"phone_number_id": NUMBER}).json() == {"read": 0}


def test_a_hidden_phone_number_is_nowhere_in_the_webhook(world: World) -> None:
    world.sim.post("/_sim/users", json={"wa_id": ANA, "phone_hidden": True, "username": "ana.p"})
    world.faults(wamid_scope="bsuid")
    world.open_window()
    world.post(recipient="MX.123", type="text", text={"body": "hello"})
    world.settled("sent", "delivered")
    assert not [webhook for webhook in world.business.webhooks if ANA.encode() in webhook.body]
    assert world.business.messages()[0]["from_user_id"] == "MX.123"
    assert world.business.values()[0]["contacts"] == [
        {"profile": {"name": "Ana P", "username": "ana.p"}, "user_id": "MX.123"}
    ]


def test_duplicates_are_the_same_bytes(world: World) -> None:
    world.faults(duplicate=3)
    world.customer_sends()
    until(lambda: len(world.business.webhooks) == 4)
    assert len({webhook.body for webhook in world.business.webhooks}) == 1


def test_shuffled_webhooks_lose_their_order_and_nothing_else(world: World) -> None:
    world.faults(shuffle=True)
    sent = [world.customer_sends(content={"body": str(index)}) for index in range(8)]
    until(lambda: len(world.business.messages()) == 8)
    got = [message["id"] for message in world.business.messages()]
    assert got != sent
    assert sorted(got) == sorted(sent)


def test_a_batch_has_several_entries_and_changes(world: World) -> None:
    world.faults(batch=5)
    sent = [world.customer_sends() for _ in range(5)]
    webhook = first_webhook(world)
    assert [len(entry["changes"]) for entry in json.loads(webhook.body)["entry"]] == [2, 2, 1]
    assert [message["id"] for message in world.business.messages()] == sent


def test_held_webhooks_come_when_they_are_released(world: World) -> None:
    world.faults(hold_webhooks=True)
    sent = [world.customer_sends() for _ in range(3)]
    assert world.sim.get("/_sim/deliveries").json()["held"] == 3
    assert not world.business.webhooks
    world.sim.delete("/_sim/faults")
    until(lambda: len(world.business.webhooks) == 3)
    assert [message["id"] for message in world.business.messages()] == sent


def test_statuses_can_come_before_the_answer(world: World) -> None:
    world.open_window()
    world.settings(sent_seconds=60, delivered_seconds=60)
    world.faults(statuses_before_answer=True)
    world.send_text()
    assert world.business.status_names() == ["sent", "delivered"]


def test_delivered_can_be_left_out(world: World) -> None:
    world.open_window()
    world.settings(auto_read=True)
    world.faults(skip_delivered=True)
    world.send_text()
    world.settled("sent", "read")


def test_one_message_is_known_under_two_ids(world: World) -> None:
    by_phone = world.open_window()
    world.faults(wamid_scope="bsuid")
    world.customer_sends("reaction", {"message_id": by_phone, "emoji": "👍"})
    until(lambda: len(world.business.messages()) == 2)
    by_bsuid = world.business.messages()[1]["reaction"]["message_id"]
    assert by_bsuid != by_phone
    shown = world.sim.get("/_sim/messages", params={"phone_number_id": NUMBER, "wa_id": ANA}).json()
    assert shown[0]["wamid"] == by_bsuid
    assert shown[0]["reactions"] == {"customer": "👍"}


@pytest.mark.parametrize(("kind", "genuine"), [("valid", True), ("wrong", False), ("missing", False)])
def test_a_raw_webhook_is_signed_as_asked(world: World, kind: str, genuine: bool) -> None:
    world.business.answers = [401]
    answer = world.sim.post("/_sim/webhooks", json={"body": '{"né": 1', "signature": kind}).json()
    assert answer["status_code"] == 401
    webhook = first_webhook(world)
    assert webhook.body == '{"né": 1'.encode()
    assert (webhook.headers.get("x-hub-signature-256") == signature(webhook.body)) is genuine
    assert ("x-hub-signature-256" in webhook.headers) is (kind != "missing")


def test_verification_succeeds_only_with_the_right_token(world: World) -> None:
    assert world.sim.post("/_sim/verify").json()["verified"] is True
    world.business.verify_token = "another"
    answer = world.sim.post("/_sim/verify").json()
    assert (answer["verified"], answer["status_code"]) == (False, 403)


def test_a_burst_is_over_when_all_were_taken(world: World) -> None:
    world.business.answers = [503] * 5
    burst = {"phone_number_id": OTHER_NUMBER, "count": 60, "contacts": 7, "concurrency": 20}
    answer = world.sim.post("/_sim/burst", json=burst, timeout=20).json()
    assert (answer["accepted"], answer["failed"]) == (60, 0)
    assert {message["id"] for message in world.business.messages()} == set(answer["wamids"])
    assert len({message["from"] for message in world.business.messages()}) == 7


def test_a_reset_drops_what_was_under_way_and_repeats_the_ids(world: World) -> None:
    first = world.open_window()
    world.faults(hold_webhooks=True)
    world.customer_sends()
    world.start()
    assert world.sim.get("/_sim/deliveries").json() == {"pending": 0, "held": 0, "data": []}
    assert world.received()["count"] == 0
    assert world.open_window() == first


def test_a_burst_nobody_waits_for_any_more_ends(world: World) -> None:
    world.settings(retry_first_seconds=30)
    world.business.answers = [503] * 4
    burst = {"phone_number_id": NUMBER, "count": 8, "concurrency": 4}
    with pytest.raises(httpx.ReadTimeout):
        world.sim.post("/_sim/burst", json=burst, timeout=0.1)
    until(lambda: world.sim.get("/_sim/deliveries").json()["pending"] == 4)


def test_a_reset_ends_a_burst(world: World) -> None:
    world.settings(retry_first_seconds=30)
    world.business.answers = [503] * 3
    burst = {"phone_number_id": NUMBER, "count": 3}
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(httpx.post, f"{world.sim.base_url}/_sim/burst", json=burst)
        until(lambda: len(world.business.webhooks) == 3)
        world.start()
        assert answer.result(5).status_code == 400
