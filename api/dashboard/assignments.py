"""/dashboard/{project}/assignments: whose the active conversations are, and giving them to others."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName
from api.dashboard.forms import Errors, Form, read_form
from api.dashboard.lists import CurrentPage, Words
from api.dashboard.pages import Page, redirect, render
from api.dashboard.pickers import NOBODY, member_picker, searches
from api.dashboard.team import good_user
from api.errors import AnyRequest
from shared.audit import record
from shared.operations.give_conversation import GIVEN_AT_ONCE, give_conversation, give_conversations
from shared.publish import publish
from shared.queries.assigned import get_assigned, page_of_assigned
from shared.queries.phone_numbers import number_names
from shared.refusals import RefusedError
from shared.scope import Scope

MUST_CHOOSE = "must be somebody of the team, or nobody"
NOT_SELF = "must be somebody else"

Assignee = Annotated[UUID | None, QueryParameter()]


class AssignmentPageController(Controller):
    path = "/{project_id:uuid}/assignments"

    @get()
    async def list(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        page: CurrentPage,
        words: Words = "",
        assignee: Assignee = None,
    ) -> Page:
        """The active conversations, all of them or a person's."""
        user = None if assignee is None else await good_user(state, project, assignee)
        scope = Scope(project.id, assignee_id=assignee)
        async with state.engine.connect() as connection:
            rows, paging = await page_of_assigned(connection, scope, words.strip(), page)
            numbers = await number_names(connection, project.id, (row.conversation.phone_number_id for row in rows))
        keep = {} if assignee is None else {"assignee": str(assignee)}
        return render(
            request,
            "assignments.html",
            rows=rows,
            paging=paging,
            numbers=numbers,
            user=user,
            words=words,
            keep=keep,
            query={"words": words, **keep},
        )

    @get("/{conversation_id:uuid}/edit", role="operator")
    async def ask(
        self, request: AnyRequest, state: State, project: CurrentProject, conversation_id: FromPath[UUID]
    ) -> Page:
        return await _ask_one(request, state, project, conversation_id, Form(request.query_params))

    @post("/{conversation_id:uuid}/edit")
    async def give(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
    ) -> Page:
        """Make a conversation somebody's or nobody's; iframes show it at once."""
        form = await read_form(request)
        if searches(form, "user_id"):
            return await _ask_one(request, state, project, conversation_id, form)
        try:
            user_id = _chosen(form)
            async with state.engine.begin() as connection:
                given = await give_conversation(connection, Scope(project.id), conversation_id, user_id)
                if given is not None:
                    await record(connection, project.id, actor, given.action, given.assignment_id, given.changes)
        except RefusedError as error:
            return await _ask_one(request, state, project, conversation_id, form, error.errors)
        await publish(state.pubsub, [] if given is None else given.events)
        return redirect(f"{HOME}/{project.id}/assignments?done={'unassigned' if user_id is None else 'assigned'}")


class HandOverController(Controller):
    path = "/{project_id:uuid}/team/{user_id:uuid}/hand-over"

    @get(role="operator")
    async def ask(self, request: AnyRequest, state: State, project: CurrentProject, user_id: FromPath[UUID]) -> Page:
        return await _ask_all(request, state, project, user_id, Form(request.query_params))

    @post()
    async def give(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        user_id: FromPath[UUID],
    ) -> Page:
        """Make all active conversations of a person another's or nobody's, 500 at once; iframes show it at once."""
        form = await read_form(request)
        if searches(form, "user_id"):
            return await _ask_all(request, state, project, user_id, form)
        await good_user(state, project, user_id)
        try:
            other_id = _chosen(form, user_id)
            async with state.engine.begin() as connection:
                count, events = await give_conversations(connection, project.id, user_id, other_id)
                if count:
                    changes = {"assigned_user_id": [user_id, other_id], "conversations": [None, count]}
                    await record(connection, project.id, actor, "user.handed_over", user_id, changes)
        except RefusedError as error:
            return await _ask_all(request, state, project, user_id, form, error.errors)
        await publish(state.pubsub, events)
        done = "given_some" if count == GIVEN_AT_ONCE else "given_all" if count else "given_none"
        return redirect(f"{HOME}/{project.id}/assignments?assignee={user_id}&done={done}")


def _chosen(form: Form, but: UUID | None = None) -> UUID | None:
    """Whom the form names, `but` not being one of them; None for nobody. Raises RefusedError."""
    if form.text("user_id") == NOBODY:
        return None
    user_id = form.uuid("user_id")
    if user_id is None or user_id == but:
        raise RefusedError("invalid", "Nobody was chosen.", {"user_id": [MUST_CHOOSE if user_id is None else NOT_SELF]})
    return user_id


async def _ask_one(
    request: AnyRequest,
    state: State,
    project: ProjectName,
    conversation_id: UUID,
    form: Form,
    errors: Errors | None = None,
) -> Page:
    """Whose a conversation is to be; whose it is is chosen until something else is."""
    async with state.engine.connect() as connection:
        row = await get_assigned(connection, Scope(project.id), conversation_id)
        if not form.is_filled_in():
            form = Form.of(user_id=str(row.conversation.assigned_user_id or NOBODY))
        picker = await member_picker(connection, project.id, form)
        numbers = await number_names(connection, project.id, [row.conversation.phone_number_id])
    status = 422 if errors else 200
    return render(
        request, "assignment.html", status=status, row=row, picker=picker, numbers=numbers, errors=errors or {}
    )


async def _ask_all(
    request: AnyRequest, state: State, project: ProjectName, user_id: UUID, form: Form, errors: Errors | None = None
) -> Page:
    user = await good_user(state, project, user_id)
    async with state.engine.connect() as connection:
        picker = await member_picker(connection, project.id, form)
    return render(
        request, "hand_over.html", status=422 if errors else 200, user=user, picker=picker, errors=errors or {}
    )
