"""The whole product on real sockets, as a test's users meet it."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import msgspec
import socketio
from litestar import Litestar
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.roles import running_all
from cli.serve import bind, port_of, serving
from cli.simulator.app import simulating
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.crypto import webhook_signature
from shared.settings import Settings
from shared.tls import tls_context
from tests.apps import api_app, simulator_app
from tests.database import count
from tests.factories import ACCESS_TOKEN, ProjectRows, make_embed
from tests.waiting import eventually


class Iframe:
    """What the page in the iframe does on its socket: it connects with a token and collects the events."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.events: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.client.on("events", self._on_events)
        self.gaps = 0
        self.client.on("closed", self.closed.append)
        self.client.on("catch_up", self._on_gap)
        self.client.on("connect_error", self.refused.append)

    async def _on_events(self, events: list[dict[str, Any]]) -> None:
        self.events.extend(events)

    def _on_gap(self) -> None:
        self.gaps += 1

    async def event(self, kind: str, seconds: float = 20.0) -> dict[str, Any]:
        """The first event of a kind, waited for."""

        async def find() -> dict[str, Any] | None:
            return next((event for event in self.events if event["type"] == kind), None)

        found = await eventually(find, seconds)
        assert found is not None
        return found


_TOKEN = object()


@contextlib.asynccontextmanager
async def connected_iframe(url: str, token: str, auth: Any = _TOKEN, **headers: str) -> AsyncIterator[Iframe]:
    """An iframe on the realtime role at `url`."""
    iframe = Iframe()
    with contextlib.suppress(socketio.exceptions.ConnectionError):
        await iframe.client.connect(
            url,
            headers=headers,
            auth={"token": token} if auth is _TOKEN else auth,
            transports=["websocket"],
            socketio_path="/realtime/socket.io",
            wait_timeout=10,
        )
    try:
        yield iframe
    finally:
        await iframe.client.disconnect()


class Stack:
    """Handles on a running Porthole."""

    def __init__(self, settings: Settings, engine: AsyncEngine, project: ProjectRows, simulator_url: str) -> None:
        self.settings = settings
        self.engine = engine
        self.project = project
        self.base_url = settings.base_url
        self.simulator_url = simulator_url
        self.http = httpx.AsyncClient(base_url=self.base_url, timeout=10, verify=tls_context())
        self.simulator = httpx.AsyncClient(base_url=simulator_url, timeout=10, verify=tls_context())

    async def embed(self, project: ProjectRows | None = None, **fields: Any) -> str:
        """An embed's token, of the whole project unless `fields` say otherwise."""
        async with self.engine.begin() as connection:
            return await make_embed(connection, (project or self.project).id, **fields)

    @contextlib.asynccontextmanager
    async def iframe(self, token: str, auth: Any = _TOKEN, **headers: str) -> AsyncIterator[Iframe]:
        """A connected iframe; one that is refused says so in `refused`. `auth` replaces the usual {"token": token}."""
        async with connected_iframe(self.base_url, token, auth, **headers) as iframe:
            yield iframe

    async def post_webhook(self, body: bytes, signature: str | None = None) -> httpx.Response:
        """Deliver a body as Meta does, correctly signed unless a signature is given."""
        secret = self.settings.app_secrets()[0]
        headers = {"X-Hub-Signature-256": signature or webhook_signature(body, secret)}
        return await self.http.post("/webhooks/whatsapp", content=body, headers=headers)

    async def customer_writes(self, wa_id: str, body: str, phone_number_id: str | None = None) -> str:
        """A customer writes a text on the phone; returns its wamid."""
        number = phone_number_id or self.project.phone_number_id
        await self.simulator.post("/_sim/users", json={"wa_id": wa_id, "name": "Ana"})
        message = {"phone_number_id": number, "type": "text", "text": {"body": body}}
        answer = await self.simulator.post(f"/_sim/users/{wa_id}/messages", json=message)
        assert answer.status_code == 201, answer.text
        wamid: str = answer.json()["wamid"]
        return wamid

    async def count(self, table: str, where: str = "true") -> int:
        return await count(self.engine, table, where)

    async def get(self, path: str, token: str, **query: Any) -> Any:
        """The JSON of a call that must succeed."""
        answer = await self.http.get(path, params=query, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def close(self) -> None:
        await self.http.aclose()
        await self.simulator.aclose()


class Roles(msgspec.Struct, frozen=True):
    """Every role on one port and a simulator's app on another; `settings` says where. `engine` is a test's own."""

    settings: Settings
    simulator: Litestar
    engine: AsyncEngine


@contextlib.asynccontextmanager
async def running_roles(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Roles]:
    """On free ports of loopback."""
    with bind("127.0.0.1", 0) as sock, bind("127.0.0.1", 0) as simulator_sock:
        url, simulator_url = (f"http://127.0.0.1:{port_of(one)}" for one in (sock, simulator_sock))
        settings = msgspec.structs.replace(settings, base_url=url, graph_url=simulator_url)
        with api_app(settings) as made, simulator_app(_simulator_config(settings, ())) as simulator:
            async with (
                running_all(settings, made) as app,
                serving(app, sock, settings.trusted_proxies),
                serving(simulator, simulator_sock),
            ):
                yield Roles(settings, simulator, engine)


@contextlib.asynccontextmanager
async def stack_of(roles: Roles, project: ProjectRows) -> AsyncIterator[Stack]:
    """The roles with a new simulator, which has the project's numbers."""
    config = _simulator_config(roles.settings, (project.phone_number_id, project.customer_phone_number_id))
    stack = Stack(roles.settings, roles.engine, project, config.base_url)
    roles.simulator.state = State({"config": config})
    async with simulating(roles.simulator):
        try:
            yield stack
        finally:
            await stack.close()


@contextlib.asynccontextmanager
async def running_stack(settings: Settings, engine: AsyncEngine, project: ProjectRows) -> AsyncIterator[Stack]:
    async with running_roles(settings, engine) as roles, stack_of(roles, project) as stack:
        yield stack


def _simulator_config(settings: Settings, numbers: Sequence[str]) -> SimulatorConfig:
    return SimulatorConfig(
        webhook_url=f"{settings.base_url}/webhooks/whatsapp",
        app_secret=settings.app_secrets()[0].decode(),
        verify_token=settings.whatsapp_verify_token,
        access_token=ACCESS_TOKEN,
        numbers=[SimulatedNumber(number, "900100", f"+1 555 {number[-4:]}", "Alder & Finch") for number in numbers],
        base_url=settings.graph_url,
    )
