"""/inbox/v1/conversations/{id}/messages: the thread, and replies into it."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from msgspec import Meta

from api.auth import CurrentEmbed, CurrentUser
from api.errors import AnyRequest, ApiError
from shared.events import MessageView
from shared.operations.queue_message import queue_message
from shared.operations.store_outgoing import NewMessage
from shared.paging import CursorQuery, Paging
from shared.publish import publish
from shared.queries.messages import list_messages, list_messages_around
from shared.user_claims import User
from shared.validation import InvalidFieldsError, convert_fields
from shared.whatsapp.outbound import OutboundMessage, read_outbound
from shared.whatsapp.uploads import media_id_places


class MessagePage(msgspec.Struct):
    data: list[MessageView]
    paging: Paging


class MessageAnswer(msgspec.Struct):
    data: MessageView


class ThreadQuery(msgspec.Struct, frozen=True):
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    after: Annotated[str, Meta(max_length=300)] | None = None
    before: Annotated[str, Meta(max_length=300)] | None = None
    around: UUID | None = None


class Reply(OutboundMessage, frozen=True, kw_only=True):
    """Meta's body of a send, without the recipient, which is the conversation's; plus the client's id of the send."""

    client_id: Annotated[str, Meta(min_length=1, max_length=64)]


class MessageController(Controller):
    path = "/conversations/{conversation_id:uuid}/messages"

    @get()
    async def list(
        self, request: AnyRequest, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]
    ) -> MessagePage:
        """The thread, newest first; it goes on into the earlier conversations of the same person and number."""
        query = convert_fields(ThreadQuery, dict(request.query_params), strict=False)
        page = CursorQuery(query.limit, query.after, query.before)
        async with state.engine.connect() as connection:
            if query.around is None:
                data, paging = await list_messages(connection, embed.scope, conversation_id, page)
            elif query.after is None and query.before is None:
                data, paging = await list_messages_around(
                    connection, embed.scope, conversation_id, query.around, query.limit
                )
            else:
                raise InvalidFieldsError({"around": ["cannot be combined with a cursor"]})
        return MessagePage(data, paging)

    @post()
    async def send(
        self,
        request: AnyRequest,
        state: State,
        embed: CurrentEmbed,
        user: CurrentUser,
        conversation_id: FromPath[UUID],
    ) -> Response[MessageAnswer]:
        """Queue a reply: 201, or 200 if its client_id was sent before. 422 names what is wrong or why not now."""
        message = _new_message(await request.json(), user)
        async with state.engine.begin() as connection:
            stored, events = await queue_message(connection, embed.scope, conversation_id, message)
        if events:
            state.send_waker.wake()
        await publish(state.pubsub, events)
        return Response(MessageAnswer(stored), status_code=201 if events else 200)


def _new_message(body: Any, user: User | None) -> NewMessage:
    if not isinstance(body, dict):
        raise ApiError(400, "malformed_json", "The body must be a JSON object.")
    reply, message = read_outbound(Reply, body)
    # A worker fetches what stands under an id of Meta's with the number's token: that is for who has the number's key.
    if places := media_id_places(message.type, message.content):
        raise InvalidFieldsError({one.path: ["must be an upload_id or a link"] for one in places})
    return NewMessage(
        client_id=reply.client_id,
        type=message.type,
        content=message.content,
        reply_to=message.reply_to,
        sent_by=user,
        callback_data=message.callback_data,
    )
