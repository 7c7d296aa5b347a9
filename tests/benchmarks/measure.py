"""One measurement: webhooks go in, messages come out at an iframe's socket, and every one of them is accounted for."""

import asyncio
import contextlib
import math
import sys
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec

from tests.benchmarks.driver import Poster, Webhook
from tests.benchmarks.listener import Arrivals
from tests.benchmarks.servers import Porthole


class Run(msgspec.Struct):
    """Times are in milliseconds: `http` from a POST to its answer, `latency` from a POST to the frame with its message.
    CPU is in seconds, of the driver and the iframe apart from that of the product. `waiting` is how many webhooks the
    worker had yet to apply when the last one was answered.
    """

    accepted: int
    refused: int
    lost: int
    doubled: int
    stored: int
    waiting: int
    accepted_per_s: float
    end_to_end_per_s: float
    http: dict[str, float]
    latency: dict[str, float]
    cpu: dict[str, float]
    driver_cpu: float

    def sound(self) -> bool:
        """Whether every accepted message was stored once and seen once."""
        return self.lost == self.doubled == 0 and self.stored == self.accepted > 0


class Listener:
    """The process that listens as an iframe does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin, process.stdout

    async def ask(self, line: str) -> bytes:
        """Raises ConnectionError if the process has ended; its stderr says why."""
        self._input.write(line.encode() + b"\n")
        answer = await self._output.readline()
        if not answer:
            raise ConnectionError("the listener has ended")
        return answer

    async def arrivals(self, count: int) -> Arrivals:
        """When each message came, asked for once `count` are expected; fewer if no more come."""
        return msgspec.json.decode(await self.ask(str(count)), type=Arrivals)


@contextlib.asynccontextmanager
async def listening(porthole: Porthole, module: str = "listener") -> AsyncIterator[Listener]:
    """An iframe that has joined; with "swarm" a process that makes many of them join."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.benchmarks.{module}", porthole.realtime_url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=256 * 1024 * 1024,
    )
    try:
        listener = Listener(process)
        await listener.ask(porthole.token)
        yield listener
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


class Account(msgspec.Struct):
    """What a block of `account` was: `run` is there when it has ended. The block may set `waiting`."""

    waiting: int = 0
    run: Any = None


@contextlib.asynccontextmanager
async def account(
    porthole: Porthole, listener: Listener, webhooks: list[Webhook], also: int = 0
) -> AsyncIterator[Account]:
    """Account for the webhooks that the block posts, and wait for their messages; `also` so many of earlier ones."""
    stored_before, cpu_before, own_before = await porthole.messages(), porthole.cpu_seconds(), time.process_time()
    counted = Account()
    yield counted
    own = time.process_time() - own_before
    accepted = [webhook for webhook in webhooks if webhook.status == 200]
    arrivals = await listener.arrivals(len(accepted) + also)
    cpu_after = porthole.cpu_seconds()
    seen = [webhook for webhook in accepted if webhook.wamid in arrivals]
    started = min(webhook.sent for webhook in webhooks)
    counted.run = Run(
        accepted=len(accepted),
        refused=len(webhooks) - len(accepted),
        lost=len(accepted) - len(seen),
        doubled=sum(len(times) > 1 for times in arrivals.values()),
        stored=await porthole.messages() - stored_before - also,
        waiting=counted.waiting,
        accepted_per_s=_per_second(started, [webhook.answered for webhook in accepted]),
        end_to_end_per_s=_per_second(started, [arrivals[webhook.wamid][0] for webhook in seen]),
        http=percentiles(webhook.answered - webhook.sent for webhook in accepted),
        latency=percentiles(arrivals[webhook.wamid][0] - webhook.sent for webhook in seen),
        cpu={name: round(seconds - cpu_before[name], 2) for name, seconds in cpu_after.items()},
        driver_cpu=round(own, 2),
    )


async def measure(
    porthole: Porthole, listener: Listener, webhooks: list[Webhook], connections: int, rate: float | None
) -> Run:
    async with account(porthole, listener, webhooks) as counted:
        await Poster(webhooks, connections).post_all(porthole.api_url, rate)
        counted.waiting = await porthole.events_waiting(len(webhooks))
    run: Run = counted.run
    return run


def _per_second(started: int, times: list[int]) -> float:
    return round(len(times) / (max(times) - started) * 1e9, 1) if times else 0.0


def percentiles(nanoseconds: Iterable[int]) -> dict[str, float]:
    """By nearest rank."""
    ordered = sorted(nanoseconds)
    if not ordered:
        return {}
    ranks = {f"p{part}": math.ceil(part / 100 * len(ordered)) - 1 for part in (50, 95, 99)}
    return {name: round(ordered[rank] / 1e6, 2) for name, rank in ranks.items()}
