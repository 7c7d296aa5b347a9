"""Waiting for a condition, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(find: Callable[[], Awaitable[T]], seconds: float = 20.0) -> T:
    """The first truthy result of `find`; fails with the last one after the deadline."""
    deadline = time.monotonic() + seconds
    while not (found := await find()):
        assert time.monotonic() < deadline, f"within {seconds} s there was only {found!r}"
        await asyncio.sleep(0.01)
    return found
