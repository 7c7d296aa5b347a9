"""What each call of an iframe pays before it is answered: its token is looked up, and the scope made from the row."""

import asyncio
import itertools
import time

import msgspec
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.embeds import authenticate_embed

EMBEDS = 10_000
CALLS = 4_000
CALLERS = 8

_FILL = text("""
    INSERT INTO inbox_embed (id, project_id, scope_type, token_hash, last_used_at)
    SELECT gen_random_uuid(), (SELECT id FROM project LIMIT 1), 'project', sha256(('token ' || n)::bytea), now()
    FROM generate_series(1, :embeds) n
""")


class TokenCheck(msgspec.Struct):
    """`microseconds` is for one call after the other, `per_s` with CALLERS at once; `queries` is for a call."""

    microseconds: float
    per_s: float
    queries: float


async def measure_token_check(engine: AsyncEngine) -> TokenCheck:
    """Authenticate against a table of EMBEDS embeds, each of which was used just now."""
    async with engine.begin() as connection:
        await connection.execute(_FILL, {"embeds": EMBEDS})
    tokens = (f"token {1 + number * 7919 % EMBEDS}" for number in itertools.count())

    async def call(times: int) -> float:
        started = time.perf_counter()
        for _ in range(times):
            await authenticate_embed(engine, next(tokens))
        return time.perf_counter() - started

    await asyncio.gather(
        *(call(CALLS // 10) for _ in range(CALLERS))
    )  # statements are prepared, the table is in memory
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(engine.sync_engine, "before_cursor_execute", counted)
    await call(CALLS // 10)
    event.remove(engine.sync_engine, "before_cursor_execute", counted)
    alone = await call(CALLS)
    started = time.perf_counter()
    await asyncio.gather(*(call(CALLS // CALLERS) for _ in range(CALLERS)))
    together = time.perf_counter() - started
    return TokenCheck(round(alone / CALLS * 1e6, 1), round(CALLS / together, 1), count / (CALLS // 10))
