"""A person takes over from the automation that answers a conversation, and returns it."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.conversations import customer_wrote, iframes, new_wa_id, scopes_of, updated
from tests.executions import change_body, execution_of, log_of, person_in_inbox, started, view_of
from tests.platform_api import PlatformApi
from tests.stack import Stack


async def _press(stack: Stack, button: str, conversation_id: str, **fields: Any) -> httpx.Response:
    """What somebody is told who presses in an embed; `fields` are the embed's."""
    headers = {"Authorization": f"Bearer {await stack.embed(**fields)}"}
    return await stack.http.post(f"/inbox/v1/conversations/{conversation_id}/{button}", headers=headers)


async def _hand_off(stack: Stack, conversation_id: str, **fields: Any) -> httpx.Response:
    return await _press(stack, "handoff", conversation_id, **fields)


async def _hand_back(stack: Stack, conversation_id: str, **fields: Any) -> httpx.Response:
    return await _press(stack, "hand_back", conversation_id, **fields)


class TestHandoff:
    @pytest.mark.parametrize("status", ["running", "waiting"])
    async def test_a_person_takes_over_and_everybody_sees_it(self, stack: Stack, status: str) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        conversation_id = execution["whatsapp_conversation_id"]
        await api.change(f"/workflow_executions/{execution['id']}", change_body(status=status))
        async with iframes(stack, scopes_of(stack, stack.project.phone_number_id)) as watching:
            answer = await _hand_off(stack, conversation_id)
            assert answer.status_code == 200
            view = answer.json()["data"]
            assert (view["id"], view["mode"], view["handed_off_by"]) == (conversation_id, "handoff", None)
            for iframe in watching.values():
                await updated(iframe, conversation_id, mode="handoff")
        assert (await execution_of(api, execution["id"]))["status"] == "handoff"
        assert (await log_of(api, execution["id"]))[-1]["event_type"] == "execution_handoff"

    async def test_of_two_who_press_at_once_both_succeed_and_one_handoff_happens(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        for _ in range(3):
            await api.change(f"/workflow_executions/{execution['id']}", change_body(status="running"))
            answers = await asyncio.gather(*(_hand_off(stack, execution["whatsapp_conversation_id"]) for _ in range(4)))
            assert [answer.json()["data"]["mode"] for answer in answers] == ["handoff"] * 4
        assert len(await log_of(api, execution["id"], event_type="execution_handoff")) == 3

    async def test_who_presses_is_named_where_the_host_says_who_is_looking(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        conversation_id, path = execution["whatsapp_conversation_id"], f"/workflow_executions/{execution['id']}"
        ana = {"id": "42", "name": "Ana Ribeiro"}
        embed_id, headers = await person_in_inbox(api, ana["id"], ana["name"])
        async with iframes(stack, {"colleague": {}}) as watching:
            answer = await stack.http.post(f"/inbox/v1/conversations/{conversation_id}/handoff", headers=headers)
            assert answer.json()["data"]["handed_off_by"] == ana
            view = await updated(watching["colleague"], conversation_id, mode="handoff")
            assert view["handed_off_by"] == ana
            again = await _hand_off(stack, conversation_id)
            assert again.json()["data"]["handed_off_by"] == ana, "the first did it"
        assert (await execution_of(api, execution["id"]))["handed_off_by"] == ana
        assert (await log_of(api, execution["id"]))[-1]["payload"] == {"from": "running", "by": ana}
        async with stack.engine.connect() as connection:
            query = text("SELECT * FROM audit_event WHERE action = 'workflow_execution.updated'")
            line = (await connection.execute(query)).one()
        assert (line.actor_type, line.actor_id, line.actor_name) == ("embed", embed_id, "Ana Ribeiro")
        shown = (await api.get("/audit_events", action="workflow_execution.updated"))["data"][0]["actor"]
        assert shown == {"type": "embed", "id": embed_id, "name": "Ana Ribeiro", "user_id": "42"}
        assert (line.object_id, line.changes) == (execution["id"], {"status": ["running", "handoff"]})
        await api.change(path, change_body(status="waiting"))
        assert (await view_of(stack, conversation_id))["handed_off_by"] is None
        await api.change(path, change_body(status="handoff"))
        assert (await view_of(stack, conversation_id))["handed_off_by"] is None, "this time the engine did it"

    @pytest.mark.parametrize("status", [None, "ended", "failed"])
    async def test_without_an_automation_there_is_nothing_to_take_over(self, stack: Stack, status: str | None) -> None:
        api, wa_id = PlatformApi(stack), new_wa_id()
        conversation_id = await customer_wrote(stack, wa_id=wa_id)
        if status is not None:
            execution = await started(stack, wa_id)
            await api.change(f"/workflow_executions/{execution['id']}", change_body(status=status))
        answer = await _hand_off(stack, conversation_id)
        assert (answer.status_code, answer.json()["code"]) == (422, "no_execution")
        assert answer.json()["error"] == "No automation is answering this conversation."

    async def test_a_conversation_outside_the_scope_is_not_there(self, stack: Stack) -> None:
        execution = await started(stack)
        for fields in (
            {"scope_type": "phone_number", "scope_id": stack.project.customer_phone_number_id},
            {"scope_type": "customer", "scope_id": str(stack.project.customer_id)},
            {"assigned_user_id": str(stack.project.user_id)},
        ):
            answer = await _hand_off(stack, execution["whatsapp_conversation_id"], **fields)
            assert answer.status_code == 404, fields
        assert (await execution_of(PlatformApi(stack), execution["id"]))["status"] == "running"

    async def test_replies_are_refused_until_somebody_takes_over(self, stack: Stack) -> None:
        api, wa_id = PlatformApi(stack), new_wa_id()
        conversation_id = await customer_wrote(stack, wa_id=wa_id)
        execution = await started(stack, wa_id)
        headers = {"Authorization": f"Bearer {await stack.embed()}"}

        async def reply(client_id: str) -> int:
            body = {"client_id": client_id, "type": "text", "text": {"body": "Hi"}}
            path = f"/inbox/v1/conversations/{conversation_id}/messages"
            return (await stack.http.post(path, json=body, headers=headers)).status_code

        assert await reply("1") == 422
        await _hand_off(stack, conversation_id)
        assert await reply("2") == 201
        await api.change(f"/workflow_executions/{execution['id']}", change_body(status="waiting"))
        assert await reply("3") == 422


async def _handed_off(stack: Stack, wa_id: str | None = None) -> dict[str, Any]:
    """An execution that somebody has taken over from."""
    execution = await started(stack, wa_id)
    assert (await _hand_off(stack, execution["whatsapp_conversation_id"])).status_code == 200
    return execution


class TestHandBack:
    async def test_a_person_returns_the_conversation_and_everybody_sees_it(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await _handed_off(stack)
        conversation_id = execution["whatsapp_conversation_id"]
        token = await stack.embed()
        cursor = (await stack.get("/inbox/v1/session", token))["data"]["cursor"]
        async with iframes(stack, scopes_of(stack, stack.project.phone_number_id)) as watching:
            answer = await _hand_back(stack, conversation_id)
            assert answer.status_code == 200, answer.text
            view = answer.json()["data"]
            assert (view["id"], view["mode"], view["handed_off_by"]) == (conversation_id, "running", None)
            for iframe in watching.values():
                await updated(iframe, conversation_id, mode="running")
        changes = (await stack.get("/inbox/v1/changes", token, since=cursor))["data"]
        assert [(row["id"], row["mode"]) for row in changes["conversations"]] == [(conversation_id, "running")]
        after = await execution_of(api, execution["id"])
        assert (after["status"], after["resumable_execution_id"]) == ("waiting", execution["id"])
        assert (await log_of(api, execution["id"]))[-1]["event_type"] == "execution_waiting"

    async def test_who_hands_back_stands_in_the_log_and_in_the_audit_log(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await _handed_off(stack)
        embed_id, headers = await person_in_inbox(api, "43", "Bo Lindqvist")
        path = f"/inbox/v1/conversations/{execution['whatsapp_conversation_id']}/hand_back"
        assert (await stack.http.post(path, headers=headers)).status_code == 200
        line = (await log_of(api, execution["id"]))[-1]
        assert line["payload"] == {"from": "handoff", "by": {"id": "43", "name": "Bo Lindqvist"}}
        shown = (await api.get("/audit_events", action="workflow_execution.updated"))["data"][0]
        assert shown["actor"] == {"type": "embed", "id": embed_id, "name": "Bo Lindqvist", "user_id": "43"}
        assert (shown["object_id"], shown["changes"]) == (execution["id"], {"status": ["handoff", "waiting"]})

    async def test_of_several_who_press_at_once_one_hands_back(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        for _ in range(3):
            await api.change(f"/workflow_executions/{execution['id']}", change_body(status="handoff"))
            answers = await asyncio.gather(
                *(_hand_back(stack, execution["whatsapp_conversation_id"]) for _ in range(4))
            )
            assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
            assert {answer.json()["code"] for answer in answers if answer.is_error} == {"not_handed_off"}
        assert len(await log_of(api, execution["id"], event_type="execution_waiting")) == 3

    @pytest.mark.parametrize("status", ["running", "waiting"])
    async def test_what_was_not_handed_off_is_not_handed_back(self, stack: Stack, status: str) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        await api.change(f"/workflow_executions/{execution['id']}", change_body(status=status))
        answer = await _hand_back(stack, execution["whatsapp_conversation_id"])
        assert (answer.status_code, answer.json()["code"]) == (422, "not_handed_off")
        assert answer.json()["error"] == "The automation is answering this conversation already."
        assert (await execution_of(api, execution["id"]))["status"] == status

    @pytest.mark.parametrize("status", [None, "ended", "failed"])
    async def test_without_an_automation_there_is_nobody_to_hand_back_to(
        self, stack: Stack, status: str | None
    ) -> None:
        api, wa_id = PlatformApi(stack), new_wa_id()
        conversation_id = await customer_wrote(stack, wa_id=wa_id)
        if status is not None:
            execution = await _handed_off(stack, wa_id)
            await api.change(f"/workflow_executions/{execution['id']}", change_body(status=status))
        answer = await _hand_back(stack, conversation_id)
        assert (answer.status_code, answer.json()["code"]) == (422, "no_execution")

    async def test_a_conversation_outside_the_scope_is_not_there(self, stack: Stack) -> None:
        execution = await _handed_off(stack)
        for fields in (
            {"scope_type": "phone_number", "scope_id": stack.project.customer_phone_number_id},
            {"scope_type": "customer", "scope_id": str(stack.project.customer_id)},
            {"assigned_user_id": str(stack.project.user_id)},
        ):
            answer = await _hand_back(stack, execution["whatsapp_conversation_id"], **fields)
            assert answer.status_code == 404, fields
        assert (await execution_of(PlatformApi(stack), execution["id"]))["status"] == "handoff"

    async def test_replies_are_refused_again_and_handing_off_again_lets_them_through(self, stack: Stack) -> None:
        wa_id = new_wa_id()
        conversation_id = await customer_wrote(stack, wa_id=wa_id)
        await _handed_off(stack, wa_id)
        headers = {"Authorization": f"Bearer {await stack.embed()}"}

        async def reply(client_id: str) -> tuple[int, str | None]:
            body = {"client_id": client_id, "type": "text", "text": {"body": "Hi"}}
            path = f"/inbox/v1/conversations/{conversation_id}/messages"
            answer = await stack.http.post(path, json=body, headers=headers)
            return answer.status_code, answer.json().get("code")

        assert await reply("1") == (201, None)
        assert (await _hand_back(stack, conversation_id)).status_code == 200
        assert await reply("2") == (422, "workflow_running")
        assert (await _hand_off(stack, conversation_id)).json()["data"]["mode"] == "handoff"
        assert await reply("3") == (201, None)
