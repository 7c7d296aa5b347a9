"""One drain at a time, several steps beside each other while it is behind, and a stop between two steps."""

import asyncio

import pytest

from tests.waiting import eventually
from workers.drainer import Drainer


class _Work:
    """So many steps' worth of work. `most` is how many steps were under way at once."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.done = 0
        self.under_way = 0
        self.most = 0

    async def step(self) -> bool:
        if not self.left:
            return False
        self.left -= 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.001)
        self.under_way -= 1
        self.done += 1
        return self.left > 0

    async def has_begun(self) -> bool:
        return self.done > 0

    async def is_done(self) -> bool:
        return self.left == self.under_way == 0


async def test_while_there_is_more_steps_are_beside_each_other_and_all_is_done() -> None:
    work = _Work(20)
    drainer = Drainer(work.step, at_once=3)
    drainer.start()
    await eventually(work.is_done)
    await drainer.stop(5)
    assert (work.done, work.under_way, work.most) == (20, 0, 3)


async def test_one_step_is_enough_for_little_work() -> None:
    work = _Work(1)
    await Drainer(work.step, at_once=3).drain()
    assert (work.done, work.most) == (1, 1)


async def test_two_starts_at_the_same_moment_are_one_drain() -> None:
    work = _Work(5)
    drainer = Drainer(work.step)
    drainer.start()
    drainer.start()
    await eventually(work.is_done)
    assert (work.done, work.most) == (5, 1)


async def test_a_start_during_a_drain_makes_it_look_once_more() -> None:
    work = _Work(1)
    drainer = Drainer(work.step, at_once=2)
    first = asyncio.create_task(drainer.drain())
    await asyncio.sleep(0)  # it has looked, and found one step's worth
    work.left = 1
    drainer.start()
    await first
    assert (work.done, work.most) == (2, 1)


async def test_a_step_that_fails_ends_its_drain_and_the_next_one_goes_on() -> None:
    work = _Work(20)

    async def step() -> bool:
        if work.done == 5:
            work.done += 1
            raise OSError("away")
        return await work.step()

    drainer = Drainer(step)
    with pytest.raises(OSError, match="away"):
        await drainer.drain()
    assert work.left == 15
    await drainer.drain()
    assert work.left == 0


async def test_a_stop_lets_the_step_under_way_end_and_begins_no_other() -> None:
    work = _Work(1000)
    drainer = Drainer(work.step, at_once=2)
    drainer.start()
    await eventually(work.has_begun)
    await drainer.stop(5)
    assert work.under_way == 0
    assert 0 < work.done < 1000
