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

    While there is more to do, up to `at_once` steps are under way: what one computes, another waits for PostgreSQL.
    """

    def __init__(self, step: Callable[[], Awaitable[bool]], at_once: int = 1) -> None:
        self._step = step
        self._at_once = at_once
        self._running = False
        self._again = False
        self._stopping = False
        self._started: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Drain in the background. What fails is logged and left to the sweep: the work is still in PostgreSQL."""
        if self._running:
            self._again = True
            return
        task = asyncio.create_task(guarded(self.drain))
        self._started.add(task)
        task.add_done_callback(self._started.discard)

    async def drain(self) -> None:
        self._again = True
        if self._running:
            return
        self._running = True
        try:
            while self._again and not self._stopping:
                self._again = False
                if await self._step():
                    lanes = (self._go_on() for _ in range(self._at_once))
                    ends = await asyncio.gather(*lanes, return_exceptions=True)
                    for error in filter(None, ends):
                        raise error
        finally:
            self._running = False

    async def _go_on(self) -> None:
        while not self._stopping and await self._step():
            pass

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
