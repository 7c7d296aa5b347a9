"""What an iframe's regular question for changes costs, when nothing has changed."""

from urllib.parse import urlsplit

import httpx
import msgspec

from tests.benchmarks.driver import Poster, Webhook
from tests.benchmarks.servers import Porthole

CALLS = 4_000


class CatchUp(msgspec.Struct):
    """CPU is in milliseconds for a call."""

    calls_per_s: float
    api_cpu_ms: float
    postgres_cpu_ms: float
    redis_cpu_ms: float


async def measure_catch_up(porthole: Porthole, connections: int) -> CatchUp:
    """Ask as fast as it is answered, from addresses of their own."""
    headers = {"Authorization": f"Bearer {porthole.token}"}
    async with httpx.AsyncClient(base_url=porthole.api_url, headers=headers) as client:
        cursor = (await client.get("/inbox/v1/session")).json()["data"]["cursor"]
    calls = [Webhook("", _request(porthole, cursor, number)) for number in range(CALLS)]
    before = porthole.cpu_seconds()
    await Poster(calls, connections).post_all(porthole.api_url, None)
    after = porthole.cpu_seconds()
    assert {call.status for call in calls} == {200}
    seconds = (max(call.answered for call in calls) - min(call.sent for call in calls)) / 1e9
    spent = {name: round((after[name] - before[name]) / CALLS * 1000, 3) for name in ("api", "postgres", "valkey")}
    return CatchUp(round(CALLS / seconds, 1), spent["api"], spent["postgres"], spent["valkey"])


def _request(porthole: Porthole, cursor: str, number: int) -> bytes:
    return (
        f"GET /inbox/v1/changes?since={cursor} HTTP/1.1\r\nHost: {urlsplit(porthole.api_url).netloc}\r\n"
        f"X-Forwarded-For: 10.8.{number >> 8 & 255}.{number & 255}\r\nAuthorization: Bearer {porthole.token}\r\n\r\n"
    ).encode()
