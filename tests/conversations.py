"""Conversations that tests start from: somebody has written."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import insert, text

from shared.ids import new_id
from shared.models import TeamMember
from tests.factories import text_message, webhook
from tests.stack import Iframe, Stack
from tests.waiting import eventually

_people = itertools.count(15_550_200_000)


def new_wa_id() -> str:
    """The number of somebody who has not written yet."""
    return str(next(_people))


async def customer_wrote(
    stack: Stack, body: str = "Hello", *, wa_id: str | None = None, number: str | None = None, at: int | None = None
) -> str:
    """Somebody writes, to the project's own number unless another is given; the id of the active conversation."""
    wa_id = wa_id or new_wa_id()
    message = text_message(body, wa_id=wa_id, at=at)
    await stack.post_webhook(webhook(number or stack.project.phone_number_id, messages=[message]))
    found = text("SELECT c.id FROM conversation c JOIN message m ON m.conversation_id = c.id WHERE m.wamid = :wamid")

    async def stored() -> str | None:
        async with stack.engine.connect() as connection:
            row = (await connection.execute(found, {"wamid": message["id"]})).one_or_none()
        return None if row is None else str(row.id)

    conversation_id = await eventually(stored)
    assert conversation_id is not None
    return conversation_id


async def team_member(stack: Stack, name: str) -> str:
    """Somebody else of the project's team; the `user_id`."""
    user_id = new_id()
    async with stack.engine.begin() as connection:
        await connection.execute(
            insert(TeamMember).values(
                id=user_id, project_id=stack.project.id, name=name, email=f"{name.lower()}@example.com"
            )
        )
    return str(user_id)


def scopes_of(stack: Stack, number: str, user_id: str | None = None) -> dict[str, dict[str, Any]]:
    """The embeds that show a conversation on `number`, of every scope type; those of an assignee, if one is given."""
    project = stack.project
    scopes: dict[str, dict[str, Any]] = {
        "project": {},
        "phone_number": {"scope_type": "phone_number", "scope_id": number},
    }
    if number == project.customer_phone_number_id:
        scopes["customer"] = {"scope_type": "customer", "scope_id": str(project.customer_id)}
    if user_id is None:
        return scopes
    return {f"{name} of an assignee": {**fields, "assigned_user_id": user_id} for name, fields in scopes.items()}


@contextlib.asynccontextmanager
async def iframes(stack: Stack, scopes: dict[str, dict[str, Any]]) -> AsyncIterator[dict[str, Iframe]]:
    """A connected iframe of each scope, by the same names."""
    async with contextlib.AsyncExitStack() as open_iframes:
        yield {
            name: await open_iframes.enter_async_context(stack.iframe(await stack.embed(**fields)))
            for name, fields in scopes.items()
        }


async def updated(iframe: Iframe, conversation_id: str, **fields: Any) -> dict[str, Any]:
    """The first push of the conversation that holds these values, waited for."""

    async def find() -> dict[str, Any] | None:
        return next(
            (
                event["conversation"]
                for event in iframe.events
                if event.get("conversation", {}).get("id") == conversation_id
                and all(event["conversation"][field] == value for field, value in fields.items())
            ),
            None,
        )

    found = await eventually(find)
    assert found is not None
    return found
