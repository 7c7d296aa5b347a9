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
from urllib.parse import urlsplit

import msgspec
import uvloop

from tests.bare_iframe import BareIframe

LINGER_SECONDS = 0.5
PATIENCE_SECONDS = 15.0  # without a new message
AT_ONCE = 100  # handshakes under way
CONNECT_SECONDS = 60.0

_WAMID = re.compile(rb'"wamid":"([^"]+)"')


@functools.lru_cache(maxsize=64)
def _wamids(payload: bytes) -> list[bytes]:
    """Of the messages in a packet, which many sockets hear at the same moment."""
    return _WAMID.findall(payload)


class _Swarm:
    def __init__(self, url: str, token: str) -> None:
        self._host = urlsplit(url).netloc
        self._token = token
        self.arrivals: dict[bytes, list[int]] = defaultdict(list)
        self.seen = 0
        self.lost = 0
        self.size = 0

    async def connect(self, count: int) -> None:
        """Raises ConnectionError or TimeoutError."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            address = f"10.{number >> 8}.{number & 255}.7"
            async with slots, asyncio.timeout(CONNECT_SECONDS):
                await BareIframe(self._host, self._token, self._hear, self._lose, address).connect()

        await asyncio.gather(*(one(self.size + number) for number in range(count)))
        self.size += count

    def _hear(self, payload: bytes) -> None:
        arrived = time.monotonic_ns()
        wamids = _wamids(payload)
        for wamid in wamids:
            self.arrivals[wamid].append(arrived)
        self.seen += len(wamids)

    def _lose(self) -> None:
        self.lost += 1

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
