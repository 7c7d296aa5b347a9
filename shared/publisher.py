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

_Unanswered = deque[asyncio.Future[None] | None]
"""Of one connection, in the order of what was written to it; None where nobody waits for the answer."""


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

    def publish_now(self, message: Message) -> bool:
        """Write one message and do not wait for what becomes of it. False if that is not possible: there is no
        connection, or something that was written is not answered yet.
        """
        if self._link is None or self._unanswered or not self._link.is_open:
            return False
        self._unanswered.append(None)
        self._link.send([(self._command, *message)])
        return True

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _opened(self) -> RedisLink:
        async with self._opening:
            if self._link is None or not self._link.is_open:
                await self.close()
                unanswered: _Unanswered = deque()
                self._unanswered = unanswered
                heard, lost = functools.partial(_settle, unanswered), functools.partial(_give_up, unanswered)
                self._link = await RedisLink.open(self._connection(), heard, lost)
            return self._link

    async def _say(self, link: RedisLink, messages: Sequence[Message]) -> None:
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unanswered.extend([None] * (len(messages) - 1))
        self._unanswered.append(answered)
        link.send([(self._command, *message) for message in messages])
        try:
            await answered
        except asyncio.CancelledError:  # by whoever has waited long enough: Redis may never answer here
            await self.close()
            raise


def _settle(unanswered: _Unanswered, reply: Any) -> None:
    answered = unanswered.popleft()
    if answered is None or answered.done():
        return
    if isinstance(reply, hiredis.ReplyError):
        answered.set_exception(ResponseError(str(reply)))
    else:
        answered.set_result(None)


def _give_up(unanswered: _Unanswered) -> None:
    for answered in unanswered:
        if answered is not None and not answered.done():
            answered.set_exception(LostConnectionError("the connection was lost before the answer"))
    unanswered.clear()
