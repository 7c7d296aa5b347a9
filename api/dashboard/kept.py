"""What many open pages ask for is read once for all of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values that this process has read, each kept for a while. Of those who ask for the same one at the same moment,
    one reads and the others wait for it. A reading that fails is not kept.
    """

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[float, Value]] = {}
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    async def get(self, key: Hashable, seconds: float, read: Callable[[], Awaitable[Value]]) -> Value:
        """What was read of `key` within so many seconds, and else what `read` returns now."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            now = time.monotonic()
            self._values = {one: kept for one, kept in self._values.items() if now < kept[0]}
            if key in self._values:
                return self._values[key][1]
            value = await read()
            self._values[key] = (now + seconds, value)
            return value
