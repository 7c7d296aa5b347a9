"""/inbox/v1/messages/{id}: one message; a failed one is sent again, or put away."""

from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from api.auth import CurrentEmbed, CurrentUser
from api.errors import not_found
from api.inbox.messages import MessageAnswer
from shared.operations.discard_message import discard_message, retry_message
from shared.publish import publish
from shared.queries.messages import get_message


class OneMessageController(Controller):
    path = "/messages/{message_id:uuid}"

    @get()
    async def message(self, state: State, embed: CurrentEmbed, message_id: FromPath[UUID]) -> MessageAnswer:
        """One message, with URLs of its file that are new."""
        async with state.engine.connect() as connection:
            message = await get_message(connection, embed.scope, message_id)
        if message is None:
            raise not_found("Message")
        return MessageAnswer(message)

    @post("/retry")
    async def retry(
        self, state: State, embed: CurrentEmbed, user: CurrentUser, message_id: FromPath[UUID]
    ) -> Response[MessageAnswer]:
        """Queue a copy of a failed message in its place: 201, or 200 if that was done before."""
        async with state.engine.begin() as connection:
            queued, events = await retry_message(connection, embed.scope, message_id, user)
        if events:
            state.send_waker.wake()
        await publish(state.pubsub, events)
        return Response(MessageAnswer(queued), status_code=201 if events else 200)

    @delete(status_code=200)
    async def discard(self, state: State, embed: CurrentEmbed, message_id: FromPath[UUID]) -> MessageAnswer:
        """Put a failed message away, for everybody."""
        async with state.engine.begin() as connection:
            discarded, events = await discard_message(connection, embed.scope, message_id)
        await publish(state.pubsub, events)
        return MessageAnswer(discarded)
