"""/inbox/v1/conversations: the list, one conversation, its status, and that it was read."""

from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from api.access import CurrentActor
from api.auth import CurrentEmbed
from api.errors import AnyRequest, not_found
from shared.audit import record
from shared.events import ConversationStatus, ConversationView
from shared.operations.mark_read import mark_read
from shared.operations.set_conversation_status import set_conversation_status
from shared.paging import Paging
from shared.publish import publish
from shared.queries.conversation_search import MatchView
from shared.queries.conversations import ConversationFilters, get_conversation, list_conversations
from shared.validation import convert_fields


class ConversationPage(msgspec.Struct):
    """`matches` is what the search has found in messages; a conversation that its contact alone answers has none."""

    data: list[ConversationView]
    matches: list[MatchView]
    paging: Paging


class ConversationAnswer(msgspec.Struct):
    data: ConversationView


class ConversationChange(msgspec.Struct):
    status: ConversationStatus


class ConversationController(Controller):
    path = "/conversations"

    @get()
    async def list(self, request: AnyRequest, state: State, embed: CurrentEmbed) -> ConversationPage:
        """The conversations of the embed's scope, latest activity first."""
        filters = convert_fields(ConversationFilters, dict(request.query_params), strict=False)
        async with state.engine.connect() as connection:
            data, matches, paging = await list_conversations(connection, embed.scope, filters)
        return ConversationPage(data, matches, paging)

    @get("/{conversation_id:uuid}")
    async def get(self, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]) -> ConversationAnswer:
        async with state.engine.connect() as connection:
            view = await get_conversation(connection, embed.scope, conversation_id)
        if view is None:
            raise not_found("Conversation")
        return ConversationAnswer(view)

    @patch("/{conversation_id:uuid}")
    async def update(
        self,
        state: State,
        embed: CurrentEmbed,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
        data: JSONBody[ConversationChange],
    ) -> ConversationAnswer:
        """End the conversation, or open it again; 422 if the contact has another active one."""
        async with state.engine.begin() as connection:
            changes, events = await set_conversation_status(connection, embed.scope, conversation_id, data.status)
            if changes:
                action = "conversation.updated"
                await record(connection, embed.scope.project_id, actor, action, conversation_id, changes)
            view = await get_conversation(connection, embed.scope, conversation_id)
        await publish(state.pubsub, events)
        assert view is not None
        return ConversationAnswer(view)

    @post("/{conversation_id:uuid}/read", status_code=200)
    async def read(self, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]) -> ConversationAnswer:
        """Mark the conversation as read for everybody who sees it, and for the customer."""
        async with state.engine.begin() as connection:
            view, events = await mark_read(connection, embed.scope, conversation_id, tell=True)
        if view is None:
            raise not_found("Conversation")
        if events:
            state.send_waker.wake()
        await publish(state.pubsub, events)
        return ConversationAnswer(view)
