"""The address book and the earlier chats that a business shares when its app joins the API."""

import json
import time
from typing import Any

import pytest

from tests.integration.simulator_support import ACCOUNT, ANA, NUMBER, Json, World, until

pytest_plugins = ("tests.integration.simulator_fixtures",)

DAY = 24 * 60 * 60
BEN = "4915112345678"


def ago(days: float) -> int:
    return int(time.time() - days * DAY)


def message(body: str, days: float, direction: str = "inbound", **rest: object) -> Json:
    return {"direction": direction, "timestamp": ago(days), "text": {"body": body}, **rest}


def share(world: World, **body: object) -> Any:
    answer = world.sim.post("/_sim/history", json={"phone_number_id": NUMBER, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def chunks(world: World, count: int) -> list[Json]:
    until(lambda: len(world.business.of_field("history")) >= count)
    return [part for value in world.business.of_field("history") for part in value.get("history", [])]


def test_a_thread_as_meta_writes_it(world: World) -> None:
    now = [message("Do you have lamps?", 0.5), message("We do", 0.4, "outbound", status="DELIVERED")]
    answer = share(world, threads=[{"wa_id": BEN, "name": "Ben", "messages": now}])
    assert (answer["chunks"], answer["messages"], answer["media"]) == (1, 2, 0)
    chunks(world, 1)
    asked, said = answer["wamids"]
    assert world.business.of_field("history") == [
        {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": NUMBER},
            "history": [
                {
                    "metadata": {"phase": 0, "chunk_order": 1, "progress": 100},
                    "threads": [
                        {
                            "id": BEN,
                            "messages": [
                                {
                                    "from": BEN,
                                    "id": asked,
                                    "timestamp": str(now[0]["timestamp"]),
                                    "type": "text",
                                    "text": {"body": "Do you have lamps?"},
                                    "history_context": {"status": "READ"},
                                },
                                {
                                    "from": "15550001111",
                                    "to": BEN,
                                    "id": said,
                                    "timestamp": str(now[1]["timestamp"]),
                                    "type": "text",
                                    "text": {"body": "We do"},
                                    "history_context": {"status": "DELIVERED"},
                                },
                            ],
                        }
                    ],
                }
            ],
        }
    ]
    assert world.business.webhooks[0].entries[0]["id"] == ACCOUNT
    assert not world.business.statuses()


def test_the_customers_phone_has_had_them_all_along(world: World) -> None:
    share(world, threads=[{"wa_id": ANA, "messages": [message("earlier", 3), message("answer", 2, "outbound")]}])
    assert [one["text"]["body"] for one in world.chat()] == ["earlier", "answer"]
    assert world.received()["count"] == 0
    world.send_text()
    world.settled("failed")


def test_phases_chunks_and_progress(world: World) -> None:
    threads = [
        {"wa_id": ANA, "messages": [message(f"a{days}", days) for days in (0.2, 0.5, 10, 20, 100, 200)]},
        {"wa_id": BEN, "messages": [message("b", 0.1)]},
    ]
    assert share(world, threads=threads, chunk_messages=2)["chunks"] == 4
    found = [tuple(chunk["metadata"].values()) for chunk in chunks(world, 4)]
    assert found == [(0, 1, 25), (0, 2, 50), (1, 1, 75), (2, 1, 100)]


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
def test_chunks_can_be_out_of_order(world: World, order: str) -> None:
    thread = {"wa_id": ANA, "messages": [message(str(index), 0.5) for index in range(6)]}
    share(world, threads=[thread], chunk_messages=1, order=order)
    found = [chunk["metadata"]["chunk_order"] for chunk in chunks(world, 6)]
    assert found != sorted(found)
    assert sorted(found) == [1, 2, 3, 4, 5, 6]


def test_files_follow_their_placeholders_for_two_weeks(world: World) -> None:
    messages = [
        {"direction": "inbound", "timestamp": ago(1), "type": "image", "content": {"caption": "this one"}},
        {"direction": "outbound", "timestamp": ago(2), "type": "document", "content": {"filename": "list.pdf"}},
        {"direction": "inbound", "timestamp": ago(20), "type": "audio", "status": "PLAYED"},
    ]
    answer = share(world, threads=[{"wa_id": ANA, "messages": messages}])
    assert answer["media"] == 2
    until(lambda: len(world.business.of_field("history")) == 3)
    placeholders = [
        one
        for value in world.business.of_field("history")[:-2]
        for part in value["history"]
        for thread in part["threads"]
        for one in thread["messages"]
    ]
    assert {one["type"] for one in placeholders} == {"media_placeholder"}
    assert not [one for one in placeholders if {"image", "document", "audio"} & one.keys()]
    theirs, ours = (value for value in world.business.of_field("history") if "history" not in value)
    picture, document = theirs["messages"][0], ours["message_echoes"][0]
    assert [picture["id"], document["id"]] == answer["wamids"][:2]
    assert (picture["from"], picture["image"]["caption"]) == (ANA, "this one")
    assert (document["from"], document["to"], document["document"]["filename"]) == ("15550001111", ANA, "list.pdf")
    assert "history_context" not in picture
    assert world.graph.get(picture["image"]["url"]).status_code == 200


def test_files_may_never_come(world: World) -> None:
    picture = {"direction": "inbound", "timestamp": ago(0.5), "type": "image"}
    assert share(world, threads=[{"wa_id": ANA, "messages": [picture]}], media="never")["media"] == 0


def test_a_customer_without_a_phone_number_is_named_in_the_context(world: World) -> None:
    world.faults(wamid_scope="bsuid")
    thread = {
        "wa_id": BEN,
        "bsuid": "DE.77",
        "username": "ben",
        "phone_hidden": True,
        "messages": [message("hi", 0.5), message("hello", 0.4, "outbound")],
    }
    share(world, threads=[thread])
    told = chunks(world, 1)[0]["threads"][0]
    assert (told["id"], told["context"]) == ("", {"user_id": "DE.77", "username": "ben"})
    assert "from" not in told["messages"][0]
    assert told["messages"][0]["from_user_id"] == told["messages"][1]["to_user_id"] == "DE.77"
    assert BEN.encode() not in world.business.webhooks[0].body


def test_the_chats_of_today_are_shared_under_their_ids(world: World) -> None:
    asked = world.open_window()
    said = world.send_text()
    world.settled("sent", "delivered")
    assert share(world)["wamids"] == [asked, said]


@pytest.mark.parametrize("refused", ["enveloped", "bare"])
def test_a_business_that_does_not_share(world: World, refused: str) -> None:
    share(world, refused=refused)
    webhook = until(lambda: world.business.webhooks)[0]
    value = json.loads(webhook.body) if refused == "bare" else webhook.changes[0]["value"]
    assert value["metadata"]["phone_number_id"] == NUMBER
    error = value["history"][0]["errors"][0]
    assert (error["code"], sorted(error)) == (2593109, ["code", "error_data", "message", "title"])
    assert bool(webhook.entries) is (refused == "enveloped")


def test_the_address_book(world: World) -> None:
    contacts = [
        {"phone_number": BEN, "full_name": "Ben Roth", "first_name": "Ben", "timestamp": 1790000000},
        {"phone_number": ANA, "action": "edit", "full_name": "Ana Paz", "first_name": "Ana", "user_id": "MX.123"},
        {"phone_number": "15550007777", "action": "remove", "full_name": "Gone"},
    ]
    answer = world.sim.post("/_sim/contacts", json={"phone_number_id": NUMBER, "contacts": contacts})
    assert answer.json() == {"contacts": 3}
    until(lambda: world.business.webhooks)
    added, edited, removed = world.business.of_field("smb_app_state_sync")[0]["state_sync"]
    assert added == {
        "type": "contact",
        "contact": {"full_name": "Ben Roth", "first_name": "Ben", "phone_number": BEN},
        "action": "add",
        "metadata": {"timestamp": "1790000000"},
    }
    assert (edited["action"], edited["contact"]["user_id"]) == ("add", "MX.123")
    assert (removed["action"], removed["contact"]) == ("remove", {"phone_number": "15550007777"})


def request(world: World, sync_type: str = "history") -> Any:
    body = {"messaging_product": "whatsapp", "sync_type": sync_type}
    return world.graph.post(f"/{NUMBER}/smb_app_data", json=body)


def test_graph_asks_for_each_once(world: World) -> None:
    app_data = {
        "contacts": [{"phone_number": BEN, "full_name": "Ben Roth"}],
        "history": {"threads": [{"wa_id": BEN, "messages": [message("hi", 0.5)]}]},
    }
    assert world.graph.get(f"/{NUMBER}", params={"fields": "is_on_biz_app"}).json()["is_on_biz_app"] is False
    world.sim.put(f"/_sim/app_data/{NUMBER}", json=app_data).raise_for_status()
    assert world.graph.get(f"/{NUMBER}", params={"fields": "is_on_biz_app"}).json()["is_on_biz_app"] is True
    for sync_type in ("smb_app_state_sync", "history"):
        assert sorted(request(world, sync_type).json()) == ["messaging_product", "request_id"]
        answer = request(world, sync_type)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 2593107)
    assert chunks(world, 1)[0]["threads"][0]["id"] == BEN
    until(lambda: world.business.of_field("smb_app_state_sync"))
    assert world.business.of_field("smb_app_state_sync")[0]["state_sync"][0]["contact"]["full_name"] == "Ben Roth"


def test_graph_is_asked_too_late_or_wrongly(world: World) -> None:
    world.sim.put(f"/_sim/app_data/{NUMBER}", json={"onboarded_at": ago(1.1)}).raise_for_status()
    assert request(world).json()["error"]["code"] == 2593108
    assert request(world, "everything").json()["error"]["code"] == 100
    assert not world.business.webhooks


def test_graph_shares_what_the_simulator_knows(world: World) -> None:
    world.open_window()
    assert request(world, "smb_app_state_sync").status_code == 200
    until(lambda: world.business.of_field("smb_app_state_sync"))
    told = world.business.of_field("smb_app_state_sync")[0]["state_sync"][0]["contact"]
    assert told == {"full_name": "Ana P", "first_name": "Ana", "phone_number": ANA, "user_id": "MX.123"}
    assert request(world).status_code == 200
    assert chunks(world, 1)[0]["threads"][0]["id"] == ANA
