"""arq's side of the worker: which queues a process serves, and the loop that runs their jobs."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import structlog
from arq.worker import Worker, func
from redis.exceptions import RedisError

from shared.jobs import Queue, connect, deserialize_job, queue_name, serialize_job
from shared.settings import Settings, SettingsError
from shared.tasks import finish

log = structlog.get_logger()

POLL_SECONDS = 0.5  # nobody waits for it: a wake is published as well
RESTART_SECONDS = 1.0
STOP_SECONDS = 5.0


def served_queues(settings: Settings) -> dict[str, Queue]:
    """The names of the queues that PORTHOLE_WORKER_QUEUES chooses, each with its class of work.

    Raises SettingsError for an ingest queue that PORTHOLE_INGEST_QUEUES does not make.
    """
    everything = ",".join(queue.removeprefix("porthole:") for queue in Queue)
    words = everything if settings.worker_queues == "all" else settings.worker_queues
    served: dict[str, Queue] = {}
    for word in words.split(","):
        kind, _, number = word.partition(":")
        queue = Queue(f"porthole:{kind}")
        numbers = range(settings.ingest_queues if queue is Queue.INGEST else 1)
        if number and int(number) not in numbers:
            raise SettingsError(
                f"PORTHOLE_WORKER_QUEUES names {word}, and PORTHOLE_INGEST_QUEUES is {settings.ingest_queues}."
            )
        served |= {queue_name(queue, one): queue for one in ([int(number)] if number else numbers)}
    return served


class _QueueWorker(Worker):
    """arq's worker, whose loop ends between two looks at its queue: cut off within one, redis-py leaks."""

    stop: asyncio.Event

    async def main(self) -> None:
        self.ctx["redis"] = self.pool
        while not self.stop.is_set():
            await self._poll_iteration()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.poll_delay_s):
                    await self.stop.wait()


async def serve_queue(settings: Settings, name: str, start: Callable[[], None], stop: asyncio.Event) -> None:
    """Run an arq worker, and start it again when Redis comes back: arq's own loop ends when Redis goes away."""

    async def drain(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        """Start the drain and end at once, so that the next wake finds no job in its way."""
        start()

    while not stop.is_set():
        redis = connect(settings)
        worker = _QueueWorker(
            functions=[func(drain, name="drain")],
            queue_name=name,
            redis_pool=redis,
            handle_signals=False,
            max_jobs=10,
            poll_delay=POLL_SECONDS,
            keep_result=0,  # a result would keep the job's id from being used again
            max_tries=1_000_000,  # they are counted by id, and ours is always the same
            job_timeout=10,  # for as long, a job whose worker died keeps its id
            log_results=False,
            job_serializer=serialize_job,
            job_deserializer=deserialize_job,
        )
        worker.stop = stop
        try:
            await worker.main()
        except (RedisError, OSError) as error:
            log.warning("queue_lost", queue=name, error=str(error))
        finally:  # not worker.close(): it wants Redis, which may be what went away
            await finish(worker.tasks.values(), STOP_SECONDS)
            await redis.aclose()
        if not stop.is_set():
            await asyncio.sleep(RESTART_SECONDS)
