"""Workers for tests that kill very many of them, at points of their choice."""

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from typing import Any

import uvloop

import shared.operations.settle_message
import shared.sending
import shared.uploads
import workers.send
from shared.log import configure_logs
from shared.sending import Delivery
from shared.settings import Settings
from tests.processes import fork
from workers.main import running_worker
from workers.send import Sender

LEASE = timedelta(seconds=4)
"""How long a message is a dead worker's. The simulator's first status comes long before."""

ENOUGH = 1000
"""Attempts before a message is given up: where a worker lives for half a second, some are caught many times."""


def start_worker(settings: Settings, dies: str | None = None) -> ForkServerProcess:
    """A worker process; `dies` names the point of POINTS at which it kills itself."""
    process = fork.Process(target=_run, args=(settings, dies), daemon=True)
    process.start()
    return process


async def kill(process: ForkServerProcess) -> None:
    """SIGKILL, and wait for the end."""
    process.kill()
    await ended(process)


async def ended(process: ForkServerProcess) -> None:
    """Return when the process has ended by itself."""
    await asyncio.to_thread(process.join, 30)
    assert process.exitcode == -signal.SIGKILL, process.exitcode
    process.close()


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# Each replaces something of the sender's, in the process that is to die.


def _after_claim() -> None:
    claim = Sender._claim

    async def claimed(self: Sender, places: int) -> Any:
        found = await claim(self, places)
        if found:
            _die()
        return found

    _replace(Sender, _claim=claimed)


def _before_call() -> None:
    _replace(Delivery, send=_die)


def _during_call() -> None:
    post = Delivery._post

    async def posting(self: Delivery, *given: Any) -> Any:
        asyncio.get_running_loop().call_later(0.3, _die)
        return await post(self, *given)

    _replace(Delivery, _post=posting)


def _after_answer() -> None:
    post = Delivery._post

    async def posted(self: Delivery, *given: Any) -> Any:
        await post(self, *given)
        _die()

    _replace(Delivery, _post=posted)


def _before_commit() -> None:
    accepted = shared.operations.settle_message.messages_accepted

    async def stored(*given: Any) -> Any:
        await accepted(*given)
        _die()

    _replace(shared.sending, messages_accepted=stored)


def _after_commit() -> None:
    _replace(shared.sending, publish=_die)


def _replace(owner: Any, **values: Any) -> None:
    for name, value in values.items():
        assert hasattr(owner, name)
        setattr(owner, name, value)


POINTS: dict[str, Callable[[], None]] = {
    "after the claim": _after_claim,
    "before the call": _before_call,
    "during the call": _during_call,
    "after the answer": _after_answer,
    "before the commit": _before_commit,
    "after the commit": _after_commit,
}


def _run(settings: Settings, dies: str | None) -> None:
    configure_logs("error")
    _replace(shared.uploads, LEASE=LEASE)
    _replace(workers.send, LEASE=LEASE, MOST_UNANSWERED=ENOUGH, MOST_ATTEMPTS=ENOUGH)
    if dies is not None:
        POINTS[dies]()
    uvloop.run(_work(settings))


async def _work(settings: Settings) -> None:
    async with running_worker(settings):
        await asyncio.Event().wait()
