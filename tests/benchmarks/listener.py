"""An iframe's socket in a process of its own: it notes when each message arrives.

Run as `python -m tests.benchmarks.listener URL`. The embed's token comes on the first line of stdin, and the answer is
a line when the socket is connected. Every further line is a number of messages to wait for, answered by one line of
JSON: {wamid: [when a message.created brought it, in monotonic nanoseconds]}, of what came since the last answer.
"""

import asyncio
import sys
import time
from collections import defaultdict
from typing import cast

import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect

LINGER_SECONDS = 0.5  # repeats would come now
PATIENCE_SECONDS = 15.0  # without a new message

Arrivals = dict[str, list[int]]


class _Message(msgspec.Struct):
    wamid: str | None = None


class _Event(msgspec.Struct):
    type: str
    message: _Message | None = None


_decoder = msgspec.json.Decoder(tuple[str, list[_Event]])


class _Connection(ClientConnection):
    """Notes when bytes come in: how long they take through a library's queues is not the server's time."""

    arrived = 0

    def data_received(self, data: bytes) -> None:
        self.arrived = time.monotonic_ns()
        super().data_received(data)


class _Socket:
    """Engine.IO 4 and Socket.IO 5, as far as a listener needs them."""

    def __init__(self, websocket: _Connection) -> None:
        self._websocket = websocket
        self._arrivals: Arrivals = defaultdict(list)
        self._news = asyncio.Event()

    async def join(self, token: str) -> None:
        """Raises ConnectionError if the embed's token is refused."""
        await self._websocket.recv()  # Engine.IO's open packet
        await self._websocket.send("40" + msgspec.json.encode({"token": token}).decode())
        answer = await self._websocket.recv(decode=False)
        if not answer.startswith(b"40"):
            raise ConnectionError(f"the server refused the embed: {answer!r}")

    async def listen(self) -> None:
        while True:
            frame = await self._websocket.recv(decode=False)
            arrived = self._websocket.arrived
            if frame == b"2":
                await self._websocket.send("3")
            elif frame.startswith(b'42["events",'):
                for event in _decoder.decode(memoryview(frame)[2:])[1]:
                    if event.type == "message.created" and event.message and event.message.wamid:
                        self._arrivals[event.message.wamid].append(arrived)
                self._news.set()

    async def wait_for(self, count: int) -> Arrivals:
        """What has arrived when there are so many messages, or none comes any more."""
        while len(self._arrivals) < count:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), PATIENCE_SECONDS)
            except TimeoutError:
                break
        await asyncio.sleep(LINGER_SECONDS)
        arrivals, self._arrivals = self._arrivals, defaultdict(list)
        return arrivals


async def _main(url: str) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    address = f"{url.replace('http', 'ws', 1)}/realtime/socket.io/?EIO=4&transport=websocket"
    async with (
        connect(
            address, create_connection=_Connection, compression=None, max_size=None, ping_interval=None
        ) as websocket,
        asyncio.TaskGroup() as tasks,  # a lost connection ends the process
    ):
        socket = _Socket(cast("_Connection", websocket))
        await socket.join((await lines.readline()).decode().strip())
        listening = tasks.create_task(socket.listen())
        print("connected", flush=True)
        while line := await lines.readline():
            arrivals = await socket.wait_for(int(line))
            print(msgspec.json.encode(arrivals).decode(), flush=True)
        listening.cancel()


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1]))
