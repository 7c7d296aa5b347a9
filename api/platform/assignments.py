"""/platform/v1/whatsapp/conversations/{id}/assignments (Kapso: Platform API, "Conversation assignments")."""

from uuid import UUID

import msgspec
from litestar import Controller, Response, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from api.access import CurrentActor, CurrentKey
from api.body_check import Sent
from api.errors import AnyRequest
from api.openapi import refusals
from api.platform.paging import Page, PerPage, numbered
from shared.audit import record
from shared.operations.assign_conversation import (
    AssignmentChange,
    NewAssignment,
    assign_conversation,
    update_assignment,
)
from shared.paging import PageMeta
from shared.publish import publish
from shared.queries.assignments import AssignmentView, check_member, get_assignment, list_assignments
from shared.scope import Scope


class NewAssignmentBody(msgspec.Struct):
    assignment: NewAssignment


class AssignmentChangeBody(msgspec.Struct):
    assignment: AssignmentChange


class AssignmentAnswer(msgspec.Struct):
    data: AssignmentView


class AssignmentPage(msgspec.Struct):
    data: list[AssignmentView]
    meta: PageMeta


async def _check(sent: Sent) -> None:
    if "user_id" in sent.fields:
        await check_member(sent.connection, sent.project_id, sent.fields["user_id"], "user_id")


class AssignmentController(Controller):
    path = "/whatsapp/conversations/{conversation_id:uuid}/assignments"
    tags = ("Assignments",)

    @get(responses=refusals(404))
    async def list(
        self,
        request: AnyRequest,
        state: State,
        key: CurrentKey,
        conversation_id: FromPath[UUID],
        page: Page = 1,
        per_page: PerPage = 20,
    ) -> Response[AssignmentPage]:
        """Who has been answering a conversation, newest first."""
        async with state.engine.connect() as connection:
            data, meta = await list_assignments(
                connection, key.project_id, conversation_id, page=page, per_page=per_page
            )
        return numbered(request, AssignmentPage(data, meta), meta)

    @post(responses=refusals(404), checked_by=_check)
    async def create(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
        data: JSONBody[NewAssignmentBody],
    ) -> AssignmentAnswer:
        """Give a conversation to a member of the project; it must not be another's at the time."""
        async with state.engine.begin() as connection:
            assignment_id, events = await assign_conversation(
                connection, Scope(key.project_id), conversation_id, data.assignment
            )
            await record(connection, key.project_id, actor, "assignment.created", assignment_id)
            view = await get_assignment(connection, key.project_id, conversation_id, assignment_id)
        await publish(state.pubsub, events)
        return AssignmentAnswer(view)

    @get("/{assignment_id:uuid}", responses=refusals(404))
    async def get(
        self, state: State, key: CurrentKey, conversation_id: FromPath[UUID], assignment_id: FromPath[UUID]
    ) -> AssignmentAnswer:
        """One assignment."""
        async with state.engine.connect() as connection:
            return AssignmentAnswer(await get_assignment(connection, key.project_id, conversation_id, assignment_id))

    @patch("/{assignment_id:uuid}", responses=refusals(404), checked_by=_check)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
        assignment_id: FromPath[UUID],
        data: JSONBody[AssignmentChangeBody],
    ) -> AssignmentAnswer:
        """Give it to another member, change its notes, or end it with `active: false`, which keeps the row."""
        async with state.engine.begin() as connection:
            changes, events = await update_assignment(
                connection, Scope(key.project_id), conversation_id, assignment_id, data.assignment
            )
            if changes:
                await record(connection, key.project_id, actor, "assignment.updated", assignment_id, changes)
            view = await get_assignment(connection, key.project_id, conversation_id, assignment_id)
        await publish(state.pubsub, events)
        return AssignmentAnswer(view)
