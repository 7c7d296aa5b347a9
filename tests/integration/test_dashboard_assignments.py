"""Who has what, in the dashboard: one conversation is given to somebody, or all of a person's to another."""

import asyncio
import re
from typing import Any

from sqlalchemy import text

from shared.operations.give_conversation import GIVEN_AT_ONCE
from tests.conversations import customer_wrote, team_member, updated
from tests.dashboard import Browser, signed_in
from tests.factories import make_project
from tests.platform_api import PlatformApi
from tests.stack import Iframe, Stack
from tests.waiting import eventually

# Each conversation has one active assignment, which says the same as its own row; or none, if it is nobody's.
AGREE = """
    SELECT count(*) FROM conversation c
    LEFT JOIN assignment a ON a.conversation_id = c.id AND a.active
    WHERE c.assignee_id IS DISTINCT FROM a.user_id
"""


async def _ask(stack: Stack, query: str, **parameters: Any) -> Any:
    async with stack.engine.connect() as connection:
        return await connection.scalar(text(query), parameters)


async def _assignee(stack: Stack, conversation_id: str) -> str | None:
    found = await _ask(stack, "SELECT assignee_id FROM conversation WHERE id = :id", id=conversation_id)
    return None if found is None else str(found)


async def _give(browser: Browser, conversation_id: str, user_id: str) -> str:
    """The location to which the answer leads."""
    page = f"{browser.root}/assignments/{conversation_id}/edit"
    answer = await browser.send(page, user_id=user_id)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def _hand_over(browser: Browser, from_id: str, user_id: str) -> str:
    answer = await browser.send(f"{browser.root}/team/{from_id}/hand-over", user_id=user_id)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rpartition("done=")[2]


async def _removed(iframe: Iframe, conversation_id: str) -> None:
    async def found() -> bool:
        return any(
            (event["type"], event.get("conversation_id")) == ("conversation.removed", conversation_id)
            for event in iframe.events
        )

    await eventually(found)


async def _audit(stack: Stack) -> list[tuple[str, str, Any]]:
    async with stack.engine.connect() as connection:
        query = text(
            "SELECT action, object_id, changes FROM audit_event WHERE actor_type = 'operator' ORDER BY created_at, id"
        )
        return [(row.action, row.object_id, row.changes) for row in await connection.execute(query)]


async def test_a_conversation_is_assigned_reassigned_and_nobodys_again_in_every_inbox_at_once(stack: Stack) -> None:
    ana, ben = str(stack.project.user_id), await team_member(stack, "Ben")
    conversation_id = await customer_wrote(stack)
    tokens = [await stack.embed(), *[await stack.embed(assigned_user_id=one) for one in (ana, ben)]]
    async with (
        await signed_in(stack, "operator") as browser,
        stack.iframe(tokens[0]) as everybodys,
        stack.iframe(tokens[1]) as anas,
        stack.iframe(tokens[2]) as bens,
    ):
        assert "Nobody" in await browser.get(f"{browser.root}/assignments")
        assert (await _give(browser, conversation_id, ana)).endswith("?done=assigned")
        await updated(anas, conversation_id, assigned_user_id=ana)
        await _give(browser, conversation_id, ben)
        await updated(bens, conversation_id, assigned_user_id=ben)
        await _removed(anas, conversation_id)
        page = f"{browser.root}/assignments"
        assert conversation_id in await browser.get(page, assignee=ben)
        assert conversation_id not in await browser.get(page, assignee=ana)
        team = await browser.get(f"{browser.root}/team")
        assert f'assignments?assignee={ben}">1<' in team
        assert f"assignments?assignee={ana}" not in team
        await _give(browser, conversation_id, ben)  # he has it: nothing happens
        assert (await _give(browser, conversation_id, "nobody")).endswith("?done=unassigned")
        await _removed(bens, conversation_id)
        await updated(everybodys, conversation_id, assigned_user_id=None)
        await _give(browser, conversation_id, "nobody")
    assert await _assignee(stack, conversation_id) is None
    assert await _ask(stack, AGREE) == 0
    (created, first, made), (moved, second, to), (ended, third, end) = await _audit(stack)
    assert first == second == third
    assert (created, made) == ("assignment.created", {"user_id": [None, ana]})
    assert (moved, to) == ("assignment.updated", {"user_id": [ana, ben]})
    assert (ended, end) == ("assignment.updated", {"active": [True, False]})


async def test_all_of_a_person_go_to_another_with_their_notes_and_what_has_ended_stays(stack: Stack) -> None:
    api, ana, ben = PlatformApi(stack), str(stack.project.user_id), await team_member(stack, "Ben")
    conversations = [await customer_wrote(stack) for _ in range(3)]
    for one in conversations:
        body = {"assignment": {"user_id": ana, "notes": "VIP"}}
        await api.create(f"/whatsapp/conversations/{one}/assignments", body)
    ended, *active = conversations
    await api.change(f"/whatsapp/conversations/{ended}", {"whatsapp_conversation": {"status": "ended"}})
    tokens = [await stack.embed(assigned_user_id=one) for one in (ana, ben)]
    cursor = (await stack.get("/inbox/v1/session", tokens[0]))["data"]["cursor"]
    async with (
        await signed_in(stack, "operator") as browser,
        stack.iframe(tokens[0]) as anas,
        stack.iframe(tokens[1]) as bens,
    ):
        assert await _hand_over(browser, ana, ben) == "given_all"
        for one in active:
            await updated(bens, one, assigned_user_id=ben)
            await _removed(anas, one)
        # Who missed the pushes learns of it as well.
        missed = (await stack.get("/inbox/v1/changes", tokens[0], since=cursor))["data"]
        assert {row["conversation_id"] for row in missed["removed"]} == set(active)
        assert await _hand_over(browser, ana, ben) == "given_none"
        assert [await _assignee(stack, one) for one in (ended, *active)] == [ana, ben, ben]
        assert await stack.count("assignment", f"active AND user_id = '{ben}' AND notes = 'VIP'") == 2
        assert await _hand_over(browser, ben, "nobody") == "given_all"
    assert await _ask(stack, AGREE) == 0
    assert await stack.count("assignment", "NOT active") == 4
    assert await _audit(stack) == [
        ("user.handed_over", ana, {"assigned_user_id": [ana, ben], "conversations": [None, 2]}),
        ("user.handed_over", ben, {"assigned_user_id": [ben, None], "conversations": [None, 2]}),
    ]


async def test_people_who_hand_over_to_each_other_at_once_leave_every_conversation_with_one_of_them(
    stack: Stack,
) -> None:
    ana, ben = str(stack.project.user_id), await team_member(stack, "Ben")
    await _make_many(stack, 40, ana)
    async with await signed_in(stack) as browser:
        await _hand_over(browser, ana, ben)
        for _ in range(3):
            pairs = [(ana, ben), (ben, ana)] * 2
            await asyncio.gather(*(_hand_over(browser, *pair) for pair in pairs))
    assert await stack.count("assignment", "active") == await stack.count("conversation") == 40
    assert await _ask(stack, AGREE) == 0


async def _make_many(stack: Stack, count: int, user_id: str) -> None:
    """So many conversations of a person, each with somebody else."""
    statement = """
        WITH contacts AS (
            INSERT INTO contact (id, project_id, profile_name)
            SELECT gen_random_uuid(), :project_id, 'Person ' || n FROM generate_series(1, :count) AS n RETURNING id
        ), conversations AS (
            INSERT INTO conversation (id, project_id, phone_number_id, contact_id, assignee_id, last_active_at)
            SELECT gen_random_uuid(), :project_id, :number, id, :user_id, now() FROM contacts RETURNING id
        )
        INSERT INTO assignment (id, conversation_id, user_id) SELECT gen_random_uuid(), id, :user_id FROM conversations
    """
    project = stack.project
    values = {"project_id": project.id, "number": project.phone_number_id, "count": count, "user_id": user_id}
    async with stack.engine.begin() as connection:
        await connection.execute(text(statement), values)


async def test_many_are_handed_over_in_parts_counted_as_far_as_matters_and_listed_once_each(stack: Stack) -> None:
    ana, ben = str(stack.project.user_id), await team_member(stack, "Ben")
    await _make_many(stack, GIVEN_AT_ONCE + 30, ana)
    async with await signed_in(stack) as browser:
        assert re.search(rf'assignee={ana}">100 or more<', await browser.get(f"{browser.root}/team"))
        assert await _hand_over(browser, ana, ben) == "given_some"
        page, seen = f"{browser.root}/assignments", list[str]()
        path = f"{page}?assignee={ana}"
        for _ in range(2):
            html = await browser.get(path)
            seen += re.findall(r'href="[^"]*/assignments/([0-9a-f-]{36})/edit"', html)
            older = re.search(r'rel="next" href="([^"]+)"', html)
            path = page + (older[1].replace("&amp;", "&") if older else "")
        assert len(seen) == len(set(seen)) == 30
        assert "Person" in await browser.get(page, words="Person 7")
        assert "None has “nobody at all”" in await browser.get(page, words="nobody at all")
        assert await _hand_over(browser, ana, ben) == "given_all"
    assert await stack.count("conversation", f"assignee_id = '{ben}'") == GIVEN_AT_ONCE + 30
    assert await _ask(stack, AGREE) == 0


async def test_only_the_projects_own_people_get_its_conversations_and_a_viewer_gives_none(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    ana, conversation_id = str(stack.project.user_id), await customer_wrote(stack)
    async with await signed_in(stack) as owner, await signed_in(stack, "viewer") as viewer:
        await _give(owner, conversation_id, ana)
        one, all_of_ana = f"{owner.root}/assignments/{conversation_id}/edit", f"{owner.root}/team/{ana}/hand-over"
        for page in (one, all_of_ana):
            for wrong in (str(other.user_id), "x", ""):
                refused = await owner.send(page, user_id=wrong)
                assert refused.status_code == 422
                assert 'id="user_id-error"' in refused.text
        assert (await owner.send(all_of_ana, user_id=ana)).status_code == 422
        assert conversation_id not in await viewer.get(f"{viewer.root}/assignments")  # no link to what it may not do
        for page in (one, all_of_ana):
            await viewer.get(page, expect=403)
            assert (await viewer.send(page, f"{viewer.root}/assignments", user_id="nobody")).status_code == 403
        elsewhere = f"/dashboard/{other.id}"
        for path in (f"{elsewhere}/assignments/{conversation_id}/edit", f"{elsewhere}/team/{ana}/hand-over"):
            await owner.get(path, expect=404)
            assert (await owner.send(path, one, user_id="nobody")).status_code == 404
        await owner.get(f"{elsewhere}/assignments", expect=404, assignee=ana)
        assert "No active conversation" in await owner.get(f"{elsewhere}/assignments")
    assert await _assignee(stack, conversation_id) == ana
