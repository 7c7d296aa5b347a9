"""A bare connection to Redis, for what is published and heard between processes.

redis-py connects it, with its TLS and AUTH. From then on bytes are parsed where they arrive and written where they are
made: its streams, timers and locks would double the time that a push takes from one process to the next.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Self, cast

import hiredis
from redis.asyncio import Connection

Command = tuple[str | bytes, ...]

OPEN_SECONDS = 2.0


class RedisLink(asyncio.Protocol):
    """`heard(reply)` is called with each reply and each push, in order; an error that Redis answers is a
    hiredis.ReplyError. `lost()` is called once, when the connection is gone.
    """

    def __init__(self, connection: Connection, heard: Callable[[Any], None], lost: Callable[[], None]) -> None:
        self._connection = connection
        self._heard = heard
        self._on_lost = lost
        self._replies = hiredis.Reader()
        self._lost = asyncio.get_running_loop().create_future()
        self._heard_at = asyncio.get_running_loop().time()
        writer = connection._writer  # noqa: SLF001 - redis-py has no other way to what it has connected
        assert writer is not None
        self._transport = cast("asyncio.Transport", writer.transport)
        self._transport.set_protocol(self)

    @classmethod
    async def open(
        cls,
        connection: Connection,
        heard: Callable[[Any], None],
        lost: Callable[[], None] = lambda: None,
        seconds: float = OPEN_SECONDS,
    ) -> Self:
        """Connect, and take the connection over. Raises RedisError, OSError or TimeoutError."""
        try:
            async with asyncio.timeout(seconds):  # redis-py has none for what it says after it has connected
                await connection.connect()  # type: ignore[no-untyped-call]
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return cls(connection, heard, lost)

    @property
    def is_open(self) -> bool:
        return not (self._lost.done() or self._transport.is_closing())

    def send(self, commands: Iterable[Command]) -> None:
        """Write commands at once. Raises ConnectionError if the link is not open."""
        if not self.is_open:
            raise ConnectionError("the connection to Redis is lost")
        packed = [hiredis.pack_command(command) for command in commands]  # type: ignore[arg-type] # says: of one word
        self._transport.write(b"".join(packed))

    def silent_for(self) -> float:
        """Seconds since anything was heard."""
        return asyncio.get_running_loop().time() - self._heard_at

    async def until_lost(self, silence: float) -> None:
        """Return when the connection is gone, or nothing was heard on it for so many seconds."""
        while not self._lost.done() and (left := silence - self.silent_for()) > 0:
            await asyncio.wait([self._lost], timeout=left)

    async def close(self) -> None:
        self._transport.abort()  # what is not written yet may never be: the other side may be gone
        await self._connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        self._replies.feed(data)
        while (reply := self._replies.gets()) is not False:
            self._heard(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
            self._on_lost()
