"""docs/inbox-api.md: what it says that an iframe receives is what an iframe receives."""

import uuid
from typing import Any

import pytest

from tests.desk import Desk, desk_of, picture
from tests.executions import started
from tests.meta_api import ANA
from tests.platform_api import PlatformApi
from tests.samples import shapes_in
from tests.shapes import parse_shapes
from tests.stack import Iframe, Stack
from tests.waiting import eventually


def _problem(name: str, value: Any) -> str:
    (shape,) = shapes_in("inbox-api.md", name)
    return shape(value)


async def test_rest(stack: Stack) -> None:
    desk = await desk_of(stack)
    upload = await desk.put("image", picture("PNG", "RGB"))
    await desk.sent("image", {"upload_id": upload.json()["data"]["id"]})
    await started(stack, ANA)
    list_, thread = "/inbox/v1/conversations", f"/inbox/v1/conversations/{desk.conversation_id}"
    (conversation,) = (await stack.get(list_, desk.token))["data"]
    _, text = (await stack.get(f"{thread}/messages", desk.token))["data"]
    answers = {
        "session": await stack.get("/inbox/v1/session", desk.token),
        "conversation": conversation,
        "message": text,
        "search": await stack.get(list_, desk.token, search="hola"),
        "details": (await stack.get(f"{thread}/details", desk.token))["data"],
        "upload": upload.json(),
    }
    assert {name: _problem(name, answer) for name, answer in answers.items()} == dict.fromkeys(answers, "")
    assert answers["search"]["matches"]
    assert answers["details"]["workflow"]["moves"]


async def test_an_earlier_conversation(stack: Stack) -> None:
    desk = await desk_of(stack)
    path = f"/whatsapp/conversations/{desk.conversation_id}"
    await PlatformApi(stack).change(path, {"whatsapp_conversation": {"status": "ended"}})
    now = await desk_of(stack)
    (earlier,) = (await stack.get(f"/inbox/v1/conversations/{now.conversation_id}/earlier", now.token))["data"]
    assert _problem("earlier conversation", earlier) == ""


async def test_pushes(stack: Stack) -> None:
    desk = await desk_of(stack)
    async with stack.iframe(desk.token) as iframe:
        pushes = [
            await _pushed(iframe, "message.created", desk.send("text", {"body": "Yes?"})),
            await iframe.event("message.updated"),  # WhatsApp's statuses of it
            await _pushed(iframe, "conversation.updated", _read(stack, desk)),
            await _pushed(iframe, "conversation.removed", PlatformApi(stack).remove(f"/whatsapp/contacts/{ANA}")),
        ]
    shapes = shapes_in("inbox-api.md", "events")
    assert [shape(push) for shape, push in zip(shapes, pushes, strict=True)] == ["", "", "", ""]


async def test_presence(stack: Stack) -> None:
    desk = await desk_of(stack)
    said = {"conversation_id": desk.conversation_id, "typing": True}
    assert _problem("viewing", said) == ""
    async with stack.iframe(desk.token) as iframe:
        told = await _pushed(iframe, "presence", iframe.client.call("viewing", said))
    assert _problem("presence", told) == ""
    assert told["state"] == "typing"


async def _pushed(iframe: Iframe, kind: str, happening: Any) -> dict[str, Any]:
    await happening
    return await iframe.event(kind)


async def _read(stack: Stack, desk: Desk) -> None:
    headers = {"Authorization": f"Bearer {desk.token}"}
    answer = await stack.http.post(f"/inbox/v1/conversations/{desk.conversation_id}/read", headers=headers)
    assert answer.status_code == 200, answer.text

    async def unread() -> bool:
        return await stack.count("conversation", "unread_count = 0") == 1

    await eventually(unread)


@pytest.mark.parametrize(
    ("shape", "value", "fits"),
    [
        ('{"a": uuid, "b": "x"|"y"|null}', {"a": str(uuid.uuid4()), "b": "y"}, True),
        ('{"a": uuid, "b": "x"|"y"|null}', {"a": str(uuid.uuid4()), "b": "z"}, False),
        ('{"a": uuid}', {"a": "1"}, False),
        ('{"a": iso|null}', {"a": "2026-01-31T09:00:00Z"}, True),
        ('{"a": "any text"}', {"a": "another"}, True),
        ('{"a": 5}', {"a": "5"}, False),
        ('{"a": bool}', {}, False),
        ('{"a": bool}', {"a": True, "b": 1}, False),
        ('{"a": bool, ...}', {"a": True, "b": 1}, True),
        ('{"a": [{"b": null}], "c": [0..255]}', {"a": [{"b": None}, {"b": 1}], "c": [7]}, False),
        ('{"a": [{"b": null}], "c": [0..255]}', {"a": [{"b": None}], "c": [7]}, True),
        ("[...]", [1, "a"], True),
        ("{...}", [], False),
    ],
)
def test_the_notation(shape: str, value: Any, fits: bool) -> None:
    (check,) = parse_shapes(shape)
    assert (check(value) == "") is fits
