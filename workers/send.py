"""Sends queued messages: the oldest of each conversation, many conversations at once, each number at its own pace."""

import asyncio
import contextlib
import itertools
import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import tracing
from shared.db import autocommit, is_data_error
from shared.operations.queue_message import LEASE
from shared.operations.settle_message import Accepted, Untried, message_postponed, messages_released
from shared.pubsub import PubSub
from shared.send_pace import LONGEST_WAIT, NUMBER_PACE, Place, Wait, reserve
from shared.sending import DUE, Delivery, DueMessage, out_of_reach
from shared.settings import Settings
from shared.tasks import finish
from shared.uploads import Uploads
from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError
from workers.drainer import Drainer

log = structlog.get_logger()

AT_ONCE = 256
AT_ONCE_EACH = 192  # of one number, so that the others get through
FILES_AT_ONCE = 16  # more of them, which first take their files to Meta: they hold up no text
SETTLED_AT_ONCE = 100
ASK_SECONDS = 1.0  # a number that is too fast is asked for again after so long at the latest
SETTLE_SECONDS = 5.0  # for storing the last of them as the worker stops
AWAY_SECONDS = 0.5  # between two attempts to store what Meta has accepted
MOST_ATTEMPTS = 8
MOST_UNANSWERED = 3
FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0  # seconds
LONG_DELAYS = {131056: 6.0, 131057: 20.0}
"""The first delay after errors that take longer: too much to one person, maintenance (Meta: "Error codes")."""

# The numbers that something waits for are found by going from one to the next in the index, and of each those whose
# turn comes first: a long queue of one number, or of one conversation, costs the others nothing.
#
# A lease that ran out belongs to a worker that died, or to an answer that never came: Meta may have the message. Its
# first status carries our id and settles it, so nothing is sent again while a webhook of that time, or one with the id,
# waits to be applied.
_CLAIM = text(f"""
    WITH RECURSIVE number AS (
        (SELECT phone_number_id AS id FROM outbox ORDER BY phone_number_id LIMIT 1)
        UNION ALL
        SELECT (SELECT phone_number_id FROM outbox WHERE phone_number_id > number.id ORDER BY phone_number_id LIMIT 1)
        FROM number WHERE number.id IS NOT NULL
    ), waiting AS (
        SELECT o.id, row_number() OVER (PARTITION BY number.id ORDER BY o.turn_at, o.id) AS nth
        FROM number
        JOIN phone_number ON phone_number.phone_number_id = number.id
        LEFT JOIN json_to_recordset(CAST(:places AS json)) AS p(number text, places integer) ON p.number = number.id
        CROSS JOIN LATERAL (
            SELECT o.id, o.turn_at FROM outbox o
            WHERE o.phone_number_id = number.id AND o.due_at <= now()
              AND (o.leased_until IS NULL
                   OR o.leased_until < now() AND NOT EXISTS (
                       SELECT FROM inbound_event
                       WHERE state = 'pending' AND (
                           received_at < o.leased_until
                           OR position(convert_to(CAST(o.message_id AS text), 'UTF8') IN body) > 0)))
              AND NOT EXISTS (SELECT FROM outbox e WHERE e.conversation_id = o.conversation_id AND e.id < o.id)
              AND (:files OR NOT o.has_upload)
            ORDER BY o.turn_at, o.id
            LIMIT least(coalesce(p.places, {AT_ONCE_EACH}), 1 + {LONGEST_WAIT} * {NUMBER_PACE}) FOR UPDATE SKIP LOCKED
        ) AS o
    ), taken AS (
        UPDATE outbox o SET leased_until = now() + :lease, attempts = attempts + 1,
            unanswered = unanswered + CASE WHEN leased_until IS NULL THEN 0 ELSE 1 END
        FROM (SELECT id, nth FROM waiting ORDER BY nth, id LIMIT :places_in_all) w
        WHERE o.id = w.id
        RETURNING o.message_id, o.attempts, o.unanswered, o.has_upload, o.turn_at, o.leased_until, o.traceparent
    )
    SELECT due.*, taken.attempts, taken.unanswered, taken.has_upload, taken.leased_until, taken.traceparent,
        {NUMBER_PACE} AS per_second
    FROM taken JOIN ({DUE}) AS due ON due.id = taken.message_id
    JOIN phone_number ON phone_number.phone_number_id = due.phone_number_id
    ORDER BY taken.turn_at
""")  # noqa: S608 - put together from constants

_UNANSWERED = {
    "code": 0,
    "title": "WhatsApp did not answer",
    "details": "The message may have been sent all the same.",
}


class _Claimed(DueMessage, frozen=True):
    """`unanswered` counts the earlier attempts that nobody knows the end of."""

    unanswered: int
    has_upload: bool
    per_second: int
    traceparent: str | None


class Sender:
    """Sends what is due in the outbox. `drainer` starts what can be started; each message looks for the next when it is
    settled.
    """

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        redis: Redis,
        pubsub: PubSub,
        graph: GraphClient,
        uploads: Uploads,
    ) -> None:
        self._engine = engine
        self._autocommit = autocommit(engine)
        self._redis = redis
        self._delivery = Delivery(settings, engine, redis, pubsub, graph, uploads)
        self._sends: set[asyncio.Task[None]] = set()
        self._under_way: Counter[str] = Counter()
        self._files = 0
        self._too_fast: dict[str, asyncio.TimerHandle] = {}
        self._accepted: dict[UUID, Accepted] = {}
        self._settler = Drainer(self._settle)
        self._stopping = False
        self.drainer = Drainer(self._start_due)

    async def stop(self, seconds: float) -> None:
        """Let the sends under way end, and store what Meta has accepted. What is cut off after `seconds` is sent by
        another worker when its lease has run out.
        """
        self._stopping = True
        for timer in self._too_fast.values():
            timer.cancel()
        await finish(self._sends, seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while self._accepted:
                    await self._settler.drain()
                    await asyncio.sleep(AWAY_SECONDS if self._accepted else 0)
        await self._settler.stop(0)

    async def _start_due(self) -> bool:
        """Returns whether there may be more that could start now."""
        places = AT_ONCE - self._under_way.total()
        if self._stopping or places <= 0:
            return False
        claimed = await self._claim(places)
        waits = await reserve(
            self._redis, [Place(one.phone_number_id, one.per_second, one.conversation_id) for one in claimed]
        )
        untried: list[Untried] = []
        for message, wait in zip(claimed, waits, strict=True):
            if wait.too_fast is None:
                self._start(message, wait)
                continue
            is_number = wait.too_fast == "number"
            untried.append(Untried(message.id, message.attempts, 0 if is_number else wait.seconds))
            if is_number:
                self._wait_for(message.phone_number_id, wait.seconds)
        if untried:
            await self._release(untried)
        return len(claimed) == places

    async def _release(self, untried: list[Untried]) -> None:
        async with self._engine.begin() as connection:
            await messages_released(connection, untried)

    async def _claim(self, places: int) -> list[_Claimed]:
        taken = [
            {"number": number, "places": 0 if number in self._too_fast else self._places_of(number)}
            for number in self._too_fast.keys() | self._under_way.keys()
        ]
        parameters = {
            "places": msgspec.json.encode(taken).decode(),
            "places_in_all": places,
            "files": self._files < FILES_AT_ONCE,
            "lease": LEASE,
        }
        now = asyncio.get_running_loop().time()
        async with self._autocommit.connect() as connection:
            rows = (await connection.execute(_CLAIM, parameters)).mappings().all()
        # What Meta has accepted is here until PostgreSQL has it; its lease may run out in the meantime.
        return [_Claimed(**row, leased_at=now) for row in rows if row["id"] not in self._accepted]

    def _places_of(self, phone_number_id: str) -> int:
        return max(0, AT_ONCE_EACH - self._under_way[phone_number_id])

    def _start(self, message: _Claimed, wait: Wait) -> None:
        self._count(message, 1)
        send = asyncio.create_task(self._send_and_go_on(message, wait.seconds))
        self._sends.add(send)
        send.add_done_callback(self._sends.discard)

    def _count(self, message: _Claimed, more: int) -> None:
        if message.has_upload:
            self._files += more
        else:
            self._under_way.update({message.phone_number_id: more})
            self._under_way = +self._under_way  # without zeros

    def _wait_for(self, phone_number_id: str, seconds: float) -> None:
        """Look for nothing of the number before it may send again."""
        if phone_number_id not in self._too_fast:
            later = asyncio.get_running_loop().call_later(min(seconds, ASK_SECONDS), self._go_on, phone_number_id)
            self._too_fast[phone_number_id] = later

    def _go_on(self, phone_number_id: str) -> None:
        del self._too_fast[phone_number_id]
        self.drainer.start()

    async def _send_and_go_on(self, message: _Claimed, wait: float) -> None:
        try:
            try:
                await asyncio.sleep(wait)
                if self._stopping:  # it has not begun, and might not end in time
                    return await self._release([Untried(message.id, message.attempts, 0)])
                with tracing.processing("outbox", [message.traceparent]):
                    await self._send(message)
            finally:
                self._count(message, -1)
            await self._settler.drain()
            await self.drainer.drain()
        except Exception as error:  # noqa: BLE001 - the lease runs out and the sweep tries again
            log.error("send_failed", message_id=str(message.id), error=type(error).__name__)

    async def _send(self, message: _Claimed) -> None:
        if message.unanswered >= MOST_UNANSWERED:
            await self._delivery.refuse(message.id, message.attempts, _UNANSWERED)
            return
        try:
            _, accepted = await self._delivery.send(message)
            self._accepted[message.id] = accepted
        except NoAnswerError as error:
            log.warning("send_unanswered", message_id=str(message.id), error=str(error))
            # The lease runs out, unless a status settles the message first.
        except NotSentError as error:
            await self._postpone_or_refuse(message, out_of_reach(error))
        except GraphError as error:
            if error.retryable:
                await self._postpone_or_refuse(message, error.error)
            else:
                await self._delivery.refuse(message.id, message.attempts, error.error)

    async def _settle(self) -> bool:
        """Store what Meta has accepted meanwhile, together. It stays in memory until it is stored: if PostgreSQL is
        away, what is forgotten here would be sent again.
        """
        some = dict(itertools.islice(self._accepted.items(), SETTLED_AT_ONCE))
        if not some:
            return False
        try:
            await self._delivery.accept(some)
        except (SQLAlchemyError, OSError) as error:
            if not (isinstance(error, DBAPIError) and is_data_error(error)):
                log.warning("sends_not_settled", count=len(some), error=type(error).__name__)
                asyncio.get_running_loop().call_later(AWAY_SECONDS, self._settler.start)
                return False
            for message_id, accepted in some.items():  # one that cannot be stored holds up no other
                await self._settle_one(message_id, accepted)
        for message_id in some:
            del self._accepted[message_id]
        return bool(self._accepted)

    async def _settle_one(self, message_id: UUID, accepted: Accepted) -> None:
        for known in (accepted, Accepted(accepted.wamid)):  # the wamid at least
            try:
                await self._delivery.accept({message_id: known})
            except (SQLAlchemyError, OSError) as error:
                log.error("send_not_settled", message_id=str(message_id), error=type(error).__name__)
            else:
                return

    async def _postpone_or_refuse(self, message: _Claimed, error: dict[str, Any]) -> None:
        if message.attempts >= MOST_ATTEMPTS:
            await self._delivery.refuse(message.id, message.attempts, error)
            return
        delay = timedelta(seconds=_delay(message.attempts, LONG_DELAYS.get(error["code"], FIRST_DELAY)))
        async with self._engine.begin() as connection:
            await message_postponed(connection, message.id, message.attempts, delay)


def _delay(attempts: int, first: float = FIRST_DELAY) -> float:
    """Seconds until the next attempt, with jitter: twice as many after each."""
    least = min(first * 2 ** (attempts - 1), LONGEST_DELAY)
    return random.uniform(least, 1.5 * least)  # noqa: S311 - jitter is no secret
