"""Conversations below /meta/whatsapp/{version}/{phone_number_id}, and one by its id alone, as Kapso's SDK asks for it
(Kapso: "Conversations").
"""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, patch
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from api.access import CurrentActor, CurrentKey
from api.errors import not_found
from api.meta.done import Done
from api.meta.fields import Fields
from api.meta.numbers import NumberId, number_of
from api.openapi import graph_refusals
from api.platform.paging import After, Before, Limit, Moment, in_utc
from shared.audit import record
from shared.events import ConversationStatus
from shared.kapso.conversations import (
    CONVERSATION_FIELDS,
    KapsoConversation,
    KapsoConversationFilters,
    SelectedConversation,
    get_kapso_conversation,
    list_kapso_conversations,
    select_conversation_fields,
)
from shared.kapso.fields import wanted_fields
from shared.operations.set_conversation_status import set_conversation_status
from shared.paging import CursorQuery, Paging
from shared.publish import publish
from shared.scope import Scope


class ConversationChange(msgspec.Struct):
    status: ConversationStatus


class ConversationList(msgspec.Struct):
    data: list[SelectedConversation]
    paging: Paging


class NumberConversationController(Controller):
    path = "/{phone_number_id:str}/conversations"
    tags = ("Conversations",)

    @get(responses=graph_refusals(404))
    async def list(
        self,
        state: State,
        key: CurrentKey,
        phone_number_id: NumberId,
        status: Annotated[Literal["active", "ended"] | None, QueryParameter(description="Either, if absent.")] = None,
        assigned_user_id: Annotated[
            UUID | None, QueryParameter(description="Those of one member; not with `unassigned`.")
        ] = None,
        unassigned: Annotated[bool, QueryParameter(description="Those of nobody.")] = False,
        last_active_since: Moment = None,
        last_active_until: Moment = None,
        phone_number: Annotated[
            str | None, QueryParameter(max_length=40, description="The contact's number, or a part of it.")
        ] = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
        fields: Fields = None,
    ) -> ConversationList:
        """The number's conversations, latest activity first."""
        filters = KapsoConversationFilters(
            phone_number=phone_number,
            status=status,
            assigned_user_id=assigned_user_id,
            unassigned=unassigned,
            last_active_after=in_utc(last_active_since, "last_active_since"),
            last_active_before=in_utc(last_active_until, "last_active_until"),
        )
        async with state.engine.connect() as connection:
            number = await number_of(connection, key.project_id, phone_number_id)
            found, paging = await list_kapso_conversations(
                connection, number.scope(), filters, CursorQuery(limit, after, before)
            )
        return ConversationList([_selected(one, fields) for one in found], paging)

    @get("/{conversation_id:uuid}", responses=graph_refusals(404))
    async def get(
        self,
        state: State,
        key: CurrentKey,
        phone_number_id: NumberId,
        conversation_id: FromPath[UUID],
        fields: Fields = None,
    ) -> SelectedConversation:
        """One conversation of the number."""
        async with state.engine.connect() as connection:
            number = await number_of(connection, key.project_id, phone_number_id)
            found = await get_kapso_conversation(connection, number.scope(), conversation_id)
        if found is None:
            raise not_found("Conversation")
        return _selected(found, fields)


class ConversationController(Controller):
    path = "/conversations/{conversation_id:uuid}"
    tags = ("Conversations",)

    @get(responses=graph_refusals(404))
    async def get(
        self, state: State, key: CurrentKey, conversation_id: FromPath[UUID], fields: Fields = None
    ) -> SelectedConversation:
        """One conversation of the project."""
        async with state.engine.connect() as connection:
            found = await get_kapso_conversation(connection, Scope(key.project_id), conversation_id)
        if found is None:
            raise not_found("Conversation")
        return _selected(found, fields)

    @patch(responses=graph_refusals(404))
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
        data: JSONBody[ConversationChange],
    ) -> Done:
        """End a conversation, or open an ended one again."""
        async with state.engine.begin() as connection:
            scope = Scope(key.project_id)
            changes, events = await set_conversation_status(connection, scope, conversation_id, data.status)
            if changes:
                await record(connection, key.project_id, actor, "conversation.updated", conversation_id, changes)
        await publish(state.pubsub, events)
        return Done()


def _selected(found: KapsoConversation, fields: str | None) -> SelectedConversation:
    return select_conversation_fields(found, wanted_fields(fields, CONVERSATION_FIELDS))
