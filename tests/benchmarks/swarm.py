"""Many iframes' sockets in a process of their own, on bare transports: what they cost must not be the measured part.

Run as `python -m tests.benchmarks.swarm URL`. The embed's token comes on the first line of stdin. Every further line is
a command, answered by one line: `connect N` opens N more, each from an address of its own, and says `connected`;
`arrivals N` waits until each has seen N messages, or none comes any more, and says in JSON when each message arrived at
each socket: {wamid: [monotonic nanoseconds]}, of what came since the last answer.
"""

import asyncio
import functools
import re
import resource
import sys
import time
from collections import defaultdict
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop

LINGER_SECONDS = 0.5
PATIENCE_SECONDS = 15.0  # without a new message
AT_ONCE = 100  # handshakes under way
CONNECT_SECONDS = 60.0

_WAMID = re.compile(rb'"wamid":"([^"]+)"')
_MASK = b"\0\0\0\0"


@functools.lru_cache(maxsize=64)
def _wamids(payload: bytes) -> list[bytes]:
    """Of the messages in a packet, which many sockets hear at the same moment."""
    return _WAMID.findall(payload)


class _Swarm:
    def __init__(self, url: str, token: str) -> None:
        self.host = urlsplit(url).netloc
        self.greeting = b'40{"token":"' + token.encode() + b'"}'
        self.arrivals: dict[bytes, list[int]] = defaultdict(list)
        self.seen = 0
        self.lost = 0
        self.size = 0

    async def connect(self, count: int) -> None:
        """Raises ConnectionError or TimeoutError."""
        host, port = self.host.split(":")
        loop = asyncio.get_running_loop()
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with slots, asyncio.timeout(CONNECT_SECONDS):
                _, protocol = await loop.create_connection(lambda: _Iframe(self, number), host, int(port))
                await protocol.joined

        await asyncio.gather(*(one(self.size + number) for number in range(count)))
        self.size += count

    async def wait_for(self, count: int) -> dict[str, list[int]]:
        before, still_since = -1, time.monotonic()
        while self.seen < count * self.size and time.monotonic() - still_since < PATIENCE_SECONDS:
            if self.seen != before:
                before, still_since = self.seen, time.monotonic()
            await asyncio.sleep(0.05)
        await asyncio.sleep(LINGER_SECONDS)
        if self.lost:
            raise ConnectionError(f"{self.lost} sockets were lost")
        arrivals, self.arrivals, self.seen = self.arrivals, defaultdict(list), 0
        return {wamid.decode(): times for wamid, times in arrivals.items()}


class _Iframe(asyncio.Protocol):
    """One socket: Engine.IO 4 and Socket.IO 5 over WebSocket, as far as a listener needs them."""

    transport: asyncio.Transport

    def __init__(self, swarm: _Swarm, number: int) -> None:
        self._swarm = swarm
        self._number = number
        self._buffer = bytearray()
        self._upgraded = False
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(
            b"GET /realtime/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
            b"Host: %b\r\nX-Forwarded-For: 10.%d.%d.7\r\n"
            b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
            b"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
            b"Origin: http://%b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            % (self._swarm.host.encode(), self._number >> 8, self._number & 255, self._swarm.host.encode())
        )

    def data_received(self, data: bytes) -> None:
        arrived = time.monotonic_ns()
        size = len(data)
        if self._upgraded and not self._buffer and size > 4 and data[1] == 126 and (data[2] << 8) + data[3] + 4 == size:
            self._hear(data[4:], arrived)  # one frame, as nearly always
            return
        self._buffer += data
        if not self._upgraded:
            head, mark, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not mark:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._fail(head[:100].decode())
                return
            self._upgraded = True
            self._buffer = bytearray(rest)
        for payload in self._frames():
            self._hear(payload, arrived)

    def _frames(self) -> list[bytes]:
        """The payloads that are complete; servers do not mask."""
        found: list[bytes] = []
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            size, head = buffer[at + 1], 2
            if size >= 126:
                head = 4 if size == 126 else 10
                if len(buffer) - at < head:
                    break
                size = int.from_bytes(buffer[at + 2 : at + head], "big")
            if len(buffer) - at < head + size:
                break
            found.append(bytes(buffer[at + head : at + head + size]))
            at += head + size
        del buffer[:at]
        return found

    def _hear(self, payload: bytes, arrived: int) -> None:
        if payload.startswith(b'42["events"'):
            wamids = _wamids(payload)
            for wamid in wamids:
                self._swarm.arrivals[wamid].append(arrived)
            self._swarm.seen += len(wamids)
        elif payload == b"2":
            self._say(b"3")
        elif payload.startswith(b"0{"):
            self._say(self._swarm.greeting)
        elif payload.startswith(b"40") and not self.joined.done():
            self.joined.set_result(None)
        elif payload.startswith(b"44"):
            self._fail(payload.decode())

    def _say(self, text: bytes) -> None:
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.transport.write(b"\x81" + size + _MASK + text)  # masked with zeros: the text as it is

    def _fail(self, why: str) -> None:
        if not self.joined.done():
            self.joined.set_exception(ConnectionError(why))

    def connection_lost(self, exc: Exception | None) -> None:
        self._swarm.lost += 1
        self._fail("the server hung up")


async def _main(url: str) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    swarm = _Swarm(url, (await lines.readline()).decode().strip())
    print("ready", flush=True)
    while line := await lines.readline():
        command, count = line.split()
        if command == b"connect":
            await swarm.connect(int(count))
            print("connected", flush=True)
        else:
            print(msgspec.json.encode(await swarm.wait_for(int(count))).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1]))
