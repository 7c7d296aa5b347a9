"""/inbox/v1/conversations/{id}/contact: the team's own name for the person who writes."""

from uuid import UUID

import msgspec
from litestar import Controller, patch
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from api.access import CurrentActor
from api.auth import CurrentEmbed
from api.errors import not_found
from shared.audit import record
from shared.events import ConversationView
from shared.operations.create_contact import PersonName
from shared.operations.update_contact import ContactChanges, update_contact
from shared.publish import publish
from shared.queries.conversations import get_conversation


class Renaming(msgspec.Struct):
    display_name: PersonName | None


class RenamedAnswer(msgspec.Struct):
    data: ConversationView


class ContactController(Controller):
    path = "/conversations/{conversation_id:uuid}/contact"

    @patch()
    async def rename(
        self,
        state: State,
        embed: CurrentEmbed,
        actor: CurrentActor,
        conversation_id: FromPath[UUID],
        data: JSONBody[Renaming],
    ) -> RenamedAnswer:
        """Name the person, or with null go back to the name that they have given themselves."""
        project_id, wanted = embed.scope.project_id, ContactChanges(display_name=data.display_name)
        async with state.engine.begin() as connection:
            conversation = await get_conversation(connection, embed.scope, conversation_id)
            if conversation is None:
                raise not_found("Conversation")
            updated = await update_contact(connection, project_id, conversation.contact.id, wanted)
            if updated.changes:
                await record(connection, project_id, actor, "contact.updated", conversation.contact.id, updated.changes)
            view = await get_conversation(connection, embed.scope, conversation_id)
        await publish(state.pubsub, updated.events)
        if view is None:  # it was given to somebody else meanwhile
            raise not_found("Conversation")
        return RenamedAnswer(view)
