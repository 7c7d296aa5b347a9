"""Replies: how many go out, and how long it takes from the click to WhatsApp."""

import time
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import text

from tests.benchmarks.backlog import DRAIN_SECONDS, standing_still
from tests.benchmarks.driver import Poster, Webhook
from tests.benchmarks.measure import percentiles
from tests.benchmarks.servers import Porthole
from tests.waiting import eventually

UNLIMITED = 100_000  # messages a second: what is measured is Porthole, and not what Meta allows


class Sends(msgspec.Struct):
    """`queued_per_s` are accepted by the api while the worker stands still, with the api's CPU in milliseconds for one;
    `sent_per_s` is what one worker sends of this backlog, with its CPU and PostgreSQL's in milliseconds for a message.
    `click` is from the iframe's request to WhatsApp, in milliseconds, at a constant rate.
    """

    queued_per_s: float
    api_cpu_ms: float
    sent_per_s: float
    worker_cpu_ms: float
    postgres_cpu_ms: float
    click: dict[str, float]
    lost: int
    doubled: int

    def sound(self) -> bool:
        return self.lost == 0 == self.doubled


async def measure_sends(porthole: Porthole, count: int, rate: float, seconds: float, connections: int) -> Sends:
    """In the conversations that there are, taking turns."""
    async with porthole.engine.begin() as connection:
        await connection.execute(text(f"UPDATE phone_number SET messages_per_second = {UNLIMITED}"))
        ids = (await connection.execute(text("SELECT id FROM conversation ORDER BY id LIMIT 1000"))).scalars().all()
    replies = iter(range(count + round(rate * seconds)))

    def some(number: int) -> dict[str, Webhook]:
        names = [f"reply-{next(replies)}" for _ in range(number)]
        requests = [_request(porthole, ids[place % len(ids)], name) for place, name in enumerate(names)]
        return {name: Webhook(name, request) for name, request in zip(names, requests, strict=True)}

    clicked = some(round(rate * seconds))
    await _post(porthole, clicked, connections, rate)
    await eventually(lambda: _all_came(porthole, clicked), DRAIN_SECONDS)

    waiting = some(count)
    with standing_still(porthole):
        before_posting = porthole.cpu_seconds()
        await _post(porthole, waiting, connections, None)
        before = porthole.cpu_seconds()
    started = min(one.sent for one in waiting.values())
    queued = count / (max(one.answered for one in waiting.values()) - started) * 1e9
    began = time.monotonic()
    await eventually(lambda: _all_came(porthole, waiting), DRAIN_SECONDS)
    took = time.monotonic() - began
    after = porthole.cpu_seconds()

    received = porthole.whatsapp.received
    sent = {**clicked, **waiting}
    spent = {name: round((after[name] - before[name]) / count * 1000, 3) for name in ("worker", "postgres")}
    return Sends(
        queued_per_s=round(queued, 1),
        api_cpu_ms=round((before["api"] - before_posting["api"]) / count * 1000, 3),
        sent_per_s=round(count / took, 1),
        worker_cpu_ms=spent["worker"],
        postgres_cpu_ms=spent["postgres"],
        click=percentiles(received[name][0] - one.sent for name, one in clicked.items()),
        lost=sum(name not in received for name in sent),
        doubled=sum(len(times) > 1 for times in received.values()),
    )


async def _post(porthole: Porthole, replies: dict[str, Webhook], connections: int, rate: float | None) -> None:
    await Poster(list(replies.values()), connections).post_all(porthole.api_url, rate)
    assert {one.status for one in replies.values()} == {201}


async def _all_came(porthole: Porthole, replies: dict[str, Webhook]) -> bool:
    return replies.keys() <= porthole.whatsapp.received.keys() and await porthole.nothing_to_send()


def _request(porthole: Porthole, conversation_id: object, name: str) -> bytes:
    body = msgspec.json.encode({"client_id": name, "type": "text", "text": {"body": name}})
    number = int(name.removeprefix("reply-"))
    return (
        f"POST /inbox/v1/conversations/{conversation_id}/messages HTTP/1.1\r\n"
        f"Host: {urlsplit(porthole.api_url).netloc}\r\nX-Forwarded-For: 10.9.{number >> 8 & 255}.{number & 255}\r\n"
        f"Authorization: Bearer {porthole.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
