"""/inbox/v1/conversations/{id}/handoff: a person takes over from the automation."""

from uuid import UUID

import msgspec
from litestar import Controller, post
from litestar.datastructures import State
from litestar.params import FromPath

from api.access import CurrentActor
from api.auth import CurrentEmbed, CurrentUser
from api.errors import not_found
from api.workflow_intake import accept_workflow_event
from shared.events import ConversationView
from shared.operations.workflow_events import HandoffPressed, WorkflowEvent
from shared.queries.conversations import get_conversation


class HandoffAnswer(msgspec.Struct):
    data: ConversationView


class HandoffController(Controller):
    path = "/conversations/{conversation_id:uuid}/handoff"

    @post(status_code=200)
    async def hand_off(
        self,
        state: State,
        embed: CurrentEmbed,
        user: CurrentUser,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
    ) -> HandoffAnswer:
        """Stop the workflow that answers the conversation; 422 if none does."""
        pressed = HandoffPressed(embed.scope, conversation_id, user)
        await accept_workflow_event(state, WorkflowEvent(actor, pressed))
        async with state.engine.connect() as connection:
            view = await get_conversation(connection, embed.scope, conversation_id)
        if view is None:  # it left the scope meanwhile
            raise not_found("Conversation")
        return HandoffAnswer(view)
