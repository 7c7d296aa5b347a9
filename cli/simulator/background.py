"""Tasks that must not outlive the simulator."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """Keeps a reference to every task it starts, and can end them all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, coroutine: Coroutine[object, object, object]) -> None:
        self._keep(asyncio.create_task(coroutine))

    def run(self, coroutine: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Like `start`, for who wants the result. The task is cancelled when the simulator is reset."""
        task = asyncio.create_task(coroutine)
        self._keep(task)
        return task

    def _keep(self, task: asyncio.Task[T]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def cancel_all(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
