"""Workflow events for callers who wait for what comes of them: durable first, then applied at once."""

import asyncio

from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.operations.workflow_events import (
    WorkflowEvent,
    apply_workflow_event,
    store_workflow_event,
    take_workflow_event,
    workflow_event_done,
    workflow_event_outcome,
)
from shared.publish import publish
from shared.refusals import ConflictError, NotFoundError, RefusedError
from shared.validation import InvalidFieldsError

WAIT_SECONDS = 5.0
LOOK_SECONDS = 0.02


async def accept_workflow_event(state: State, event: WorkflowEvent) -> None:
    """Store the event, apply it, and publish. If this process dies in between, a worker applies it.

    Raises NotFoundError, RefusedError or InvalidFieldsError if the event is refused; then nothing has changed.
    """
    engine: AsyncEngine = state.engine
    async with engine.begin() as connection:
        event_id = await store_workflow_event(connection, event)
    try:
        async with engine.begin() as connection:
            if not await take_workflow_event(connection, event_id) and await _applied_by_worker(engine, event_id):
                return  # and published
            # What a worker refused is refused here too, for the caller to hear why.
            moved = await apply_workflow_event(connection, event)
            await workflow_event_done(connection, event_id)
    except (NotFoundError, RefusedError, InvalidFieldsError):
        async with engine.begin() as connection:
            await workflow_event_done(connection, event_id)
        raise
    await publish(state.pubsub, moved.events)


async def _applied_by_worker(engine: AsyncEngine, event_id: int) -> bool:
    """Whether a worker applied the event, once it is done with it. Raises ConflictError if that takes long."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                async with engine.connect() as connection:
                    outcome = await workflow_event_outcome(connection, event_id)
                if outcome != "pending":
                    return outcome == "applied"
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as error:
        raise ConflictError("in_progress", "This is being done; ask again shortly.", retry_after=1) from error
