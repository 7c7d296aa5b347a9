"""Which channels a realtime process listens to, and how intake groups its commits."""

import asyncio

from redis.asyncio import Redis

from shared.scope import Scope
from tests.factories import text_message, webhook
from tests.stack import Stack
from tests.waiting import eventually


async def _listened_to(redis: Redis, stack: Stack) -> set[str]:
    """The test's own channels that somebody subscribes to; other tests may share the server."""
    known = {
        Scope(stack.project.id).channel(),
        Scope(stack.project.id, phone_number_id=stack.project.phone_number_id).channel(),
    }
    channels = {channel.decode() for channel in await redis.pubsub_channels("inbox:*")}
    return channels & known


async def test_a_channel_is_subscribed_from_its_first_iframe_to_its_last(stack: Stack) -> None:
    redis: Redis = Redis.from_url(stack.settings.redis_url)
    try:
        token = await stack.embed(scope_type="phone_number", scope_id=stack.project.phone_number_id)
        channel = Scope(stack.project.id, phone_number_id=stack.project.phone_number_id).channel()
        assert await _listened_to(redis, stack) == set()
        async with stack.iframe(token):
            assert await _listened_to(redis, stack) == {channel}
            async with stack.iframe(token) as second:
                pass
            await stack.post_webhook(webhook(stack.project.phone_number_id, messages=[text_message("still here?")]))
            assert await _listened_to(redis, stack) == {channel}
            assert second.events == []

        async def left() -> bool:
            return await _listened_to(redis, stack) == set()

        await eventually(left)
    finally:
        await redis.aclose()


async def test_an_iframe_that_comes_as_another_leaves_misses_nothing(stack: Stack) -> None:
    token = await stack.embed()
    for index in range(10):
        async with stack.iframe(token) as iframe:
            assert iframe.client.connected
            await stack.post_webhook(webhook(stack.project.phone_number_id, messages=[text_message(f"{index}")]))
            await iframe.event("message.created", 5)


async def test_webhooks_that_arrive_together_share_a_commit(stack: Stack) -> None:
    number = stack.project.phone_number_id
    bodies = [webhook(number, messages=[text_message(f"{index}")]) for index in range(60)]
    answers = await asyncio.gather(*(stack.post_webhook(body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    # received_at is the time of the transaction, the same for all rows of one commit.
    assert await stack.count("(SELECT DISTINCT received_at FROM inbound_event) AS commits") < 40
    assert await stack.count("inbound_event") == 60


async def test_after_its_subscriptions_were_cut_a_process_tells_its_iframes_to_catch_up(stack: Stack) -> None:
    redis: Redis = Redis.from_url(stack.settings.redis_url)
    try:
        async with stack.iframe(await stack.embed()) as iframe:
            await redis.client_kill_filter(_type="pubsub")

            async def told() -> bool:
                return iframe.gaps > 0

            await eventually(told)
            await stack.post_webhook(webhook(stack.project.phone_number_id, messages=[text_message("heard")]))
            await iframe.event("message.created")
    finally:
        await redis.aclose()
