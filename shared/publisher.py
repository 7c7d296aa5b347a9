"""Publishing on a connection of its own."""

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import hiredis
from redis.asyncio import Connection
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import ResponseError

from shared.redis_link import RedisLink

Message = tuple[str, bytes]

OPEN_SECONDS = 0.4  # whoever publishes waits for a second in all

_Unanswered = deque[tuple[asyncio.Future[None], bool] | None]
"""Of one connection, for each message in the order in which they were written: who waits for the answer, and whether it
is the last that he waits for; None where nobody does.
"""


class Publisher:
    """One connection to Redis that only publishes, made by `connection`. It is opened by the first `publish`, and again
    when it was lost.
    """

    def __init__(self, connection: Callable[[], Connection], command: str = "PUBLISH") -> None:
        self._connection = connection
        self._command = command
        self._link: RedisLink | None = None
        self._opening = asyncio.Lock()
        self._unanswered: _Unanswered = deque()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish pairs of a channel and a payload, in order and in one round trip. Raises RedisError and OSError."""
        if self._link is not None and self._link.is_open:
            try:
                await self._say(self._link, messages)
            except LostConnectionError:  # it is tried again: to say it twice does no harm
                pass
            else:
                return
        await self._say(await self._opened(), messages)

    @property
    def is_free(self) -> bool:
        """Whether there is a connection, and all that was written to it is answered."""
        return self._link is not None and self._link.is_open and not self._unanswered

    def publish_now(self, message: Message) -> None:
        """Write one message and do not wait for what becomes of it; only while the publisher is free."""
        assert self._link is not None
        self._unanswered.append(None)
        self._link.send([(self._command, *message)])

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _opened(self) -> RedisLink:
        async with self._opening:
            if self._link is None or not self._link.is_open:
                await self.close()
                unanswered: _Unanswered = deque()
                heard, lost = functools.partial(_settle, unanswered), functools.partial(_give_up, unanswered)
                self._link = await RedisLink.open(self._connection(), heard, lost, OPEN_SECONDS)
                self._unanswered = unanswered
            return self._link

    async def _say(self, link: RedisLink, messages: Sequence[Message]) -> None:
        if not link.is_open:
            raise LostConnectionError("the connection was lost before anything was said")
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unanswered.extend((answered, place == len(messages)) for place in range(1, len(messages) + 1))
        link.send([(self._command, *message) for message in messages])
        try:
            await answered
        except asyncio.CancelledError:  # by whoever has waited long enough: Redis may never answer here
            if self._link is link:
                self._link = None
            await link.close()
            raise


def _settle(unanswered: _Unanswered, reply: Any) -> None:
    waiting = unanswered.popleft()
    if waiting is None or waiting[0].done():
        return
    answered, is_last = waiting
    if isinstance(reply, hiredis.ReplyError):
        answered.set_exception(ResponseError(str(reply)))
    elif is_last:
        answered.set_result(None)


def _give_up(unanswered: _Unanswered) -> None:
    for waiting in unanswered:
        if waiting is not None and not waiting[0].done():
            waiting[0].set_exception(LostConnectionError("the connection was lost before the answer"))
    unanswered.clear()
