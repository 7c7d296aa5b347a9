"""/inbox/v1/conversations/{id}/handoff and /hand_back: a person takes over from the automation, and returns it."""

from uuid import UUID

import msgspec
from litestar import Controller, post
from litestar.datastructures import State
from litestar.params import FromPath

from api.access import CurrentActor
from api.auth import CurrentEmbed, CurrentUser
from api.errors import not_found
from api.workflow_intake import accept_workflow_event
from shared.audit import Actor
from shared.events import ConversationView
from shared.operations.workflow_events import HandBackPressed, HandoffPressed, WorkflowEvent
from shared.queries.conversations import get_conversation


class HandoffAnswer(msgspec.Struct):
    data: ConversationView


class HandoffController(Controller):
    path = "/conversations/{conversation_id:uuid}"

    @post("/handoff", status_code=200)
    async def hand_off(
        self,
        state: State,
        embed: CurrentEmbed,
        user: CurrentUser,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
    ) -> HandoffAnswer:
        """Stop the workflow that answers the conversation; 422 if none does."""
        return await _press(state, actor, HandoffPressed(embed.scope, conversation_id, user))

    @post("/hand_back", status_code=200)
    async def hand_back(
        self,
        state: State,
        embed: CurrentEmbed,
        user: CurrentUser,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
    ) -> HandoffAnswer:
        """Let the workflow that was stopped answer again; 422 if none was."""
        return await _press(state, actor, HandBackPressed(embed.scope, conversation_id, user))


async def _press(state: State, actor: Actor, pressed: HandoffPressed | HandBackPressed) -> HandoffAnswer:
    await accept_workflow_event(state, WorkflowEvent(actor, pressed))
    async with state.engine.connect() as connection:
        view = await get_conversation(connection, pressed.scope, pressed.conversation_id)
    if view is None:  # it left the scope meanwhile
        raise not_found("Conversation")
    return HandoffAnswer(view)
