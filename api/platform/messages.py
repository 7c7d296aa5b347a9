"""/platform/v1/whatsapp/messages (Kapso: Platform API, "Messages")."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from api.access import CurrentKey
from api.errors import not_found
from api.openapi import refusals
from api.platform.paging import After, Before, Limit
from shared.kapso.messages import KapsoMessage, MessageFilters, get_kapso_message, list_kapso_messages
from shared.paging import CursorQuery, Paging
from shared.scope import Scope


class MessageList(msgspec.Struct):
    data: list[KapsoMessage]
    paging: Paging


class MessageAnswer(msgspec.Struct):
    data: KapsoMessage


class MessageController(Controller):
    path = "/whatsapp/messages"
    tags = ("Messages",)

    @get(responses=refusals())
    async def list(
        self,
        state: State,
        key: CurrentKey,
        phone_number_id: Annotated[str | None, QueryParameter(max_length=40, description="A number's Meta id.")] = None,
        conversation_id: Annotated[UUID | None, QueryParameter(description="Of one conversation.")] = None,
        phone_number: Annotated[
            str | None, QueryParameter(max_length=40, description="The contact's number, or a part of it.")
        ] = None,
        business_scoped_user_id: Annotated[
            str | None, QueryParameter(max_length=200, description="The contact's.")
        ] = None,
        direction: Annotated[Literal["inbound", "outbound"] | None, QueryParameter(description="Who sent it.")] = None,
        status: Annotated[
            Literal["pending", "sent", "delivered", "read", "failed"] | None,
            QueryParameter(description="What came in counts as delivered."),
        ] = None,
        message_type: Annotated[
            str | None, QueryParameter(max_length=40, description="Meta's `type`, as `text` or `image`.")
        ] = None,
        has_media: Annotated[bool | None, QueryParameter(description="With media, or without.")] = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> MessageList:
        """The project's messages, newest first."""
        filters = MessageFilters(
            conversation_id=conversation_id,
            phone_number=phone_number,
            business_scoped_user_id=business_scoped_user_id,
            direction=direction,
            status=status,
            message_type=message_type,
            has_media=has_media,
        )
        scope = Scope(key.project_id, phone_number_id=phone_number_id)
        async with state.engine.connect() as connection:
            data, paging = await list_kapso_messages(
                connection, state.settings, scope, filters, CursorQuery(limit, after, before)
            )
        return MessageList(data, paging)

    @get("/{message_id:str}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, message_id: FromPath[str]) -> MessageAnswer:
        """One message, by its WhatsApp message id."""
        async with state.engine.connect() as connection:
            message = await get_kapso_message(connection, state.settings, Scope(key.project_id), message_id)
        if message is None:
            raise not_found("Message")
        return MessageAnswer(message)
