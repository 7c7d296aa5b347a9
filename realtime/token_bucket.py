"""A limit on how often something may happen, with room for bursts."""

import time


class TokenBucket:
    """Lets `size` through at once, and as many in each `seconds` after that."""

    __slots__ = ("_left", "_rate", "_size", "_taken_at")

    def __init__(self, size: int, seconds: float) -> None:
        self._size = size
        self._rate = size / seconds
        self._left = float(size)
        self._taken_at = time.monotonic()

    def take(self) -> bool:
        """Whether it may happen now."""
        now = time.monotonic()
        self._left = min(self._size, self._left + (now - self._taken_at) * self._rate)
        self._taken_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
