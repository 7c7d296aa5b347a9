"""What goes over Redis's channels on connections that are kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as LostConnectionError

from shared.jobs import Queue, Waker, connect, connect_for_wakes
from shared.publisher import Publisher
from shared.settings import Settings


@contextlib.asynccontextmanager
async def _hearing(settings: Settings, *channels: str) -> AsyncIterator[asyncio.Queue[tuple[str, bytes]]]:
    """A queue of what is published."""
    redis = connect_for_wakes(settings)
    heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
    async with redis.pubsub() as subscription:
        await subscription.subscribe(*channels)
        for _ in channels:
            await subscription.get_message(timeout=5)

        async def listen() -> None:
            async for message in subscription.listen():
                heard.put_nowait((message["channel"].decode(), message["data"]))

        listening = asyncio.create_task(listen())
        yield heard
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await redis.aclose()


async def _cut(redis: Redis) -> None:
    """End all connections that are idle, as a proxy does."""
    await redis.client_kill_filter(_type="normal", skipme=True)


async def test_a_publisher_goes_on_after_its_connection_was_cut(settings: Settings) -> None:
    redis = connect(settings)
    publisher = Publisher(redis.connection_pool.make_connection)
    async with _hearing(settings, "one", "two") as heard:
        await publisher.publish([("one", b"1"), ("two", b"2")])
        await _cut(redis)
        await publisher.publish([("two", b"3"), ("one", b"4")])
        said = [await asyncio.wait_for(heard.get(), 5) for _ in range(4)]
    assert said == [("one", b"1"), ("two", b"2"), ("two", b"3"), ("one", b"4")]
    await publisher.close()
    await redis.aclose()


async def test_a_publisher_says_that_redis_is_away(settings: Settings) -> None:
    away = Redis.from_url("redis://127.0.0.1:9")
    publisher = Publisher(away.connection_pool.make_connection)
    for _ in range(2):
        with pytest.raises(LostConnectionError):
            await publisher.publish([("one", b"1")])
    await away.aclose()


async def test_a_wake_for_several_calls_carries_nothing(settings: Settings) -> None:
    """What it carried would be one of several, and the others would not be looked for."""
    redis = connect(settings)
    waker = Waker(redis, Queue.INGEST)
    async with _hearing(settings, Queue.INGEST) as heard:
        waker.wake(b"one webhook")
        running = asyncio.create_task(waker.run())
        assert await asyncio.wait_for(heard.get(), 5) == (Queue.INGEST, b"one webhook")
        waker.wake()
        waker.wake(b"another webhook")
        assert await asyncio.wait_for(heard.get(), 5) == (Queue.INGEST, b"")
        waker.stop()
        await running
    await redis.delete(Queue.INGEST, f"arq:job:{Queue.INGEST}")
    await redis.aclose()
