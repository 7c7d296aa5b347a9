"""/inbox/v1/conversations/{id}/details, /earlier and /media: what stands beside the thread."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import FromPath
from msgspec import Meta

from api.auth import CurrentEmbed
from api.errors import AnyRequest
from api.inbox.messages import MessagePage
from shared.paging import CursorQuery, Paging
from shared.queries.details import ConversationDetails, get_details
from shared.queries.earlier import EarlierConversation, list_earlier
from shared.queries.thread_media import SharedKind, list_thread_media
from shared.validation import convert_fields


class DetailsAnswer(msgspec.Struct):
    data: ConversationDetails


class EarlierPage(msgspec.Struct):
    data: list[EarlierConversation]
    paging: Paging


class EarlierQuery(msgspec.Struct, frozen=True):
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    after: Annotated[str, Meta(max_length=300)] | None = None


class SharedQuery(msgspec.Struct, frozen=True):
    kind: SharedKind = "media"
    limit: Annotated[int, Meta(ge=1, le=100)] = 30
    after: Annotated[str, Meta(max_length=300)] | None = None


class DetailsController(Controller):
    path = "/conversations/{conversation_id:uuid}"

    @get("/details")
    async def details(self, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]) -> DetailsAnswer:
        """What programs have noted of the conversation and the person, and the latest workflow's course."""
        async with state.engine.connect() as connection:
            return DetailsAnswer(await get_details(connection, embed.scope, conversation_id))

    @get("/earlier")
    async def earlier(
        self, request: AnyRequest, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]
    ) -> EarlierPage:
        """The earlier conversations that the thread goes on into, latest activity first."""
        query = convert_fields(EarlierQuery, dict(request.query_params), strict=False)
        async with state.engine.connect() as connection:
            data, paging = await list_earlier(
                connection, embed.scope, conversation_id, CursorQuery(query.limit, query.after)
            )
        return EarlierPage(data, paging)

    @get("/media")
    async def media(
        self, request: AnyRequest, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]
    ) -> MessagePage:
        """The thread's messages with pictures and films, with documents, or with links; newest first."""
        query = convert_fields(SharedQuery, dict(request.query_params), strict=False)
        async with state.engine.connect() as connection:
            data, paging = await list_thread_media(
                connection, embed.scope, conversation_id, query.kind, CursorQuery(query.limit, query.after)
            )
        return MessagePage(data, paging)
