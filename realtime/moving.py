"""Has the iframes of a process that stops connect to another one, some at a time.

Cut off together, all of them would be back within the same second, and the others would look every one of their tokens
up at once.
"""

import asyncio
import itertools
import math
from collections.abc import Collection

from realtime.engine import Connection
from realtime.websocket import text_frame

STEP_SECONDS = 0.05
EACH_STEP = 10  # 200 a second
LONGEST_SECONDS = 8.0  # for all, however many: then more go in each step
LEAVE_SECONDS = 2.0

_MOVE = text_frame(b'42["move"]')


def in_each_step(count: int) -> int:
    """How many of `count` iframes go in each step of STEP_SECONDS."""
    return max(EACH_STEP, math.ceil(count * STEP_SECONDS / LONGEST_SECONDS))


async def move_away(connections: Collection[Connection]) -> None:
    """Return when they have left, or have been given the time for it. A page that does not know the word stays, and
    comes back by itself when it is cut off.
    """
    waiting = iter(connections)
    while some := list(itertools.islice(waiting, in_each_step(len(connections)))):
        for connection in some:
            connection.websocket.write(_MOVE)
        await asyncio.sleep(STEP_SECONDS)
    for _ in range(round(LEAVE_SECONDS / STEP_SECONDS)):
        if all(connection.closed for connection in connections):
            return
        await asyncio.sleep(STEP_SECONDS)
