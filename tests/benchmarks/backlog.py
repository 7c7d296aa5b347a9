"""A worker that is behind: how fast it drains what was taken in while it stood still, and what Meta notices of that."""

import contextlib
import signal
import time
from collections.abc import Iterator

import msgspec
import psutil

from tests.benchmarks.driver import Poster, Webhook
from tests.benchmarks.measure import Listener, Run, account
from tests.benchmarks.servers import Porthole
from tests.waiting import eventually

DRAIN_SECONDS = 600.0


class Backlog(msgspec.Struct):
    """What one worker made of a backlog. CPU is in milliseconds for a message, of the worker and of PostgreSQL."""

    drained_per_s: float
    worker_cpu_ms: float
    postgres_cpu_ms: float
    run: Run


@contextlib.contextmanager
def standing_still(porthole: Porthole) -> Iterator[None]:
    """The worker's process is halted, as if it were busy elsewhere, until the block is left."""
    worker = psutil.Process(porthole.pids["worker"])
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)


async def measure_backlog(porthole: Porthole, listener: Listener, webhooks: list[Webhook], connections: int) -> Backlog:
    """Take the webhooks in while the worker stands still, then let it drain them with nothing else to do."""
    async with account(porthole, listener, webhooks) as counted:
        with standing_still(porthole):
            await Poster(webhooks, connections).post_all(porthole.api_url, None)
            before = porthole.cpu_seconds()
        started = time.monotonic()
        await eventually(porthole.nothing_waits, DRAIN_SECONDS)
        seconds = time.monotonic() - started
        after = porthole.cpu_seconds()
    run: Run = counted.run
    spent = {name: round((after[name] - before[name]) / run.accepted * 1000, 3) for name in ("worker", "postgres")}
    return Backlog(round(run.accepted / seconds, 1), spent["worker"], spent["postgres"], run)


async def measure_saturated(
    porthole: Porthole, listener: Listener, backlog: list[Webhook], webhooks: list[Webhook], connections: int
) -> Run:
    """Post `webhooks` while the worker has `backlog` to drain; `waiting` of the run says whether it was behind to the
    end.
    """
    async with account(porthole, listener, webhooks, also=len(backlog)) as counted:
        with standing_still(porthole):
            await Poster(backlog, connections).post_all(porthole.api_url, None)
        await Poster(webhooks, connections).post_all(porthole.api_url, None)
        counted.waiting = await porthole.events_waiting(len(backlog) + len(webhooks))
    run: Run = counted.run
    return run
