"""/meta/whatsapp/{version}/{number}/messages: sent while the caller waits, seen on the phone and in iframes."""

import asyncio
import functools
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from shared.whatsapp.wamid import wamid_key
from tests.conversations import customer_wrote, new_wa_id
from tests.factories import make_project, text_message, webhook
from tests.meta_api import (
    ANA,
    CONTENTS,
    TEMPLATE,
    GraphRefusedError,
    MetaApi,
    customer_wrote_on_phone,
    message,
    received,
    set_faults,
)
from tests.stack import Stack
from tests.waiting import eventually


async def _refused(call: Any) -> GraphRefusedError:
    with pytest.raises(GraphRefusedError) as refused:
        await call
    return refused.value


async def _nothing_waits(stack: Stack) -> None:
    async def settled() -> bool:
        return await stack.count("outbox") == 0

    await eventually(settled)


async def _status_of(stack: Stack, wamid: str, status: str) -> None:
    async def reached() -> bool:
        return await stack.count("message", f"wamid = '{wamid}' AND status = '{status}'") == 1

    await eventually(reached)


async def test_every_type_reaches_the_phone_as_it_was_given_and_shows_live_in_an_iframe(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    async with stack.iframe(await stack.embed()) as iframe:
        answers = [await api.send(kind, content, f"+{ANA}") for kind, content in CONTENTS]

        async def all_shown() -> bool:
            return len({event["message"]["wamid"] for event in iframe.events} - {None}) == len(CONTENTS)

        await eventually(all_shown)
        first = [event for event in iframe.events if event["type"] == "message.created"]
    phone = await received(stack)
    assert [(one["type"], one[one["type"]]) for one in phone] == CONTENTS
    assert [(one["message"]["type"], one["message"][one["message"]["type"]]) for one in first] == CONTENTS
    assert {one["message"]["status"] for one in first} == {"queued"}
    for answer, one in zip(answers, phone, strict=True):
        assert answer == {
            "messaging_product": "whatsapp",
            "contacts": [{"input": f"+{ANA}", "wa_id": ANA}],
            "messages": [{"id": one["wamid"], "message_status": "accepted"}],
        }
    assert await stack.count("conversation") == await stack.count("contact") == 1
    assert await stack.count("outbox") == 0


async def test_a_reply_quotes_and_a_reaction_finds_its_message(stack: Stack) -> None:
    api = MetaApi(stack)
    question = await customer_wrote_on_phone(stack)
    await api.send_text("Yes", context={"message_id": question})
    await api.send("reaction", {"message_id": question, "emoji": "👍"})
    reply, reaction = await received(stack)
    assert reply["context"]["message_id"] == question
    assert reaction["reaction"] == {"message_id": question, "emoji": "👍"}
    shown, answered, _ = await api.list("messages")
    assert (shown["reaction"]["emoji"], answered["context"]) == ("👍", {"id": question})


async def test_statuses_come_back_with_the_senders_own_data(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    wamid = await api.send_text("Hello", biz_opaque_callback_data="order A-1")
    await _status_of(stack, wamid, "delivered")
    statuses = (await api.get(f"/{api.number}/messages/{wamid}"))["kapso"]["statuses"]
    assert [(one["status"], one["biz_opaque_callback_data"]) for one in statuses] == [
        ("sent", "order A-1"),
        ("delivered", "order A-1"),
    ]


async def test_statuses_in_another_form_of_the_wamid_belong_to_the_message(stack: Stack) -> None:
    api = MetaApi(stack)
    await stack.simulator.post("/_sim/users", json={"wa_id": ANA, "name": "Ana", "bsuid": "MX.77"})
    await customer_wrote_on_phone(stack)
    await set_faults(stack, hold_webhooks=True)
    pace = (await stack.simulator.get("/_sim/settings")).json() | {"sent_seconds": 3}
    await stack.simulator.put("/_sim/settings", json=pace)  # what it is called is decided when it is said
    wamid = await api.send_text("Hello")
    await set_faults(stack, wamid_scope="bsuid")
    await _status_of(stack, wamid, "delivered")
    statuses = (await api.get(f"/{api.number}/messages/{wamid}"))["kapso"]["statuses"]
    assert [one["status"] for one in statuses] == ["sent", "delivered"]
    assert statuses[0]["id"] != wamid


async def test_a_template_is_shown_by_its_words(stack: Stack) -> None:
    api, wa_id = MetaApi(stack), new_wa_id()
    await stack.simulator.post("/_sim/users", json={"wa_id": wa_id, "name": "Bea"})
    named = [{"type": "text", "parameter_name": name, "text": name} for name in ("hour", "day", "first_name")]
    template = {
        "name": "appointment_reminder",
        "language": {"code": "en_US"},
        "components": [{"type": "body", "parameters": named}],
    }
    await api.send("template", template, wa_id)
    (shown,) = await api.list("messages")
    words = "Hello first_name, we look forward to seeing you on day at hour."
    assert shown["kapso"]["content"] == words
    assert shown["template"] == template
    (conversation,) = await api.list("conversations")
    assert conversation["kapso"]["last_message_text"] == words
    token = await stack.embed()
    (row,) = (await stack.get("/inbox/v1/conversations", token))["data"]
    assert row["last_message"]["preview"] == words
    (drawn,) = (await stack.get(f"/inbox/v1/conversations/{row['id']}/messages", token))["data"]
    assert (drawn["words"], drawn["template"]) == (words, template)
    buttons = [{"type": "QUICK_REPLY", "text": "Confirm"}, {"type": "QUICK_REPLY", "text": "Change the time"}]
    assert drawn["template_parts"] == [{"type": "BUTTONS", "buttons": buttons}]


async def test_who_has_never_written_gets_a_template_and_nothing_else(stack: Stack) -> None:
    api, wa_id = MetaApi(stack), new_wa_id()
    refused = await _refused(api.send_text("Are you there?", wa_id))
    assert (refused.status, refused.code) == (422, 131047)
    assert await stack.count("contact") == await stack.count("conversation") == await stack.count("message") == 0
    async with stack.iframe(await stack.embed()) as iframe:
        await api.send_template(wa_id)
        event = await iframe.event("message.created")
    assert event["conversation"]["contact"]["phone_number"] == wa_id
    assert event["conversation"]["window_expires_at"] is None
    assert (await _refused(api.send_text("And now?", wa_id))).code == 131047


async def test_the_window_is_the_numbers_and_the_contacts_and_outlives_a_conversation(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    (first,) = await api.list("conversations")
    await api.patch(f"/conversations/{first['id']}", {"status": "ended"})
    await api.send_text("One more thing")
    second, ended = await api.list("conversations")
    assert (second["status"], ended["status"], ended["id"]) == ("active", "ended", first["id"])
    assert second["kapso"]["last_inbound_at"] == first["kapso"]["last_inbound_at"]
    assert (
        await _refused(MetaApi(stack, number=stack.project.customer_phone_number_id).send_text("Hi"))
    ).code == 131047
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE conversation SET last_inbound_at = now() - interval '24 hours'"))
    assert (await _refused(api.send_text("Too late"))).code == 131047
    await api.send_template()


async def test_a_running_workflow_sends_by_this_path_while_people_may_not(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE conversation SET mode = 'running'"))
    await api.send_text("I am a machine")
    assert [one["text"]["body"] for one in await received(stack)] == ["I am a machine"]


async def test_a_number_is_one_contact_in_either_of_its_spellings(stack: Stack) -> None:
    """WhatsApp knows Mexican numbers with a 1 that people leave out."""
    api = MetaApi(stack)
    await stack.simulator.post("/_sim/users", json={"wa_id": ANA, "name": "Ana"})
    answer = await api.send("template", TEMPLATE, "+52 55 5555 0100")
    assert answer["contacts"] == [{"input": "+52 55 5555 0100", "wa_id": ANA}]
    await customer_wrote_on_phone(stack)
    await api.send_text("Hello", "525555550100")
    assert await stack.count("contact") == await stack.count("conversation") == 1
    (contact,) = await api.list("contacts")
    assert contact["wa_id"] == ANA
    await customer_wrote_on_phone(stack, wa_id="5215555550199")
    await api.send_text("Hello", "525555550199")
    assert await stack.count("contact") == await stack.count("conversation") == 2


async def test_somebody_who_hides_the_number_is_reached_by_the_id(stack: Stack) -> None:
    api = MetaApi(stack)
    person = {"wa_id": ANA, "name": "Ana", "bsuid": "MX.4477", "phone_hidden": True}
    await stack.simulator.post("/_sim/users", json=person)
    body = {**message("template", TEMPLATE, None), "recipient": "MX.4477"}
    answer = await api.post(f"/{api.number}/messages", body)
    assert answer["contacts"] == [{"input": "MX.4477", "user_id": "MX.4477"}]
    await customer_wrote_on_phone(stack)
    await api.post(f"/{api.number}/messages", {**message("text", {"body": "Hi"}, None), "recipient": "MX.4477"})
    assert await stack.count("contact") == await stack.count("conversation") == 1
    (shown, _, _) = await api.list("messages")
    assert (shown["to"], shown["to_user_id"]) == (None, "MX.4477")
    both = await api.send("template", TEMPLATE, "15550200999", recipient="MX.4477")
    assert both["contacts"] == [{"input": "15550200999", "wa_id": "15550200999"}]  # `to` wins


async def test_marketing_messages_are_templates(stack: Stack) -> None:
    api, wa_id = MetaApi(stack), new_wa_id()
    path = f"/{api.number}/marketing_messages"
    refused = await _refused(api.post(path, message("text", {"body": "Buy"}, wa_id)))
    assert (refused.status, refused.details) == (422, "type must be `template`")
    answer = await api.post(path, message("template", TEMPLATE, wa_id))
    assert answer["messages"][0]["message_status"] == "accepted"


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"type": None}, ["type is required"]),
        ({"text": {"body": "x" * 4097}}, ["text.body must be"]),
        ({"to": None}, ["to is required"]),
        ({"to": "Ana"}, ["to must be a phone number"]),
        ({"to": None, "recipient": "77"}, ["recipient does not have the right form"]),
        ({"recipient_type": "group"}, ["recipient_type"]),
        ({"messaging_product": "sms", "text": {}}, ["messaging_product", "text.body is required"]),
        ({"status": "read"}, ["message_id is required"]),
        ({"text": {"body": "a\x00b"}}, ["text.body must not hold a NUL"]),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "button",
                    "body": {"text": ""},
                    "action": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "x" * 21}}]},
                },
            },
            ["interactive.body.text", "interactive.action.buttons[0].reply.title"],
        ),
    ],
)
async def test_every_wrong_field_is_named_in_metas_shape(
    stack: Stack, changes: dict[str, Any], details: list[str]
) -> None:
    api = MetaApi(stack)
    body = {key: value for key, value in {**message("text", {"body": "Hi"}), **changes}.items() if value is not None}
    refused = await _refused(api.post(f"/{api.number}/messages", body))
    assert (refused.status, refused.code, refused.type) == (422, 100, "OAuthException")
    for one in details:
        assert one in refused.details
    assert await stack.count("message") == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"text":' + b"[" * 5000 + b"]" * 5000 + b"}"])
async def test_a_body_that_cannot_be_read_is_a_400_in_metas_shape(stack: Stack, content: bytes) -> None:
    url = f"/meta/whatsapp/v24.0/{stack.project.phone_number_id}/messages"
    answer = await stack.http.post(url, content=content, headers={"X-API-Key": stack.project.api_key})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


async def test_other_projects_numbers_and_other_accounts_are_refused(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    for number in (other.phone_number_id, "1"):
        api = MetaApi(stack, number=number)
        for call in (api.send_template(), api.list("messages"), api.get(f"/{number}/messages/wamid.X")):
            refused = await _refused(call)
            assert (refused.status, refused.code) == (404, 100)
            assert str(refused) == "WhatsApp phone number not found or not accessible in this project"
    api = MetaApi(stack)
    refused = await _refused(api.send("template", TEMPLATE, messaging_account_id="123"))
    assert (refused.status, refused.body["code"]) == (422, "messaging_account_mismatch")
    assert refused.code is None  # flat, as Kapso has it
    await api.send("template", TEMPLATE, messaging_account_id="900100")
    assert await stack.count("message") == 1


@pytest.mark.parametrize("version", ["24.0", "v24", "vx", "v24.0x", "messages"])
async def test_only_versions_stand_before_a_number(stack: Stack, version: str) -> None:
    url = f"/meta/whatsapp/{version}/{stack.project.phone_number_id}/messages"
    assert (await stack.http.get(url, headers={"X-API-Key": stack.project.api_key})).status_code == 404
    right = f"/meta/whatsapp/v1.10/{stack.project.phone_number_id}/messages"
    assert (await stack.http.get(right, headers={"X-API-Key": stack.project.api_key})).status_code == 200


@pytest.mark.parametrize(("status", "code"), [(400, 131026), (429, 131056), (500, 131000)])
async def test_what_meta_refuses_is_passed_on_and_fails_in_the_inbox(stack: Stack, status: int, code: int) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    await set_faults(stack, fail_next={"count": 1, "http_status": status, "code": code})
    async with stack.iframe(await stack.embed()) as iframe:
        refused = await _refused(api.send_text("Hello"))
        event = await iframe.event("message.updated")
    assert (refused.status, refused.code, refused.type) == (status, code, "OAuthException")
    assert refused.body["error"]["fbtrace_id"]
    assert (event["message"]["status"], event["message"]["error"]["code"]) == ("failed", code)
    assert await stack.count("outbox") == 0
    await api.send_text("Hello again")
    assert [one["text"]["body"] for one in await received(stack)] == ["Hello again"]


async def test_one_message_of_a_conversation_is_sent_at_a_time(stack: Stack) -> None:
    api, other = MetaApi(stack), new_wa_id()
    await customer_wrote_on_phone(stack)
    await set_faults(stack, slow_seconds=2)
    first = asyncio.create_task(api.send_text("first"))

    async def under_way() -> bool:
        return await stack.count("outbox", "leased_until IS NOT NULL") == 1

    await eventually(under_way)
    refused = await _refused(api.send_text("second"))
    assert (refused.status, refused.code) == (409, None)
    assert refused.body["error"] == (
        "Another message is already in-flight for this conversation. Please retry shortly."
    )
    assert await stack.count("message", "direction = 'outbound'") == 1
    await api.send_template(other)  # of another conversation
    await first
    await set_faults(stack)
    await api.send_text("second")
    assert [one["text"]["body"] for one in await received(stack) if one["type"] == "text"] == ["first", "second"]


async def test_a_message_does_not_overtake_what_people_have_queued(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    await set_faults(stack, fail_next={"count": 1, "http_status": 429, "code": 130429})
    (conversation,) = await api.list("conversations")
    token = await stack.embed()
    reply = {"client_id": "1", "type": "text", "text": {"body": "from the inbox"}}
    path = f"/inbox/v1/conversations/{conversation['id']}/messages"
    answer = await stack.http.post(path, json=reply, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 201

    async def postponed() -> bool:
        return await stack.count("outbox", "due_at > now()") == 1

    await eventually(postponed)
    assert (await _refused(api.send_text("from the program"))).status == 409
    await _nothing_waits(stack)
    await api.send_text("from the program")
    assert [one["text"]["body"] for one in await received(stack)] == ["from the inbox", "from the program"]


async def test_twenty_sends_to_somebody_new_make_one_contact_and_lose_and_double_nothing(stack: Stack) -> None:
    api, wa_id = MetaApi(stack), new_wa_id()
    await stack.simulator.post("/_sim/users", json={"wa_id": wa_id, "name": "Bea"})
    bodies = [message("template", TEMPLATE, wa_id) for _ in range(20)]

    async def send(body: dict[str, Any]) -> str:
        while True:
            answer = await api.answer("POST", f"/{api.number}/messages", body)
            if answer.status_code == 200:
                wamid: str = answer.json()["messages"][0]["id"]
                return wamid
            assert answer.status_code == 409, answer.text

    wamids = await asyncio.gather(*(send(body) for body in bodies))
    assert len(set(wamids)) == 20
    assert sorted(one["wamid"] for one in await received(stack)) == sorted(wamids)
    assert await stack.count("contact") == await stack.count("conversation") == 1
    assert await stack.count("message") == 20
    assert await stack.count("conversation", "messages_count = 20") == 1


async def test_a_customer_who_writes_at_the_same_moment_is_the_same_contact(stack: Stack) -> None:
    api = MetaApi(stack)
    for _ in range(5):
        wa_id = new_wa_id()
        writes = webhook(api.number, messages=[text_message("hi", wa_id=wa_id)], name="Bea")
        await asyncio.gather(
            stack.post_webhook(writes),
            *(api.answer("POST", f"/{api.number}/messages", message("template", TEMPLATE, wa_id)) for _ in range(3)),
        )

    async def all_in() -> bool:
        return await stack.count("inbound_event", "state = 'pending'") == 0

    await eventually(all_in)
    assert await stack.count("inbound_event", "state = 'failed'") == 0
    assert await stack.count("contact") == await stack.count("conversation") == 5
    assert await stack.count("message", "direction = 'inbound'") == 5


async def test_a_lost_answer_is_settled_by_the_status_and_nothing_goes_out_twice(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    await set_faults(stack, drop_answer_next=1, hold_webhooks=True)
    refused = await _refused(api.send_text("Did you get it?", key="once"))
    assert (refused.status, refused.code) == (502, 131000)
    assert "stays queued" in str(refused)
    assert (await _refused(api.send_text("Did you get it?", key="once"))).status == 409
    assert (await _refused(api.send_text("Next"))).status == 409
    await set_faults(stack)
    await _nothing_waits(stack)
    wamid = await api.send_text("Did you get it?", key="once")
    assert [(one["text"]["body"], one["wamid"]) for one in await received(stack)] == [("Did you get it?", wamid)]
    await api.send_text("Next")


async def test_the_same_idempotency_key_sends_once_and_may_be_tried_again_after_a_refusal(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    await set_faults(stack, fail_next={"count": 1, "http_status": 400, "code": 131053})
    assert (await _refused(api.send_text("Hello", key="mine"))).code == 131053
    wamid = await api.send_text("Hello", key="mine")
    assert await api.send_text("Hello", key="mine") == wamid
    async with stack.engine.begin() as connection:  # as if the day were over
        await connection.execute(text("DELETE FROM idempotency_key"))
    assert await api.send_text("Hello", key="mine") == wamid
    assert len(await received(stack)) == 1
    assert await stack.count("message", "direction = 'outbound' AND status = 'failed'") == 1


async def test_a_read_receipt_shows_on_the_phone_and_clears_the_unread_count(stack: Stack) -> None:
    api = MetaApi(stack)
    first, second = [await customer_wrote_on_phone(stack, body) for body in ("one", "two")]
    assert await stack.count("conversation", "unread_count = 2") == 1
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": second}
    async with stack.iframe(await stack.embed()) as iframe:
        answer = await api.post(f"/{api.number}/messages", {**receipt, "typing_indicator": {"type": "text"}})
        event = await iframe.event("conversation.updated")
    assert answer == {"success": True}
    assert event["conversation"]["unread_count"] == 0
    chat = (await stack.simulator.get("/_sim/messages", params={"phone_number_id": api.number, "wa_id": ANA})).json()
    read = {one["wamid"] for one in chat if "read" in [status["status"] for status in one["statuses"]]}
    assert read == {first, second}
    refused = await _refused(api.post(f"/{api.number}/messages", {**receipt, "message_id": "wamid.UNKNOWN"}))
    assert (refused.status, refused.code) == (400, 131009)  # Meta's own words


async def test_a_message_is_found_by_its_wamid_in_either_form(stack: Stack) -> None:
    api = MetaApi(stack)
    await stack.simulator.post("/_sim/users", json={"wa_id": ANA, "name": "Ana", "bsuid": "MX.77"})
    by_phone = await customer_wrote_on_phone(stack)
    await set_faults(stack, wamid_scope="bsuid")
    query = {"phone_number_id": api.number, "wa_id": ANA}
    (chat,) = (await stack.simulator.get("/_sim/messages", params=query)).json()
    by_id = chat["wamid"]
    assert (by_phone != by_id, wamid_key(by_phone)) == (True, wamid_key(by_id))
    path = f"/{api.number}/messages"
    assert await api.get(f"{path}/{by_id}") == await api.get(f"{path}/{by_phone}")
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": by_id}
    assert await api.post(path, receipt) == {"success": True}
    assert await stack.count("conversation", "unread_count = 0") == 1


async def test_a_message_that_is_not_there_is_kapsos_404(stack: Stack) -> None:
    api = MetaApi(stack)
    wamid = await customer_wrote_on_phone(stack)
    elsewhere = MetaApi(stack, number=stack.project.customer_phone_number_id)
    for one, message_id in ((api, "wamid.X"), (elsewhere, wamid)):
        refused = await _refused(one.get(f"/{one.number}/messages/{message_id}"))
        assert (refused.status, refused.code, refused.type) == (404, 404, "MessageError")
        assert str(refused) == "Message not found"


async def test_history_is_filtered(stack: Stack) -> None:
    api, now = MetaApi(stack), int(time.time())
    conversation_id = await customer_wrote(stack, "old", wa_id=ANA, at=now - 7200)
    await customer_wrote(stack, "elsewhere", at=now - 3600)
    await customer_wrote_on_phone(stack, "new")
    await set_faults(stack, fail_next={"count": 1, "http_status": 400, "code": 131053})
    await _refused(api.send_text("no"))
    await api.send_text("yes")

    async def bodies(**query: Any) -> list[str]:
        return [one["text"]["body"] for one in await api.list("messages", **query)]

    assert await bodies() == ["yes", "no", "new", "elsewhere", "old"]
    assert await bodies(direction="inbound") == ["new", "elsewhere", "old"]
    assert await bodies(direction="outbound") == ["yes", "no"]
    assert await bodies(status="failed") == ["no"]
    assert await bodies(status="failed", direction="inbound") == []
    assert await bodies(conversation_id=conversation_id) == ["yes", "no", "new", "old"]
    assert await bodies(conversation_id=conversation_id, direction="inbound", status="delivered") == ["new", "old"]
    assert await bodies(until=now - 3600) == await bodies(until=_iso(now - 3600)) == ["elsewhere", "old"]
    assert await bodies(since=str(now - 3600), until=now - 60) == ["elsewhere"]
    assert await bodies(since=_iso(now + 3600)) == []
    assert await bodies(unheard_of="yes", limit=1) == ["yes"]
    refused = await _refused(api.list("messages", since="soon", status="lost", limit=0, conversation_id=7))
    assert refused.status == 422
    assert {one.split(" ")[0] for one in refused.details.split("; ")} == {"since", "status", "limit", "conversation_id"}
    refused = await _refused(api.list("messages", after="nonsense"))
    assert (refused.status, refused.code) == (400, 100)


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


async def test_history_pages_both_ways(stack: Stack) -> None:
    api, now = MetaApi(stack), int(time.time())
    messages = [text_message(str(place), wa_id=ANA, at=now - place // 3) for place in range(23)]
    await stack.post_webhook(webhook(api.number, messages=messages))

    async def all_in() -> bool:
        return await stack.count("message") == 23

    await eventually(all_in)
    everything = [one["id"] for one in await api.list("messages", limit=100)]
    for limit in (1, 4, 22, 23, 24):
        for query in ({}, {"direction": "inbound"}):
            assert await _paged(api, limit, query) == everything


async def _paged(api: MetaApi, limit: int, query: dict[str, str]) -> list[str]:
    """The ids of every page, read to the end; reading back shows the same."""
    path = f"/{api.number}/messages"
    page = await api.get(path, limit=limit, **query)
    forth, back = [one["id"] for one in page["data"]], []
    assert page["paging"]["previous"] is None
    while page["paging"]["next"] is not None:
        assert page["paging"]["next"] == page["paging"]["cursors"]["after"]
        page = await api.get(path, limit=limit, after=page["paging"]["next"], **query)
        forth += [one["id"] for one in page["data"]]
    back = [one["id"] for one in page["data"]]
    while page["paging"]["previous"] is not None:
        page = await api.get(path, limit=limit, before=page["paging"]["previous"], **query)
        back = [one["id"] for one in page["data"]] + back
    assert back == forth
    return forth


async def test_fields_choose_what_stands_under_kapso(stack: Stack) -> None:
    api = MetaApi(stack)
    wamid = await customer_wrote_on_phone(stack)
    for path in (f"/{api.number}/messages", f"/{api.number}/messages/{wamid}"):

        async def shown(path: str = path, **query: str) -> Any:
            found = await api.get(path, **query)
            return (found["data"][0] if "data" in found else found).get("kapso")

        everything = await shown()
        assert everything == await shown(fields="kapso(default)") == await shown(fields="kapso(*)")
        assert set(await shown(fields="kapso(direction, content,nonsense)")) == {"direction", "content"}
        assert await shown(fields="kapso()") is None


async def test_a_caller_that_goes_away_loses_nothing(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    await set_faults(stack, slow_seconds=1)
    calling = asyncio.create_task(
        stack.http.post(
            f"/meta/whatsapp/v24.0/{api.number}/messages",
            json=message("text", {"body": "Hello"}),
            headers={"X-API-Key": stack.project.api_key},
        )
    )
    await eventually(functools.partial(stack.count, "outbox"))
    calling.cancel()
    await _nothing_waits(stack)
    assert len(await received(stack)) == 1


async def test_after_a_day_an_idempotency_key_stands_for_another_message(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack)
    first = await api.send_text("on Monday", key="weekly")
    assert await api.send_text("on Monday", key="weekly") == first
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE idempotency_key SET created_at = created_at - interval '25 hours'"))
        await connection.execute(
            text("UPDATE message SET sent_at = sent_at - interval '25 hours' WHERE direction = 'outbound'")
        )
    assert await api.send_text("on Tuesday", key="weekly") != first
    assert [one["text"]["body"] for one in await received(stack)] == ["on Monday", "on Tuesday"]
