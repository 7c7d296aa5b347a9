"""/platform/v1/whatsapp/conversations (Kapso: Platform API, "Conversations")."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, patch
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from api.access import CurrentActor, CurrentKey
from api.errors import not_found
from api.openapi import refusals
from api.platform.paging import After, Before, Limit, Moment, in_utc
from api.platform.workflows import ExecutionList
from shared.audit import record
from shared.events import ConversationStatus, Event
from shared.kapso.conversations import (
    KapsoConversation,
    KapsoConversationFilters,
    get_kapso_conversation,
    list_kapso_conversations,
)
from shared.operations.create_contact import Metadata, check_shape
from shared.operations.set_conversation_metadata import set_conversation_metadata
from shared.operations.set_conversation_status import set_conversation_status
from shared.paging import CursorQuery, Paging
from shared.publish import publish
from shared.queries.executions import (
    ExecutionFilters,
    ExecutionStatus,
    list_conversation_executions,
)
from shared.scope import Scope
from shared.validation import InvalidFieldsError


class ConversationChange(msgspec.Struct):
    """What is left out stays as it is. Kapso writes the status only; `metadata` is replaced as a whole."""

    status: ConversationStatus | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_shape(UNSET, self.metadata)
        if self.status is UNSET and self.metadata is UNSET:
            raise InvalidFieldsError({"status": ["or `metadata` is required"]})


class ConversationChangeBody(msgspec.Struct):
    whatsapp_conversation: ConversationChange


class ConversationAnswer(msgspec.Struct):
    data: KapsoConversation


class ConversationList(msgspec.Struct):
    data: list[KapsoConversation]
    paging: Paging


class ConversationController(Controller):
    path = "/whatsapp/conversations"
    tags = ("Conversations",)

    @get(responses=refusals())
    async def list(
        self,
        state: State,
        key: CurrentKey,
        phone_number_id: Annotated[str | None, QueryParameter(max_length=40, description="A number's Meta id.")] = None,
        phone_number: Annotated[
            str | None, QueryParameter(max_length=40, description="The contact's number, or a part of it.")
        ] = None,
        status: Annotated[Literal["active", "ended"] | None, QueryParameter(description="Either, if absent.")] = None,
        assigned_user_id: Annotated[
            UUID | None, QueryParameter(description="Those of one member; not with `unassigned`.")
        ] = None,
        unassigned: Annotated[bool, QueryParameter(description="Those of nobody.")] = False,
        created_after: Moment = None,
        created_before: Moment = None,
        last_active_after: Moment = None,
        last_active_before: Moment = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> ConversationList:
        """The project's conversations, latest activity first."""
        filters = KapsoConversationFilters(
            phone_number=phone_number,
            status=status,
            assigned_user_id=assigned_user_id,
            unassigned=unassigned,
            created_after=in_utc(created_after, "created_after"),
            created_before=in_utc(created_before, "created_before"),
            last_active_after=in_utc(last_active_after, "last_active_after"),
            last_active_before=in_utc(last_active_before, "last_active_before"),
        )
        scope = Scope(key.project_id, phone_number_id=phone_number_id)
        async with state.engine.connect() as connection:
            data, paging = await list_kapso_conversations(connection, scope, filters, CursorQuery(limit, after, before))
        return ConversationList(data, paging)

    @get("/{conversation_id:uuid}/flow_executions", responses=refusals(404))
    async def list_executions(
        self,
        state: State,
        key: CurrentKey,
        conversation_id: FromPath[UUID],
        status: Annotated[ExecutionStatus | None, QueryParameter(description="Any, if absent.")] = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> ExecutionList:
        """The workflow executions of a conversation, newest first."""
        filters = ExecutionFilters(status=status, conversation_id=conversation_id)
        async with state.engine.connect() as connection:
            data, paging = await list_conversation_executions(
                connection, key.project_id, filters, CursorQuery(limit, after, before)
            )
        return ExecutionList(data, paging)

    @get("/{conversation_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, conversation_id: FromPath[UUID]) -> ConversationAnswer:
        """One conversation."""
        async with state.engine.connect() as connection:
            view = await get_kapso_conversation(connection, Scope(key.project_id), conversation_id)
        if view is None:
            raise not_found("Conversation")
        return ConversationAnswer(view)

    @patch("/{conversation_id:uuid}", responses=refusals(404))
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
        data: JSONBody[ConversationChangeBody],
    ) -> ConversationAnswer:
        """End a conversation, and with it the workflow execution that is open on it; or open an ended one again. Or
        note something of it: inboxes show its metadata.

        Only one conversation of a contact on a number is active at a time.
        """
        scope, wanted = Scope(key.project_id), data.whatsapp_conversation
        changes: dict[str, list[Any]] = {}
        events: list[Event] = []
        async with state.engine.begin() as connection:
            if not isinstance(wanted.metadata, UnsetType):
                noted, told = await set_conversation_metadata(connection, scope, conversation_id, wanted.metadata)
                changes, events = changes | noted, [*events, *told]
            if not isinstance(wanted.status, UnsetType):
                moved, told = await set_conversation_status(connection, scope, conversation_id, wanted.status)
                changes, events = changes | moved, [*events, *told]
            if changes:
                await record(connection, key.project_id, actor, "conversation.updated", conversation_id, changes)
            view = await get_kapso_conversation(connection, scope, conversation_id)
        await publish(state.pubsub, events)
        assert view is not None
        return ConversationAnswer(view)
