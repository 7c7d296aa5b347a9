"""Everything that changes what an iframe shows. Each is told in two parts: what there was before, up to the `yield`,
and the change.
"""

import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

from tests.conversations import new_wa_id, team_member
from tests.factories import new_wamid, status_update, text_message, webhook
from tests.media import file_at_meta, jpeg
from tests.meta_payloads import change, echo, inbound
from tests.platform_api import PlatformApi
from tests.stack import Iframe, Stack
from tests.waiting import eventually

Json = dict[str, Any]


class Scene:
    """A running stack, and the iframe that looks at all of it. `user_id` is whose conversations another one shows."""

    def __init__(self, stack: Stack, token: str, iframe: Iframe, user_id: str) -> None:
        self.stack = stack
        self.api = PlatformApi(stack)
        self.user_id = user_id
        self.number = stack.project.phone_number_id
        self._token = token
        self._iframe = iframe

    async def event(self, fits: Callable[[Json], bool]) -> Json:
        """The first push of a message that fits, waited for."""

        async def find() -> Json | None:
            pushed = (event for event in self._iframe.events if "message" in event)
            return next((event for event in pushed if fits(event["message"])), None)

        found = await eventually(find)
        assert found is not None
        return found

    async def wrote(self, wa_id: str | None = None, *, number: str | None = None, **fields: Any) -> Json:
        """A customer writes; the message, once it was pushed."""
        message = inbound("text", {"body": "Is it there?"}, wa_id=wa_id or new_wa_id(), **fields)
        await self.receive(message, number=number)
        pushed: Json = (await self.event(lambda one: one["wamid"] == message["id"]))["message"]
        return pushed | {"wa_id": message["from"]}

    async def wrote_by_phone(self) -> Json:
        """The same by way of the simulated WhatsApp, to which a reply can go."""
        wamid = await self.stack.customer_writes(new_wa_id(), "Is it there?")
        pushed: Json = (await self.event(lambda one: one["wamid"] == wamid))["message"]
        return pushed

    async def failed(self, conversation_id: str) -> Json:
        """A reply to somebody who did not write by way of the simulated WhatsApp, which finds it too late."""
        reply = {"client_id": new_wamid(), "type": "text", "text": {"body": "Hello?"}}
        await self.call("POST", f"/conversations/{conversation_id}/messages", reply)
        pushed = await self.event(lambda one: one["client_id"] == reply["client_id"] and one["status"] == "failed")
        failed: Json = pushed["message"]
        return failed

    async def replied(self, conversation_id: str) -> Json:
        """Somebody answers; the message, once it was delivered to the customer's phone."""
        reply = {"client_id": new_wamid(), "type": "text", "text": {"body": "Yes"}}
        await self.call("POST", f"/conversations/{conversation_id}/messages", reply)
        pushed = await self.event(
            lambda one: one["client_id"] == reply["client_id"] and one["status"] == "delivered",
        )
        message: Json = pushed["message"]
        return message

    async def receive(self, *messages: Json, number: str | None = None, name: str = "Ana") -> None:
        body = webhook(number or self.number, messages=[*messages], name=name)
        assert (await self.stack.post_webhook(body)).status_code == 200

    async def call(self, method: str, path: str, body: Json | None = None) -> None:
        """A call of the page's own API."""
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = await self.stack.http.request(method, f"/inbox/v1{path}", json=body, headers=headers)
        assert answer.is_success, answer.text

    async def colleague(self) -> str:
        """The `user_id` of somebody who has just joined the team."""
        return await team_member(self.stack, f"Ben{await self.stack.count('team_member')}")

    async def assign(self, conversation_id: str, user_id: str) -> str:
        """The path of the assignment."""
        path = f"/whatsapp/conversations/{conversation_id}/assignments"
        made = await self.api.create(path, {"assignment": {"user_id": user_id}})
        return f"{path}/{made['id']}"

    async def set_status(self, conversation_id: str, status: str) -> None:
        await self.call("PATCH", f"/conversations/{conversation_id}", {"status": status})

    async def start_workflow(self, wa_id: str) -> str:
        """The path of the execution, which runs on the person's conversation."""
        workflow = await self.api.create("/workflows", {"workflow": {"name": "Order status"}})
        body = {"workflow_execution": {"phone_number": wa_id, "phone_number_id": self.number}}
        answer = await self.api.answer("POST", f"/workflows/{workflow['id']}/executions", body)
        assert answer.status_code == 202, answer.text
        return f"/workflow_executions/{answer.json()['data']['id']}"

    async def report(self, execution: str, status: str) -> None:
        await self.api.change(execution, {"workflow_execution": {"status": status}})


Change = Callable[[Scene], AsyncGenerator[None]]


async def first_message(scene: Scene) -> AsyncGenerator[None]:
    yield
    await scene.receive(text_message("Hello", wa_id=new_wa_id()))


async def next_message(scene: Scene) -> AsyncGenerator[None]:
    wa_id = (await scene.wrote())["wa_id"]
    yield
    await scene.receive(text_message("Hello?", wa_id=wa_id))


async def message_that_moves_up(scene: Scene) -> AsyncGenerator[None]:
    """Its conversation goes past one that began later."""
    now = int(time.time())
    wa_id = (await scene.wrote(at=now - 60))["wa_id"]
    await scene.wrote(at=now - 30)
    yield
    await scene.receive(text_message("Hello?", wa_id=wa_id, at=now))


async def two_messages_at_once(scene: Scene) -> AsyncGenerator[None]:
    wa_id = (await scene.wrote())["wa_id"]
    yield
    await scene.receive(text_message("One", wa_id=wa_id), text_message("Two", wa_id=wa_id))


async def older_message(scene: Scene) -> AsyncGenerator[None]:
    wa_id = (await scene.wrote())["wa_id"]
    yield
    await scene.receive(text_message("Late", wa_id=wa_id, at=int(time.time()) - 600))


async def message_after_the_end(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    await scene.set_status(message["conversation_id"], "ended")
    yield
    await scene.receive(text_message("One more thing", wa_id=message["wa_id"]))


async def message_under_a_new_name(scene: Scene) -> AsyncGenerator[None]:
    """The name stands in the person's other conversations too."""
    wa_id = (await scene.wrote(number=scene.stack.project.customer_phone_number_id))["wa_id"]
    await scene.wrote(wa_id)
    yield
    await scene.receive(text_message("Me again", wa_id=wa_id), name="Ana Maria")


async def quote(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    yield
    context = {"from": scene.number, "id": message["wamid"]}
    await scene.receive(inbound("text", {"body": "This"}, wa_id=message["wa_id"], context=context))


async def reply(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote_by_phone()
    yield
    await scene.replied(message["conversation_id"])


async def message_of_the_business_s_phone(scene: Scene) -> AsyncGenerator[None]:
    wa_id = (await scene.wrote())["wa_id"]
    yield
    sent = echo("text", {"body": "From the shop"}, to=wa_id)
    await scene.stack.post_webhook(change(scene.number, field="smb_message_echoes", message_echoes=[sent]))


async def status(scene: Scene) -> AsyncGenerator[None]:
    sent = await scene.replied((await scene.wrote_by_phone())["conversation_id"])
    yield
    await scene.stack.post_webhook(webhook(scene.number, statuses=[status_update(sent["wamid"], "read")]))


async def reaction(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    yield
    content = {"message_id": message["wamid"], "emoji": "👍"}
    await scene.receive(inbound("reaction", content, wa_id=message["wa_id"]))


async def reaction_removed(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    content = {"message_id": message["wamid"], "emoji": "👍"}
    await scene.receive(inbound("reaction", content, wa_id=message["wa_id"]))
    await scene.event(lambda one: one["id"] == message["id"] and one["reactions"] != [])
    yield
    content = {"message_id": message["wamid"], "emoji": ""}
    await scene.receive(inbound("reaction", content, wa_id=message["wa_id"], at=int(time.time()) + 1))


async def reaction_of_ours(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote_by_phone()
    yield
    content = {"message_id": message["wamid"], "emoji": "🙏"}
    reacted = {"client_id": new_wamid(), "type": "reaction", "reaction": content}
    await scene.call("POST", f"/conversations/{message['conversation_id']}/messages", reacted)

    async def sent() -> bool:
        return await scene.stack.count("outbox") == 0

    await eventually(sent)


async def failed_too_late(scene: Scene) -> AsyncGenerator[None]:
    """WhatsApp closes the window, whatever our clock says."""
    message = await scene.wrote()
    yield
    await scene.failed(message["conversation_id"])


async def discarded(scene: Scene) -> AsyncGenerator[None]:
    failed = await scene.failed((await scene.wrote())["conversation_id"])
    yield
    await scene.call("DELETE", f"/messages/{failed['id']}")


async def discarded_before_a_newer_one(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    failed = await scene.failed(message["conversation_id"])
    await scene.wrote(message["wa_id"])
    yield
    await scene.call("DELETE", f"/messages/{failed['id']}")


async def discarded_and_delivered_all_the_same(scene: Scene) -> AsyncGenerator[None]:
    failed = await scene.failed((await scene.wrote())["conversation_id"])
    await scene.call("DELETE", f"/messages/{failed['id']}")
    yield
    await scene.stack.post_webhook(webhook(scene.number, statuses=[status_update(failed["wamid"], "delivered")]))


async def retried(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    failed = await scene.failed(message["conversation_id"])
    await scene.wrote(message["wa_id"])
    yield
    await scene.call("POST", f"/messages/{failed['id']}/retry")
    await scene.event(lambda one: one["client_id"] == f"retry:{failed['id']}" and one["status"] == "failed")


async def media_ready(scene: Scene) -> AsyncGenerator[None]:
    media_id = await file_at_meta(scene.stack, "image/jpeg", jpeg())
    yield
    content = {"id": media_id, "mime_type": "image/jpeg"}
    await scene.receive(inbound("image", content, wa_id=new_wa_id()))
    await scene.event(lambda one: one["media"] is not None and one["media"]["state"] == "ready")


async def edit(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    yield
    await scene.receive(_edit(message))


async def edit_of_an_older_message(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    await scene.wrote(message["wa_id"])
    yield
    await scene.receive(_edit(message))


async def edit_of_a_quoted_message(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    await scene.wrote(message["wa_id"], context={"from": scene.number, "id": message["wamid"]})
    yield
    await scene.receive(_edit(message))


def _edit(message: Json) -> Json:
    said = {"type": "text", "text": {"body": "Is it there yet?"}}
    return inbound("edit", {"original_message_id": message["wamid"], "message": said}, wa_id=message["wa_id"])


async def revocation(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    yield
    await scene.receive(inbound("revoke", {"original_message_id": message["wamid"]}, wa_id=message["wa_id"]))


async def read(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    yield
    await scene.call("POST", f"/conversations/{message['conversation_id']}/read")


async def ended(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    yield
    await scene.set_status(message["conversation_id"], "ended")


async def reopened(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    await scene.set_status(message["conversation_id"], "ended")
    yield
    await scene.set_status(message["conversation_id"], "active")


async def assigned(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    yield
    await scene.assign(message["conversation_id"], scene.user_id)


async def taken_away(scene: Scene) -> AsyncGenerator[None]:
    assignment = await scene.assign((await scene.wrote())["conversation_id"], scene.user_id)
    yield
    await scene.api.change(assignment, {"assignment": {"user_id": await scene.colleague()}})


async def given_back(scene: Scene) -> AsyncGenerator[None]:
    assignment = await scene.assign((await scene.wrote())["conversation_id"], scene.user_id)
    other = await scene.colleague()
    await scene.api.change(assignment, {"assignment": {"user_id": other}})
    yield
    await scene.api.change(assignment, {"assignment": {"user_id": scene.user_id}})


async def taken_away_and_given_back(scene: Scene) -> AsyncGenerator[None]:
    assignment = await scene.assign((await scene.wrote())["conversation_id"], scene.user_id)
    other = await scene.colleague()
    yield
    await scene.api.change(assignment, {"assignment": {"user_id": other}})
    await scene.api.change(assignment, {"assignment": {"user_id": scene.user_id}})


async def assignee_left_the_team(scene: Scene) -> AsyncGenerator[None]:
    other = await scene.colleague()
    await scene.assign((await scene.wrote())["conversation_id"], other)
    yield
    await scene.api.remove(f"/users/{other}")


async def workflow_started(scene: Scene) -> AsyncGenerator[None]:
    wa_id = (await scene.wrote())["wa_id"]
    yield
    await scene.start_workflow(wa_id)


async def workflow_opens_a_conversation(scene: Scene) -> AsyncGenerator[None]:
    yield
    await scene.start_workflow(new_wa_id())


async def workflow_failed(scene: Scene) -> AsyncGenerator[None]:
    execution = await scene.start_workflow((await scene.wrote())["wa_id"])
    yield
    await scene.report(execution, "failed")


async def workflow_ended(scene: Scene) -> AsyncGenerator[None]:
    execution = await scene.start_workflow((await scene.wrote())["wa_id"])
    yield
    await scene.report(execution, "ended")


async def handoff_taken(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    await scene.start_workflow(message["wa_id"])
    yield
    await scene.call("POST", f"/conversations/{message['conversation_id']}/handoff")


async def handoff_requested(scene: Scene) -> AsyncGenerator[None]:
    execution = await scene.start_workflow((await scene.wrote())["wa_id"])
    yield
    await scene.report(execution, "handoff")


async def handed_back(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    await scene.report(await scene.start_workflow(message["wa_id"]), "handoff")
    yield
    await scene.call("POST", f"/conversations/{message['conversation_id']}/hand_back")


async def handoff_over(scene: Scene) -> AsyncGenerator[None]:
    execution = await scene.start_workflow((await scene.wrote())["wa_id"])
    await scene.report(execution, "handoff")
    yield
    await scene.report(execution, "running")


async def renamed(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    await scene.wrote(message["wa_id"], number=scene.stack.project.customer_phone_number_id)
    yield
    path = f"/conversations/{message['conversation_id']}/contact"
    await scene.call("PATCH", path, {"display_name": "Ana of the mill"})


async def saved_in_the_address_book(scene: Scene) -> AsyncGenerator[None]:
    wa_id = (await scene.wrote())["wa_id"]
    yield
    entry = {
        "type": "contact",
        "contact": {"full_name": "Ana Mill", "first_name": "Ana", "phone_number": wa_id},
        "action": "add",
        "metadata": {"timestamp": str(int(time.time()))},
    }
    await scene.stack.post_webhook(change(scene.number, field="smb_app_state_sync", state_sync=[entry]))


async def number_changed(scene: Scene) -> AsyncGenerator[None]:
    """Somebody takes a number that nobody has written from."""
    wa_id = (await scene.wrote())["wa_id"]
    yield
    await scene.receive(_new_number(wa_id, new_wa_id()))


async def number_changed_to_one_that_wrote(scene: Scene) -> AsyncGenerator[None]:
    """Two people turn out to be one, and their active conversations become one."""
    older, newer = await scene.wrote(), await scene.wrote()
    await scene.assign(older["conversation_id"], await scene.colleague())
    await scene.assign(newer["conversation_id"], scene.user_id)
    yield
    await scene.receive(_new_number(older["wa_id"], newer["wa_id"]))


async def number_changed_from_one_that_wrote_later(scene: Scene) -> AsyncGenerator[None]:
    older, newer = await scene.wrote(), await scene.wrote()
    yield
    await scene.receive(_new_number(newer["wa_id"], older["wa_id"]))


async def number_changed_to_one_that_wrote_long_ago(scene: Scene) -> AsyncGenerator[None]:
    """The thread goes on into a conversation that has ended, which was somebody else's."""
    older, newer = await scene.wrote(), await scene.wrote()
    await scene.set_status(older["conversation_id"], "ended")
    yield
    await scene.receive(_new_number(newer["wa_id"], older["wa_id"]))


async def number_changed_to_an_older_one_after_the_end(scene: Scene) -> AsyncGenerator[None]:
    """The same, but that it is the person whose thread it is who is kept."""
    older, newer = await scene.wrote(), await scene.wrote()
    await scene.set_status(newer["conversation_id"], "ended")
    yield
    await scene.receive(_new_number(newer["wa_id"], older["wa_id"]))


def _new_number(before: str, after: str) -> Json:
    content = {"type": "user_changed_number", "body": "Ana has a new number", "wa_id": after}
    return inbound("system", content, wa_id=before)


async def erased(scene: Scene) -> AsyncGenerator[None]:
    message = await scene.wrote()
    await scene.assign(message["conversation_id"], scene.user_id)
    yield
    await scene.api.remove(f"/whatsapp/contacts/{message['wa_id']}")
