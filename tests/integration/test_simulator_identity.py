"""Under which names webhooks know a customer: phone number, business-scoped user ids, username, and changes of them."""

import pytest

from tests.integration.simulator_support import ANA, NUMBER, World, until

pytest_plugins = ("tests.integration.simulator_fixtures",)

BRAZIL, ARGENTINA = "5511987654321", "5491155550100"


def test_all_ids_of_a_customer_are_told(world: World) -> None:
    world.user(parent_bsuid="MX.ENT.9", username="ana.p")
    world.open_window()
    value = world.business.values()[0]
    message = value["messages"][0]
    assert (message["from"], message["from_user_id"], message["from_parent_user_id"]) == (ANA, "MX.123", "MX.ENT.9")
    assert value["contacts"] == [
        {
            "profile": {"name": "Ana P", "username": "ana.p"},
            "wa_id": ANA,
            "user_id": "MX.123",
            "parent_user_id": "MX.ENT.9",
        }
    ]
    world.send_text()
    for status in world.settled("sent", "delivered"):
        assert (status["recipient_id"], status["recipient_user_id"]) == (ANA, "MX.123")
        assert status["recipient_parent_user_id"] == "MX.ENT.9"


def test_a_parent_id_can_be_sent_to(world: World) -> None:
    world.user(parent_bsuid="MX.ENT.9")
    world.open_window()
    answer = world.post(recipient="MX.ENT.9", type="text", text={"body": "hello"})
    assert answer.json()["contacts"] == [{"input": "MX.ENT.9", "user_id": "MX.ENT.9"}]
    world.settled("sent", "delivered")


def test_what_failed_on_its_way_to_a_phone_names_no_other_id(world: World) -> None:
    world.faults(async_fail_next={"count": 2})
    world.send_text()
    assert "recipient_user_id" not in world.settled("failed")[0]
    world.post(recipient="MX.123", type="text", text={"body": "hello"})
    failed = world.settled("failed", "failed")[1]
    assert failed["recipient_user_id"] == "MX.123"
    assert "recipient_id" not in failed


def test_one_message_can_hide_or_show_the_phone_number(world: World) -> None:
    world.customer_sends(phone_hidden=True)
    world.user(phone_hidden=True)
    world.customer_sends(phone_hidden=False)
    world.customer_sends(extra={"from": ""})
    until(lambda: len(world.business.messages()) == 3)
    hidden, shown, empty = world.business.messages()
    assert "from" not in hidden
    assert "wa_id" not in world.business.values()[0]["contacts"][0]
    assert shown["from"] == ANA
    assert empty["from"] == ""
    assert {message["from_user_id"] for message in (hidden, shown, empty)} == {"MX.123"}


def test_who_has_no_other_id_cannot_hide_the_number(world: World) -> None:
    world.sim.post("/_sim/users", json={"wa_id": "4915112345678"}).raise_for_status()
    body = {"phone_number_id": NUMBER, "text": {"body": "hi"}, "phone_hidden": True}
    assert world.sim.post("/_sim/users/4915112345678/messages", json=body).status_code == 400


def test_a_quote_of_a_hidden_customer_does_not_tell_the_number(world: World) -> None:
    world.user(phone_hidden=True)
    world.faults(wamid_scope="bsuid")
    first = world.open_window()
    world.customer_sends(context={"message_id": first})
    until(lambda: len(world.business.messages()) == 2)
    assert world.business.messages()[1]["context"] == {"id": first, "from_user_id": "MX.123"}


def test_a_new_number_brings_new_ids(world: World) -> None:
    world.user(parent_bsuid="MX.ENT.9")
    world.customer_sends("system", {"type": "user_changed_number", "wa_id": "5215555550199"})
    message = until(world.business.messages)[0]
    system = message["system"]
    assert (message["from"], message["from_user_id"]) == (ANA, "MX.123")
    assert (system["wa_id"], system["previous_user_id"]) == ("5215555550199", "MX.123")
    assert system["user_id"].startswith("MX.")
    assert system["user_id"] != "MX.123"
    assert system["parent_user_id"].startswith("MX.ENT.")
    assert system["previous_parent_user_id"] == "MX.ENT.9"
    assert system["body"] == f"User Ana P changed from {ANA} to 5215555550199"
    user = world.sim.get("/_sim/users").json()[0]
    assert (user["wa_id"], user["bsuid"], user["parent_bsuid"]) == (
        "5215555550199",
        system["user_id"],
        system["parent_user_id"],
    )


def test_a_new_id_alone(world: World) -> None:
    world.open_window()
    world.customer_sends("system", {"type": "user_changed_user_id", "user_id": "MX.456"})
    until(lambda: len(world.business.messages()) == 2)
    assert world.business.messages()[1]["system"] == {
        "type": "user_changed_user_id",
        "user_id": "MX.456",
        "previous_user_id": "MX.123",
        "body": "User Ana P changed from MX.123 to MX.456",
    }
    world.open_window()
    assert world.business.messages()[-1]["from_user_id"] == "MX.456"
    assert world.post(recipient="MX.456", type="text", text={"body": "hi"}).status_code == 200
    world.settled("sent", "delivered")


@pytest.mark.parametrize(
    ("wa_id", "other"),
    [(ANA, "525555550100"), (BRAZIL, "551187654321"), (ARGENTINA, "541155550100")],
)
def test_webhooks_may_spell_a_number_in_the_other_way(world: World, wa_id: str, other: str) -> None:
    world.sim.post("/_sim/users", json={"wa_id": wa_id, "name": "Ana P"}).raise_for_status()
    world.faults(other_spelling=True)
    body = {"phone_number_id": NUMBER, "text": {"body": "hi"}}
    world.sim.post(f"/_sim/users/{wa_id}/messages", json=body).raise_for_status()
    value = until(world.business.values)[0]
    assert (value["messages"][0]["from"], value["contacts"][0]["wa_id"]) == (other, other)
    sent = world.post(to=f"+{other}", type="text", text={"body": "hello"})
    assert sent.json()["contacts"][0] == {"input": f"+{other}", "wa_id": wa_id}
    assert {status["recipient_id"] for status in world.settled("sent", "delivered")} == {other}


def test_only_one_spelling_may_be_on_the_list_of_test_recipients(world: World) -> None:
    world.open_window()
    world.faults(allowed_recipients=["525555550100"])
    refused = world.post(to=f"+{ANA}", type="text", text={"body": "hello"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 131030)
    assert world.post(to="+525555550100", type="text", text={"body": "hello"}).status_code == 200


def test_an_edit_may_come_as_unsupported(world: World) -> None:
    wamid = world.open_window()
    world.faults(edits_unsupported=True)
    edit = {"original_message_id": wamid, "message": {"type": "text", "text": {"body": "adiós"}}}
    world.customer_sends("edit", edit)
    until(lambda: len(world.business.messages()) == 2)
    message = world.business.messages()[1]
    assert (message["type"], message["unsupported"]) == ("unsupported", {"type": "edit"})
    assert message["errors"][0]["code"] == 131051
    assert world.chat()[0]["text"]["body"] == "adiós"


def test_an_edited_caption_keeps_the_picture(world: World) -> None:
    wamid = world.customer_sends("image", {"caption": "a lamp"})
    edit = {"original_message_id": wamid, "message": {"type": "image", "image": {"caption": "two lamps"}}}
    world.customer_sends("edit", edit)
    picture = world.chat()[0]["image"]
    assert (picture["caption"], picture["mime_type"]) == ("two lamps", "image/png")
