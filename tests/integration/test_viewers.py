"""How many iframes are open: what realtime processes say, added up."""

from uuid import uuid4

import msgspec
import pytest

from shared.jobs import connect
from shared.settings import Settings
from shared.viewers import LIVES, count_viewers, report_viewers, withdraw_viewers


async def test_what_the_processes_say_is_added_up_and_the_last_word_of_each_counts(settings: Settings) -> None:
    redis = connect(settings)
    first, second, third = uuid4(), uuid4(), uuid4()
    here, there = str(uuid4()), str(uuid4())
    try:
        await report_viewers(redis, here, {first: 9})
        await report_viewers(redis, here, {first: 2, second: 1})
        await report_viewers(redis, there, {first: 3})
        assert await count_viewers(redis, [first, second, third]) == {first: 5, second: 1, third: 0}
        await report_viewers(redis, here, {})
        assert await count_viewers(redis, [first, second]) == {first: 3, second: 0}
        assert 0 < await redis.ttl(f"porthole:viewers:{there}") <= LIVES  # of a process that has died
        assert await count_viewers(redis, []) == {}
        await withdraw_viewers(redis, there)
        assert await count_viewers(redis, [first]) == {first: 0}
    finally:
        await redis.aclose()


async def test_with_redis_away_nobody_knows(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    redis = connect(msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1"))
    assert await count_viewers(redis, [uuid4()]) is None
    await redis.aclose()
