"""A simulator and a business that listens to it, both on real sockets, for the tests of the simulator itself."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

import httpx
import msgspec
import uvicorn
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.tls import tls_context
from tests.apps import simulator_app

NUMBER, OTHER_NUMBER, ACCOUNT = "106540001", "106540002", "900100"
ANA = "5215555550100"
TOKEN, SECRET, VERIFY_TOKEN = "test-token", "test-secret", "test-verify"

Json = dict[str, Any]
T = TypeVar("T")


def until(find: Callable[[], T], seconds: float = 5.0) -> T:
    """The first truthy result, or a failure after the deadline."""
    deadline = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < deadline, f"nothing came within {seconds} s"
        time.sleep(0.005)
    return found


class Webhook(msgspec.Struct):
    headers: dict[str, str]
    body: bytes

    @property
    def entries(self) -> list[Json]:
        """None, if it came without the usual envelope."""
        entries: list[Json] = json.loads(self.body).get("entry", [])
        return entries

    @property
    def changes(self) -> list[Json]:
        return [change for entry in self.entries for change in entry["changes"]]


class Business:
    """The receiver of the webhooks. It answers `answers` one by one, then 200."""

    def __init__(self) -> None:
        self.webhooks: list[Webhook] = []
        self.answers: list[int] = []
        self.verify_token = VERIFY_TOKEN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return
        body, more = b"", True
        while more:
            event = await receive()
            if event["type"] != "http.request":
                return
            body, more = body + event["body"], event["more_body"]
        answer, status = b"", self.answers.pop(0) if self.answers else 200
        if scope["method"] == "GET":
            query = httpx.QueryParams(scope["query_string"].decode())
            right = query["hub.verify_token"] == self.verify_token and query["hub.mode"] == "subscribe"
            answer, status = (query["hub.challenge"].encode(), 200) if right else (b"", 403)
        else:
            self.webhooks.append(Webhook({key.decode(): value.decode() for key, value in scope["headers"]}, body))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    def values(self) -> list[Json]:
        return [change["value"] for webhook in list(self.webhooks) for change in webhook.changes]

    def of_field(self, field: str) -> list[Json]:
        """The values of this field alone."""
        changes = [change for webhook in list(self.webhooks) for change in webhook.changes]
        return [change["value"] for change in changes if change["field"] == field]

    def messages(self) -> list[Json]:
        return [message for value in self.of_field("messages") for message in value.get("messages", [])]

    def statuses(self) -> list[Json]:
        return [status for value in self.of_field("messages") for status in value.get("statuses", [])]

    def status_names(self) -> list[str]:
        return [status["status"] for status in self.statuses()]


class World(msgspec.Struct):
    """`sim` speaks to the control API, `graph` to the Graph API as the business with its token."""

    business: Business
    sim: httpx.Client
    graph: httpx.Client

    def start(self) -> None:
        """Forget the last test: Ana exists and nothing waits longer than it must."""
        self.sim.post("/_sim/reset").raise_for_status()
        self.business.answers.clear()
        self.business.verify_token = VERIFY_TOKEN
        # Once this has gone through, so has every webhook that the reset met half-way.
        self.sim.post("/_sim/webhooks", json={"body": "the last of the old ones"}).raise_for_status()
        self.sim.post("/_sim/reset").raise_for_status()
        self.business.webhooks.clear()
        settings = {"sent_seconds": 0, "delivered_seconds": 0, "read_seconds": 0, "retry_first_seconds": 0.02}
        self.settings(**settings)
        self.sim.post("/_sim/users", json={"wa_id": ANA, "name": "Ana P", "bsuid": "MX.123"}).raise_for_status()

    def settings(self, **settings: object) -> None:
        current = self.sim.get("/_sim/settings").json()
        self.sim.put("/_sim/settings", json=current | settings).raise_for_status()

    def faults(self, **faults: object) -> None:
        self.sim.put("/_sim/faults", json=faults).raise_for_status()

    def customer_sends(self, kind: str = "text", content: object = None, **rest: object) -> str:
        """Ana sends; the answer is the wamid."""
        body = {"phone_number_id": NUMBER, "type": kind, **rest}
        if kind == "text" or content is not None:
            body[kind] = content or {"body": "hola"}
        answer = self.sim.post(f"/_sim/users/{ANA}/messages", json=body)
        assert answer.status_code == 201, answer.text
        wamid = answer.json()["wamid"]
        assert isinstance(wamid, str)
        return wamid

    def app_sends(self, kind: str = "text", content: object = None, **rest: object) -> str:
        """The business types to Ana in its WhatsApp Business app; the answer is the wamid."""
        body = {"phone_number_id": NUMBER, "type": kind, **rest}
        if kind == "text" or content is not None:
            body[kind] = content or {"body": "from the shop"}
        answer = self.sim.post(f"/_sim/users/{ANA}/echoes", json=body)
        assert answer.status_code == 201, answer.text
        wamid = answer.json()["wamid"]
        assert isinstance(wamid, str)
        return wamid

    def chat(self) -> list[Json]:
        """What Ana sees of her chat with the business."""
        shown: list[Json] = self.sim.get("/_sim/messages", params={"phone_number_id": NUMBER, "wa_id": ANA}).json()
        return shown

    def user(self, **fields: object) -> None:
        """Change what Ana is."""
        self.sim.post("/_sim/users", json={"wa_id": ANA, **fields}).raise_for_status()

    def open_window(self) -> str:
        """Ana writes, and the business has taken it."""
        wamid = self.customer_sends()
        until(lambda: any(message["id"] == wamid for message in self.business.messages()))
        return wamid

    def post(self, **body: object) -> httpx.Response:
        return self.graph.post(f"/{NUMBER}/messages", json={"messaging_product": "whatsapp", **body})

    def send_text(self, text: str = "hello", **rest: object) -> str:
        answer = self.post(to=f"+{ANA}", type="text", text={"body": text}, **rest)
        assert answer.status_code == 200, answer.text
        wamid = answer.json()["messages"][0]["id"]
        assert isinstance(wamid, str)
        return wamid

    def settled(self, *names: str) -> list[Json]:
        """Wait until the business has had statuses of exactly these names, in any order."""
        until(lambda: sorted(self.business.status_names()) == sorted(names))
        return self.business.statuses()

    def received(self) -> Json:
        answer: Json = self.sim.get("/_sim/received").json()
        return answer


@contextlib.contextmanager
def running_world() -> Iterator[World]:
    """Both servers on a thread of their own until the end of the block."""
    ready: list[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = []
    business = Business()

    async def serve_both() -> None:
        stop = asyncio.Event()
        sockets = [loopback_socket(), loopback_socket()]
        simulator_url, business_url = (f"http://127.0.0.1:{found.getsockname()[1]}" for found in sockets)
        config = config_for(simulator_url, f"{business_url}/webhooks/whatsapp")
        with simulator_app(config) as app:
            async with serving(app, sockets[0]), serving(business, sockets[1], lifespan=False):
                ready.append((asyncio.get_running_loop(), stop, simulator_url))
                await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve_both()), name="simulator")
    thread.start()
    loop, stop, url = until(lambda: ready)[0]
    try:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with (
            httpx.Client(base_url=url, verify=tls_context()) as sim,
            httpx.Client(base_url=f"{url}/v25.0", headers=headers, verify=tls_context()) as graph,
        ):
            yield World(business, sim, graph)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        assert not thread.is_alive()


def config_for(base_url: str, webhook_url: str) -> SimulatorConfig:
    numbers = [
        SimulatedNumber(NUMBER, ACCOUNT, "+1 555-000-1111", "Harbour Shop"),
        SimulatedNumber(OTHER_NUMBER, ACCOUNT, "+1 555-000-2222", "Harbour Support"),
    ]
    return SimulatorConfig(webhook_url, SECRET, VERIFY_TOKEN, TOKEN, numbers, base_url, seed=7)


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, sock: socket.socket, *, lifespan: bool = True) -> AsyncIterator[uvicorn.Server]:
    config = uvicorn.Config(app, log_config=None, lifespan="on" if lifespan else "off", ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        while not server.started:
            assert not task.done()
            await asyncio.sleep(0.005)
        yield server
    finally:
        server.should_exit = True
        await task


def loopback_socket() -> socket.socket:
    # With the protocol named, asyncio switches Nagle's algorithm off; without it each answer waits 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    return sock
