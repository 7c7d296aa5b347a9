"""What the dashboard's overview reads, timed on a full database: `python -m tests.benchmarks.overview [messages]`.

All messages are of one project and of the last seven days, every fourth of them is the first reply to a customer, and
one in a hundred has failed. A thousand conversations are with people, and of everything else more waits than is
counted. Milliseconds are medians; the plans are PostgreSQL's own, as they were executed.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cli.embedded import embedded_postgres_url
from shared.crypto import new_token
from shared.db import create_engine
from shared.migrate import upgrade
from shared.queries.backlog import read_backlog
from shared.queries.failures import count_failures
from shared.queries.first_steps import first_steps
from shared.queries.handoffs import count_handoffs
from shared.queries.traffic import count_messages, measure_responses
from shared.settings import Settings
from shared.timeline import timeline
from tests.benchmarks.fill import fill
from tests.factories import ProjectRows, make_project

FILLED = 200_000
TIMES = 15
Read = Callable[[AsyncConnection], Awaitable[Any]]

_SPREAD = (
    "UPDATE message SET sent_at = now() - random() * interval '7 days',"
    " status = CASE WHEN random() < 0.01 AND direction = 'outbound' THEN 'failed' ELSE status END",
    "INSERT INTO first_response SELECT id, project_id, sent_at - random() * interval '1 hour', sent_at"
    " FROM message WHERE direction = 'outbound' AND random() < 0.5",
    "UPDATE conversation SET mode = 'handoff' WHERE id IN ("
    "SELECT id FROM conversation WHERE status = 'active' LIMIT 1000)",
    "INSERT INTO workflow (id, project_id, name) SELECT gen_random_uuid(), project_id, 'Bot' FROM conversation LIMIT 1",
    "INSERT INTO workflow_execution (id, project_id, workflow_id, conversation_id, status, tracking_id)"
    " SELECT gen_random_uuid(), c.project_id, w.id, c.id, 'handoff', gen_random_uuid()"
    " FROM conversation c, workflow w WHERE c.mode = 'handoff'",
    "INSERT INTO workflow_event (id, execution_id, event_type, created_at)"
    " SELECT gen_random_uuid(), id, 'execution_handoff', now() - random() * interval '1 day' FROM workflow_execution",
    "INSERT INTO outbox (message_id, conversation_id, phone_number_id)"
    " SELECT id, conversation_id, phone_number_id FROM message WHERE direction = 'outbound' LIMIT 15000",
    "UPDATE inbound_event SET state = CASE WHEN id % 4 = 0 THEN 'failed' ELSE 'pending' END WHERE id <= 16000",
    "INSERT INTO webhook_endpoint (id, project_id, url)"
    " SELECT gen_random_uuid(), project_id, 'https://crm.example.com' FROM workflow",
    "INSERT INTO webhook_delivery (id, project_id, endpoint_id, event, body, idempotency_key, status, problem,"
    " created_at)"
    " SELECT gen_random_uuid(), e.project_id, e.id, 'whatsapp.message.received', '{}', n::text,"
    " CASE WHEN n % 10 = 0 THEN 'pending' WHEN n % 10 = 1 THEN 'failed' ELSE 'delivered' END,"
    " CASE WHEN n % 10 = 1 THEN 'no answer' END, now() - random() * interval '7 days'"
    " FROM webhook_endpoint e, generate_series(1, 150000) n",
    "INSERT INTO media (id, project_id, phone_number_id, message_id, state, created_at)"
    " SELECT gen_random_uuid(), project_id, phone_number_id, id,"
    " CASE WHEN random() < 0.01 THEN 'gone' ELSE 'ready' END, sent_at FROM message WHERE direction = 'inbound'",
    "VACUUM (ANALYZE)",
)
_EXPLAIN = (
    "LOAD 'auto_explain'",
    "SET auto_explain.log_min_duration = 0",
    "SET auto_explain.log_analyze = on",
    "SET auto_explain.log_timing = off",
    "SET client_min_messages = log",
)
# As it is while messages come in: nobody has vacuumed the newest pages, and their rows are looked up.
_AGE = "UPDATE message SET status = 'delivered' WHERE sent_at > now() - interval '2 hours'"


def _reads(project: ProjectRows) -> dict[str, Read]:
    now = datetime.now(UTC)
    hours, days = (timeline(span, ZoneInfo("Europe/Lisbon"), now) for span in ("24h", "7d"))
    return {
        "messages, 24 hours": lambda connection: count_messages(connection, project.id, hours),
        "messages, 7 days": lambda connection: count_messages(connection, project.id, days),
        "first responses, 24 hours": lambda connection: measure_responses(connection, project.id, hours),
        "first responses, 7 days": lambda connection: measure_responses(connection, project.id, days),
        "handoffs": lambda connection: count_handoffs(connection, project.id),
        "queues": lambda connection: read_backlog(connection, project.id),
        "errors": lambda connection: count_failures(connection, project.id, now - timedelta(hours=24)),
        "first steps": lambda connection: first_steps(connection, project.id),
    }


async def _milliseconds(connection: AsyncConnection, read: Read) -> float:
    times = []
    for _ in range(TIMES):
        started = time.perf_counter()
        await read(connection)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


async def _plan(connection: AsyncConnection, read: Read) -> str:
    """What PostgreSQL read for it, and by which indexes, as it says itself (its module auto_explain)."""
    said: list[str] = []

    def listen(_: Any, message: Any) -> None:
        said.extend(message.message.splitlines())

    driver: Any = (await connection.get_raw_connection()).driver_connection
    driver.add_log_listener(listen)
    for statement in _EXPLAIN:
        await driver.execute(statement)
    await read(connection)
    await driver.execute("SET auto_explain.log_min_duration = -1")
    await asyncio.sleep(0)  # the listener is called by the loop
    driver.remove_log_listener(listen)
    return "\n".join(f"    {line.strip()}" for line in said if " Scan " in line or "Heap Fetches" in line)


async def _measure(messages: int) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="porthole-bench-") as folder,
        embedded_postgres_url(Path(folder, "postgres")) as database_url,
    ):
        settings = Settings(
            database_url=database_url,
            redis_url="redis://unused",
            secret_key=new_token(),
            whatsapp_app_secret=new_token(),
            whatsapp_verify_token=new_token(),
        )
        engine = create_engine(settings, application_name="benchmark")
        await upgrade(engine)
        async with engine.begin() as connection:
            project = await make_project(connection, settings)
        await fill(engine, project, messages)
        autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        async with autocommit.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            for statement in _SPREAD:
                await driver.execute(statement, timeout=1800)
            for state, statement in (("after a vacuum", "SELECT 1"), ("with two hours not vacuumed", _AGE)):
                await driver.execute(statement, timeout=1800)
                print(f"{messages} messages, {state}")
                for name, read in _reads(project).items():
                    print(f"  {name}: {await _milliseconds(connection, read):.1f} ms")
                    print(await _plan(connection, read), flush=True)
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(_measure(int(sys.argv[1]) if len(sys.argv) > 1 else FILLED))
