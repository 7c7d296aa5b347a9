"""One drain of a queue at a time in a process, however many jobs ask for it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import DBAPIError

from shared.tasks import finish

log = structlog.get_logger()


class Drainer:
    """Calls `step` until it finds nothing more to do. A call during a drain makes that drain look once more, so that
    work committed just after its last look is not left to the sweep.

    While there is more to do, up to `at_once` steps are under way: what one computes, another waits for PostgreSQL. Not
    for a call alone, though: what comes during a step makes a fuller batch for the next.
    """

    def __init__(self, step: Callable[[], Awaitable[bool]], at_once: int = 1) -> None:
        self._step = step
        self._at_once = at_once
        self._running = 0
        self._again = False
        self._stopping = False
        self._started: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Drain in the background. What fails is logged and left to the sweep: the work is still in PostgreSQL."""
        self._again = True
        if not self._running:
            self._start_another()

    async def drain(self) -> None:
        """Return when there is nothing more to do, or at once where a drain is at it already."""
        self._again = True
        if not self._running:
            self._running += 1
            await self._go_on()

    async def _go_on(self) -> None:
        try:
            while self._again and not self._stopping:
                self._again = False
                while await self._step() and not self._stopping:
                    if self._running < self._at_once:
                        self._again = True
                        self._start_another()
        finally:
            self._running -= 1

    def _start_another(self) -> None:
        self._running += 1  # from now on, not from when it first runs
        task = asyncio.create_task(guarded(self._go_on))
        self._started.add(task)
        task.add_done_callback(self._started.discard)

    async def stop(self, seconds: float) -> None:
        """Let the step under way end; it is cut off after `seconds`."""
        self._stopping = True
        await finish(self._started, seconds)


async def guarded(act: Callable[[], Awaitable[None]]) -> None:
    """Do something that fails without harm: it is logged, and done again later."""
    try:
        await act()
    except (DBAPIError, OSError) as error:
        log.warning("drain_failed", error=type(error).__name__)
    except Exception:
        log.exception("drain_failed")
