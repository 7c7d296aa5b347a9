"""/healthz and /readyz, the same on every role."""

import asyncio
from typing import Literal

import msgspec
import structlog
from litestar import Response, Router, get
from litestar.datastructures import State
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.migrate import current_revision, is_ready

log = structlog.get_logger()

CHECK_SECONDS = 2.0

Answer = Literal["ok", "unreachable", "not migrated"]


class Readiness(msgspec.Struct, omit_defaults=True):
    """What a role needs, and whether each part answers. `subscriptions` is there on the realtime role."""

    status: Literal["ok", "unavailable"]
    postgres: Answer
    redis: Answer
    migrations: Answer
    subscriptions: Literal["ok", "deaf"] | None = None


async def check_readiness(engine: AsyncEngine, redis: Redis) -> Readiness:
    """Ask PostgreSQL, its migration level and Redis, for at most CHECK_SECONDS each."""
    (postgres, migrations), redis_answer = await asyncio.gather(_check_postgres(engine), _check_redis(redis))
    ok = postgres == migrations == redis_answer == "ok"
    return Readiness("ok" if ok else "unavailable", postgres, redis_answer, migrations)


async def _check_postgres(engine: AsyncEngine) -> tuple[Answer, Answer]:
    try:
        async with asyncio.timeout(CHECK_SECONDS), engine.connect() as connection:
            revision = await current_revision(connection)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("postgres_unreachable", error=repr(error))
        return "unreachable", "unreachable"
    return "ok", "ok" if is_ready(revision) else "not migrated"


async def _check_redis(redis: Redis) -> Answer:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await redis.ping()
    except (RedisError, OSError, TimeoutError):
        return "unreachable"
    return "ok"


@get("/healthz", sync_to_thread=False, include_in_schema=False)
def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False)
async def readyz(state: State) -> Response[Readiness]:
    """The process can do its work: 200, or 503 with the part that does not answer.

    A role that hears pushes has `hears` in its state, which says whether it does.
    """
    readiness = await check_readiness(state.engine, state.redis)
    if "hears" in state:
        readiness.subscriptions = "ok" if state.hears() else "deaf"
        if readiness.subscriptions == "deaf":
            readiness.status = "unavailable"
    return Response(readiness, status_code=200 if readiness.status == "ok" else 503)


health_router = Router(path="/", route_handlers=[healthz, readyz])
