"""Stopping background tasks."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

log = structlog.get_logger()

AGAIN_SECONDS = 0.2


async def keep_running(run: Callable[[], Awaitable[None]]) -> None:
    """Run a loop that is to live as long as the process: one that ends by a mistake of ours is logged and started
    again, since whoever waits for it would wait for ever.
    """
    while True:
        try:
            return await run()
        except Exception:
            log.exception("background_task_failed")
            await asyncio.sleep(1)


async def finish(tasks: Iterable[asyncio.Task[None]], seconds: float) -> None:
    """Give tasks that have been asked to stop some time to do so, then cancel those that have not."""
    pending = {task for task in tasks if not task.done()}
    if pending:
        await asyncio.wait(pending, timeout=seconds)
    await cancel_all(pending)


async def cancel_all(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel the tasks and wait until they have ended.

    A cancellation is repeated: redis-py loses one now and then, when it meets a time-out of its own.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
