"""/platform/v1/canned_replies: what the inboxes have at hand behind a slash. Beyond Kapso."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from api.access import CurrentActor, CurrentKey
from api.body_check import Sent
from api.errors import not_found
from api.openapi import refusals
from api.platform.paging import After, Before, Limit
from shared.audit import made, record
from shared.operations.create_canned_reply import NewCannedReply, check_new_canned_reply, create_canned_reply
from shared.operations.delete_canned_reply import delete_canned_reply
from shared.operations.update_canned_reply import (
    CannedReplyChanges,
    check_canned_reply_changes,
    update_canned_reply,
)
from shared.paging import CursorQuery, Paging
from shared.queries.canned_replies import CannedReplyView, get_canned_reply, list_canned_replies


class NewCannedReplyBody(msgspec.Struct):
    canned_reply: NewCannedReply


class CannedReplyChangesBody(msgspec.Struct):
    canned_reply: CannedReplyChanges


class CannedReplyAnswer(msgspec.Struct):
    data: CannedReplyView


class CannedReplyPage(msgspec.Struct):
    data: list[CannedReplyView]
    paging: Paging


OfCustomer = Annotated[UUID | None, QueryParameter(description="Only those of this customer.")]


async def _check_new(sent: Sent) -> None:
    await check_new_canned_reply(sent.connection, sent.project_id, sent.fields)


async def _check_changes(sent: Sent) -> None:
    await check_canned_reply_changes(sent.connection, sent.project_id, sent.path["canned_reply_id"], sent.fields)


class CannedReplyController(Controller):
    path = "/canned_replies"
    tags = ("Canned replies",)

    @get(responses=refusals())
    async def list(
        self,
        state: State,
        key: CurrentKey,
        customer_id: OfCustomer = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> CannedReplyPage:
        """The project's canned replies, those of its customers among them, newest first."""
        page = CursorQuery(limit, after, before)
        async with state.engine.connect() as connection:
            return CannedReplyPage(*await list_canned_replies(connection, key.project_id, customer_id, page))

    @post(responses=refusals(), checked_by=_check_new)
    async def create(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewCannedReplyBody]
    ) -> CannedReplyAnswer:
        """Add a canned reply: to every inbox of the project, or to those of one customer alone."""
        async with state.engine.begin() as connection:
            reply_id = await create_canned_reply(connection, key.project_id, data.canned_reply)
            changes = made(msgspec.structs.asdict(data.canned_reply))
            await record(connection, key.project_id, actor, "canned_reply.created", reply_id, changes)
            view = await get_canned_reply(connection, key.project_id, reply_id)
        assert view is not None
        return CannedReplyAnswer(view)

    @get("/{canned_reply_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, canned_reply_id: FromPath[UUID]) -> CannedReplyAnswer:
        """One canned reply."""
        async with state.engine.connect() as connection:
            view = await get_canned_reply(connection, key.project_id, canned_reply_id)
        if view is None:
            raise not_found("Canned reply")
        return CannedReplyAnswer(view)

    @patch("/{canned_reply_id:uuid}", responses=refusals(404), checked_by=_check_changes)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        canned_reply_id: FromPath[UUID],
        data: JSONBody[CannedReplyChangesBody],
    ) -> CannedReplyAnswer:
        """Change a canned reply; what is not sent stays as it is. Open inboxes have it within a minute."""
        async with state.engine.begin() as connection:
            changes = await update_canned_reply(connection, key.project_id, canned_reply_id, data.canned_reply)
            if changes:
                await record(connection, key.project_id, actor, "canned_reply.updated", canned_reply_id, changes)
            view = await get_canned_reply(connection, key.project_id, canned_reply_id)
        assert view is not None
        return CannedReplyAnswer(view)

    @delete("/{canned_reply_id:uuid}", responses=refusals(404))
    async def delete(self, state: State, key: CurrentKey, actor: CurrentActor, canned_reply_id: FromPath[UUID]) -> None:
        """Delete a canned reply; what was sent of it stays."""
        async with state.engine.begin() as connection:
            await delete_canned_reply(connection, key.project_id, canned_reply_id)
            await record(connection, key.project_id, actor, "canned_reply.deleted", canned_reply_id)
