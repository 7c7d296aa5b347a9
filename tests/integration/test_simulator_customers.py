"""What customers can do, and what the business hears of it."""

import time
from typing import Any

import pytest

from tests.integration.simulator_support import ANA, NUMBER, OTHER_NUMBER, World, until

Json = dict[str, Any]


pytest_plugins = ("tests.integration.simulator_fixtures",)


def chat(world: World) -> list[Json]:
    shown: list[Json] = world.sim.get("/_sim/messages", params={"phone_number_id": NUMBER, "wa_id": ANA}).json()
    return shown


KINDS: dict[str, object] = {
    "location": {"latitude": 19.4, "longitude": -99.1, "name": "Café"},
    "contacts": [{"name": {"formatted_name": "Ana P"}, "phones": [{"phone": "+52 55", "wa_id": ANA}]}],
    "interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}},
    "button": {"payload": "STOP", "text": "Stop"},
    "order": {"catalog_id": "C", "product_items": [{"product_retailer_id": "SKU", "quantity": 2, "item_price": 7.99}]},
    "system": {"type": "customer_identity_changed", "body": "changed"},
    "unsupported": {"type": "poll_creation"},
}


@pytest.mark.parametrize(("kind", "content"), KINDS.items(), ids=KINDS)
def test_content_goes_through_as_it_is(world: World, kind: str, content: object) -> None:
    wamid = world.customer_sends(kind, content)
    message = until(world.business.messages)[0]
    assert (message["id"], message["type"], message[kind]) == (wamid, kind, content)


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
def test_media_come_with_a_file_of_their_own(world: World, kind: str) -> None:
    world.customer_sends(kind)
    content = until(world.business.messages)[0][kind]
    assert sorted(content) == ["id", "mime_type", "sha256", "url"]
    assert world.graph.get(content["url"]).headers["content-type"].startswith(content["mime_type"].partition(";")[0])


def test_an_unsupported_message_has_an_error(world: World) -> None:
    world.customer_sends("unsupported", {"type": "poll_creation"})
    assert until(world.business.messages)[0]["errors"][0]["code"] == 131051


def test_a_system_message_has_no_contacts(world: World) -> None:
    world.customer_sends("system", {"type": "customer_identity_changed"})
    until(world.business.messages)
    assert "contacts" not in world.business.values()[0]


def test_a_type_nobody_knows_is_delivered(world: World) -> None:
    world.customer_sends(
        "hologram", None, extra={"hologram": {"size": 3}, "group_id": "g"}, referral={"source_id": "1"}
    )
    message = until(world.business.messages)[0]
    assert (message["type"], message["hologram"], message["group_id"]) == ("hologram", {"size": 3}, "g")
    assert message["referral"] == {"source_id": "1"}


def test_a_quote_names_the_author(world: World) -> None:
    world.open_window()
    sent = world.send_text()
    world.settled("sent", "delivered")
    world.customer_sends(context={"message_id": sent})
    message = until(lambda: world.business.messages()[1:])[0]
    assert message["context"] == {"id": sent, "from": "15550001111"}


def test_a_forwarded_message(world: World) -> None:
    world.customer_sends(context={"forwarded": True})
    assert until(world.business.messages)[0]["context"] == {"forwarded": True}


def test_an_edit_a_deletion_and_a_reaction_change_the_message_on_the_phone(world: World) -> None:
    wamid = world.open_window()
    world.customer_sends("reaction", {"message_id": wamid, "emoji": "👍"})
    edited = {"original_message_id": wamid, "message": {"type": "text", "text": {"body": "adiós"}}}
    world.customer_sends("edit", edited)
    message = chat(world)[0]
    assert (message["text"]["body"], message["edited"], message["reactions"]) == ("adiós", True, {"customer": "👍"})
    world.customer_sends("reaction", {"message_id": wamid})
    world.customer_sends("revoke", {"original_message_id": wamid})
    message = chat(world)[0]
    assert (message["revoked"], message["reactions"]) == (True, {"customer": ""})
    assert len(chat(world)) == 1
    until(lambda: len(world.business.messages()) == 5)


def test_a_new_number_keeps_the_chat(world: World) -> None:
    world.open_window()
    world.customer_sends("system", {"type": "user_changed_number", "wa_id": "5215555550199", "user_id": "MX.456"})
    message = until(lambda: world.business.messages()[1:])[0]
    assert (message["from"], message["system"]["wa_id"]) == (ANA, "5215555550199")
    users = world.sim.get("/_sim/users").json()
    assert [(user["wa_id"], user["bsuid"]) for user in users] == [("5215555550199", "MX.456")]
    assert world.post(to="+5215555550199", type="text", text={"body": "hi"}).status_code == 200
    world.settled("sent", "delivered")


def test_only_what_a_customer_says_opens_the_window(world: World) -> None:
    world.customer_sends("system", {"type": "customer_identity_changed"})
    world.customer_sends("revoke", {"original_message_id": "wamid.X"})
    world.send_text()
    world.settled("failed")
    world.customer_sends("request_welcome", None)
    world.send_text()
    world.settled("failed", "sent", "delivered")


def test_ticks_follow_the_business(world: World) -> None:
    world.faults(hold_webhooks=True)
    world.customer_sends()
    assert [status["status"] for status in chat(world)[0]["statuses"]] == ["sent"]
    world.sim.delete("/_sim/faults")
    until(lambda: [status["status"] for status in chat(world)[0]["statuses"]] == ["sent", "delivered"])


def test_a_transcript_is_shown_and_not_sent(world: World) -> None:
    now = int(time.time())
    foreign = "wamid.HBgLMTY1MDUwNzY1MjAVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA"
    transcript = [
        {"direction": "inbound", "timestamp": now - 60, "text": {"body": "earlier"}},
        {"direction": "outbound", "timestamp": now - 30, "text": {"body": "answer"}, "wamid": foreign},
    ]
    user = {"phone": f"+{ANA}", "transcript": {NUMBER: transcript}}
    for _ in range(2):
        assert world.sim.post("/_sim/users", json={**user, "transcript": {NUMBER: transcript[1:]}}).status_code == 200
    world.sim.post("/_sim/users", json={"wa_id": ANA, "transcript": {NUMBER: transcript[:1]}})
    assert [message["text"]["body"] for message in chat(world)] == ["earlier", "answer"]
    assert world.received()["count"] == 0
    world.send_text()
    world.settled("sent", "delivered")
    assert not world.business.messages()
    world.customer_sends(context={"message_id": foreign})
    assert chat(world)[-1]["context"]["key"] == "9A3CA5B3D4CD6E67E7"


def test_users_are_listed_with_their_chats(world: World) -> None:
    world.open_window()
    world.send_text("for Ana")
    world.settled("sent", "delivered")
    user = world.sim.get("/_sim/users").json()[0]
    assert (user["wa_id"], user["name"], user["bsuid"]) == (ANA, "Ana P", "MX.123")
    assert list(user["chats"]) == [NUMBER]
    assert user["chats"][NUMBER]["unread"] == 1
    assert user["chats"][NUMBER]["last_message"]["text"]["body"] == "for Ana"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/_sim/users", {"phone": "nobody"}, 400),
        ("/_sim/users", {"wa_id": ANA, "shoe_size": 42}, 400),
        ("/_sim/users", {"wa_id": ANA, "transcript": {"1": []}}, 404),
        ("/_sim/users/1/messages", {"phone_number_id": NUMBER}, 404),
        (f"/_sim/users/{ANA}/messages", {"phone_number_id": "1"}, 404),
        (f"/_sim/users/{ANA}/messages", {"phone_number_id": NUMBER, "type": "image", "image": {"id": "1"}}, 400),
        (f"/_sim/users/{ANA}/messages", {"phone_number_id": NUMBER, "type": "image", "image": {"data": "§"}}, 400),
        ("/_sim/burst", {"phone_number_id": OTHER_NUMBER, "count": 0}, 400),
        ("/_sim/webhooks", {}, 400),
    ],
)
def test_mistakes_of_the_caller_are_told(world: World, path: str, body: Json, status: int) -> None:
    assert world.sim.post(path, json=body).status_code == status


def test_an_unknown_fault_is_refused(world: World) -> None:
    assert world.sim.put("/_sim/faults", json={"earthquake": True}).status_code == 400
