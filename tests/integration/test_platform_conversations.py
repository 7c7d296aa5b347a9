"""/platform/v1/whatsapp/conversations, and ending and reopening them from there and from an iframe."""

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import text

from tests.conversations import customer_wrote, iframes, new_wa_id, scopes_of, team_member, updated
from tests.factories import make_project, text_message, webhook
from tests.platform_api import PlatformApi, audit_lines, cursor_pages
from tests.stack import Stack
from tests.waiting import eventually

CONVERSATIONS = "/whatsapp/conversations"
NOBODY = "018f0000-0000-7000-8000-000000000000"


def _status(status: str) -> dict[str, Any]:
    return {"whatsapp_conversation": {"status": status}}


async def _ids(api: PlatformApi, **query: Any) -> list[str]:
    return [row["id"] for row in (await api.get(CONVERSATIONS, **query))["data"]]


async def test_a_conversation_has_kapsos_fields(stack: Stack) -> None:
    api, wa_id, now = PlatformApi(stack), new_wa_id(), int(time.time())
    conversation_id = await customer_wrote(stack, "Is it open?", wa_id=wa_id, at=now)
    shown = (await api.get(f"{CONVERSATIONS}/{conversation_id}"))["data"]
    assert shown.keys() >= {
        "id", "phone_number", "business_scoped_user_id", "parent_business_scoped_user_id", "username", "status",
        "last_active_at", "created_at", "updated_at", "metadata", "phone_number_id", "kapso",
    }  # fmt: skip
    assert (shown["id"], shown["phone_number"], shown["status"]) == (conversation_id, wa_id, "active")
    assert shown["phone_number_id"] == stack.project.phone_number_id
    kapso = shown["kapso"]
    assert (kapso["contact_name"], kapso["messages_count"], kapso["last_message_text"]) == ("Ana", 1, "Is it open?")
    assert (await api.get(CONVERSATIONS))["data"] == [shown]


async def test_the_list_pages_by_cursor_latest_activity_first(stack: Stack) -> None:
    now = int(time.time())
    made = [await customer_wrote(stack, at=now - age) for age in (3, 1, 4, 0, 2)]
    await PlatformApi(stack).change(f"{CONVERSATIONS}/{made[1]}", _status("ended"))
    pages = await cursor_pages(PlatformApi(stack), CONVERSATIONS, 2)
    assert [row["id"] for rows in pages for row in rows] == [made[index] for index in (3, 1, 4, 0, 2)]


async def test_every_filter(stack: Stack) -> None:
    api, now = PlatformApi(stack), int(time.time())
    own = await customer_wrote(stack, wa_id="15550200911", at=now - 500)
    hotel = await customer_wrote(
        stack, wa_id="15550200922", number=stack.project.customer_phone_number_id, at=now - 100
    )
    ended = await customer_wrote(stack, wa_id="15550299911", at=now)
    await api.change(f"{CONVERSATIONS}/{ended}", _status("ended"))
    user_id = str(stack.project.user_id)
    await api.create(f"{CONVERSATIONS}/{hotel}/assignments", {"assignment": {"user_id": user_id}})
    moments = {age: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - age)) for age in (600, 500, 300, -600)}
    for query, expected in (
        ({}, [ended, hotel, own]),
        ({"phone_number_id": stack.project.phone_number_id}, [ended, own]),
        ({"phone_number": "911"}, [ended, own]),
        ({"phone_number": "+1 555 020-0922"}, [hotel]),
        ({"phone_number": "Ana"}, []),
        ({"status": "active"}, [hotel, own]),
        ({"status": "ended"}, [ended]),
        ({"assigned_user_id": user_id}, [hotel]),
        ({"assigned_user_id": user_id, "unassigned": "false"}, [hotel]),
        ({"unassigned": "true"}, [ended, own]),
        ({"last_active_after": moments[300]}, [ended, hotel]),
        ({"last_active_before": moments[300]}, [own]),
        ({"last_active_after": moments[500], "last_active_before": moments[500]}, [own]),
        ({"last_active_after": moments[500].rstrip("Z"), "last_active_before": moments[500]}, [own]),
        ({"created_after": moments[-600]}, []),
        ({"created_before": moments[-600]}, [ended, hotel, own]),
        ({"created_before": moments[600]}, []),
    ):
        assert await _ids(api, **query) == expected, query


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"status": "closed"}, {"status"}),
        ({"unassigned": "true", "assigned_user_id": NOBODY}, {"unassigned"}),
        ({"assigned_user_id": NOBODY}, {"assigned_user_id"}),
        ({"assigned_user_id": "me", "limit": "0"}, {"assigned_user_id", "limit"}),
        ({"created_after": "yesterday"}, {"created_after"}),
        ({"created_after": "0001-01-01T00:00:00+14:00"}, {"created_after"}),
    ],
)
async def test_a_filter_that_means_nothing_is_named(stack: Stack, query: dict[str, str], fields: set[str]) -> None:
    assert await PlatformApi(stack).wrong_fields("GET", CONVERSATIONS, **query) == fields


async def test_conversations_of_another_project_are_not_there(stack: Stack) -> None:
    conversation_id = await customer_wrote(stack)
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other business")
    theirs = PlatformApi(stack, other.api_key)
    assert await _ids(theirs) == []
    assert await _ids(theirs, phone_number_id=stack.project.phone_number_id) == []
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", _status("ended")),
        ("GET", "/flow_executions", None),
        ("GET", "/assignments", None),
        ("POST", "/assignments", {"assignment": {"user_id": str(other.user_id)}}),
    ):
        answer = await theirs.answer(method, f"{CONVERSATIONS}/{conversation_id}{path}", body)
        assert (answer.status_code, answer.json()["error"]) == (404, "Conversation not found"), (method, path)
    assert await stack.count("conversation", "status = 'active'") == 1


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        ({}, 422, {"whatsapp_conversation"}),
        ({"whatsapp_conversation": {}}, 422, {"status"}),
        (_status("closed"), 422, {"status"}),
        ({"whatsapp_conversation": {"status": "ended", "metadata": {"note": "x" * 17_000}}}, 422, {"metadata"}),
        ({"whatsapp_conversation": {"metadata": ["gold"]}}, 422, {"metadata", "status"}),
        ([], 400, set()),
    ],
)
async def test_a_status_that_is_none_is_refused(stack: Stack, body: Any, status: int, fields: set[str]) -> None:
    conversation_id = await customer_wrote(stack)
    answer = await PlatformApi(stack).answer("PATCH", f"{CONVERSATIONS}/{conversation_id}", body)
    assert (answer.status_code, set(answer.json()["errors"])) == (status, fields)


async def test_metadata_is_replaced_and_told_and_a_repeat_is_none(stack: Stack) -> None:
    api, conversation_id = PlatformApi(stack), await customer_wrote(stack)
    path, noted = f"{CONVERSATIONS}/{conversation_id}", {"order": 4711, "tags": ["gold"]}
    async with iframes(stack, {"project": {}}) as watching:
        for _ in range(2):
            changed = await api.change(path, {"whatsapp_conversation": {"metadata": noted}})
            assert (changed["metadata"], changed["status"]) == (noted, "active")
        both = await api.change(path, {"whatsapp_conversation": {"metadata": {}, "status": "ended"}})
        assert (both["metadata"], both["status"]) == ({}, "ended")
        await updated(watching["project"], conversation_id, status="ended")
        assert len(watching["project"].events) == 3
    assert await audit_lines(stack) == [
        ("conversation.updated", conversation_id, {"metadata": [{}, noted]}),
        ("conversation.updated", conversation_id, {"metadata": [noted, {}], "status": ["active", "ended"]}),
    ]


async def test_iframes_of_every_scope_hear_of_an_end_and_of_a_reopening_at_once(stack: Stack) -> None:
    api, number, user_id = PlatformApi(stack), stack.project.customer_phone_number_id, str(stack.project.user_id)
    conversation_id = await customer_wrote(stack, number=number)
    await api.create(f"{CONVERSATIONS}/{conversation_id}/assignments", {"assignment": {"user_id": user_id}})
    path = f"{CONVERSATIONS}/{conversation_id}"
    async with iframes(stack, scopes_of(stack, number) | scopes_of(stack, number, user_id)) as watching:
        assert len(watching) == 6
        ended = await api.change(path, _status("ended"))
        assert ended["status"] == "ended"
        for iframe in watching.values():
            assert (await updated(iframe, conversation_id, status="ended"))["ended_at"] is not None
        assert (await api.change(path, _status("active")))["status"] == "active"
        for iframe in watching.values():
            assert (await updated(iframe, conversation_id, status="active"))["ended_at"] is None


async def test_a_status_that_the_conversation_has_already_changes_nothing(stack: Stack) -> None:
    api, conversation_id = PlatformApi(stack), await customer_wrote(stack)
    path = f"{CONVERSATIONS}/{conversation_id}"
    await api.change(path, _status("active"))
    ended = await api.change(path, _status("ended"))
    async with iframes(stack, {"project": {}}) as watching:
        assert await api.change(path, _status("ended")) == ended
        await api.change(path, _status("active"))
        await updated(watching["project"], conversation_id, status="active")
        assert len(watching["project"].events) == 1
    assert await audit_lines(stack) == [
        ("conversation.updated", conversation_id, {"status": ["active", "ended"]}),
        ("conversation.updated", conversation_id, {"status": ["ended", "active"]}),
    ]


async def test_an_iframe_that_missed_the_push_catches_up_on_the_end(stack: Stack) -> None:
    conversation_id, token = await customer_wrote(stack), await stack.embed()
    cursor = (await stack.get("/inbox/v1/session", token))["data"]["cursor"]
    await PlatformApi(stack).change(f"{CONVERSATIONS}/{conversation_id}", _status("ended"))
    changes = (await stack.get("/inbox/v1/changes", token, since=cursor))["data"]
    assert [(row["id"], row["status"]) for row in changes["conversations"]] == [(conversation_id, "ended")]


async def test_a_conversation_does_not_open_again_beside_another_of_the_same_contact_and_number(stack: Stack) -> None:
    api, wa_id = PlatformApi(stack), new_wa_id()
    first = await customer_wrote(stack, wa_id=wa_id)
    await api.change(f"{CONVERSATIONS}/{first}", _status("ended"))
    second = await customer_wrote(stack, wa_id=wa_id)
    assert second != first
    answer = await api.answer("PATCH", f"{CONVERSATIONS}/{first}", _status("active"))
    assert (answer.status_code, answer.json()["code"]) == (422, "conversation_open")
    assert answer.json()["error"] == "Another conversation of this contact on this number is active already."
    other_number = await customer_wrote(stack, wa_id=wa_id, number=stack.project.customer_phone_number_id)
    await api.change(f"{CONVERSATIONS}/{second}", _status("ended"))
    assert (await api.change(f"{CONVERSATIONS}/{first}", _status("active")))["status"] == "active"
    assert set(await _ids(api, status="active")) == {first, other_number}


async def test_of_two_that_reopen_at_once_one_is_refused(stack: Stack) -> None:
    api, wa_id = PlatformApi(stack), new_wa_id()
    ended = []
    for _ in range(2):
        ended.append(await customer_wrote(stack, wa_id=wa_id))
        await api.change(f"{CONVERSATIONS}/{ended[-1]}", _status("ended"))
    for _ in range(5):
        answers = await asyncio.gather(
            *(api.answer("PATCH", f"{CONVERSATIONS}/{one}", _status("active")) for one in ended)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]
        (active,) = await _ids(api, status="active")
        await api.change(f"{CONVERSATIONS}/{active}", _status("ended"))


async def test_messages_that_come_while_conversations_end_and_open_are_all_kept(stack: Stack) -> None:
    api, wa_id, number = PlatformApi(stack), new_wa_id(), stack.project.phone_number_id
    first = await customer_wrote(stack, wa_id=wa_id)

    async def write() -> None:
        for index in range(15):
            await stack.post_webhook(webhook(number, messages=[text_message(f"{index}", wa_id=wa_id)]))

    async def end_and_open() -> None:
        for status in ("ended", "active") * 10:
            answer = await api.answer("PATCH", f"{CONVERSATIONS}/{first}", _status(status))
            assert answer.status_code in {200, 422}, answer.text

    await asyncio.gather(write(), end_and_open())

    async def all_stored() -> bool:
        return await stack.count("message") == 16

    await eventually(all_stored)
    assert await stack.count("inbound_event", "state <> 'done'") == 0
    assert await stack.count("conversation", "status = 'active'") <= 1
    assert await stack.count("conversation", "(status = 'ended') <> (ended_at IS NOT NULL)") == 0


async def test_the_list_of_one_assignee_follows_its_assignments(stack: Stack) -> None:
    api, ben = PlatformApi(stack), await team_member(stack, "Ben")
    conversation_id = await customer_wrote(stack)
    path = f"{CONVERSATIONS}/{conversation_id}/assignments"
    made = await api.create(path, {"assignment": {"user_id": ben}})
    assert await _ids(api, assigned_user_id=ben) == [conversation_id]
    await api.change(f"{path}/{made['id']}", {"assignment": {"active": False}})
    assert await _ids(api, assigned_user_id=ben) == []
    assert await _ids(api, unassigned="true") == [conversation_id]


class TestFromAnIframe:
    async def _change(self, stack: Stack, token: str, conversation_id: str, body: Any) -> Any:
        return await stack.http.patch(
            f"/inbox/v1/conversations/{conversation_id}", json=body, headers={"Authorization": f"Bearer {token}"}
        )

    async def test_ending_and_reopening_answer_the_conversation_and_tell_everybody(self, stack: Stack) -> None:
        conversation_id, token = await customer_wrote(stack), await stack.embed()
        async with iframes(stack, {"colleague": {}}) as watching:
            answer = await self._change(stack, token, conversation_id, {"status": "ended"})
            assert (answer.status_code, answer.json()["data"]["status"]) == (200, "ended")
            await updated(watching["colleague"], conversation_id, status="ended")
            answer = await self._change(stack, token, conversation_id, {"status": "active"})
            assert (answer.json()["data"]["status"], answer.json()["data"]["ended_at"]) == ("active", None)
            await updated(watching["colleague"], conversation_id, status="active")
        assert await audit_lines(stack) == [
            ("conversation.updated", conversation_id, {"status": ["active", "ended"]}),
            ("conversation.updated", conversation_id, {"status": ["ended", "active"]}),
        ]
        assert await stack.count("audit_event", "actor_type = 'embed'") == 2

    async def test_a_wrong_status_is_named(self, stack: Stack) -> None:
        conversation_id, token = await customer_wrote(stack), await stack.embed()
        for body in ({}, {"status": "paused"}, {"status": None}):
            answer = await self._change(stack, token, conversation_id, body)
            assert (answer.status_code, list(answer.json()["errors"])) == (422, ["status"]), body

    async def test_a_conversation_outside_the_scope_is_not_there(self, stack: Stack) -> None:
        conversation_id = await customer_wrote(stack)
        elsewhere: list[dict[str, Any]] = [
            {"scope_type": "phone_number", "scope_id": stack.project.customer_phone_number_id},
            {"scope_type": "customer", "scope_id": str(stack.project.customer_id)},
            {"assigned_user_id": str(stack.project.user_id)},
        ]
        for fields in elsewhere:
            answer = await self._change(stack, await stack.embed(**fields), conversation_id, {"status": "ended"})
            assert answer.status_code == 404, fields
        async with stack.engine.connect() as connection:
            assert await connection.scalar(text("SELECT status FROM conversation")) == "active"
