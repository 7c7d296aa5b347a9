"""Who answers a conversation: Kapso's assignments, and what the iframes of each assignee see of them."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conversations import customer_wrote, iframes, scopes_of, team_member, updated
from tests.factories import make_project
from tests.platform_api import PlatformApi, audit_lines, every_page_size, numbered_pages
from tests.stack import Iframe, Stack
from tests.waiting import eventually

NOBODY = "018f0000-0000-7000-8000-000000000000"
NOT_A_MEMBER = "User not found or not a member of this project"
ASSIGNED_ALREADY = "Conversation already has an active assignment"


def _path(conversation_id: str) -> str:
    return f"/whatsapp/conversations/{conversation_id}/assignments"


def _to(user_id: str, **fields: Any) -> dict[str, Any]:
    return {"assignment": {"user_id": user_id, **fields}}


async def _assignee(stack: Stack, conversation_id: str) -> str | None:
    token = await stack.embed()
    assignee: str | None = (await stack.get(f"/inbox/v1/conversations/{conversation_id}", token))["data"][
        "assigned_user_id"
    ]
    return assignee


async def test_an_assignment_has_kapsos_fields_and_can_be_read_again(stack: Stack) -> None:
    api, path, user_id = PlatformApi(stack), _path(await customer_wrote(stack)), str(stack.project.user_id)
    made = await api.create(path, _to(user_id, notes="Knows the hotel"))
    assert set(made) == {"id", "user_id", "created_by_user_id", "notes", "active", "created_at"}
    assert (made["user_id"], made["created_by_user_id"], made["active"]) == (user_id, None, True)
    assert made["notes"] == "Knows the hotel"
    assert (await api.get(f"{path}/{made['id']}"))["data"] == made
    assert (await api.get(path, per_page=25)) == {
        "data": [made], "meta": {"page": 1, "per_page": 25, "total_pages": 1, "total_count": 1}
    }  # fmt: skip


@every_page_size
async def test_every_page_of_the_list_newest_first(stack: Stack, rows: int, per_page: int) -> None:
    api, path = PlatformApi(stack), _path(await customer_wrote(stack))
    made = []
    for _ in range(rows):
        made.append((await api.create(path, _to(str(stack.project.user_id))))["id"])
        await api.change(f"{path}/{made[-1]}", {"assignment": {"active": False}})
    pages = await numbered_pages(api, path, per_page)
    assert [row["id"] for rows in pages for row in rows] == made[::-1]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"assignment"}),
        ({"assignment": {}}, {"user_id"}),
        ({"assignment": {"user_id": "ana", "notes": 7}}, {"user_id", "notes"}),
        ({"assignment": {"user_id": NOBODY, "notes": "x" * 2001}}, {"user_id", "notes"}),
        ({"assignment": {"user_id": NOBODY}}, {"user_id"}),
    ],
)
async def test_every_wrong_field_is_named(stack: Stack, body: Any, fields: set[str]) -> None:
    path = _path(await customer_wrote(stack))
    assert await PlatformApi(stack).wrong_fields("POST", path, body) == fields
    assert await stack.count("assignment") == 0


async def test_only_members_of_the_project_are_given_conversations(stack: Stack) -> None:
    api, path = PlatformApi(stack), _path(await customer_wrote(stack))
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other business")
    for user_id in (NOBODY, str(other.user_id)):
        answer = await api.answer("POST", path, _to(user_id))
        assert (answer.status_code, answer.json()["error"]) == (422, NOT_A_MEMBER)
    made = await api.create(path, _to(str(stack.project.user_id)))
    answer = await api.answer("PATCH", f"{path}/{made['id']}", _to(NOBODY))
    assert (answer.status_code, answer.json()["error"]) == (422, NOT_A_MEMBER)
    assert (await api.get(path))["data"] == [made]


async def test_a_conversation_has_one_active_assignment(stack: Stack) -> None:
    api, ana, ben = PlatformApi(stack), str(stack.project.user_id), await team_member(stack, "Ben")
    path = _path(await customer_wrote(stack))
    first = await api.create(path, _to(ana))
    for user_id in (ana, ben):
        answer = await api.answer("POST", path, _to(user_id))
        assert (answer.status_code, answer.json()["error"]) == (422, ASSIGNED_ALREADY)
    await api.change(f"{path}/{first['id']}", {"assignment": {"active": False}})
    second = await api.create(path, _to(ben))
    answer = await api.answer("PATCH", f"{path}/{first['id']}", {"assignment": {"active": True}})
    assert (answer.status_code, answer.json()["error"]) == (422, ASSIGNED_ALREADY)
    await api.change(f"{path}/{second['id']}", {"assignment": {"active": False}})
    assert (await api.change(f"{path}/{first['id']}", {"assignment": {"active": True}}))["active"] is True


async def test_of_two_who_assign_at_once_one_does(stack: Stack) -> None:
    api, ana, ben = PlatformApi(stack), str(stack.project.user_id), await team_member(stack, "Ben")
    for _ in range(5):
        conversation_id = await customer_wrote(stack)
        path = _path(conversation_id)
        answers = await asyncio.gather(*(api.answer("POST", path, _to(user_id)) for user_id in (ana, ben)))
        answers.sort(key=lambda answer: answer.status_code)
        assert [answer.status_code for answer in answers] == [201, 422]
        assert answers[1].json()["error"] == ASSIGNED_ALREADY
        (row,) = (await api.get(path))["data"]
        assert await _assignee(stack, conversation_id) == row["user_id"]


async def test_only_what_is_sent_changes_and_the_audit_log_says_what(stack: Stack) -> None:
    api, ana, ben = PlatformApi(stack), str(stack.project.user_id), await team_member(stack, "Ben")
    conversation_id = await customer_wrote(stack)
    path = _path(conversation_id)
    made = await api.create(path, _to(ana, notes="VIP"))
    one = f"{path}/{made['id']}"
    assert await api.change(one, {"assignment": {}}) == made
    assert await api.change(one, {"assignment": {"notes": None}}) == {**made, "notes": None}
    assert await api.change(one, _to(ben)) == {**made, "notes": None, "user_id": ben}
    assert await _assignee(stack, conversation_id) == ben
    assert (await api.change(one, {"assignment": {"active": False}}))["active"] is False
    assert await _assignee(stack, conversation_id) is None
    assert await audit_lines(stack) == [
        ("assignment.created", made["id"], {}),
        ("assignment.updated", made["id"], {"notes": ["VIP", None]}),
        ("assignment.updated", made["id"], {"user_id": [ana, ben]}),
        ("assignment.updated", made["id"], {"active": [True, False]}),
    ]


async def test_an_assignment_that_goes_to_another_leaves_a_row_of_who_had_it(stack: Stack) -> None:
    api, ana, ben = PlatformApi(stack), str(stack.project.user_id), await team_member(stack, "Ben")
    path = _path(await customer_wrote(stack))
    made = await api.create(path, _to(ana))
    await api.change(f"{path}/{made['id']}", _to(ben))
    shown = [(row["id"] == made["id"], row["user_id"], row["active"]) for row in (await api.get(path))["data"]]
    assert shown == [(True, ben, True), (False, ana, False)]


async def test_what_is_not_there(stack: Stack) -> None:
    api, mine = PlatformApi(stack), await customer_wrote(stack)
    made = await api.create(_path(mine), _to(str(stack.project.user_id)))
    other = await customer_wrote(stack)
    async with stack.engine.begin() as connection:
        foreign = await make_project(connection, stack.settings, "Other business")
    for who, path in (
        (api, f"{_path(other)}/{made['id']}"),
        (api, f"{_path(mine)}/{NOBODY}"),
        (PlatformApi(stack, foreign.api_key), f"{_path(mine)}/{made['id']}"),
    ):
        for method, body in (("GET", None), ("PATCH", {"assignment": {"active": False}})):
            assert (await who.answer(method, path, body)).status_code == 404, (method, path)
    assert (await api.get(f"{_path(mine)}/{made['id']}"))["data"] == made


async def test_the_former_assignees_iframes_lose_the_conversation_and_the_others_keep_it(stack: Stack) -> None:
    api, number = PlatformApi(stack), stack.project.customer_phone_number_id
    ana, ben = str(stack.project.user_id), await team_member(stack, "Ben")
    conversation_id = await customer_wrote(stack, number=number)
    path = _path(conversation_id)
    async with (
        iframes(stack, scopes_of(stack, number)) as whole,
        iframes(stack, scopes_of(stack, number, ana)) as anas,
        iframes(stack, scopes_of(stack, number, ben)) as bens,
    ):
        made = await api.create(path, _to(ana))
        for iframe in (*whole.values(), *anas.values()):
            await updated(iframe, conversation_id, assigned_user_id=ana)
        await api.change(f"{path}/{made['id']}", _to(ben))
        for iframe in (*whole.values(), *bens.values()):
            await updated(iframe, conversation_id, assigned_user_id=ben)
        for iframe in anas.values():
            assert (await iframe.event("conversation.removed"))["conversation_id"] == conversation_id
        await api.change(f"{path}/{made['id']}", {"assignment": {"active": False}})
        for iframe in whole.values():
            await updated(iframe, conversation_id, assigned_user_id=None)
        for iframe in bens.values():
            assert (await iframe.event("conversation.removed"))["conversation_id"] == conversation_id
        kinds = {name: [event["type"] for event in iframe.events] for name, iframe in (anas | whole).items()}
        assert {tuple(kinds[name]) for name in anas} == {("conversation.updated", "conversation.removed")}
        assert {tuple(kinds[name]) for name in whole} == {("conversation.updated",) * 3}


class Page:
    """What the page in an iframe keeps of the conversations it hears of: the reducer's rules, in Python."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.left: dict[str, int] = {}

    def apply(self, *, rows: list[Any], removed: list[Any]) -> None:
        for row in rows:
            rev = int(row["rev"])
            if rev > self.left.get(row["id"], 0) and rev >= self.rows.get(row["id"], 0):
                self.rows[row["id"]] = rev
                self.left.pop(row["id"], None)
        for one in removed:
            conversation_id, rev = one["conversation_id"], int(one["rev"])
            if rev >= self.rows.get(conversation_id, 0):
                self.rows.pop(conversation_id, None)
                self.left[conversation_id] = max(rev, self.left.get(conversation_id, 0))


def _after(events: list[Any]) -> set[str]:
    page = Page()
    for event in events:
        removed = event["type"] == "conversation.removed"
        page.apply(rows=[] if removed else [event["conversation"]], removed=[event] if removed else [])
    return set(page.rows)


class Viewer:
    """One assignee's iframe, live, and another that never gets a push and catches up from its own cursor."""

    def __init__(self, stack: Stack, token: str, iframe: Iframe, cursor: str) -> None:
        self._stack, self._token, self._cursor = stack, token, cursor
        self._iframe = iframe
        self._page = Page()

    async def shows(self, expected: set[str]) -> None:
        async def live() -> bool:
            return _after(self._iframe.events) == expected

        await eventually(live)
        assert await self._caught_up() == expected

    async def _caught_up(self) -> set[str]:
        changes = (await self._stack.get("/inbox/v1/changes", self._token, since=self._cursor))["data"]
        assert not changes["reset"]
        self._cursor = changes["cursor"]
        self._page.apply(rows=changes["conversations"], removed=changes["removed"])
        return set(self._page.rows)


# Which of two conversations; to whom: a person, or nobody.
STEPS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from(("ana", "ben", None))), min_size=1, max_size=12)


@pytest.mark.timeout(300)
@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_every_assignees_iframe_shows_what_the_assignments_say_live_and_by_catching_up(
    stack: Stack, steps: list[tuple[int, str | None]]
) -> None:
    api = PlatformApi(stack)
    numbers = (stack.project.phone_number_id, stack.project.customer_phone_number_id)
    team = {name: await team_member(stack, f"{name}{await stack.count('team_member')}") for name in ("ana", "ben")}
    conversations = [await customer_wrote(stack, number=number) for number in numbers]
    held: dict[str, str | None] = dict.fromkeys(conversations)
    viewers: dict[tuple[str, str], Viewer] = {}
    async with (
        iframes(stack, scopes_of(stack, numbers[1], team["ana"])) as anas,
        iframes(stack, scopes_of(stack, numbers[1], team["ben"])) as bens,
    ):
        for name, its in (("ana", anas), ("ben", bens)):
            for scope, fields in scopes_of(stack, numbers[1], team[name]).items():
                token = await stack.embed(**fields)
                cursor = (await stack.get("/inbox/v1/session", token))["data"]["cursor"]
                viewers[name, scope] = Viewer(stack, token, its[scope], cursor)
        for place, owner in steps:
            held[conversations[place]] = owner
            await _give(api, conversations[place], team.get(owner or ""))
            for (viewing, scope), viewer in viewers.items():
                visible = conversations if scope.startswith("project") else conversations[1:]
                await viewer.shows({one for one in visible if held[one] == viewing})


async def _give(api: PlatformApi, conversation_id: str, user_id: str | None) -> None:
    """By whichever call leads there: a new assignment, another user in the active one, or its end."""
    path = _path(conversation_id)
    active = next((row for row in (await api.get(path))["data"] if row["active"]), None)
    if active is None and user_id is not None:
        await api.create(path, _to(user_id))
    elif active is not None:
        change = {"active": False} if user_id is None else {"user_id": user_id}
        await api.change(f"{path}/{active['id']}", {"assignment": change})
