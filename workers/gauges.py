"""What waits in PostgreSQL, measured when /metrics is asked for.

Each figure is read from a partial index of what waits, and no further than MOST_COUNTED: a large table or a long queue
costs an answer nothing.
"""

import asyncio
import math

import structlog
from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

log = structlog.get_logger()

READ_SECONDS = 2.0
MOST_COUNTED = 10_000
_COUNTED = ("ingest", "send", "webhooks", "media")

_WAITING = Gauge(
    "porthole_waiting", f"What waits for a worker, by queue; counted up to {MOST_COUNTED}. NaN: not known.", ["queue"]
)
_OLDEST = Gauge("porthole_ingest_oldest_seconds", "Since when the oldest webhook waits to be applied; 0: none does.")
_FAILED = Gauge(
    "porthole_events_failed", f"Webhooks kept because part of them failed; counted up to {MOST_COUNTED}.", ["kind"]
)

_READ = text("""
    SELECT (SELECT count(*) FROM (SELECT FROM inbound_event WHERE state = 'pending' LIMIT :most) e) AS ingest,
        (SELECT count(*) FROM (SELECT FROM outbox LIMIT :most) o) AS send,
        (SELECT count(*) FROM (SELECT FROM webhook_delivery WHERE status = 'pending' LIMIT :most) d) AS webhooks,
        (SELECT count(*) FROM (SELECT FROM media WHERE state = 'pending' LIMIT :most) m) AS media,
        (SELECT extract(epoch FROM now() - min(received_at)) FROM (
            SELECT received_at FROM inbound_event WHERE state = 'pending' ORDER BY id LIMIT :most) e) AS oldest
""")
_READ_FAILED = text("""
    SELECT kind, count(*) AS number FROM (SELECT kind FROM inbound_event WHERE state = 'failed' LIMIT :most) AS failed
    GROUP BY kind
""")


class Gauges:
    """Sets the gauges from the database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def refresh(self) -> None:
        """Read all of them; what cannot be read is NaN, so that it is not taken for what it was before."""
        waiting: dict[str, float] = dict.fromkeys(_COUNTED, math.nan)
        oldest, failed = math.nan, {}
        most = {"most": MOST_COUNTED}
        try:
            async with asyncio.timeout(READ_SECONDS), self._engine.connect() as connection:
                read = (await connection.execute(_READ, most)).one()
                failed = {row.kind: row.number for row in await connection.execute(_READ_FAILED, most)}
            waiting = {queue: getattr(read, queue) for queue in _COUNTED}
            oldest = float(read.oldest or 0)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("gauges_not_read", error=type(error).__name__)
        for queue, number in waiting.items():
            _WAITING.labels(queue).set(number)
        _OLDEST.set(oldest)
        _FAILED.clear()
        for kind, number in failed.items():
            _FAILED.labels(kind).set(number)
