"""What somebody types in the WhatsApp Business app of a number: echoes, and what the customer sees."""

import pytest

from tests.integration.simulator_support import ANA, NUMBER, OTHER_NUMBER, Json, World, until

pytest_plugins = ("tests.integration.simulator_fixtures",)

FIELD = "smb_message_echoes"


def echoes(world: World, count: int = 1) -> list[Json]:
    values = until(lambda: world.business.of_field(FIELD) if len(world.business.of_field(FIELD)) >= count else None)
    assert values is not None
    return [echo for value in values for echo in value["message_echoes"]]


def test_the_envelope_of_an_echo(world: World) -> None:
    wamid = world.app_sends(content={"body": "We open at nine"}, timestamp=1790000000)
    echoes(world)
    assert world.business.of_field(FIELD) == [
        {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": NUMBER},
            "contacts": [{"wa_id": ANA, "user_id": "MX.123"}],
            "message_echoes": [
                {
                    "from": "15550001111",
                    "to": ANA,
                    "to_user_id": "MX.123",
                    "id": wamid,
                    "timestamp": "1790000000",
                    "type": "text",
                    "text": {"body": "We open at nine"},
                }
            ],
        }
    ]
    assert "time" not in world.business.webhooks[0].entries[0]


def test_the_customer_sees_it_and_its_statuses_follow_without_a_window(world: World) -> None:
    wamid = world.app_sends()
    statuses = world.settled("sent", "delivered")
    assert {status["id"] for status in statuses} == {wamid}
    assert not [status for status in statuses if "pricing" in status]
    shown = world.chat()
    assert [(one["wamid"], one["direction"], one["text"]["body"]) for one in shown] == [
        (wamid, "outbound", "from the shop")
    ]
    world.sim.post(f"/_sim/users/{ANA}/read", json={"phone_number_id": NUMBER})
    world.settled("sent", "delivered", "read")
    assert world.received()["count"] == 0


def test_it_opens_no_window(world: World) -> None:
    world.app_sends()
    world.settled("sent", "delivered")
    world.send_text()
    world.settled("sent", "delivered", "failed")


def test_nobody_there(world: World) -> None:
    world.user(has_whatsapp=False)
    world.app_sends()
    assert world.settled("failed")[0]["errors"][0]["code"] == 131026


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
def test_media_typed_on_the_phone_can_be_fetched(world: World, kind: str) -> None:
    world.app_sends(kind)
    content = echoes(world)[0][kind]
    assert sorted(content) == ["id", "mime_type", "sha256", "url"]
    assert world.graph.get(content["url"]).status_code == 200


def test_a_quote_a_reaction_an_edit_and_a_deletion(world: World) -> None:
    asked = world.open_window()
    answer = world.app_sends(context={"message_id": asked})
    world.settled("sent", "delivered")
    world.app_sends("reaction", {"message_id": asked, "emoji": "👍"})
    edited = {"original_message_id": answer, "message": {"type": "text", "text": {"body": "We open at ten"}}}
    world.app_sends("edit", edited)
    until(lambda: len(world.business.of_field(FIELD)) == 3)
    quoting, reaction, edit = echoes(world, 3)
    assert quoting["context"] == {"id": asked, "from": ANA, "from_user_id": "MX.123"}
    assert reaction["reaction"] == {"message_id": asked, "emoji": "👍"}
    assert (edit["type"], edit["edit"]) == ("edit", edited)
    assert edit["id"] != answer
    world.settled("sent", "delivered", "sent")
    question, reply = world.chat()
    assert question["reactions"] == {"business": "👍"}
    assert (reply["text"]["body"], reply["edited"], reply["context"]["message_id"]) == ("We open at ten", True, asked)
    world.app_sends("revoke", {"original_message_id": answer})
    assert echoes(world, 4)[-1]["revoke"] == {"original_message_id": answer}
    assert world.chat()[1]["revoked"] is True


def test_a_hidden_phone_number_is_not_in_an_echo(world: World) -> None:
    world.user(phone_hidden=True, username="ana.p", parent_bsuid="MX.ENT.9")
    world.faults(wamid_scope="bsuid")
    world.app_sends()
    echo = echoes(world)[0]
    assert "to" not in echo
    assert (echo["to_user_id"], echo["to_parent_user_id"]) == ("MX.123", "MX.ENT.9")
    assert world.business.of_field(FIELD)[0]["contacts"] == [
        {"profile": {"username": "ana.p"}, "user_id": "MX.123", "parent_user_id": "MX.ENT.9"}
    ]
    assert ANA.encode() not in world.business.webhooks[0].body


def test_a_number_as_timestamp_and_other_parts(world: World) -> None:
    world.app_sends(timestamp=1790000000, timestamp_as_number=True, extra={"to": "525555550100"})
    echo = echoes(world)[0]
    assert (echo["timestamp"], echo["to"]) == (1790000000, "525555550100")


def test_the_echo_of_an_own_send_can_come_before_its_answer(world: World) -> None:
    world.open_window()
    world.faults(echo_sends=True, statuses_before_answer=True)
    wamid = world.send_text("by the API")
    assert [(echo["id"], echo["text"]["body"]) for echo in echoes(world)] == [(wamid, "by the API")]
    assert [status["id"] for status in world.settled("sent", "delivered")] == [wamid, wamid]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/_sim/users/1/echoes", {"phone_number_id": OTHER_NUMBER}, 404),
        (f"/_sim/users/{ANA}/echoes", {"phone_number_id": "1"}, 404),
        (f"/_sim/users/{ANA}/echoes", {"phone_number_id": NUMBER, "type": "image", "image": {"sample": "x"}}, 400),
        (f"/_sim/users/{ANA}/echoes", {"phone_number_id": NUMBER, "referral": {}}, 400),
    ],
)
def test_mistakes_of_the_caller_are_told(world: World, path: str, body: Json, status: int) -> None:
    assert world.sim.post(path, json=body).status_code == status
