"""/inbox/v1/conversations/{id}/templates and /typing: for whoever writes a reply."""

from typing import Any
from uuid import UUID

import msgspec
import structlog
from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from api.auth import CurrentEmbed
from shared.approved_templates import approved_templates
from shared.crypto import decrypt
from shared.queries.numbers import number_of_conversation
from shared.rate_limit import first_within
from shared.whatsapp.graph import GraphError, NoAnswerError, NotSentError

log = structlog.get_logger()

TYPING_SECONDS = 15
"""WhatsApp shows it for 25 seconds (Meta: Cloud API, "Typing indicators")."""


class TemplatesAnswer(msgspec.Struct):
    """Approved templates as Meta has them: id, name, language, category, parameter_format, components."""

    data: list[dict[str, Any]]


class ComposingController(Controller):
    path = "/conversations/{conversation_id:uuid}"

    @get("/templates")
    async def templates(self, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]) -> TemplatesAnswer:
        """The approved templates of the conversation's number, by name and language."""
        async with state.engine.connect() as connection:
            number, _ = await number_of_conversation(connection, embed.scope, conversation_id)
        token = decrypt(number.access_token, state.settings.secret_key)
        return TemplatesAnswer(
            await approved_templates(
                state.graph, state.redis, number.phone_number_id, number.business_account_id, token
            )
        )

    @post("/typing", status_code=204)
    async def typing(self, state: State, embed: CurrentEmbed, conversation_id: FromPath[UUID]) -> None:
        """Show the customer that somebody is typing. It is no matter if that fails."""
        async with state.engine.connect() as connection:
            number, wamid = await number_of_conversation(connection, embed.scope, conversation_id)
        if wamid is None or not await first_within(state.redis, f"typing:{conversation_id}", TYPING_SECONDS):
            return
        shown = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": wamid,
            "typing_indicator": {"type": "text"},
        }
        token = decrypt(number.access_token, state.settings.secret_key)
        try:
            await state.graph.post(f"{number.phone_number_id}/messages", token, shown)
        except (GraphError, NotSentError, NoAnswerError) as error:
            log.info("typing_not_shown", conversation_id=str(conversation_id), error=str(error))
