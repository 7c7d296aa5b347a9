"""Webhooks without the rest of the product: what comes from Meta is applied, and what is due is sent, when a test says
so. The database, the HTTP server and the requests are real.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.jobs import connect
from shared.operations.save_webhook import NewWebhook, create_webhook
from shared.operations.settle_delivery import RETRIES
from shared.outbound_http import outbound_http
from shared.pubsub import PubSub
from shared.settings import Settings
from tests.factories import ProjectRows, text_message, webhook
from tests.receiver import SECRET, Delivered, Receiver, receiving
from workers.ingest import Ingest
from workers.webhooks import WebhookSender

ANA, BO = "5215555550100", "5215555550200"


def text_of(one: Delivered) -> str:
    """What the customer wrote, of one message."""
    body: str = one.json()["message"]["text"]["body"]
    return body


class Desk:
    """One project, the receiver of its webhooks, and a worker that does one thing at a time."""

    def __init__(self, settings: Settings, engine: AsyncEngine, project: ProjectRows, receiver: Receiver) -> None:
        self.settings = settings
        self.engine = engine
        self.project = project
        self.receiver = receiver
        self._redis = connect(settings)
        self._pubsub = PubSub(settings)
        self._ingest = Ingest(engine, self._redis, self._pubsub, settings)
        self._http = outbound_http(settings)
        self.sender = WebhookSender(settings, engine, self._http)

    async def subscribe(self, *events: str, number: str | None = None, path: str = "/hook", **fields: Any) -> UUID:
        """A webhook of the project's own number, or of another one."""
        wanted = NewWebhook(
            url=fields.pop("url", f"{self.receiver.url}{path}"), secret_key=SECRET, events=list(events), **fields
        )
        async with self.engine.begin() as connection:
            return await create_webhook(
                connection, self.settings, self.project.id, number or self.project.phone_number_id, wanted
            )

    async def comes(self, *messages: Any, number: str | None = None, **parts: Any) -> bytes:
        """A webhook of Meta's, applied; returns its bytes."""
        body = webhook(number or self.project.phone_number_id, messages=list(messages) or None, **parts)
        await self.apply(body)
        return body

    async def writes(self, *bodies: str, wa_id: str = ANA, number: str | None = None) -> None:
        """A customer's messages, each in a webhook of its own."""
        for body in bodies:
            await self.comes(text_message(body, wa_id=wa_id), number=number)

    async def apply(self, body: bytes) -> None:
        await self.run("INSERT INTO inbound_event (body) VALUES (:body)", body=body)
        while await self._ingest.step():
            pass

    async def send(self) -> None:
        """Send what is due, and settle it, until nothing is."""
        await self.sender.drainer.drain()
        while self.sender._requests:
            await asyncio.wait(self.sender._requests)

    async def fail_for_good(self) -> None:
        """Send what is due, and again whenever it is due again, until nothing is tried any more."""
        while await self.rows("id", "status = 'pending'"):
            await self.send()
            await self.pass_time(max(RETRIES))

    async def pass_time(self, seconds: int) -> None:
        """Deliveries grow older: what was to happen so many seconds from now is due."""
        await self.run(
            "UPDATE webhook_delivery SET created_at = created_at - make_interval(secs => :seconds),"
            " due_at = due_at - make_interval(secs => :seconds),"
            " leased_until = leased_until - make_interval(secs => :seconds)",
            seconds=seconds,
        )

    async def run(self, statement: str, **parameters: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), parameters)

    async def rows(self, what: str = "*", where: str = "true") -> list[Any]:
        """Deliveries, in their order."""
        async with self.engine.connect() as connection:
            found = await connection.execute(
                text(f"SELECT {what} FROM webhook_delivery WHERE {where} ORDER BY sequence")
            )
            return list(found.all())

    async def close(self) -> None:
        await self.sender.stop(5)
        await self._http.close()
        await self._ingest.close()
        await self._pubsub.close()
        await self._redis.aclose()


@contextlib.asynccontextmanager
async def open_desk(settings: Settings, engine: AsyncEngine, project: ProjectRows) -> AsyncIterator[Desk]:
    async with receiving() as receiver:
        desk = Desk(settings, engine, project, receiver)
        try:
            yield desk
        finally:
            receiver.gate.set()
            await desk.close()
