"""An embed shows what its scope and assignee allow, and nothing else: in lists, by id, by search and by push."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from shared.ids import new_id
from tests.factories import make_project, text_message, webhook
from tests.stack import Stack
from tests.waiting import eventually


async def _three_conversations(stack: Stack) -> None:
    """One on the project's own number, one on the customer's, and one of another project."""
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other business")
    for number, body in (
        (stack.project.phone_number_id, "needle own"),
        (stack.project.customer_phone_number_id, "needle customer"),
        (other.phone_number_id, "needle other"),
    ):
        await stack.post_webhook(webhook(number, messages=[text_message(body)]))

    async def stored() -> bool:
        return await stack.count("conversation") == 3

    await eventually(stored)


async def _assign(stack: Stack, body: str) -> None:
    async with stack.engine.begin() as connection:
        conversation_id = await connection.scalar(
            text("UPDATE conversation SET assignee_id = :user WHERE id = (SELECT conversation_id FROM message WHERE"
                 " text = :body) RETURNING id"),
            {"user": stack.project.user_id, "body": body},
        )  # fmt: skip
        await connection.execute(
            text("INSERT INTO assignment (id, conversation_id, user_id) VALUES (:id, :conversation, :user)"),
            {"id": new_id(), "conversation": conversation_id, "user": stack.project.user_id},
        )


def _scopes(stack: Stack) -> dict[str, tuple[dict[str, Any], set[str]]]:
    project = stack.project
    return {
        "project": ({}, {"needle own", "needle customer"}),
        "phone_number": ({"scope_type": "phone_number", "scope_id": project.phone_number_id}, {"needle own"}),
        "customer": ({"scope_type": "customer", "scope_id": str(project.customer_id)}, {"needle customer"}),
        "assignee": ({"assigned_user_id": str(project.user_id)}, {"needle customer"}),
        "number and assignee": (
            {
                "scope_type": "phone_number",
                "scope_id": project.phone_number_id,
                "assigned_user_id": str(project.user_id),
            },
            set(),
        ),
    }


@pytest.mark.parametrize("name", ["project", "phone_number", "customer", "assignee", "number and assignee"])
async def test_lists_search_and_changes_hold_the_scope_and_nothing_else(stack: Stack, name: str) -> None:
    await _three_conversations(stack)
    await _assign(stack, "needle customer")
    fields, visible = _scopes(stack)[name]
    token = await stack.embed(**fields)
    for query in ({}, {"search": "needle"}, {"status": "all"}, {"unread": "1"}):
        listed = (await stack.get("/inbox/v1/conversations", token, **query))["data"]
        assert {row["last_message"]["preview"] for row in listed} == visible, query
    changes = (await stack.get("/inbox/v1/changes", token, since=0))["data"]
    assert {row["text"]["body"] for row in changes["messages"]} == visible
    assert len(changes["conversations"]) == len(visible)


async def test_a_conversation_outside_the_scope_is_404_for_every_call(stack: Stack) -> None:
    await _three_conversations(stack)
    async with stack.engine.connect() as connection:
        rows = await connection.execute(text("SELECT conversation_id, text FROM message"))
        ids = {row.text: row.conversation_id for row in rows}
    token = await stack.embed(scope_type="phone_number", scope_id=stack.project.phone_number_id)
    headers = {"Authorization": f"Bearer {token}"}
    reply = {"client_id": "c", "type": "text", "text": {"body": "hi"}}
    for body, expected in (("needle own", 200), ("needle customer", 404), ("needle other", 404)):
        path = f"/inbox/v1/conversations/{ids[body]}"
        answers = [
            await stack.http.get(path, headers=headers),
            await stack.http.get(f"{path}/messages", headers=headers),
            await stack.http.post(f"{path}/read", headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [expected] * 3, body
        sent = await stack.http.post(f"{path}/messages", json=reply, headers=headers)
        assert sent.status_code == (201 if expected == 200 else 404), body
    assert await stack.count("message", "direction = 'outbound'") == 1
    assert await stack.count("conversation", "unread_count = 0") == 1


async def test_pushes_reach_the_scopes_that_contain_the_conversation_and_no_other(stack: Stack) -> None:
    """Every iframe is shown to be alive by a message that it must see, so that silence means something."""
    project = stack.project
    own = await stack.embed(scope_type="phone_number", scope_id=project.phone_number_id)
    customers = await stack.embed(scope_type="customer", scope_id=str(project.customer_id))
    whole = await stack.embed()
    assigned = await stack.embed(assigned_user_id=str(project.user_id))
    async with (
        stack.iframe(own) as at_own,
        stack.iframe(customers) as at_customers,
        stack.iframe(whole) as at_whole,
        stack.iframe(assigned) as at_assigned,
    ):
        await stack.post_webhook(webhook(project.phone_number_id, messages=[text_message("to own")]))
        await stack.post_webhook(webhook(project.customer_phone_number_id, messages=[text_message("to customer")]))
        await asyncio.gather(at_own.event("message.created"), at_customers.event("message.created"))

        async def both() -> bool:
            return len(at_whole.events) == 2

        await eventually(both)
        assert [event["message"]["text"]["body"] for event in at_own.events] == ["to own"]
        assert [event["message"]["text"]["body"] for event in at_customers.events] == ["to customer"]
        assert at_assigned.events == []

        await _assign(stack, "to own")
        await stack.post_webhook(webhook(project.phone_number_id, messages=[text_message("to the assignee")]))
        await at_assigned.event("message.created")
        assert [event["message"]["text"]["body"] for event in at_assigned.events] == ["to the assignee"]
