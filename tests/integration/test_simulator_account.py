"""What Meta tells of an account, its templates, its numbers, and of who holds a chat."""

from typing import Any

import pytest

from tests.integration.simulator_support import ACCOUNT, ANA, NUMBER, OTHER_NUMBER, Json, World, until

pytest_plugins = ("tests.integration.simulator_fixtures",)

FIELDS = {
    "message_template_status_update": {"event": "APPROVED", "reason": "NONE"},
    "message_template_quality_update": {"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"},
    "template_category_update": {"previous_category": "UTILITY", "new_category": "MARKETING"},
    "account_update": {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}},
    "account_alerts": {"entity_type": "WABA", "entity_id": ACCOUNT, "alert_status": "ACTIVE"},
    "account_review_update": {"decision": "APPROVED"},
    "business_capability_update": {
        "max_daily_conversations_per_business": 2000,
        "max_phone_numbers_per_business": 25,
    },
    "phone_number_quality_update": {"display_phone_number": "15550001111", "event": "THROUGHPUT_UPGRADE"},
    "phone_number_name_update": {"decision": "APPROVED", "requested_verified_name": "Harbour Shop"},
}


def event(world: World, field: str, value: Json | None = None, **rest: object) -> Json:
    """Send it; the answer is the change as it came to the business."""
    before = len(world.business.webhooks)
    answer = world.sim.post("/_sim/account_events", json={"field": field, "value": value or {}, **rest})
    assert answer.status_code == 200, answer.text
    until(lambda: len(world.business.webhooks) > before)
    change: Json = world.business.webhooks[before].changes[0]
    assert change == {"field": field, "value": answer.json()}
    sent: Json = change["value"]
    return sent


def templates(world: World, **wanted: str) -> list[Json]:
    found: list[Json] = world.sim.get("/_sim/templates").json()
    return [one for one in found if wanted.items() <= one.items()]


@pytest.mark.parametrize(("field", "parts"), FIELDS.items(), ids=FIELDS)
def test_a_field_has_a_complete_value_and_a_time(world: World, field: str, parts: Json) -> None:
    world.sim.post("/_sim/clock", json={"set": 2000000000})
    value = event(world, field)
    assert parts.items() <= value.items()
    entry = world.business.webhooks[0].entries[0]
    assert entry["id"] == ACCOUNT
    assert 2000000000 <= entry["time"] < 2000000060


def test_a_value_of_ones_own(world: World) -> None:
    event(world, "account_update", {"event": "PARTNER_REMOVED"}, phone_number_id=OTHER_NUMBER, time=1790000000)
    assert world.business.webhooks[0].entries[0]["time"] == 1790000000
    assert world.business.of_field("account_update")[0]["phone_number"] == "15550002222"
    assert event(world, "account_update", {"event": "ACCOUNT_DELETED"}) == {"event": "ACCOUNT_DELETED"}
    ban = {"waba_ban_state": "REINSTATE", "waba_ban_date": "April 17, 2025"}
    assert event(world, "account_update", {"event": "DISABLED_UPDATE", "ban_info": ban})["ban_info"] == ban
    assert "rejection_reason" not in event(world, "phone_number_name_update", {"rejection_reason": None})
    assert event(world, "security", {"event": "PIN_CHANGED"}, whole=True, business_account_id="77") == {
        "event": "PIN_CHANGED"
    }
    assert world.business.webhooks[-1].entries[0]["id"] == "77"


@pytest.mark.parametrize(
    ("status", "part"),
    [("REJECTED", "rejection_info"), ("PAUSED", "other_info"), ("DISABLED", "disable_info")],
)
def test_the_status_of_a_template_says_more(world: World, status: str, part: str) -> None:
    value = event(world, "message_template_status_update", {"event": status, "message_template_name": "login_code"})
    assert part in value
    assert value["message_template_id"] == int(templates(world, name="login_code")[0]["id"])
    assert value["message_template_category"] == "AUTHENTICATION"


def test_a_category_that_is_to_change(world: World) -> None:
    value = event(world, "template_category_update", {"correct_category": "MARKETING"})
    assert (value["correct_category"], value["new_category"]) == ("MARKETING", "UTILITY")
    assert "previous_category" not in value


def test_preferences_of_a_customer(world: World) -> None:
    value = event(world, "user_preferences", {"value": "resume", "timestamp": 1790000000})
    assert "time" not in world.business.webhooks[0].entries[0]
    assert value["metadata"]["phone_number_id"] == NUMBER
    assert value["user_preferences"] == [
        {
            "wa_id": ANA,
            "user_id": "MX.123",
            "detail": "User requested to resume marketing messages",
            "category": "marketing_messages",
            "value": "resume",
            "timestamp": 1790000000,
        }
    ]


def test_a_chat_that_another_holds(world: World) -> None:
    standby = event(world, "standby", wa_id=ANA)
    message = standby["standby"]["messages"][0]
    assert (message["from"], message["type"], standby["metadata"]["phone_number_id"]) == (ANA, "text", NUMBER)
    echo = {"id": "wamid.A", "timestamp": "1", "message": {"to": ANA, "type": "text", "text": {"body": "Yes"}}}
    assert event(world, "standby", {"standby": {"message_echoes": [echo]}})["standby"]["message_echoes"] == [echo]
    passed = event(world, "messaging_handovers")
    assert passed["recipient"]["phone_number_id"] == NUMBER
    assert (passed["sender"]["phone_number"], passed["control_passed"]["new_owner_role"]) == (ANA, "escalation")
    taken = event(world, "messaging_handovers", {"type": "control_taken"})
    assert taken["control_taken"]["new_owner_role"] == "ai_agent"


def test_a_customer_writes_while_another_holds_the_chat(world: World) -> None:
    world.open_window()
    world.faults(standby=True)
    asked = world.customer_sends()
    said = world.send_text()
    until(lambda: len(world.business.of_field("standby")) == 3)
    message, *statuses = world.business.of_field("standby")
    assert sorted(message) == ["messaging_product", "metadata", "standby"]
    assert message["standby"]["contacts"][0]["wa_id"] == ANA
    assert [one["id"] for one in message["standby"]["messages"]] == [asked]
    assert [value["standby"]["statuses"][0]["id"] for value in statuses] == [said, said]
    world.sim.delete("/_sim/faults")
    world.open_window()


def test_what_meta_decides_about_a_template_is_told_and_holds(world: World) -> None:
    template = templates(world, name="hello_world")[0]
    change = {"status": "PAUSED", "quality": "RED", "category": "MARKETING"}
    assert world.sim.patch(f"/_sim/templates/{template['id']}", json=change).json()["status"] == "PAUSED"
    until(lambda: len(world.business.webhooks) == 3)
    named = {
        "message_template_id": int(template["id"]),
        "message_template_name": "hello_world",
        "message_template_language": "en_US",
    }
    assert world.business.of_field("template_category_update") == [
        named | {"previous_category": "UTILITY", "new_category": "MARKETING"}
    ]
    assert world.business.of_field("message_template_quality_update") == [
        named | {"previous_quality_score": "UNKNOWN", "new_quality_score": "RED"}
    ]
    status = world.business.of_field("message_template_status_update")[0]
    assert named.items() <= status.items()
    assert status["event"] == "PAUSED"
    known = world.graph.get(f"/{ACCOUNT}/message_templates", params={"name": "hello_world"}).json()["data"][0]
    assert (known["status"], known["category"], known["quality_score"]["score"]) == ("PAUSED", "MARKETING", "RED")
    sent = world.post(to=f"+{ANA}", type="template", template={"name": "hello_world", "language": {"code": "en_US"}})
    assert sent.json()["error"]["code"] == 132015
    assert world.sim.patch(f"/_sim/templates/{template['id']}", json=change).status_code == 200
    assert len(world.business.webhooks) == 3


def test_what_meta_thinks_of_a_number_is_told_as_far_as_meta_tells_it_and_holds(world: World) -> None:
    def judged(**change: str) -> tuple[Json, int]:
        """What Graph says then, and how many webhooks there were so far."""
        assert world.sim.patch(f"/_sim/numbers/{NUMBER}", json=change).status_code == 200
        fields = {"fields": "quality_rating,whatsapp_business_manager_messaging_limit"}
        said: Json = world.graph.get(f"/{NUMBER}", params=fields).json()
        return said, world.sim.get("/_sim/deliveries").json()["pending"] + len(world.business.webhooks)

    known = {"id": NUMBER, "whatsapp_business_manager_messaging_limit": "TIER_2K"}
    assert judged(quality="YELLOW") == (known | {"quality_rating": "YELLOW"}, 0)
    assert judged(quality="RED") == (known | {"quality_rating": "RED"}, 1)
    judged(quality="GREEN", messaging_limit="TIER_250")
    judged(messaging_limit="TIER_UNLIMITED")
    until(lambda: len(world.business.webhooks) == 4)
    told = world.business.of_field("phone_number_quality_update")
    assert [(value["event"], value["current_limit"]) for value in told] == [
        ("FLAGGED", "TIER_2K"),
        ("UNFLAGGED", "TIER_250"),
        ("DOWNGRADE", "TIER_250"),
        ("UPGRADE", "TIER_UNLIMITED"),
    ]
    assert {value["display_phone_number"] for value in told} == {"15550001111"}
    other = world.graph.get(f"/{OTHER_NUMBER}").json()
    assert other["quality_rating"] == "GREEN"
    world.sim.post("/_sim/reset")
    assert world.graph.get(f"/{NUMBER}").json()["quality_rating"] == "GREEN"


def test_a_rejection_has_its_reason(world: World) -> None:
    template = templates(world, status="PENDING")[0]
    change = {"status": "REJECTED", "reason": "SCAM"}
    assert world.sim.patch(f"/_sim/templates/{template['id']}", json=change).json()["rejected_reason"] == "SCAM"
    until(lambda: world.business.webhooks)
    assert world.business.of_field("message_template_status_update")[0]["reason"] == "SCAM"


def test_what_the_business_does_with_a_template_is_told_too(world: World) -> None:
    template = templates(world, name="login_code")[0]
    changed: Any = world.graph.post(f"/{template['id']}", json={"category": "AUTHENTICATION"})
    assert changed.json() == {"success": True}
    world.graph.delete(f"/{ACCOUNT}/message_templates", params={"name": "login_code"}).raise_for_status()
    until(lambda: len(world.business.webhooks) == 2)
    events = [value["event"] for value in world.business.of_field("message_template_status_update")]
    assert events == ["PENDING", "DELETED"]


@pytest.mark.parametrize(
    "body",
    [
        {"field": "weather"},
        {"field": "account_update", "phone_number_id": "1"},
        {"field": "message_template_status_update", "template_id": "1"},
        {"field": "standby", "wa_id": "1"},
        {"value": {}},
    ],
)
def test_mistakes_of_the_caller_are_told(world: World, body: Json) -> None:
    assert world.sim.post("/_sim/account_events", json=body).status_code == 400
    assert world.sim.patch("/_sim/templates/1", json={}).status_code == 404
    assert world.sim.patch("/_sim/numbers/1", json={}).status_code == 404
    assert world.sim.patch(f"/_sim/numbers/{NUMBER}", json={"quality": "BLUE"}).status_code == 400


def test_a_batch_keeps_the_time_of_each_entry(world: World) -> None:
    world.faults(batch=4)
    world.customer_sends()
    for time in (1790000000, 1790000000, 1790000001):
        body = {"field": "account_review_update", "time": time}
        world.sim.post("/_sim/account_events", json=body).raise_for_status()
    until(lambda: world.business.webhooks)
    entries = world.business.webhooks[0].entries
    assert [(entry.get("time"), len(entry["changes"])) for entry in entries] == [
        (None, 1),
        (1790000000, 2),
        (1790000001, 1),
    ]
