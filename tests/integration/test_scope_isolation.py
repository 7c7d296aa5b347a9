"""Whatever projects, customers, numbers, people and embeds there are: an iframe sees what its scope and assignee allow.

Every world is checked against a model that is slow and obvious: it looks at each conversation for each embed. Then it
moves (conversations are given to others and taken away, ended and begun again, numbers become other customers') and is
checked once more.
"""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import hypothesis
import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from shared.ids import new_id
from shared.models import Customer, TeamMember
from shared.operations.connect_number import NewNumber, connect_number
from shared.operations.create_project import create_key, create_project
from shared.settings import Settings
from tests.factories import ACCESS_TOKEN, new_wamid, text_message, webhook
from tests.stack import Iframe, Stack
from tests.waiting import eventually


class ConversationPlan(msgspec.Struct, frozen=True):
    """Which number of the project, which person writes, and who of the team it is assigned to."""

    number: int
    person: int
    assignee: int | None


class ProjectPlan(msgspec.Struct, frozen=True):
    """`numbers` holds each number's customer, None for the project's own; `members` is how many people there are."""

    customers: int
    numbers: tuple[int | None, ...]
    members: int
    conversations: tuple[ConversationPlan, ...]


class EmbedPlan(msgspec.Struct, frozen=True):
    project: int
    kind: str
    target: int
    assignee: int | None


class Move(msgspec.Struct, frozen=True):
    """What becomes of a conversation (assign, end or reopen) or of a number (give). `which` and `to` go round where
    there are fewer; a `to` of 0 takes it away from whoever has it.
    """

    kind: str
    which: int
    to: int


MOVES = st.lists(
    st.builds(Move, st.sampled_from(["give", "assign", "give", "end"]), st.integers(0, 9), st.integers(0, 2)),
    min_size=3,
    max_size=8,
)


@st.composite
def projects(draw: st.DrawFn) -> ProjectPlan:
    customers, members = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    owner = st.none() if customers == 0 else st.none() | st.integers(0, customers - 1)
    numbers = draw(st.lists(owner, min_size=1, max_size=3))
    assignee = st.none() if members == 0 else st.none() | st.integers(0, members - 1)
    conversation = st.builds(ConversationPlan, st.integers(0, len(numbers) - 1), st.integers(0, 2), assignee)
    conversations = draw(
        st.lists(conversation, max_size=5, unique_by=lambda plan: (plan.number, plan.person))  # one active each
    )
    return ProjectPlan(customers, tuple(numbers), members, tuple(conversations))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[ProjectPlan], list[EmbedPlan]]:
    plans = draw(st.lists(projects(), min_size=2, max_size=2))
    embeds = []
    for _ in range(draw(st.integers(1, 5))):
        index = draw(st.integers(0, len(plans) - 1))
        plan = plans[index]
        kind = draw(st.sampled_from(["project", "phone_number", *(["customer"] if plan.customers else [])]))
        targets = {"project": 1, "phone_number": len(plan.numbers), "customer": plan.customers}
        target = draw(st.integers(0, targets[kind] - 1))
        assignee = draw(st.none() | st.integers(0, plan.members - 1)) if plan.members else None
        embeds.append(EmbedPlan(index, kind, target, assignee))
    return plans, embeds


class MadeConversation(msgspec.Struct):
    """A conversation that exists, with a word that no other conversation's messages hold."""

    project: int
    plan: ConversationPlan
    id: UUID
    phone_number_id: str
    word: str
    wa_id: str
    assignee: int | None = None
    assignment_id: str | None = None
    active: bool = True


class MadeProject(msgspec.Struct):
    id: UUID
    api_key: str
    customers: list[UUID]
    members: list[UUID]
    numbers: list[str]
    configs: list[UUID]


class World(msgspec.Struct):
    """`owners` holds the customer of each number of each project, as it is now."""

    owners: list[list[int | None]]
    projects: list[MadeProject]
    conversations: list[MadeConversation]

    def visible(self, embed: EmbedPlan) -> set[UUID]:
        """The model: one conversation at a time."""
        return {one.id for one in self.conversations if self.sees(embed, one)}

    def active(self) -> set[UUID]:
        return {one.id for one in self.conversations if one.active}

    def sees(self, embed: EmbedPlan, one: MadeConversation) -> bool:
        if embed.project != one.project:
            return False
        if embed.kind == "phone_number" and one.plan.number != embed.target:
            return False
        if embed.kind == "customer" and self.owners[one.project][one.plan.number] != embed.target:
            return False
        return embed.assignee is None or one.assignee == embed.assignee

    def numbers_of(self, embed: EmbedPlan) -> set[str]:
        owners = self.owners[embed.project]
        return {
            number
            for index, number in enumerate(self.projects[embed.project].numbers)
            if embed.kind == "project"
            or (embed.kind == "phone_number" and index == embed.target)
            or (embed.kind == "customer" and owners[index] == embed.target)
        }


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nobody shall be told to slow down here."""
    return msgspec.structs.replace(settings, embed_rate_limit=1_000_000, platform_rate_limit=1_000_000)


@pytest.mark.timeout(900)
async def test_every_endpoint_search_and_push_holds_the_scope_and_nothing_else(stack: Stack) -> None:
    loop = asyncio.get_running_loop()

    @hypothesis.settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(worlds(), MOVES)
    def check(drawn: tuple[list[ProjectPlan], list[EmbedPlan]], moves: list[Move]) -> None:
        asyncio.run_coroutine_threadsafe(_check(stack, *drawn, moves), loop).result(120)

    await asyncio.to_thread(check)


async def _check(stack: Stack, plans: list[ProjectPlan], embeds: list[EmbedPlan], moves: list[Move]) -> None:
    world = await _make(stack, plans)
    tokens = [await _token(stack, world, embed) for embed in embeds]
    for some in ([], moves):
        for move in some:
            await _move(stack, world, move)
        for embed, token in zip(embeds, tokens, strict=True):
            await _check_lists(stack, world, embed, token)
            await _check_one_by_one(stack, world, embed, token)
    await _check_names(stack, world, embeds, tokens)
    await _check_pushes(stack, world, embeds, tokens)


async def _move(stack: Stack, world: World, move: Move) -> None:
    if move.kind == "give":
        places = [(project, number) for project, owners in enumerate(world.owners) for number in range(len(owners))]
        project, number = places[move.which % len(places)]
        made = world.projects[project]
        owner = None if move.to == 0 or not made.customers else (move.to - 1) % len(made.customers)
        customer = None if owner is None else str(made.customers[owner])
        body = {"whatsapp_phone_number": {"customer_id": customer}}
        await _call(stack, made, "PATCH", f"phone_numbers/{made.numbers[number]}", body)
        world.owners[project][number] = owner
    elif world.conversations:
        one = world.conversations[move.which % len(world.conversations)]
        made = world.projects[one.project]
        if move.kind == "assign":
            await _assign(
                stack, made, one, None if move.to == 0 or not made.members else (move.to - 1) % len(made.members)
            )
        else:
            one.active = not one.active
            body = {"whatsapp_conversation": {"status": "active" if one.active else "ended"}}
            await _call(stack, made, "PATCH", f"conversations/{one.id}", body)


async def _call(stack: Stack, project: MadeProject, method: str, path: str, body: Any) -> Any:
    answer = await stack.http.request(
        method, f"/platform/v1/whatsapp/{path}", json=body, headers={"X-API-Key": project.api_key}
    )
    assert answer.is_success, answer.text
    return answer.json()["data"]


async def _make(stack: Stack, plans: list[ProjectPlan]) -> World:
    world = World([list(plan.numbers) for plan in plans], [], [])
    for index, plan in enumerate(plans):
        made = await _make_project(stack, plan)
        world.projects.append(made)
        for conversation in plan.conversations:
            wa_id, word = f"5255{index}000{conversation.person}", f"word{new_id().hex}"
            number = made.numbers[conversation.number]
            await stack.post_webhook(webhook(number, messages=[text_message(f"needle {word}", wa_id=wa_id)]))
            found = await _conversation(stack, word)
            one = MadeConversation(index, conversation, found, number, word, wa_id)
            world.conversations.append(one)
            await _assign(stack, made, one, conversation.assignee)
    return world


async def _make_project(stack: Stack, plan: ProjectPlan) -> MadeProject:
    async with stack.engine.begin() as connection:
        project_id = await create_project(connection, "A business")
        _, api_key = await create_key(connection, project_id, "tests")
        made = MadeProject(project_id, api_key, [], [], [], [])
        for _ in range(plan.customers):
            made.customers.append(new_id())
            await connection.execute(insert(Customer).values(id=made.customers[-1], project_id=project_id, name="C"))
        for place in range(plan.members):
            made.members.append(new_id())
            await connection.execute(
                insert(TeamMember).values(
                    id=made.members[-1], project_id=project_id, name="M", email=f"m{place}@example.com"
                )
            )
        for owner in plan.numbers:
            made.numbers.append(str(new_id().int % 10**15))
            number = NewNumber(
                phone_number_id=made.numbers[-1],
                business_account_id="900100",
                display_phone_number="+1 555 0100",
                name="Support",
                access_token=ACCESS_TOKEN,
                customer_id=None if owner is None else made.customers[owner],
            )
            made.configs.append(await connect_number(connection, project_id, number, stack.settings.secret_key))
    return made


async def _conversation(stack: Stack, word: str) -> UUID:
    async def stored() -> UUID | None:
        async with stack.engine.connect() as connection:
            query = text("SELECT conversation_id FROM message WHERE text = :text")
            found: UUID | None = await connection.scalar(query, {"text": f"needle {word}"})
            return found

    found = await eventually(stored)
    assert found is not None
    return found


async def _assign(stack: Stack, project: MadeProject, one: MadeConversation, member: int | None) -> None:
    path = f"conversations/{one.id}/assignments"
    user = {} if member is None else {"user_id": str(project.members[member])}
    if one.assignment_id is not None:
        change = {"assignment": {**user, "active": member is not None}}
        await _call(stack, project, "PATCH", f"{path}/{one.assignment_id}", change)
    elif member is not None:
        one.assignment_id = (await _call(stack, project, "POST", path, {"assignment": user}))["id"]
    one.assignee = member


async def _token(stack: Stack, world: World, embed: EmbedPlan) -> str:
    made = world.projects[embed.project]
    targets = {"project": None, "phone_number": made.numbers, "customer": made.customers}[embed.kind]
    fields = {
        "scope_type": embed.kind,
        "scope_id": None if targets is None else str(targets[embed.target]),
        "assigned_user_id": None if embed.assignee is None else str(made.members[embed.assignee]),
    }
    answer = await stack.http.post(
        "/platform/v1/inbox_embeds", json={"inbox_embed": fields}, headers={"X-API-Key": made.api_key}
    )
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["data"]["token"]
    return token


async def _check_lists(stack: Stack, world: World, embed: EmbedPlan, token: str) -> None:
    visible = {str(one) for one in world.visible(embed)}
    active = visible & {str(one) for one in world.active()}
    session = (await stack.get("/inbox/v1/session", token))["data"]
    assert {number["phone_number_id"] for number in session["phone_numbers"]} == world.numbers_of(embed)
    for query in ({}, {"unread": "1"}, {"search": "needle"}, {"search": "5255"}):
        assert await _listed(stack, token, **query) == active, query
    assert await _listed(stack, token, status="all") == visible
    assert await _listed(stack, token, status="ended") == visible - active
    assert await _listed(stack, token, handoff="1") == set()
    for one in world.conversations:
        assert await _listed(stack, token, search=one.word) == {str(one.id)} & active
        found = (await stack.get("/inbox/v1/conversations", token, search=one.word))["matches"]
        assert [match["text"] for match in found] == [f"needle {one.word}"] * len({str(one.id)} & active)
    for project in world.projects:
        for config, number in zip(project.configs, project.numbers, strict=True):
            of_number = {str(one.id) for one in world.conversations if one.phone_number_id == number}
            assert await _listed(stack, token, whatsapp_config_id=str(config)) == of_number & active
    changes = (await stack.get("/inbox/v1/changes", token, since=0))["data"]
    assert {row["id"] for row in changes["conversations"]} == visible
    assert {row["conversation_id"] for row in changes["messages"]} == visible
    assert not changes["reset"]


async def _listed(stack: Stack, token: str, **query: str) -> set[str]:
    """Ids over all pages, of two rows each."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await stack.get("/inbox/v1/conversations", token, limit=2, **query, **after)
        found += [row["id"] for row in page["data"]]
        assert {match["conversation_id"] for match in page["matches"]} <= {row["id"] for row in page["data"]}
        if page["paging"]["next"] is None:
            assert len(found) == len(set(found))
            return set(found)
        after = {"after": page["paging"]["next"]}


CALLS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/messages", None),
    ("GET", "/details", None),
    ("GET", "/earlier", None),
    ("GET", "/media", None),
    ("POST", "/read", None),
    ("POST", "/messages", {"client_id": "c", "type": "text", "text": {"body": "hi"}}),
    ("POST", "/handoff", None),
    ("POST", "/hand_back", None),
    ("PATCH", "", {"status": "ended"}),
    ("PATCH", "/contact", {"display_name": "Somebody else"}),
]


async def _check_one_by_one(stack: Stack, world: World, embed: EmbedPlan, token: str) -> None:
    """What is outside the scope is 404 for every call, and nothing of it changes; what is inside can be read."""
    visible = world.visible(embed)
    headers = {"Authorization": f"Bearer {token}"}
    for one in world.conversations:
        path = f"/inbox/v1/conversations/{one.id}"
        if one.id in visible:
            thread = (await stack.get(f"{path}/messages", token))["data"]
            assert [message["text"]["body"] for message in thread] == [f"needle {one.word}"]
            around = await stack.get(f"{path}/messages", token, around=thread[0]["id"])
            assert around["data"] == thread
            continue
        before = await _state(stack, one.id)
        for method, ending, body in CALLS:
            answer = await stack.http.request(method, path + ending, json=body, headers=headers)
            assert answer.status_code == 404, (method, ending, answer.text)
        assert await _state(stack, one.id) == before


async def _state(stack: Stack, conversation_id: UUID) -> Any:
    query = text(
        "SELECT v.rev::text, v.status, v.unread_count, v.messages_count, c.display_name FROM conversation v"
        " JOIN contact c ON c.id = v.contact_id WHERE v.id = :id"
    )
    async with stack.engine.connect() as connection:
        return (await connection.execute(query, {"id": conversation_id})).one()


async def _check_names(stack: Stack, world: World, embeds: list[EmbedPlan], tokens: list[str]) -> None:
    """A person is the project's: the name that one inbox gives shows in every inbox with a conversation of theirs, also
    in another customer's; and nowhere else.
    """
    seen = [
        (one, token) for embed, token in zip(embeds, tokens, strict=True) for one in world.conversations
        if world.sees(embed, one)
    ]  # fmt: skip
    if not seen:
        return
    renamed, by = seen[0]
    path, name = f"/inbox/v1/conversations/{renamed.id}/contact", f"Name {new_id().hex}"
    headers = {"Authorization": f"Bearer {by}"}
    answer = await stack.http.patch(path, json={"display_name": name}, headers=headers)
    assert answer.status_code == 200, answer.text
    for embed, token in zip(embeds, tokens, strict=True):
        theirs = {
            str(one.id)
            for one in world.conversations
            if world.sees(embed, one) and (one.project, one.wa_id) == (renamed.project, renamed.wa_id)
        }
        page = await stack.get("/inbox/v1/conversations", token, limit=100, status="all")
        assert {row["id"] for row in page["data"] if row["contact"]["name"] == name} == theirs


async def _check_pushes(stack: Stack, world: World, embeds: list[EmbedPlan], tokens: list[str]) -> None:
    """One more message in every active conversation: each iframe receives those of its scope."""
    active = world.active()
    async with contextlib.AsyncExitStack() as stack_of_iframes:
        iframes = [await stack_of_iframes.enter_async_context(stack.iframe(token)) for token in tokens]
        for one in (one for one in world.conversations if one.active):
            message = text_message(one.word, wa_id=one.wa_id, wamid=new_wamid())
            await stack.post_webhook(webhook(one.phone_number_id, messages=[message]))
        for embed, iframe in zip(embeds, iframes, strict=True):
            await _received(iframe, world.visible(embed) & active)

        async def all_applied() -> bool:
            return await stack.count("inbound_event", "state = 'pending'") == 0

        await eventually(all_applied)
        for embed, iframe in zip(embeds, iframes, strict=True):
            seen = {UUID(event["conversation"]["id"]) for event in iframe.events}
            assert seen == world.visible(embed) & active


async def _received(iframe: Iframe, expected: set[UUID]) -> None:
    async def all_of_them() -> bool:
        return expected <= {UUID(event["conversation"]["id"]) for event in iframe.events}

    await eventually(all_of_them)
