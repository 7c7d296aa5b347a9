"""/platform/v1/whatsapp/messages."""

import time
from typing import Any

import pytest
from sqlalchemy import text

from tests.conversations import customer_wrote, new_wa_id
from tests.factories import make_project, new_wamid, webhook
from tests.platform_api import PlatformApi, cursor_pages
from tests.stack import Stack
from tests.waiting import eventually

MESSAGES = "/whatsapp/messages"


async def _ids(api: PlatformApi, **query: Any) -> list[str]:
    return [row["id"] for row in (await api.get(MESSAGES, **query))["data"]]


async def _wamid(stack: Stack, body: str) -> str:
    async with stack.engine.connect() as connection:
        query = text("SELECT wamid FROM message WHERE text = :body")
        wamid: str = (await connection.execute(query, {"body": body})).scalar_one()
    return wamid


async def _photo(stack: Stack, *, wa_id: str, at: int) -> str:
    """A customer sends a picture."""
    wamid = new_wamid()
    image = {"id": "90001", "mime_type": "image/jpeg", "sha256": "00", "caption": "The zip"}
    message = {"from": wa_id, "id": wamid, "timestamp": str(at), "type": "image", "image": image}
    await stack.post_webhook(webhook(stack.project.phone_number_id, messages=[message]))

    async def stored() -> bool:
        return await stack.count("message", f"wamid = '{wamid}'") == 1

    await eventually(stored)
    return wamid


async def _reply(stack: Stack, conversation_id: str, body: str) -> str:
    """Somebody answers from an inbox; the wamid, once WhatsApp has given one."""
    reply = {"client_id": body, "type": "text", "text": {"body": body}}
    headers = {"Authorization": f"Bearer {await stack.embed()}"}
    answer = await stack.http.post(f"/inbox/v1/conversations/{conversation_id}/messages", json=reply, headers=headers)
    assert answer.status_code == 201, answer.text

    async def delivered() -> bool:
        return await stack.count("message", f"text = '{body}' AND status = 'delivered'") == 1

    await eventually(delivered)
    return await _wamid(stack, body)


async def test_a_message_has_metas_fields_and_kapsos(stack: Stack) -> None:
    api, wa_id = PlatformApi(stack), new_wa_id()
    at = int(time.time())
    conversation_id = await customer_wrote(stack, "Do you mend zips?", wa_id=wa_id, at=at)
    wamid = await _wamid(stack, "Do you mend zips?")
    shown = (await api.get(f"{MESSAGES}/{wamid}"))["data"]
    assert (shown["id"], shown["type"], shown["text"]["body"]) == (wamid, "text", "Do you mend zips?")
    assert (shown["timestamp"], shown["from"]) == (str(at), wa_id)
    kapso = shown["kapso"]
    assert (kapso["direction"], kapso["status"], kapso["has_media"]) == ("inbound", "delivered", False)
    assert (kapso["whatsapp_conversation_id"], kapso["phone_number"]) == (conversation_id, wa_id)
    assert kapso["content"] == "Do you mend zips?"
    assert (await api.get(MESSAGES))["data"] == [shown]


async def test_every_filter(stack: Stack) -> None:
    api, now, wa_id = PlatformApi(stack), int(time.time()), "15550200733"
    first = await stack.customer_writes(wa_id, "first")  # on the phone, so that the reply reaches it

    async def stored() -> bool:
        return await stack.count("message") == 1

    await eventually(stored)
    photo = await _photo(stack, wa_id=wa_id, at=now)
    async with stack.engine.connect() as connection:
        conversation_id = str(await connection.scalar(text("SELECT id FROM conversation")))
    other_conversation = await customer_wrote(stack, "other", number=stack.project.customer_phone_number_id)
    other = await _wamid(stack, "other")
    reply = await _reply(stack, conversation_id, "certainly")
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO contact_identity (project_id, kind, value, contact_id)"
                 " SELECT project_id, 'bsuid', 'US.1349', contact_id FROM conversation WHERE id = :id"),
            {"id": other_conversation},
        )  # fmt: skip
    for query, expected in (
        ({}, {reply, other, photo, first}),
        ({"phone_number_id": stack.project.phone_number_id}, {reply, photo, first}),
        ({"phone_number_id": "1"}, set()),
        ({"conversation_id": conversation_id}, {reply, photo, first}),
        ({"phone_number": "0733"}, {reply, photo, first}),
        ({"phone_number": "+1 555 020-0733"}, {reply, photo, first}),
        ({"phone_number": "4" * 20}, set()),
        ({"phone_number": "Ana"}, set()),
        ({"business_scoped_user_id": "US.1349"}, {other}),
        ({"business_scoped_user_id": "US.134"}, set()),
        ({"direction": "inbound"}, {other, photo, first}),
        ({"direction": "outbound"}, {reply}),
        ({"status": "delivered"}, {reply, other, photo, first}),
        ({"status": "delivered", "direction": "outbound"}, {reply}),
        ({"status": "pending"}, set()),
        ({"message_type": "image"}, {photo}),
        ({"message_type": "text", "direction": "inbound"}, {other, first}),
        ({"has_media": "true"}, {photo}),
        ({"has_media": "false"}, {reply, other, first}),
    ):
        assert set(await _ids(api, **query)) == expected, query


async def test_the_list_pages_by_cursor_newest_first(stack: Stack) -> None:
    now, wa_id = int(time.time()), new_wa_id()
    for age in (3, 0, 4, 2, 1):
        await customer_wrote(stack, f"{age}", wa_id=wa_id, at=now - age)
    pages = await cursor_pages(PlatformApi(stack), MESSAGES, 2)
    assert [[row["text"]["body"] for row in rows] for rows in pages] == [["0", "1"], ["2", "3"], ["4"]]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"direction": "sideways", "status": "lost", "has_media": "some"}, {"direction", "status", "has_media"}),
        ({"conversation_id": "1", "limit": "101"}, {"conversation_id", "limit"}),
    ],
)
async def test_a_filter_that_means_nothing_is_named(stack: Stack, query: dict[str, str], fields: set[str]) -> None:
    assert await PlatformApi(stack).wrong_fields("GET", MESSAGES, **query) == fields


async def test_a_cursor_of_somebody_elses_is_refused(stack: Stack) -> None:
    for query in ({"after": "abc"}, {"before": "abc"}):
        answer = await PlatformApi(stack).answer("GET", MESSAGES, **query)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(query))


async def test_messages_of_another_project_are_not_there(stack: Stack) -> None:
    conversation_id = await customer_wrote(stack, "mine")
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other business")
    theirs = PlatformApi(stack, other.api_key)
    for query in (
        {},
        {"conversation_id": conversation_id},
        {"phone_number_id": stack.project.phone_number_id},
        {"phone_number": "555"},
    ):
        assert await _ids(theirs, **query) == [], query
    for message_id in (await _wamid(stack, "mine"), "wamid.unknown", "018f0000-0000-7000-8000-000000000000"):
        answer = await theirs.answer("GET", f"{MESSAGES}/{message_id}")
        assert (answer.status_code, answer.json()["error"]) == (404, "Message not found")
