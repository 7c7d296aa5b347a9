"""Sends queued messages: the oldest of each conversation first, many conversations at once."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from redis.asyncio import Redis
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import DecryptionError, decrypt
from shared.operations.settle_message import message_accepted, message_postponed, message_refused
from shared.publish import publish
from shared.settings import Settings
from shared.tasks import finish
from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError

log = structlog.get_logger()

AT_ONCE = 16
MOST_ATTEMPTS = 8
MOST_UNANSWERED = 3
FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0  # seconds

# A lease that ran out belongs to a worker that died, or to an answer that never came: Meta may have the message. Its
# first status carries our id and settles it, so nothing is sent again while a webhook of that time waits to be applied.
_CLAIM = text("""
    UPDATE outbox SET leased_until = now() + interval '90 seconds', attempts = attempts + 1
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

_LOAD = text("""
    SELECT m.type, m.content, m.reply_to, n.phone_number_id, n.access_token, c.phone_number, i.value AS bsuid
    FROM message m
    JOIN conversation v ON v.id = m.conversation_id
    JOIN contact c ON c.id = v.contact_id
    JOIN phone_number n ON n.phone_number_id = m.phone_number_id
    LEFT JOIN contact_identity i ON i.contact_id = c.id AND i.kind = 'bsuid'
    WHERE m.id = :id
    LIMIT 1
""")


_UNANSWERED = {
    "code": 0,
    "title": "WhatsApp did not answer",
    "details": "The message may have been sent all the same.",
}


class Sender:
    """Sends what is due in the outbox."""

    def __init__(self, settings: Settings, engine: AsyncEngine, redis: Redis, graph: GraphClient) -> None:
        self._settings = settings
        self._engine = engine
        self._redis = redis
        self._graph = graph
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
            return (await connection.execute(_CLAIM)).one_or_none()

    async def _send(self, claimed: Row[Any]) -> None:
        message_id = claimed.message_id
        async with self._engine.connect() as connection:
            row = (await connection.execute(_LOAD, {"id": message_id})).mappings().one()
        body = _body(str(message_id), dict(row))
        try:
            token = decrypt(row["access_token"], self._settings.secret_key)
            wamid = await self._graph.send_message(row["phone_number_id"], token, body)
        except NoAnswerError as error:
            log.warning("send_unanswered", message_id=str(message_id), error=str(error))
            if claimed.attempts >= MOST_UNANSWERED:
                await self._refuse(message_id, _UNANSWERED)
            return  # the lease runs out unless a status settles the message first
        except NotSentError as error:
            await self._postpone_or_refuse(
                claimed, {"code": 0, "title": "WhatsApp was out of reach", "details": str(error)}
            )
            return
        except DecryptionError as error:
            await self._refuse(message_id, {"code": 190, "title": "The number's access token", "details": str(error)})
            return
        except GraphError as error:
            if error.retryable:
                await self._postpone_or_refuse(claimed, error.error)
            else:
                await self._refuse(message_id, error.error)
            return
        async with self._engine.begin() as connection:
            events = await message_accepted(connection, message_id, wamid)
        await publish(self._redis, events)

    async def _postpone_or_refuse(self, claimed: Row[Any], error: dict[str, Any]) -> None:
        if claimed.attempts >= MOST_ATTEMPTS:
            await self._refuse(claimed.message_id, error)
            return
        longest = min(FIRST_DELAY * 2 ** (claimed.attempts - 1), LONGEST_DELAY)
        delay = timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 - jitter is no secret
        async with self._engine.begin() as connection:
            await message_postponed(connection, claimed.message_id, datetime.now(UTC) + delay)

    async def _refuse(self, message_id: Any, error: dict[str, Any]) -> None:
        async with self._engine.begin() as connection:
            events = await message_refused(connection, message_id, error)
        await publish(self._redis, events)


def _body(message_id: str, row: dict[str, Any]) -> dict[str, Any]:
    """The body of Graph's POST /messages. `to` is a phone number, `recipient` a business-scoped user id."""
    to = {"to": f"+{row['phone_number']}"} if row["phone_number"] else {"recipient": row["bsuid"]}
    context = {"context": {"message_id": row["reply_to"]}} if row["reply_to"] else {}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **to,
        **context,
        "type": row["type"],
        row["type"]: row["content"],
        "biz_opaque_callback_data": message_id,
    }
