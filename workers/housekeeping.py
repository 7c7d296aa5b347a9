"""Deletes what nobody needs any more, a bounded piece at a time. Several workers may do it beside each other."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.settings import Settings

log = structlog.get_logger()

AT_ONCE = 1000  # rows of one transaction
DELIVERY_DAYS = 30
PAGES = 100  # of message_status in one run

_IDEMPOTENCY_KEYS = text("""
    DELETE FROM idempotency_key WHERE (project_id, key) IN (
        SELECT project_id, key FROM idempotency_key WHERE created_at < now() - interval '24 hours'
        ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED)
""")

_REMOVALS = text("""
    DELETE FROM conversation_removal WHERE conversation_id IN (
        SELECT conversation_id FROM conversation_removal WHERE removed_at < now() - interval '30 days'
        ORDER BY removed_at LIMIT :limit FOR UPDATE SKIP LOCKED)
""")

# Their files follow (media_removal.py). Whoever sends one at this moment has locked it.
_UPLOADS = text("""
    DELETE FROM media WHERE id IN (
        SELECT id FROM media WHERE message_id IS NULL AND created_at < now() - interval '24 hours'
        ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED)
""")

# Ids are made in the order of time (RFC 9562), so that the primary key finds the old ones.
_DELIVERIES = text("""
    DELETE FROM webhook_delivery WHERE id IN (
        SELECT id FROM webhook_delivery WHERE id < :oldest AND status <> 'pending'
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
""")

# The oldest ones only, so that a run with nothing to do reads as little as one with much.
_EVENTS = text("""
    DELETE FROM inbound_event WHERE id IN (
        SELECT id FROM (
            SELECT id, processed_at FROM inbound_event WHERE state = 'done' ORDER BY id LIMIT :limit
            FOR UPDATE SKIP LOCKED
        ) AS oldest
        WHERE processed_at < now() - make_interval(days => :days))
""")

_STATUSES = text("""
    WITH page AS (
        SELECT phone_number_id, wamid_key, status, occurred_at FROM message_status
        WHERE (phone_number_id, wamid_key, status) > (:phone_number_id, :wamid_key, :status)
        ORDER BY phone_number_id, wamid_key, status LIMIT :limit
    ), deleted AS (
        DELETE FROM message_status s USING page p
        WHERE (s.phone_number_id, s.wamid_key, s.status) = (p.phone_number_id, p.wamid_key, p.status)
          AND p.occurred_at < now() - interval '7 days'
          AND NOT EXISTS (
              SELECT FROM message m WHERE m.phone_number_id = s.phone_number_id AND m.wamid_key = s.wamid_key)
    )
    SELECT phone_number_id, wamid_key, status FROM page
    ORDER BY phone_number_id DESC, wamid_key DESC, status DESC LIMIT 1
""")

_BEGINNING = {"phone_number_id": "", "wamid_key": "", "status": ""}


class Housekeeper:
    """Deletes idempotency keys after a day, and uploads that nobody has sent; deliveries to webhooks and what is known
    of removed conversations after 30, webhooks of Meta's that were applied after as many as the settings say, and
    statuses of messages that we never came to know after a week.
    """

    def __init__(self, settings: Settings, engine: AsyncEngine) -> None:
        self._days = settings.keep_events_days
        self._engine = engine
        self._place: dict[str, Any] = _BEGINNING

    async def tidy(self) -> None:
        """Delete all that is too old; of the statuses, look at a part, and at the next one in the next run."""
        deleted = {
            "idempotency_keys": await self._delete(_IDEMPOTENCY_KEYS),
            "uploads": await self._delete(_UPLOADS),
            "conversation_removals": await self._delete(_REMOVALS),
            "webhook_deliveries": await self._delete(_DELIVERIES, oldest=_first_id(timedelta(days=DELIVERY_DAYS))),
            "inbound_events": await self._delete(_EVENTS, days=self._days),
        }
        log.info("tidied", **deleted)
        await self._walk_statuses()

    async def _delete(self, statement: TextClause, **parameters: Any) -> int:
        total, more = 0, True
        while more:
            async with self._engine.begin() as connection:
                deleted = (await connection.execute(statement, {"limit": AT_ONCE, **parameters})).rowcount
            total += deleted
            more = deleted == AT_ONCE
        return total

    async def _walk_statuses(self) -> None:
        """No index finds the statuses without a message, so that the table is read, PAGES pages in each run."""
        for _ in range(PAGES):
            async with self._engine.begin() as connection:
                last = (await connection.execute(_STATUSES, {"limit": AT_ONCE, **self._place})).mappings().one_or_none()
            self._place = _BEGINNING if last is None else dict(last)
            if last is None:
                return


def _first_id(age: timedelta) -> UUID:
    """Less than every UUIDv7 that was made since so long ago: its first 48 bits are milliseconds of Unix time."""
    milliseconds = int((datetime.now(UTC) - age).timestamp() * 1000)
    return UUID(int=milliseconds << 80)
