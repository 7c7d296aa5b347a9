"""Executions of workflows, as an engine outside starts them and as others see them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from tests.conversations import new_wa_id
from tests.platform_api import PlatformApi
from tests.stack import Stack


async def register_workflow(api: PlatformApi, **fields: Any) -> str:
    made: str = (await api.create("/workflows", {"workflow": {"name": "Order status", **fields}}))["id"]
    return made


def start_body(stack: Stack, wa_id: str, **fields: Any) -> dict[str, Any]:
    number = {"phone_number": wa_id, "phone_number_id": stack.project.phone_number_id}
    return {"workflow_execution": {**number, **fields}}


async def started(stack: Stack, wa_id: str | None = None, **fields: Any) -> dict[str, Any]:
    """A running execution, in full."""
    api = PlatformApi(stack)
    path = f"/workflows/{await register_workflow(api)}/executions"
    answer = await api.answer("POST", path, start_body(stack, wa_id or new_wa_id(), **fields))
    assert answer.status_code == 202, answer.text
    return await execution_of(api, answer.json()["data"]["id"])


async def execution_of(api: PlatformApi, execution_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(f"/workflow_executions/{execution_id}"))["data"]
    return found


def change_body(**fields: Any) -> dict[str, Any]:
    return {"workflow_execution": fields}


async def log_of(api: PlatformApi, execution_id: str, **query: Any) -> list[dict[str, Any]]:
    """The lines of an execution's log, oldest first."""
    lines: list[dict[str, Any]] = (await api.get(f"/workflow_executions/{execution_id}/events", limit=100, **query))[
        "data"
    ]
    return lines[::-1]


async def view_of(stack: Stack, conversation_id: str) -> dict[str, Any]:
    """The conversation as an iframe sees it."""
    token = await stack.embed()
    view: dict[str, Any] = (await stack.get(f"/inbox/v1/conversations/{conversation_id}", token))["data"]
    return view


async def person_in_inbox(api: PlatformApi, user_id: str, name: str) -> tuple[str, dict[str, str]]:
    """The id of a new embed of the whole project, and the headers of somebody in it whom the host names."""
    embed = await api.create("/inbox_embeds", {"inbox_embed": {"scope_type": "project", "name": "Desk"}})
    claims = {"sub": user_id, "name": name, "exp": datetime.now(UTC) + timedelta(hours=1)}
    claim = jwt.encode(claims, embed["signing_secret"], algorithm="HS256")
    return embed["id"], {"Authorization": f"Bearer {embed['token']}", "X-Porthole-User": claim}
