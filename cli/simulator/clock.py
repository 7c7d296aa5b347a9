"""The simulated wall clock."""

import time


class Clock:
    """Runs at real speed, displaced by an offset that tests move. Unix seconds throughout."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        return time.time() + self._offset

    def timestamp(self) -> int:
        return int(self.now())

    def advance(self, seconds: float) -> None:
        self._offset += seconds

    def set(self, unix_seconds: float) -> None:
        self._offset = unix_seconds - time.time()

    def reset(self) -> None:
        self._offset = 0.0
