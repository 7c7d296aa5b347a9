"""Sends queued messages: the oldest of each conversation first, many conversations at once."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from redis.asyncio import Redis
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.operations.queue_message import LEASE
from shared.operations.settle_message import message_postponed
from shared.pubsub import PubSub
from shared.sending import Delivery, out_of_reach
from shared.settings import Settings
from shared.tasks import finish
from shared.uploads import Uploads
from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError

log = structlog.get_logger()

AT_ONCE = 16
MOST_ATTEMPTS = 8
MOST_UNANSWERED = 3
FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0  # seconds

# A lease that ran out belongs to a worker that died, or to an answer that never came: Meta may have the message. Its
# first status carries our id and settles it, so nothing is sent again while a webhook of that time waits to be applied.
_CLAIM = text("""
    UPDATE outbox SET leased_until = now() + :lease, attempts = attempts + 1
    WHERE id = (
        SELECT o.id FROM outbox o
        WHERE o.due_at <= now()
          AND (o.leased_until IS NULL
               OR o.leased_until < now() AND NOT EXISTS (
                   SELECT FROM inbound_event WHERE state = 'pending' AND received_at < o.leased_until))
          AND NOT EXISTS (SELECT FROM outbox e WHERE e.conversation_id = o.conversation_id AND e.id < o.id)
        ORDER BY o.id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING message_id, attempts
""")

_UNANSWERED = {
    "code": 0,
    "title": "WhatsApp did not answer",
    "details": "The message may have been sent all the same.",
}


class Sender:
    """Sends what is due in the outbox."""

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
        self._delivery = Delivery(settings, engine, redis, pubsub, graph, uploads)
        self._sends: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def send_due(self) -> bool:
        """Start what is due, up to AT_ONCE sends beside each other; a slow one holds up its own conversation only.

        Returns False: each send looks for the next one when it ends.
        """
        while len(self._sends) < AT_ONCE and (claimed := await self._claim()) is not None:
            send = asyncio.create_task(self._send_and_go_on(claimed))
            self._sends.add(send)
            send.add_done_callback(self._sends.discard)
        return False

    async def stop(self, seconds: float) -> None:
        """Let the sends under way end; they are not repeated unless they are cut off after `seconds`."""
        self._stopping = True
        await finish(self._sends, seconds)

    async def _send_and_go_on(self, claimed: Row[Any]) -> None:
        following: Row[Any] | None = claimed
        while following is not None:
            message_id = following.message_id
            try:
                await self._send(following)
                following = None if self._stopping else await self._claim()
            except Exception as error:  # noqa: BLE001 - the lease runs out and the sweep tries again
                log.error("send_failed", message_id=str(message_id), error=type(error).__name__)
                return

    async def _claim(self) -> Row[Any] | None:
        async with self._engine.begin() as connection:
            return (await connection.execute(_CLAIM, {"lease": LEASE})).one_or_none()

    async def _send(self, claimed: Row[Any]) -> None:
        message_id = claimed.message_id
        try:
            await self._delivery.deliver(message_id)
        except NoAnswerError as error:
            log.warning("send_unanswered", message_id=str(message_id), error=str(error))
            if claimed.attempts >= MOST_UNANSWERED:
                await self._delivery.refuse(message_id, _UNANSWERED)
            # Otherwise the lease runs out, unless a status settles the message first.
        except NotSentError as error:
            await self._postpone_or_refuse(claimed, out_of_reach(error))
        except GraphError as error:
            if error.retryable:
                await self._postpone_or_refuse(claimed, error.error)
            else:
                await self._delivery.refuse(message_id, error.error)

    async def _postpone_or_refuse(self, claimed: Row[Any], error: dict[str, Any]) -> None:
        if claimed.attempts >= MOST_ATTEMPTS:
            await self._delivery.refuse(claimed.message_id, error)
            return
        longest = min(FIRST_DELAY * 2 ** (claimed.attempts - 1), LONGEST_DELAY)
        delay = timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 - jitter is no secret
        async with self._engine.begin() as connection:
            await message_postponed(connection, claimed.message_id, datetime.now(UTC) + delay)
