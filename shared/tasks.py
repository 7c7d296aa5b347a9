"""Stopping background tasks."""

import asyncio
from collections.abc import Iterable

AGAIN_SECONDS = 0.2


async def cancel_all(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel the tasks and wait until they have ended.

    A cancellation is repeated: redis-py loses one now and then, when it meets a time-out of its own.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
