"""/platform/v1/whatsapp/webhooks/{id}/test and /replay: what a webhook is asked to send."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.access import CurrentActor, CurrentKey
from api.openapi import refusals
from api.platform.paging import in_utc
from shared.audit import made, record
from shared.operations.replay_deliveries import Replayed, replay_failed
from shared.operations.send_test_webhook import send_test_webhook


class TestBody(msgspec.Struct, frozen=True):
    event_type: Annotated[str, Meta(max_length=100, examples=["whatsapp.message.received"])] | None = None


class Queued(msgspec.Struct):
    success: bool


class QueuedAnswer(msgspec.Struct):
    data: Queued


class ReplayBody(msgspec.Struct, frozen=True):
    since: Annotated[datetime, Meta(description="UTC if it names no offset.", examples=["2026-01-31T09:00:00Z"])]


class ReplayedAnswer(msgspec.Struct):
    data: Replayed


_FIRST_EVENT = TestBody()


class WebhookCallController(Controller):
    path = "/whatsapp/webhooks/{webhook_id:uuid}"
    tags = ("Webhooks",)

    @post("/test", status_code=200, responses=refusals(404))
    async def test(
        self, state: State, key: CurrentKey, webhook_id: FromPath[UUID], data: JSONBody[TestBody] = _FIRST_EVENT
    ) -> QueuedAnswer:
        """Queue a delivery with a sample body: of `event_type`, or of the first event that the webhook is for."""
        async with state.engine.begin() as connection:
            await send_test_webhook(connection, key.project_id, webhook_id, data.event_type)
        return QueuedAnswer(Queued(success=True))

    @post("/replay", status_code=200, responses=refusals(404))
    async def replay(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        webhook_id: FromPath[UUID],
        data: JSONBody[ReplayBody],
    ) -> ReplayedAnswer:
        """Send what has failed since then once more, the oldest 500 deliveries of it. Call again while `more` is true:
        what is on its way again, or has arrived, is left out.
        """
        since = in_utc(data.since, "since")
        assert since is not None
        async with state.engine.begin() as connection:
            replayed = await replay_failed(connection, key.project_id, webhook_id, since)
            if replayed.replayed:
                changes = made({"since": since, "deliveries": replayed.replayed})
                await record(connection, key.project_id, actor, "webhook.replayed", webhook_id, changes)
        return ReplayedAnswer(replayed)
