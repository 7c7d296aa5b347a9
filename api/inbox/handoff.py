"""/inbox/v1/conversations/{id}/handoff: a person takes over from the automation."""

from uuid import UUID

import msgspec
from litestar import Controller, post
from litestar.datastructures import State
from litestar.params import FromPath

from api.access import CurrentActor
from api.auth import CurrentEmbed, CurrentUser
from shared.audit import record
from shared.events import ConversationView
from shared.operations.hand_off import hand_off
from shared.publish import publish
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
        async with state.engine.begin() as connection:
            moved = await hand_off(connection, embed.scope, conversation_id, user)
            if moved.before != moved.after:
                changes = {"status": [moved.before, moved.after]}
                action = "workflow_execution.updated"
                await record(connection, embed.scope.project_id, actor, action, moved.execution_id, changes)
            view = await get_conversation(connection, embed.scope, conversation_id)
        await publish(state.redis, moved.events)
        assert view is not None
        return HandoffAnswer(view)
