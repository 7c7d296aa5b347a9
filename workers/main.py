"""The worker role: one arq worker for each queue, and a sweep that needs no Redis."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog
from arq.worker import Worker, func
from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from shared.db import create_engine
from shared.health import health_router
from shared.jobs import Queue, Waker, connect, deserialize_job, serialize_job, wake_released
from shared.media_urls import sign_media_urls
from shared.outbound_http import outbound_http
from shared.security_headers import SecurityHeaders
from shared.settings import Settings
from shared.tasks import cancel_all, finish, keep_running
from shared.whatsapp.graph import GraphClient, new_http_client
from workers.drainer import Drainer
from workers.housekeeping import Housekeeper
from workers.idle import end_idle
from workers.ingest import ingest_batch
from workers.numbers import check_numbers
from workers.send import Sender
from workers.webhooks import WebhookSender

log = structlog.get_logger()

SWEEP_SECONDS = 2.0
POLL_SECONDS = 0.01  # arq polls; this is the longest that a job waits to be picked up
RESTART_SECONDS = 1.0
SILENCE_SECONDS = 15.0
IDLE_SECONDS = 30.0
NUMBERS_SECONDS = 60.0
TIDY_SECONDS = 3600.0
STOP_SECONDS = 5.0


@contextlib.asynccontextmanager
async def running_worker(settings: Settings) -> AsyncIterator[ASGIApp]:
    """Work until the block is left; gives an ASGI app with the worker's health routes."""
    sign_media_urls(settings)
    engine = create_engine(settings, application_name="worker")
    redis = connect(settings)
    http = new_http_client()
    outbound = outbound_http(settings)
    graph = GraphClient(http, settings)
    sender = Sender(settings, engine, redis, graph)
    webhooks = WebhookSender(settings, engine, outbound)
    wakers = {queue: Waker(redis, queue) for queue in (Queue.WEBHOOKS, Queue.MEDIA)}
    wake_released(engine, wakers)
    drainers = {
        Queue.INGEST: Drainer(lambda: ingest_batch(engine, redis, settings)),
        Queue.SEND: Drainer(sender.send_due),
        Queue.WEBHOOKS: webhooks.drainer,
    }
    stop = asyncio.Event()
    serving = [
        asyncio.create_task(_serve(settings, queue, drainer, stop), name=f"serve {queue}")
        for queue, drainer in drainers.items()
    ]
    # The sweep finds work that no job announced: Redis was away, a worker died, or a retry has come due.
    repeating = [
        *(_every(SWEEP_SECONDS, drainer.drain) for drainer in drainers.values()),
        _every(SILENCE_SECONDS, webhooks.report_silence),
        _every(IDLE_SECONDS, lambda: end_idle(settings, engine, redis)),
        _every(NUMBERS_SECONDS, lambda: check_numbers(settings, engine, graph)),
        _every(TIDY_SECONDS, Housekeeper(settings, engine).tidy, first=random.uniform(0, 60)),  # noqa: S311 - no secret
    ]
    running = [asyncio.create_task(one) for one in repeating]
    waking = [asyncio.create_task(keep_running(waker.run)) for waker in wakers.values()]
    log.info("worker_started", queues=[str(queue) for queue in drainers])
    state = State({"engine": engine, "redis": redis})
    try:
        health = Litestar([health_router], state=state, openapi_config=None, logging_config=None)
        yield SecurityHeaders(health, settings.base_url)
    finally:
        stop.set()
        await finish(serving, STOP_SECONDS)
        await cancel_all(running)
        await sender.stop(STOP_SECONDS)
        await webhooks.stop(STOP_SECONDS)
        for waker in wakers.values():
            waker.stop()
        await finish(waking, STOP_SECONDS)
        await http.aclose()
        await outbound.close()
        await redis.aclose()
        await engine.dispose()
        log.info("worker_stopped")


class _StoppedError(Exception):
    """The worker was asked to stop."""


class _QueueWorker(Worker):
    """arq's worker, which can be stopped between two looks at its queue: cut off within one, redis-py leaks."""

    stop: asyncio.Event

    async def _poll_iteration(self) -> None:
        if self.stop.is_set():
            raise _StoppedError
        await super()._poll_iteration()


async def _serve(settings: Settings, queue: Queue, drainer: Drainer, stop: asyncio.Event) -> None:
    """Run an arq worker, and start it again when Redis comes back: arq's own loop ends when Redis goes away."""

    async def drain(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        await _guarded(drainer.drain)

    while not stop.is_set():
        redis = connect(settings)
        worker = _QueueWorker(
            functions=[func(drain, name="drain")],
            queue_name=queue,
            redis_pool=redis,
            handle_signals=False,
            max_jobs=50,
            poll_delay=POLL_SECONDS,
            keep_result=0,
            max_tries=1,
            job_timeout=3600,  # a drain goes on for as long as webhooks keep coming
            log_results=False,
            job_serializer=serialize_job,
            job_deserializer=deserialize_job,
        )
        worker.stop = stop
        try:
            await worker.main()
        except _StoppedError:
            return
        except (RedisError, OSError) as error:
            log.warning("queue_lost", queue=queue, error=str(error))
        finally:  # not worker.close(): it wants Redis, which may be what went away
            await finish(worker.tasks.values(), STOP_SECONDS)
            await redis.aclose()
        await asyncio.sleep(RESTART_SECONDS)


async def _every(seconds: float, act: Callable[[], Awaitable[None]], *, first: float = 0.0) -> None:
    """Do something again and again, with so much time between the end of one and the beginning of the next, and
    `first` seconds before the first.
    """
    await asyncio.sleep(first)
    while True:
        await _guarded(act)
        await asyncio.sleep(seconds)


async def _guarded(drain: Callable[[], Awaitable[None]]) -> None:
    """A drain that fails is logged and left to the sweep: the work is still in PostgreSQL."""
    try:
        await drain()
    except (DBAPIError, OSError) as error:
        log.warning("drain_failed", error=type(error).__name__)
    except Exception:
        log.exception("drain_failed")
