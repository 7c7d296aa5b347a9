"""What the business's own systems hear of, and how it is told to them (Kapso: "Webhooks", "Message events")."""

import asyncio
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shared.kapso.webhooks import NUMBER_EVENTS, PROJECT_EVENTS, sample_body
from shared.media_links import read_media_token
from shared.operations.emit_webhooks import emit_inactive
from shared.operations.queue_message import queue_message
from shared.operations.settle_message import Accepted, message_refused, messages_accepted
from shared.operations.store_outgoing import NewMessage
from shared.scope import Scope
from shared.settings import Settings
from tests.conversations import customer_wrote, new_wa_id
from tests.database import count
from tests.executions import person_in_inbox
from tests.factories import new_wamid, status_update, text_message
from tests.integration.webhook_support import ANA, BO, Desk
from tests.platform_api import PlatformApi
from tests.receiver import SECRET, Delivered, Receiver
from tests.stack import Stack

RECEIVED, CREATED, ENDED, INACTIVE = (
    "whatsapp.message.received",
    "whatsapp.conversation.created",
    "whatsapp.conversation.ended",
    "whatsapp.conversation.inactive",
)
STATUSES = tuple(f"whatsapp.message.{status}" for status in ("sent", "delivered", "read", "failed"))

pytest_plugins = ("tests.integration.webhook_fixtures",)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver is on loopback."""
    return msgspec.structs.replace(settings, allow_private_addresses=True)


async def _number_webhook(stack: Stack, receiver: Receiver, *events: str) -> None:
    path = f"/whatsapp/phone_numbers/{stack.project.phone_number_id}/webhooks"
    wanted = {"url": f"{receiver.url}/number", "secret_key": SECRET, "events": list(events)}
    await PlatformApi(stack).create(path, {"whatsapp_webhook": wanted})


async def _project_webhook(stack: Stack, receiver: Receiver, *events: str) -> None:
    wanted = {"url": f"{receiver.url}/project", "events": list(events)}
    await PlatformApi(stack).create("/whatsapp/webhooks", {"whatsapp_webhook": wanted})


async def _reply(desk: Desk, body: str = "Con gusto") -> UUID:
    """A reply in the only conversation, queued."""
    async with desk.engine.begin() as connection:
        (conversation_id,) = (await connection.exec_driver_sql("SELECT id FROM conversation")).scalars().all()
        message, _ = await queue_message(
            connection, Scope(desk.project.id), conversation_id, NewMessage(None, "text", {"body": body})
        )
    message_id: UUID = message["id"]
    return message_id


async def _sent_reply(desk: Desk) -> str:
    """A reply that Meta has taken; its wamid."""
    message_id, wamid = await _reply(desk), new_wamid()
    async with desk.engine.begin() as connection:
        await messages_accepted(connection, desk.settings, {message_id: Accepted(wamid)})
    return wamid


class TestMessages:
    async def test_a_message_that_came_in(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED, CREATED)
        message = text_message("¿Hola? ☂")
        await desk.comes(message, name="Ana Ribeiro")
        await desk.writes("otra vez")
        await desk.send()
        created, first, second = desk.receiver.came
        body = first.json()
        assert set(body) == {"message", "conversation", "is_new_conversation", "phone_number_id"}
        assert body["phone_number_id"] == desk.project.phone_number_id
        shown = body["message"]
        assert (shown["id"], shown["type"], shown["text"]) == (message["id"], "text", {"body": "¿Hola? ☂"})
        assert (shown["from"], shown["timestamp"]) == (ANA, message["timestamp"])
        kapso = shown["kapso"]
        assert (kapso["direction"], kapso["status"], kapso["processing_status"]) == ("inbound", "received", "pending")
        assert (kapso["origin"], kapso["has_media"], kapso["content"]) == ("cloud_api", False, "¿Hola? ☂")
        assert (kapso["statuses"], kapso["message_type_data"], kapso["sent_by"]) == ([], {}, None)
        assert (kapso["phone_number"], kapso["phone_number_id"]) == (f"+{ANA}", desk.project.phone_number_id)
        conversation = body["conversation"]
        assert (conversation["phone_number"], conversation["status"]) == (f"+{ANA}", "active")
        assert conversation["contact_name"] == conversation["kapso"]["contact_name"] == "Ana Ribeiro"
        assert (conversation["kapso"]["messages_count"], conversation["kapso"]["last_message_id"]) == (1, message["id"])
        assert [one.json()["is_new_conversation"] for one in (first, second)] == [True, False]
        assert created.json() == {"conversation": conversation, "phone_number_id": desk.project.phone_number_id}

    async def test_of_a_new_conversation_one_message_is_the_first(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED, CREATED)
        await desk.comes(text_message("a", at=1_700_000_001), text_message("b", at=1_700_000_000))
        await desk.send()
        assert [one.event for one in desk.receiver.came] == [CREATED, RECEIVED, RECEIVED]
        told = [(one.json()["message"]["text"]["body"], one.json()["is_new_conversation"])
                for one in desk.receiver.of(RECEIVED)]  # fmt: skip
        assert told == [("b", True), ("a", False)]

    async def test_media_can_be_fetched_by_what_the_body_says(self, desk: Desk) -> None:
        await desk.subscribe(RECEIVED)
        image = {"id": "77", "mime_type": "image/jpeg", "sha256": "x", "caption": "Look"}
        await desk.comes(text_message("") | {"type": "image", "image": image})
        await desk.send()
        kapso = desk.receiver.came[0].json()["message"]["kapso"]
        assert kapso["has_media"] is True
        assert kapso["media_url"] == kapso["media_data"]["url"]
        assert kapso["media_data"]["content_type"] == "image/jpeg"
        link = read_media_token(desk.settings, kapso["media_url"].partition("?token=")[2])
        assert (link.phone_number_id, link.media_id) == (desk.project.phone_number_id, "77")
        assert link.expires_at > datetime.now(UTC) + timedelta(hours=23)

    async def test_each_status_that_meta_reports_once(self, desk: Desk) -> None:
        await desk.writes("Hola")
        await desk.subscribe(*STATUSES)
        wamid = await _sent_reply(desk)
        await desk.comes(statuses=[status_update(wamid, "delivered"), status_update(wamid, "sent")])
        await desk.comes(statuses=[status_update(wamid, "delivered"), status_update(wamid, "read")])
        await desk.comes(statuses=[status_update(wamid, "played")])
        await desk.send()
        assert [one.event for one in desk.receiver.came] == list(STATUSES[:3])
        for one, status in zip(desk.receiver.came, ("sent", "delivered", "read"), strict=True):
            kapso = one.json()["message"]["kapso"]
            assert (kapso["direction"], kapso["status"]) == ("outbound", status)
            assert kapso["processing_status"] == "completed"
            assert status in [reported["status"] for reported in kapso["statuses"]]
            assert one.json()["is_new_conversation"] is False

    async def test_a_status_that_comes_too_late_to_matter_is_told_of_too(self, desk: Desk) -> None:
        await desk.writes("Hola")
        await desk.subscribe(*STATUSES)
        wamid = await _sent_reply(desk)
        await desk.comes(statuses=[status_update(wamid, "read")])
        await desk.comes(statuses=[status_update(wamid, "sent")])
        await desk.send()
        told = [one.json()["message"]["kapso"]["status"] for one in desk.receiver.came]
        assert told == ["read", "sent"]

    async def test_statuses_before_metas_answer_are_told_of_when_it_comes(self, desk: Desk) -> None:
        await desk.writes("Hola")
        await desk.subscribe(*STATUSES)
        message_id, wamid = await _reply(desk), new_wamid()
        await desk.comes(statuses=[status_update(wamid, "sent"), status_update(wamid, "delivered")])
        await desk.send()
        assert desk.receiver.came == []
        async with desk.engine.begin() as connection:
            await messages_accepted(connection, desk.settings, {message_id: Accepted(wamid)})
        await desk.comes(statuses=[status_update(wamid, "delivered")])
        await desk.send()
        assert [one.event for one in desk.receiver.came] == list(STATUSES[:2])

    async def test_statuses_that_found_their_message_before_metas_answer_are_told_of_once(self, desk: Desk) -> None:
        await desk.writes("Hola")
        await desk.subscribe(*STATUSES)
        message_id, wamid = await _reply(desk), new_wamid()
        await desk.comes(statuses=[status_update(wamid, "sent", biz_opaque_callback_data=str(message_id))])
        async with desk.engine.begin() as connection:
            await messages_accepted(connection, desk.settings, {message_id: Accepted(wamid)})
        await desk.send()
        assert [one.event for one in desk.receiver.came] == list(STATUSES[:1])

    async def test_a_failure_says_why_whether_meta_reports_it_later_or_refuses_at_once(self, desk: Desk) -> None:
        await desk.writes("Hola")
        await desk.subscribe(*STATUSES)
        error = {"code": 131026, "title": "Message undeliverable", "error_data": {"details": "No WhatsApp there."}}
        await desk.comes(statuses=[status_update(await _sent_reply(desk), "failed", errors=[error])])
        refused = await _reply(desk)
        async with desk.engine.begin() as connection:
            reason = {"code": 131047, "title": "Re-engagement message", "details": "More than 24 hours."}
            await message_refused(connection, desk.settings, refused, 0, reason)
        await desk.send()
        later, at_once = (one.json()["message"]["kapso"] for one in desk.receiver.of("whatsapp.message.failed"))
        assert later["statuses"][-1]["errors"] == [error]
        (told,) = at_once["statuses"][-1]["errors"]
        assert (told["code"], told["title"], told["error_data"]["details"]) == (
            131047,
            "Re-engagement message",
            "More than 24 hours.",
        )

    async def test_a_reply_from_the_inbox_from_the_click_to_the_ticks(self, stack: Stack, receiver: Receiver) -> None:
        await _number_webhook(stack, receiver, RECEIVED, *STATUSES)
        await stack.customer_writes(ANA, "Hola")
        (received,) = await receiver.count(1)
        conversation_id = received.json()["conversation"]["id"]
        token = await stack.embed()
        answer = await stack.http.post(
            f"/inbox/v1/conversations/{conversation_id}/messages",
            json={"client_id": "one", "type": "text", "text": {"body": "Con gusto"}},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201
        came = (await receiver.count(3))[1:]
        assert [one.event for one in came] == list(STATUSES[:2])
        assert all(one.is_signed() for one in came)
        assert came[0].json()["message"]["text"] == {"body": "Con gusto"}


class TestSilence:
    async def test_a_silent_conversation_is_told_of_once_with_the_last_message(self, desk: Desk) -> None:
        webhook_id = await desk.subscribe(INACTIVE, inactivity_minutes=30)
        await desk.run("UPDATE webhook_endpoint SET created_at = now() - interval '2 days'")
        await desk.writes("Hola")
        message = text_message("¿Sigues ahí?")
        await desk.comes(message)
        await _grow_silent(desk, 29)
        assert desk.receiver.came == []
        await _grow_silent(desk, 2)
        await _grow_silent(desk, 45)
        (one,) = desk.receiver.came
        body = one.json()
        assert set(body) == {"conversation", "phone_number_id", "since_message", "inactivity"}
        assert body["inactivity"] == {"minutes": 30}
        since = body["since_message"]
        assert (since["whatsapp_message_id"], since["direction"]) == (message["id"], "inbound")
        assert await count(desk.engine, "message", f"id = '{since['id']}'") == 1
        assert since["created_at"]
        assert await count(desk.engine, "webhook_delivery", f"endpoint_id = '{webhook_id}'") == 1

    async def test_each_stretch_of_silence_and_each_endpoint_counts_by_itself(self, desk: Desk) -> None:
        await desk.subscribe(INACTIVE, inactivity_minutes=30, path="/thirty")
        await desk.subscribe(INACTIVE, inactivity_minutes=60, path="/sixty")
        await desk.run("UPDATE webhook_endpoint SET created_at = now() - interval '2 days'")
        await desk.writes("Hola")
        await _grow_silent(desk, 31)
        await desk.writes("again")
        await _grow_silent(desk, 61)
        told = [one.path for one in desk.receiver.came]
        assert told[0] == "/thirty"
        assert sorted(told[1:]) == ["/sixty", "/thirty"]

    async def test_only_active_conversations_that_went_silent_since_the_webhook_was_made(self, desk: Desk) -> None:
        await desk.writes("before")
        await _grow_silent(desk, 120)
        await desk.subscribe(INACTIVE, inactivity_minutes=60)
        await desk.run("UPDATE webhook_endpoint SET created_at = now() - interval '30 minutes'")
        await desk.writes("ended", wa_id=BO)
        await desk.run(
            "UPDATE conversation SET status = 'ended' WHERE id ="
            " (SELECT conversation_id FROM message WHERE preview = 'ended')"
        )
        await _grow_silent(desk, 61)
        assert desk.receiver.came == []

    async def test_one_that_somebody_writes_to_at_this_moment_is_not_silent(self, desk: Desk) -> None:
        await desk.subscribe(INACTIVE)
        await desk.run("UPDATE webhook_endpoint SET created_at = now() - interval '2 days'")
        await desk.writes("Hola")
        await desk.run("UPDATE conversation SET last_active_at = last_active_at - interval '61 minutes'")
        async with desk.engine.begin() as connection:
            await connection.exec_driver_sql("SELECT FROM conversation FOR NO KEY UPDATE")
            await asyncio.wait_for(desk.sender.report_silence(), 10)
        assert await desk.rows() == []
        await desk.sender.report_silence()
        assert len(await desk.rows()) == 1

    async def test_two_workers_at_once_tell_of_it_once(self, desk: Desk) -> None:
        await desk.subscribe(INACTIVE)
        await desk.run("UPDATE webhook_endpoint SET created_at = now() - interval '2 days'")
        await desk.comes(*(text_message("Hola", wa_id=f"5215555570{index:02}") for index in range(30)))
        await desk.run("UPDATE conversation SET last_active_at = last_active_at - interval '61 minutes'")

        async def check() -> None:
            async with desk.engine.begin() as connection:
                await emit_inactive(connection)

        await asyncio.gather(*(check() for _ in range(4)))
        await check()
        assert await count(desk.engine, "webhook_delivery") == 30


async def _grow_silent(desk: Desk, minutes: int) -> None:
    await desk.run(
        "UPDATE conversation SET last_active_at = last_active_at - make_interval(mins => :minutes)", minutes=minutes
    )
    await desk.sender.report_silence()
    await desk.send()


class TestConversations:
    async def test_an_end_is_told_of_whoever_ends_it(self, stack: Stack, receiver: Receiver) -> None:
        await _number_webhook(stack, receiver, ENDED)
        first, second = await customer_wrote(stack), await customer_wrote(stack)
        api = PlatformApi(stack)
        for _ in range(2):  # the second one changes nothing
            await api.change(f"/whatsapp/conversations/{first}", {"whatsapp_conversation": {"status": "ended"}})
        await receiver.count(1)
        answer = await stack.http.patch(
            f"/inbox/v1/conversations/{second}",
            json={"status": "ended"},
            headers={"Authorization": f"Bearer {await stack.embed()}"},
        )
        assert answer.status_code == 200, answer.text
        came = await receiver.count(2)
        assert [one.json()["conversation"]["id"] for one in came] == [first, second]
        assert {one.json()["conversation"]["status"] for one in came} == {"ended"}
        assert set(came[0].json()) == {"conversation", "phone_number_id"}

    async def test_one_that_the_business_opens_is_told_of_and_is_not_new_to_the_first_message(
        self, stack: Stack, receiver: Receiver
    ) -> None:
        await _number_webhook(stack, receiver, CREATED, RECEIVED)
        wa_id, api = new_wa_id(), PlatformApi(stack)
        await _start_workflow(stack, api, wa_id)
        await receiver.count(1)
        await customer_wrote(stack, wa_id=wa_id)
        created, received = await receiver.count(2)
        assert (created.event, received.event) == (CREATED, RECEIVED)
        assert received.json()["is_new_conversation"] is False


async def _start_workflow(stack: Stack, api: PlatformApi, wa_id: str) -> dict[str, Any]:
    workflow = await api.create("/workflows", {"workflow": {"name": "Order status"}})
    wanted = {"phone_number": wa_id, "phone_number_id": stack.project.phone_number_id}
    answer = await api.answer("POST", f"/workflows/{workflow['id']}/executions", {"workflow_execution": wanted})
    assert answer.status_code == 202, answer.text
    execution: dict[str, Any] = (await api.get(f"/workflow_executions/{answer.json()['data']['id']}"))["data"]
    return execution


class TestProject:
    async def test_handoffs_and_failures_of_workflows(self, stack: Stack, receiver: Receiver) -> None:
        await _project_webhook(stack, receiver, "workflow.execution.handoff", "workflow.execution.failed")
        api = PlatformApi(stack)
        execution = await _start_workflow(stack, api, new_wa_id())
        conversation_id = execution["whatsapp_conversation_id"]
        pressed = await stack.http.post(
            f"/inbox/v1/conversations/{conversation_id}/handoff",
            headers={"Authorization": f"Bearer {await stack.embed()}"},
        )
        assert pressed.status_code == 200, pressed.text
        path = f"/workflow_executions/{execution['id']}"
        failure = {"status": "failed", "error_details": {"message": "The bot fell over."}}
        for change in ({"status": "waiting"}, {"status": "handoff"}, {"status": "handoff"}, failure):
            await api.change(path, {"workflow_execution": change})
        came = await receiver.count(3)
        assert "x-webhook-signature" not in came[0].headers, "there is no secret to sign with"
        assert [one.event for one in came] == [
            "workflow.execution.handoff",
            "workflow.execution.handoff",
            "workflow.execution.failed",
        ]
        by_hand, by_engine, failed = (one.json() for one in came)
        assert by_hand.pop("handoff") == {"reason": None, "source": "inbox"}
        assert by_engine.pop("handoff") == {"reason": None, "source": "api"}
        assert failed.pop("error") == {"message": "The bot fell over."}
        assert by_hand.pop("occurred_at")
        assert by_hand == {
            "event": "workflow.execution.handoff",
            "project_id": str(stack.project.id),
            "workflow_id": execution["workflow"]["id"],
            "workflow_execution_id": execution["id"],
            "status": "handoff",
            "tracking_id": execution["tracking_id"],
            "channel": "whatsapp",
            "whatsapp_conversation_id": conversation_id,
        }
        assert failed["status"] == "failed"

    async def test_the_end_of_a_handoff(self, stack: Stack, receiver: Receiver) -> None:
        await _project_webhook(stack, receiver, "workflow.execution.resumed")
        api = PlatformApi(stack)
        execution = await _start_workflow(stack, api, new_wa_id())
        path, conversation_id = f"/workflow_executions/{execution['id']}", execution["whatsapp_conversation_id"]
        await api.change(path, {"workflow_execution": {"status": "handoff"}})
        _, headers = await person_in_inbox(api, "42", "Ana Ribeiro")
        pressed = await stack.http.post(f"/inbox/v1/conversations/{conversation_id}/hand_back", headers=headers)
        assert pressed.status_code == 200, pressed.text
        for status in ("running", "waiting", "handoff", "running", "handoff", "waiting", "handoff", "ended"):
            await api.change(path, {"workflow_execution": {"status": status}})
        by_hand, *by_engine = (one.json() for one in await receiver.count(3))
        assert by_hand.pop("resumed") == {"source": "inbox", "by": {"id": "42", "name": "Ana Ribeiro"}}
        assert by_hand.pop("occurred_at")
        assert by_hand == {
            "event": "workflow.execution.resumed",
            "project_id": str(stack.project.id),
            "workflow_id": execution["workflow"]["id"],
            "workflow_execution_id": execution["id"],
            "status": "waiting",
            "tracking_id": execution["tracking_id"],
            "channel": "whatsapp",
            "whatsapp_conversation_id": conversation_id,
        }
        assert [one["status"] for one in by_engine] == ["running", "waiting"]
        assert [one["resumed"] for one in by_engine] == [{"source": "api", "by": None}] * 2

    async def test_numbers_that_come_and_go(self, stack: Stack, receiver: Receiver) -> None:
        await _project_webhook(stack, receiver, "whatsapp.phone_number.created", "whatsapp.phone_number.deleted")
        api, number = PlatformApi(stack), stack.project.customer_phone_number_id
        await api.remove(f"/whatsapp/phone_numbers/{number}")
        (deleted,) = await receiver.count(1)
        wanted = {"name": "Sales", "phone_number_id": number, "business_account_id": "900100"}
        wanted["access_token"] = "graph-access-token"
        await api.create("/whatsapp/phone_numbers", {"whatsapp_phone_number": wanted})
        created = (await receiver.count(2))[1]
        assert [deleted.event, created.event] == ["whatsapp.phone_number.deleted", "whatsapp.phone_number.created"]
        project, customer = {"id": str(stack.project.id)}, {"id": str(stack.project.customer_id)}
        assert deleted.json() == {"phone_number_id": number, "project": project, "customer": customer}
        assert created.json() == {"phone_number_id": number, "project": project, "customer": None}


async def test_every_documented_event_has_a_sample_that_the_test_call_delivers(
    stack: Stack, receiver: Receiver
) -> None:
    api, number = PlatformApi(stack), stack.project.phone_number_id
    ids = {}
    for scope, events in ((number, NUMBER_EVENTS), (None, PROJECT_EVENTS)):
        wanted = {"url": f"{receiver.url}/{scope}", "secret_key": SECRET, "events": list(events)}
        body = {"whatsapp_webhook": {**wanted, "phone_number_id": scope}}
        ids[scope] = (await api.create("/whatsapp/webhooks", body))["id"]
        for event in events:
            answer = await api.answer("POST", f"/whatsapp/webhooks/{ids[scope]}/test", {"event_type": event})
            assert (answer.status_code, answer.json()) == (200, {"data": {"success": True}})
    came = await receiver.count(len(NUMBER_EVENTS) + len(PROJECT_EVENTS))
    assert {one.event for one in came} == {*NUMBER_EVENTS, *PROJECT_EVENTS}
    assert all(one.is_signed() for one in came)
    for one in came:
        sample = json.loads(sample_body(str(one.event), stack.project.id, number if one.path == f"/{number}" else None))
        assert set(one.json()) == set(sample)


class TestDocument:
    """docs/webhooks.md: what a reader copies from it does what it says."""

    @pytest.fixture
    async def delivered(self, desk: Desk) -> Delivered:
        await desk.subscribe(RECEIVED)
        words = '«Überraschung» \u2028 ☂ <b>"\\/\t\x01 𝔘𝔫𝔦 1e5'
        place = {"latitude": 38.7223, "longitude": -9.1393, "name": words}
        await desk.comes(text_message("") | {"type": "location", "location": place}, name=words)
        await desk.send()
        (one,) = desk.receiver.came
        return one

    @pytest.mark.parametrize("secret", [SECRET, "another secret"])
    async def test_the_python_sample_knows_a_genuine_delivery(self, delivered: Delivered, secret: str) -> None:
        is_genuine: Any = _defined_by(_sample("python"), "is_genuine")
        assert is_genuine(delivered.body, delivered.headers["x-webhook-signature"], secret) is (secret == SECRET)
        assert is_genuine(delivered.body + b" ", delivered.headers["x-webhook-signature"], SECRET) is False

    @pytest.mark.parametrize("secret", [SECRET, "another secret"])
    async def test_the_node_sample_knows_a_genuine_delivery(self, delivered: Delivered, secret: str) -> None:
        given = json.dumps([delivered.body.hex(), delivered.headers["x-webhook-signature"], secret])
        script = f"const [body, signature, secret] = {given};\n"
        script += 'console.log(isGenuine(Buffer.from(body, "hex"), signature, secret), isGenuine("", "zz", secret));'
        assert await _node(_sample("js") + script) == f"{str(secret == SECRET).lower()} false"

    async def test_a_receiver_that_writes_the_json_anew_gets_the_same_bytes(self, delivered: Delivered) -> None:
        """Kapso's own sample signs JSON.stringify(request.body)."""
        again = await _node(f'console.log(JSON.stringify(JSON.parse(Buffer.from("{delivered.body.hex()}", "hex"))));')
        assert again.encode() == delivered.body


def _sample(language: str) -> str:
    document = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return str(code)


def _defined_by(code: str, name: str) -> Any:
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own document
    return names[name]


async def _node(script: str) -> str:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("node")),
        *("--input-type=module", "-e", script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode().rstrip("\n")
