"""What happens to an execution is durable before it is applied: who dies in between loses nothing."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from api import workflow_intake
from shared.audit import Actor
from shared.operations.workflow_events import (
    HandBackPressed,
    HandoffPressed,
    WorkflowEvent,
    store_workflow_event,
    take_workflow_event,
)
from shared.scope import Scope
from shared.user_claims import User
from tests.platform_api import PlatformApi
from tests.stack import Stack
from tests.waiting import eventually


async def _running(stack: Stack) -> str:
    """The id of a conversation that an automation answers."""
    api = PlatformApi(stack)
    workflow = await api.create("/workflows", {"workflow": {"name": "Order status"}})
    execution = {"phone_number": "15550100", "phone_number_id": stack.project.phone_number_id}
    answer = await api.answer("POST", f"/workflows/{workflow['id']}/executions", {"workflow_execution": execution})
    assert answer.status_code == 202, answer.text
    token = await stack.embed()
    conversation_id: str = (await stack.get("/inbox/v1/conversations", token))["data"][0]["id"]
    return conversation_id


async def test_a_handoff_whose_api_died_is_applied_by_a_worker_and_shown(stack: Stack) -> None:
    conversation_id = await _running(stack)
    token = await stack.embed()
    pressed = HandoffPressed(Scope(stack.project.id), UUID(conversation_id), User("42", "Ana Ribeiro"))
    async with stack.iframe(token) as iframe:
        async with stack.engine.begin() as connection:  # all that the api came to
            await store_workflow_event(connection, WorkflowEvent(Actor(type="embed"), pressed))
        pushed = await iframe.event("conversation.updated")
    assert pushed["conversation"]["mode"] == "handoff"
    assert pushed["conversation"]["handed_off_by"] == {"id": "42", "name": "Ana Ribeiro"}
    assert await stack.count("inbound_event", "kind = 'workflow' AND state = 'done'") == 1
    assert await stack.count("audit_event", "action = 'workflow_execution.updated'") == 1


async def test_of_several_who_press_at_once_one_hands_off_and_all_are_told_so(stack: Stack) -> None:
    conversation_id = await _running(stack)
    token = await stack.embed()

    async def press() -> Any:
        answer = await _press(stack, token, conversation_id, "handoff")
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["mode"]

    assert set(await asyncio.gather(*(press() for _ in range(6)))) == {"handoff"}
    assert await stack.count("workflow_event", "event_type = 'execution_handoff'") == 1

    async def done() -> bool:
        return await stack.count("inbound_event", "state = 'pending'") == 0

    await eventually(done)


async def _handed_off(stack: Stack) -> str:
    conversation_id = await _running(stack)
    answer = await _press(stack, await stack.embed(), conversation_id, "handoff")
    assert answer.status_code == 200, answer.text
    return conversation_id


async def _press(stack: Stack, token: str, conversation_id: str, button: str) -> httpx.Response:
    path, headers = f"/inbox/v1/conversations/{conversation_id}/{button}", {"Authorization": f"Bearer {token}"}
    return await stack.http.post(path, headers=headers)


async def test_a_hand_back_whose_api_died_is_applied_by_a_worker_and_shown(stack: Stack) -> None:
    conversation_id = await _handed_off(stack)
    pressed = HandBackPressed(Scope(stack.project.id), UUID(conversation_id), None)
    async with stack.iframe(await stack.embed()) as iframe:
        for _ in range(2):  # a repeat is refused, and harms nobody
            async with stack.engine.begin() as connection:
                await store_workflow_event(connection, WorkflowEvent(Actor(type="embed"), pressed))
        pushed = await iframe.event("conversation.updated")
    assert pushed["conversation"]["mode"] == "running"

    async def done() -> bool:
        return await stack.count("inbound_event", "kind = 'workflow' AND state = 'done'") == 3

    await eventually(done)
    assert await stack.count("inbound_event", "problem LIKE '%already%'") == 1
    assert await stack.count("workflow_event", "event_type = 'execution_waiting'") == 1


async def test_who_presses_hears_what_came_of_it_also_where_a_worker_was_faster(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time it is a repeat, which is refused; but not to whoever pressed first."""
    conversation_id, token = await _handed_off(stack), await stack.embed()

    async def wait_for_the_worker(connection: AsyncConnection, event_id: int) -> bool:
        async def applied() -> bool:
            return await stack.count("inbound_event", f"id = {event_id} AND state = 'done'") == 1

        await eventually(applied)
        return await take_workflow_event(connection, event_id)

    monkeypatch.setattr(workflow_intake, "take_workflow_event", wait_for_the_worker)
    answer = await _press(stack, token, conversation_id, "hand_back")
    assert (answer.status_code, answer.json()["data"]["mode"]) == (200, "running")
    answer = await _press(stack, token, conversation_id, "hand_back")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_handed_off")
    assert await stack.count("workflow_event", "event_type = 'execution_waiting'") == 1
    assert await stack.count("audit_event", "action = 'workflow_execution.updated'") == 2
