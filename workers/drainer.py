"""One drain of a queue at a time in a process, however many jobs ask for it."""

from collections.abc import Awaitable, Callable


class Drainer:
    """Calls `step` until it finds nothing more to do. A call during a drain makes that drain look once more, so that
    work committed just after its last look is not left to the sweep.
    """

    def __init__(self, step: Callable[[], Awaitable[bool]]) -> None:
        self._step = step
        self._running = False
        self._again = False

    async def drain(self) -> None:
        self._again = True
        if self._running:
            return
        self._running = True
        try:
            while self._again:
                self._again = False
                while await self._step():
                    pass
        finally:
            self._running = False
