"""Posts signed webhooks over kept connections, as fast as they are answered or at a constant rate.

Bare asyncio transports, and requests that were built before the clock started: the driver shares the machine with what
it measures, and must leave it the processors.
"""

import asyncio
import time
from collections import deque
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import msgspec

from cli.simulator.wamid import Wamid, encode
from shared.crypto import webhook_signature
from tests.benchmarks.servers import Porthole
from tests.factories import text_message, webhook

CONTACTS = 200

now = time.monotonic_ns  # one clock for every process of a machine


class Webhook(msgspec.Struct, gc=False):
    """One webhook with one message, and what became of it. Times are in nanoseconds."""

    wamid: str
    request: bytes
    sent: int = 0
    answered: int = 0
    status: int = 0


def build_webhooks(porthole: Porthole, first: int, count: int) -> list[Webhook]:
    """Webhooks for the messages numbered from `first`; the contacts take turns."""
    return [_build(porthole, number) for number in range(first, first + count)]


def _build(porthole: Porthole, number: int) -> Webhook:
    contact = number % CONTACTS
    wa_id = f"1555{contact:07d}"
    wamid = encode(Wamid(peer=wa_id, key=f"{number:032X}", outbound=False, bsuid=False))
    text = text_message(f"Is order {number} on its way? Thank you!", wa_id=wa_id, wamid=wamid)
    body = webhook(porthole.phone_number_id, messages=[text], name=f"Customer {contact}")
    head = (
        "POST /webhooks/whatsapp HTTP/1.1\r\n"
        f"Host: {urlsplit(porthole.api_url).netloc}\r\n"
        "User-Agent: facebookexternalua\r\n"
        "Content-Type: application/json\r\n"
        f"X-Hub-Signature-256: {webhook_signature(body, porthole.app_secret)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Webhook(wamid, head.encode() + body)


class Poster:
    """Sends webhooks over a fixed number of connections, each with one request at a time."""

    def __init__(self, webhooks: list[Webhook], connections: int) -> None:
        self._webhooks = webhooks
        self._connections = connections
        self._due: deque[Webhook] = deque()
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._unanswered = len(webhooks)
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def post_all(self, url: str, rate: float | None) -> None:
        """Post every webhook: at `rate` a second, whether answers come or not, or each as a connection gets free.

        Raises ConnectionError when a connection is lost before its answer.
        """
        host, port = urlsplit(url).netloc.split(":")
        for _ in range(self._connections):
            await asyncio.get_running_loop().create_connection(lambda: _Connection(self), host, int(port))
        if rate is None:
            self._due.extend(self._webhooks)
            idle, self._idle = self._idle, []
            for connection in idle:
                self.free(connection)
        else:
            await self._post_at(rate)
        try:
            await self._done
        finally:
            for connection in self._open:
                connection.transport.close()

    async def _post_at(self, rate: float) -> None:
        started = now()
        for place, webhook_ in enumerate(self._webhooks):
            due = started + int(place * 1e9 / rate)
            await asyncio.sleep(max(0, due - now()) / 1e9)
            webhook_.sent = now()  # also when no connection is free: that wait is the server's
            self._due.append(webhook_)
            if self._idle:
                self.free(self._idle.pop())

    def joined(self, connection: "_Connection") -> None:
        self._open.add(connection)
        self._idle.append(connection)

    def free(self, connection: "_Connection") -> None:
        if self._due:
            connection.post(self._due.popleft())
        else:
            self._idle.append(connection)

    def answered(self) -> None:
        self._unanswered -= 1
        if not self._unanswered and not self._done.done():
            self._done.set_result(None)

    def lost(self, connection: "_Connection") -> None:
        """The server may close a connection that is idle; requests go to those that are left."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        elif not self._done.done():
            self._done.set_exception(ConnectionError("the server closed a connection and owes an answer"))


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, poster: Poster) -> None:
        self._poster = poster
        self._parser = httptools.HttpResponseParser(self)
        self._current: Webhook | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._poster.joined(self)

    def post(self, webhook_: Webhook) -> None:
        self._current = webhook_
        webhook_.sent = webhook_.sent or now()
        self.transport.write(webhook_.request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        assert self._current is not None
        self._current.answered = now()
        self._current.status = cast("Any", self._parser).get_status_code()
        self._poster.answered()
        self._poster.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._poster.lost(self)
