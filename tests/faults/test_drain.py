"""SIGTERM: a role ends what it has begun, leaves the rest to the others, and sends its iframes to them."""

import asyncio
import time
from collections.abc import Sequence

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import webhook_signature
from shared.pubsub import PubSub
from shared.scope import Scope
from shared.settings import Settings
from tests.bare_iframe import BareIframe
from tests.database import count
from tests.factories import ProjectRows, make_embed, text_message, webhook
from tests.meta_api import ANA, TEMPLATE, message
from tests.processes import Role, running_role
from tests.simulated import simulated_whatsapp
from tests.waiting import eventually

CUSTOMERS = [f"52155555501{number:02d}" for number in range(8)]
WEBHOOKS = 150
REPLIES = 5  # to each customer
IFRAMES = 30


class _Balancer(httpx.AsyncBaseTransport):
    """Sends each request to the first api that takes the connection; whatever else goes wrong is the caller's."""

    def __init__(self, apis: Sequence[Role]) -> None:
        self._urls = [httpx.URL(api.url) for api in apis]
        self._http = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for url in self._urls:
            request.url = request.url.copy_with(port=url.port)
            try:
                return await self._http.handle_async_request(request)
            except httpx.ConnectError:
                continue
        raise AssertionError("no api is left")

    async def aclose(self) -> None:
        await self._http.aclose()


@pytest.mark.timeout(180)
async def test_roles_that_are_replaced_under_load_lose_no_message_and_double_none(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with engine.begin() as connection:
        token = await make_embed(connection, project.id)
    async with (
        running_role("api", settings) as old_api,
        running_role("api", settings) as new_api,
        simulated_whatsapp(settings, project, new_api.url) as whatsapp,
        httpx.AsyncClient(transport=_Balancer([old_api, new_api]), base_url=old_api.url, timeout=60) as client,
    ):
        working = msgspec.structs.replace(settings, graph_url=str(whatsapp.base_url))
        for wa_id in CUSTOMERS:
            (await whatsapp.post("/_sim/users", json={"wa_id": wa_id, "name": "Ana"})).raise_for_status()
        (await whatsapp.put("/_sim/faults", json={"slow_seconds": 0.3})).raise_for_status()
        client.headers["Authorization"] = f"Bearer {token}"
        async with running_role("worker", working) as old_worker, running_role("worker", working):
            hello = {"phone_number_id": project.phone_number_id, "type": "text", "text": {"body": "Hello"}}
            for wa_id in CUSTOMERS:  # by phone, so that WhatsApp knows that it may be answered
                (await whatsapp.post(f"/_sim/users/{wa_id}/messages", json=hello)).raise_for_status()
            conversations = await _conversations(client, len(CUSTOMERS))
            load = asyncio.gather(
                *(_customer_writes(client, settings, project, number) for number in range(WEBHOOKS)),
                *(_reply(client, one, number) for one in conversations for number in range(REPLIES)),
            )

            async def under_way() -> bool:
                return await count(engine, "message", "status IN ('accepted', 'sent')") > 0

            await eventually(under_way)
            statuses = await asyncio.gather(old_api.terminate(), old_worker.terminate())
            assert await count(engine, "outbox") > 0, "they ended before anything was left to others"
            await load

            async def all_done() -> bool:
                waiting = await count(engine, "inbound_event", "state = 'pending'")
                return waiting + await count(engine, "outbox") == 0

            await eventually(all_done, 60)
        received = (await whatsapp.get("/_sim/received", timeout=60)).json()["data"]
    assert set(statuses) == {0}
    assert await count(engine, "message", "direction = 'inbound'") == WEBHOOKS + len(CUSTOMERS)
    assert len(received) == len({one["biz_opaque_callback_data"] for one in received}) == REPLIES * len(CUSTOMERS)
    assert await count(engine, "message", "direction = 'outbound' AND wamid IS NOT NULL") == len(received)


async def _customer_writes(client: httpx.AsyncClient, settings: Settings, project: ProjectRows, number: int) -> None:
    wa_id = CUSTOMERS[number % len(CUSTOMERS)]
    body = webhook(
        project.phone_number_id, messages=[text_message(f"{number}", wa_id=wa_id, wamid=f"wamid.drain{number:04d}")]
    )
    headers = {"X-Hub-Signature-256": webhook_signature(body, settings.app_secrets()[0])}
    assert (await client.post("/webhooks/whatsapp", content=body, headers=headers)).status_code == 200


async def _conversations(client: httpx.AsyncClient, number: int) -> list[str]:
    async def all_of_them() -> list[str]:
        found = (await client.get("/inbox/v1/conversations")).json()["data"]
        return [one["id"] for one in found] if len(found) == number else []

    return await eventually(all_of_them)


async def _reply(client: httpx.AsyncClient, conversation_id: str, number: int) -> None:
    """Once more where it is told to, as the page does: the client_id is the same."""
    reply = {"client_id": f"{number}", "type": "text", "text": {"body": f"Answer {number}"}}

    async def taken() -> bool:
        answer = await client.post(f"/inbox/v1/conversations/{conversation_id}/messages", json=reply)
        assert answer.status_code in (200, 201, 503), answer.text
        return answer.is_success

    await eventually(taken, 60)


async def test_a_worker_waits_for_what_whatsapp_says_of_a_message_before_it_goes(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with engine.begin() as connection:
        token = await make_embed(connection, project.id)
    async with (
        running_role("api", settings) as api,
        simulated_whatsapp(settings, project, api.url) as whatsapp,
        running_role("worker", msgspec.structs.replace(settings, graph_url=str(whatsapp.base_url))) as worker,
        httpx.AsyncClient(base_url=api.url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client,
    ):
        hello = {"phone_number_id": project.phone_number_id, "type": "text", "text": {"body": "Hello"}}
        (await whatsapp.post(f"/_sim/users/{ANA}/messages", json=hello)).raise_for_status()
        (conversation_id,) = await _conversations(client, 1)
        # No status will say what became of it: only the answer does.
        (await whatsapp.put("/_sim/faults", json={"slow_seconds": 2, "hold_webhooks": True})).raise_for_status()
        await _reply(client, conversation_id, 1)

        async def taken() -> int:
            sent: int = (await whatsapp.get("/_sim/received")).json()["count"]
            return sent

        assert await eventually(taken) == 1
        assert await count(engine, "outbox") == 1
        assert await worker.terminate() == 0
    assert await count(engine, "message", "status = 'accepted' AND wamid IS NOT NULL") == 1
    assert await count(engine, "outbox") == 0


async def test_an_api_answers_whom_it_lets_wait_and_says_before_that_it_will_go(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with (
        running_role("api", settings) as other,
        simulated_whatsapp(settings, project, other.url) as whatsapp,
        running_role(
            "api", msgspec.structs.replace(settings, graph_url=str(whatsapp.base_url), drain_seconds=2.5)
        ) as api,
        httpx.AsyncClient(base_url=api.url, timeout=60) as client,
    ):
        (await whatsapp.put("/_sim/faults", json={"slow_seconds": 4})).raise_for_status()
        path, headers = f"/meta/whatsapp/v24.0/{project.phone_number_id}/messages", {"X-API-Key": project.api_key}
        sent = asyncio.create_task(client.post(path, json=message("template", TEMPLATE), headers=headers))

        async def leased() -> bool:
            return await count(engine, "outbox", "leased_until > now()") == 1

        await eventually(leased)
        ending = asyncio.create_task(api.terminate())

        async def says_so() -> bool:
            answer = await client.get("/readyz")
            return answer.status_code == 503 and answer.json() == {"status": "stopping"}

        await eventually(says_so)
        alive = await client.get("/healthz")
        assert (alive.status_code, alive.headers["connection"]) == (200, "close")
        answer = await sent
        assert (answer.status_code, answer.json()["messages"][0]["id"][:6]) == (200, "wamid.")
        assert await ending == 0
        with pytest.raises(httpx.ConnectError):
            await client.get("/healthz")


class _Page:
    """An iframe that moves where it is told to, unless it is of a version that does not know the word."""

    def __init__(self, urls: Sequence[str], token: str, *, knows: bool = True) -> None:
        self._urls = [url.removeprefix("http://") for url in urls]
        self._token = token
        self._knows = knows
        self._moving: asyncio.Task[None] | None = None
        self.pushes = 0

    async def connect(self, place: int) -> None:
        self._iframe = BareIframe(self._urls[place], self._token, self._hear, lambda: None)
        await self._iframe.connect()

    async def moved(self) -> bool:
        return self._moving is not None and self._moving.done()

    def _hear(self, payload: bytes) -> None:
        if payload == b'42["move"]' and self._knows:
            self._iframe.transport.close()
            self._moving = asyncio.create_task(self.connect(1))
        elif payload.startswith(b'42["events"'):
            self.pushes += 1

    def close(self) -> None:
        self._iframe.transport.close()

    def is_closed(self) -> bool:
        return self._iframe.transport.is_closing()


async def test_iframes_are_told_to_move_and_hear_at_their_new_place_what_is_pushed(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with engine.begin() as connection:
        token = await make_embed(connection, project.id)
    async with running_role("realtime", settings) as old, running_role("realtime", settings) as new:
        pages = [_Page([old.url, new.url], token) for _ in range(IFRAMES)]
        stranger = _Page([old.url, new.url], token, knows=False)
        for page in (*pages, stranger):
            await page.connect(0)
        assert await old.terminate() == 0

        async def all_moved() -> bool:
            return all([await page.moved() for page in pages])

        await eventually(all_moved)
        assert not await stranger.moved()
        assert stranger.is_closed(), "it is cut off in the end, and comes back by itself"
        pubsub = PubSub(settings)
        now = b"%d" % (time.time_ns() // 1000)
        await pubsub.publish([(Scope(project.id).channel(), now + b'[{"type":"message.created"}]')])

        async def all_heard() -> bool:
            return [page.pushes for page in pages] == [1] * IFRAMES

        await eventually(all_heard)
        await pubsub.close()
        for page in pages:
            page.close()
