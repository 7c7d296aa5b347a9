"""Delivering webhooks: signed, at least once, with every way of going wrong that Meta's contract allows.

Source: Meta, Webhooks, Getting started and Cloud API, Webhooks overview. Success is HTTP 200 and nothing else; whatever
else comes back is tried again. First attempts of one chat keep their order, which Meta does not promise: `shuffle`
takes it away.
"""

import asyncio
import hashlib
import hmac
import random
import time
from collections import deque
from collections.abc import Hashable
from typing import Literal

import httpx
import msgspec

from cli.simulator.background import Background
from cli.simulator.clock import Clock
from cli.simulator.config import SimulatorConfig
from cli.simulator.faults import Faults, Settings
from cli.simulator.messages import Json
from cli.simulator.payloads import envelope, serialise
from cli.simulator.transport import SpreadTransport

_TIMEOUT_SECONDS = 10.0
_LOGGED_ATTEMPTS = 10_000


class Change(msgspec.Struct, eq=False):
    """One thing to tell the business. `order` names the chat; None may overtake. `time` is put on the entry, unix
    seconds; `bare` leaves the envelope away and sends the value alone. `accepted` ends True once a 200 came, False if
    it was given up; `attempted` once the first answer, whatever it was, is in."""

    account_id: str
    value: Json
    label: str
    order: Hashable | None
    field: str
    time: int | None
    bare: bool
    accepted: asyncio.Future[bool]
    attempted: asyncio.Event


class Attempt(msgspec.Struct):
    """One POST. `status_code` is None when no answer came, and `error` says why."""

    delivery: int
    attempt: int
    changes: list[str]
    timestamp: float
    status_code: int | None
    latency_ms: float
    error: str | None = None


class WebhookSender:
    """Owns what is on its way to the business. `open` before use, `close` after."""

    def __init__(self, config: SimulatorConfig, clock: Clock, background: Background) -> None:
        self.settings = Settings()
        self.faults = Faults()
        self.attempts: deque[Attempt] = deque(maxlen=_LOGGED_ATTEMPTS)
        self._config = config
        self._clock = clock
        self._background = background
        self._client: httpx.AsyncClient | None = None
        self._held: list[Change] = []
        self._gathered: list[Change] = []
        self._tails: dict[Hashable, asyncio.Event] = {}
        self._retry_now = asyncio.Event()
        self._random = random.Random(config.seed)  # noqa: S311  repeatable shuffles are the point
        self._deliveries = 0
        self._under_way = 0

    def open(self) -> None:
        self._client = httpx.AsyncClient(
            transport=SpreadTransport(), timeout=httpx.Timeout(_TIMEOUT_SECONDS, pool=None)
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    @property
    def pending(self) -> int:
        """Webhooks on their way, duplicates included; what is held back is not."""
        return self._under_way + len(self._gathered)

    @property
    def held(self) -> int:
        return len(self._held)

    def submit(
        self,
        account_id: str,
        value: Json,
        label: str,
        order: Hashable | None,
        *,
        field: str = "messages",
        time: int | None = None,
        bare: bool = False,
    ) -> Change:
        """Start delivering, or hold back while `hold_webhooks` is on."""
        accepted = asyncio.get_running_loop().create_future()
        change = Change(account_id, value, label, order, field, time, bare, accepted, asyncio.Event())
        if self.faults.hold_webhooks:
            self._held.append(change)
        else:
            self._dispatch(change)
        return change

    def release(self) -> None:
        """Send what was held back, oldest first."""
        held, self._held = self._held, []
        for change in held:
            self._dispatch(change)

    def retry_now(self) -> None:
        """Cut short every wait for another attempt."""
        self._retry_now.set()
        self._retry_now.clear()

    def forget(self) -> None:
        """Start anew. The caller has cancelled the deliveries under way."""
        self._held, self._gathered = [], []
        self._tails = {}
        self.attempts.clear()
        self._under_way = 0
        self.settings = Settings()
        self.faults = Faults()

    async def send_raw(self, body: bytes, signature: Literal["valid", "wrong", "missing"]) -> Attempt:
        """Post these bytes once, whatever they are."""
        self._deliveries += 1
        attempt = await self._post(self._deliveries, 1, ["raw"], body, signature)
        self.attempts.append(attempt)
        return attempt

    async def verify(self, challenge: str) -> httpx.Response:
        """Meta's verification GET. Raise httpx.HTTPError if no answer came."""
        query = {"hub.mode": "subscribe", "hub.verify_token": self._config.verify_token, "hub.challenge": challenge}
        return await self._http().get(self._config.webhook_url, params=query)

    def _dispatch(self, change: Change) -> None:
        if change.bare or not (self.faults.shuffle or self.faults.batch > 1):
            self._start([change], change.order)
            return
        self._gathered.append(change)
        if len(self._gathered) == 1:
            self._background.start(self._gather())

    async def _gather(self) -> None:
        await asyncio.sleep(self.faults.gather_seconds)
        gathered, self._gathered = self._gathered, []
        if self.faults.shuffle:
            before = list(gathered)
            self._random.shuffle(gathered)
            if gathered == before:
                gathered.reverse()
        size = max(1, self.faults.batch)
        # One queue for all of them: posted at once they would arrive in no order, which is no proof of a shuffle.
        for start in range(0, len(gathered), size):
            self._start(gathered[start : start + size], "gathered")

    def _start(self, changes: list[Change], order: Hashable | None) -> None:
        self._deliveries += 1
        body = serialise(changes[0].value if changes[0].bare else envelope(_entries(changes)))
        done, previous = asyncio.Event(), None
        if order is not None:
            previous = self._tails.get(order)
            self._tails[order] = done
        for copy in range(1 + self.faults.duplicate):
            self._under_way += 1
            self._background.start(self._deliver(self._deliveries, changes if copy == 0 else [], body, previous, done))

    async def _deliver(
        self, number: int, changes: list[Change], body: bytes, previous: asyncio.Event | None, done: asyncio.Event
    ) -> None:
        if previous is not None:
            await previous.wait()
        labels = [change.label for change in changes] or ["duplicate"]
        accepted = False
        for count in range(1, self.settings.retry_attempts + 1):
            attempt = await self._post(number, count, labels, body, "valid")
            self.attempts.append(attempt)
            done.set()
            for change in changes:
                change.attempted.set()
            accepted = attempt.status_code == 200
            if accepted:
                break
            await self._wait(min(self.settings.retry_first_seconds * 2 ** (count - 1), self.settings.retry_max_seconds))
        self._under_way -= 1
        for change in changes:
            change.accepted.set_result(accepted)

    async def _post(
        self, number: int, count: int, labels: list[str], body: bytes, signature: Literal["valid", "wrong", "missing"]
    ) -> Attempt:
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        if signature != "missing":
            secret = self._config.app_secret if signature == "valid" else f"not {self._config.app_secret}"
            digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature-256"] = f"sha256={digest}"
        attempt = Attempt(number, count, labels, self._clock.now(), None, 0.0)
        started = time.perf_counter()
        try:
            response = await self._http().post(self._config.webhook_url, content=body, headers=headers)
            attempt.status_code = response.status_code
        except httpx.HTTPError as error:
            attempt.error = repr(error)
        attempt.latency_ms = round((time.perf_counter() - started) * 1000, 2)
        return attempt

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._retry_now.wait()
        except TimeoutError:
            return

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            raise RuntimeError("the webhook sender is not open")
        return self._client


def _entries(changes: list[Change]) -> list[Json]:
    """Two changes to an entry, so that a batch has several of both. An entry has one time for all that is in it."""
    entries: list[Json] = []
    for change in changes:
        item: Json = {"value": change.value, "field": change.field}
        head: Json = (
            {"id": change.account_id} if change.time is None else {"id": change.account_id, "time": change.time}
        )
        last = entries[-1] if entries else {}
        together = last.get("changes")
        if isinstance(together, list) and len(together) < 2 and {**last, "changes": []} == {**head, "changes": []}:
            together.append(item)
        else:
            entries.append({**head, "changes": [item]})
    return entries
