"""Conversations on the Meta-compatible path."""

import time
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from tests.conversations import customer_wrote, new_wa_id, team_member
from tests.factories import make_project
from tests.meta_api import ANA, GraphRefusedError, MetaApi, customer_wrote_on_phone
from tests.platform_api import audit_lines
from tests.stack import Stack
from tests.waiting import eventually

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def _refused(call: Any) -> GraphRefusedError:
    with pytest.raises(GraphRefusedError) as refused:
        await call
    return refused.value


async def test_a_conversation_has_kapsos_fields(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote_on_phone(stack, "Do you mend zips?")
    wamid = await api.send_text("We do")

    async def delivered() -> bool:
        return await stack.count("message", "status = 'delivered'") == 1

    await eventually(delivered)
    answer, question = await api.list("messages")
    (shown,) = await api.list("conversations")
    assert {key: shown[key] for key in ("phone_number", "status", "phone_number_id", "metadata", "username")} == {
        "phone_number": ANA,
        "status": "active",
        "phone_number_id": api.number,
        "metadata": {},
        "username": None,
    }
    assert shown["whatsapp_config_id"] == str(stack.project.whatsapp_config_id)
    moments = ("last_message_timestamp", "last_inbound_at", "last_outbound_at")
    assert {name: value for name, value in shown["kapso"].items() if name not in moments} == {
        "contact_name": "Ana",
        "messages_count": 2,
        "last_message_id": wamid,
        "last_message_type": "text",
        "last_message_text": "We do",
    }
    seconds = [int(datetime.fromisoformat(shown["kapso"][name]).timestamp()) for name in moments]
    assert seconds == [int(one["timestamp"]) for one in (answer, question, answer)]
    for path in (f"/{api.number}/conversations/{shown['id']}", f"/conversations/{shown['id']}"):
        assert await api.get(path) == shown


async def test_fields_choose_what_stands_under_kapso(stack: Stack) -> None:
    api = MetaApi(stack)
    conversation_id = await customer_wrote(stack, "hola")
    for path in (f"/{api.number}/conversations", f"/{api.number}/conversations/{conversation_id}"):

        async def shown(path: str = path, **query: str) -> Any:
            found = await api.get(path, **query)
            return (found["data"][0] if "data" in found else found).get("kapso")

        assert await shown() == await shown(fields="kapso(all)")
        assert await shown(fields="kapso(messages_count,last_message_text)") == {
            "messages_count": 1,
            "last_message_text": "hola",
        }
        assert await shown(fields="kapso()") is None


async def test_every_filter(stack: Stack) -> None:
    api, now = MetaApi(stack), int(time.time())
    bea = new_wa_id()
    old = await customer_wrote(stack, at=now - 7200)
    ended = await customer_wrote(stack, wa_id=bea, at=now - 3600)
    new = await customer_wrote(stack, at=now)
    await customer_wrote(stack, number=stack.project.customer_phone_number_id)
    member = await team_member(stack, "Noor")
    await api.patch(f"/conversations/{ended}", {"status": "ended"})
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("UPDATE conversation SET assignee_id = :member WHERE id = :id"), {"member": member, "id": old}
        )

    async def ids(**query: Any) -> list[str]:
        return [one["id"] for one in await api.list("conversations", **query)]

    assert await ids() == [new, ended, old]
    assert await ids(status="active") == [new, old]
    assert await ids(status="ended") == [ended]
    assert await ids(assigned_user_id=member) == [old]
    assert await ids(unassigned="true") == [new, ended]
    assert await ids(last_active_since=now - 3600) == [new, ended]
    assert await ids(last_active_until=now - 3600) == [ended, old]
    assert await ids(phone_number=f"+{bea}") == await ids(phone_number=bea[3:]) == [ended]
    assert await ids(unheard_of="1", limit=1) == [new]
    both = await _refused(ids(assigned_user_id=member, unassigned="true"))
    assert (both.status, both.details) == (422, "unassigned cannot be combined with `assigned_user_id`")
    stranger = await _refused(ids(assigned_user_id=UNKNOWN))
    assert stranger.status == 422
    wrong = await _refused(ids(status="closed", limit=101, last_active_since="soon"))
    assert wrong.status == 422
    assert {one.split(" ")[0] for one in wrong.details.split("; ")} == {"status", "limit", "last_active_since"}
    assert (await _refused(ids(after="nonsense"))).status == 400


async def test_the_list_pages_both_ways(stack: Stack) -> None:
    api, now = MetaApi(stack), int(time.time())
    everything = [await customer_wrote(stack, at=now - place // 2) for place in range(9)]
    everything = [one["id"] for one in await api.list("conversations", limit=100)]
    assert len(everything) == 9
    for limit in (1, 4, 8, 9, 10):
        page = await api.get(f"/{api.number}/conversations", limit=limit)
        forth = [one["id"] for one in page["data"]]
        while (after := page["paging"]["next"]) is not None:
            page = await api.get(f"/{api.number}/conversations", limit=limit, after=after)
            forth += [one["id"] for one in page["data"]]
        back = [one["id"] for one in page["data"]]
        while (before := page["paging"]["previous"]) is not None:
            page = await api.get(f"/{api.number}/conversations", limit=limit, before=before)
            back = [one["id"] for one in page["data"]] + back
        assert forth == back == everything


async def test_a_conversation_is_ended_and_opened_again_live(stack: Stack) -> None:
    api = MetaApi(stack)
    conversation_id = await customer_wrote(stack)
    path = f"/conversations/{conversation_id}"
    async with stack.iframe(await stack.embed()) as iframe:
        assert await api.patch(path, {"status": "ended"}) == {"success": True}
        event = await iframe.event("conversation.updated")
    assert event["conversation"]["status"] == "ended"
    assert await api.patch(path, {"status": "ended"}) == {"success": True}
    assert await api.patch(path, {"status": "active"}) == {"success": True}
    assert [line[2] for line in await audit_lines(stack)] == [
        {"status": ["active", "ended"]},
        {"status": ["ended", "active"]},
    ]
    assert (await _refused(api.patch(path, {"status": "resolved"}))).details.startswith("status ")
    assert (await _refused(api.patch(path, {}))).details == "status is required"


async def test_what_is_another_numbers_or_projects_is_not_there(stack: Stack) -> None:
    api = MetaApi(stack)
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    theirs = MetaApi(stack, other.api_key, other.phone_number_id)
    ours = await customer_wrote(stack)
    elsewhere = MetaApi(stack, number=stack.project.customer_phone_number_id)
    for call in (
        theirs.get(f"/conversations/{ours}"),
        theirs.patch(f"/conversations/{ours}", {"status": "ended"}),
        theirs.get(f"/{other.phone_number_id}/conversations/{ours}"),
        elsewhere.get(f"/{elsewhere.number}/conversations/{ours}"),
        api.get(f"/conversations/{UNKNOWN}"),
        theirs.get(f"/{api.number}/conversations/{ours}"),
        theirs.get(f"/{api.number}/conversations"),
    ):
        refused = await _refused(call)
        assert (refused.status, refused.code) == (404, 100)
    assert await theirs.list("conversations") == await elsewhere.list("conversations") == []
    assert (await api.get(f"/conversations/{ours}"))["status"] == "active"


async def test_who_has_read_the_description_changes_no_answer(stack: Stack) -> None:
    api = MetaApi(stack)
    path = f"/conversations/{await customer_wrote(stack)}"
    assert (await stack.http.get("/docs/openapi.json")).status_code == 200
    assert (await _refused(api.patch(path, {}))).details == "status is required"
