"""/inbox/v1/conversations: the list, one conversation, and that it was read."""

from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from api.auth import CurrentEmbed
from api.errors import AnyRequest, not_found
from shared.events import ConversationView
from shared.operations.mark_read import mark_read
from shared.paging import Paging
from shared.publish import publish
from shared.queries.conversations import ConversationFilters, get_conversation, list_conversations
from shared.validation import convert_fields


class ConversationPage(msgspec.Struct):
    data: list[ConversationView]
    paging: Paging


class ConversationAnswer(msgspec.Struct):
    data: ConversationView


class ConversationController(Controller):
    path = "/conversations"

    @get()
    async def list(self, request: AnyRequest, state: State, embed: CurrentEmbed) -> ConversationPage:
        """The conversations of the embed's scope, latest activity first."""
        filters = convert_fields(ConversationFilters, dict(request.query_params), strict=False)
        async with state.engine.connect() as connection:
            data, paging = await list_conversations(connection, embed.scope, filters)
        return ConversationPage(data, paging)

    @get("/{conversation_id:uuid}")
    async def get(self, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]) -> ConversationAnswer:
        async with state.engine.connect() as connection:
            view = await get_conversation(connection, embed.scope, conversation_id)
        if view is None:
            raise not_found("Conversation")
        return ConversationAnswer(view)

    @post("/{conversation_id:uuid}/read", status_code=200)
    async def read(self, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]) -> ConversationAnswer:
        """Mark the conversation as read for everybody who sees it."""
        async with state.engine.begin() as connection:
            view, events = await mark_read(connection, embed.scope, conversation_id)
        if view is None:
            raise not_found("Conversation")
        await publish(state.redis, events)
        return ConversationAnswer(view)
