"""How fast a number may send, kept in Redis for all processes together.

Meta counts the messages of a number in a second, and those of a number to one person: one in 6 seconds, or a burst of
up to 45, which has to be waited for afterwards (Meta: Cloud API, "Throughput", "Pair rate limits"). Both are kept as
the moment from which on the next message is due (the generic cell rate algorithm).

Redis away lets everything through, at Meta's own limit: what it refuses is tried again later.
"""

import asyncio
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

LONGEST_WAIT = 0.5
"""Seconds that a message of the outbox may wait for its place while it occupies one of a worker's."""

PROGRAMS_LONGEST_WAIT = 0.25
"""The same for a program that sends by itself. However fast it is, what lies between the two is the outbox's."""

REDIS_SECONDS = 1.0

PER_SECOND, COEXISTENCE_PER_SECOND, HIGH_PER_SECOND = 80, 20, 1000
"""What a number may send where nobody said otherwise; one that a phone has too; one that Meta has raised."""

_AHEAD = 50  # milliseconds that a number may be ahead of its pace
_PAIR, _PAIR_BURST = 6000, 45  # milliseconds, and messages

NUMBER_PACE = f"""
    coalesce(phone_number.messages_per_second, CASE
        WHEN phone_number.graph -> 'is_on_biz_app' = 'true' AND phone_number.graph ->> 'platform_type' = 'CLOUD_API'
            THEN {COEXISTENCE_PER_SECOND}
        WHEN phone_number.graph -> 'throughput' ->> 'level' = 'HIGH' THEN {HIGH_PER_SECOND}
        ELSE {PER_SECOND} END)
"""
"""SQL for the messages that a row of `phone_number` may send in a second."""

# The longest wait in milliseconds, and for each message its number, its pair and the milliseconds between two of the
# number's. Answers with the milliseconds to wait, and what is too long a wait, so that there is no place until they are
# over: 0 neither, 1 the number's, 2 the pair's.
_RESERVE = f"""
    local clock = redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local answers = {{}}
    local function due(key)
        return math.max(now, tonumber(redis.call('GET', key) or '0'))
    end
    local function keep(key, moment)
        redis.call('SET', key, string.format('%.3f', moment), 'PX', math.ceil(moment - now) + 1000)
    end
    for place = 1, #ARGV - 1 do
        local number, pair, longest = KEYS[2 * place - 1], KEYS[2 * place], tonumber(ARGV[1])
        local of_number, of_pair = due(number), due(pair)
        local wait = math.max(0, of_number - now - {_AHEAD})
        local pair_wait = math.max(0, of_pair - now - {_PAIR * (_PAIR_BURST - 1)})
        if pair_wait > 0 then
            answers[place] = {{math.ceil(pair_wait), 2}}
        elseif wait > longest then
            answers[place] = {{math.ceil(wait - longest), 1}}
        else
            keep(number, of_number + tonumber(ARGV[place + 1]))
            keep(pair, of_pair + {_PAIR})
            answers[place] = {{math.floor(wait), 0}}
        end
    end
    return answers
"""


_HOLD = f"""
    local clock = redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local until_then = now + tonumber(ARGV[1]) + {_AHEAD}
    if until_then > tonumber(redis.call('GET', KEYS[1]) or '0') then
        redis.call('SET', KEYS[1], string.format('%.3f', until_then), 'PX', math.ceil(until_then - now) + 1000)
    end
"""


class Place(msgspec.Struct, frozen=True):
    """A message that wants to go: its number, how many that may send in a second, and its conversation."""

    phone_number_id: str
    per_second: int
    conversation_id: UUID


class Wait(msgspec.Struct, frozen=True):
    """`seconds` until the message may go; or until it may ask again, if its number or conversation is `too_fast`."""

    seconds: float
    too_fast: Literal["number", "conversation"] | None = None


_TOO_FAST: tuple[Literal["number", "conversation"] | None, ...] = (None, "number", "conversation")


async def reserve(redis: Redis, places: Sequence[Place], longest: float = LONGEST_WAIT) -> list[Wait]:
    """Places for messages, in this order, that come within `longest` seconds. A place that was given counts, whether it
    is used or not.
    """
    if not places:
        return []
    keys = [key for place in places for key in (_number(place.phone_number_id), _pair(place))]
    arguments = [f"{longest * 1000:.0f}", *(f"{1000 / place.per_second:.3f}" for place in places)]
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            answers = await redis.register_script(_RESERVE)(keys=keys, args=arguments)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("pace_not_kept", error=type(error).__name__)
        return [Wait(0.0)] * len(places)
    return [Wait(wait / 1000, _TOO_FAST[why]) for wait, why in answers]


async def hold(redis: Redis, phone_number_id: str, seconds: float) -> None:
    """Let nothing of a number go for so long: Meta says that it is too fast."""
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            await redis.register_script(_HOLD)(keys=[_number(phone_number_id)], args=[f"{seconds * 1000:.0f}"])
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("pace_not_kept", error=type(error).__name__)


def _number(phone_number_id: str) -> str:
    return f"porthole:pace:number:{phone_number_id}"


def _pair(place: Place) -> str:
    return f"porthole:pace:conversation:{place.conversation_id}"
