"""Delivering a queued message: what Graph is sent, and what its answer makes of the message. The worker delivers what
is due; the api delivers by itself where a caller waits for WhatsApp's id of the message.
"""

import asyncio
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import DecryptionError, decrypt
from shared.operations.settle_message import Accepted, message_accepted, message_refused
from shared.publish import publish
from shared.pubsub import PubSub
from shared.refusals import NotFoundError
from shared.settings import Settings
from shared.template_words import template_words
from shared.uploads import Uploads
from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError

_LOAD = text("""
    SELECT m.type, m.content, m.reply_to, n.phone_number_id, n.business_account_id, n.access_token,
           c.phone_number, i.value AS bsuid
    FROM message m
    JOIN conversation v ON v.id = m.conversation_id
    JOIN contact c ON c.id = v.contact_id
    JOIN phone_number n ON n.phone_number_id = m.phone_number_id
    LEFT JOIN contact_identity i ON i.contact_id = c.id AND i.kind IN ('bsuid', 'parent_bsuid')
    WHERE m.id = :id
    ORDER BY i.kind LIMIT 1
""")


class Delivery:
    """Sends messages that the caller has leased in the outbox."""

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        redis: Redis,
        pubsub: PubSub,
        graph: GraphClient,
        uploads: Uploads,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._redis = redis
        self._pubsub = pubsub
        self._graph = graph
        self._uploads = uploads

    async def deliver(self, message_id: UUID) -> dict[str, Any]:
        """Send the message; returns Meta's answer, which has settled it (Meta: Cloud API, "Messages" reference).

        Raises GraphError, NotSentError or NoAnswerError: then nothing is settled, and what follows is the caller's
        choice. Raises NotFoundError if the message was erased.
        """
        async with self._engine.connect() as connection:
            row = (await connection.execute(_LOAD, {"id": message_id})).mappings().one_or_none()
        if row is None:
            raise NotFoundError("Message")
        token = _access_token(self._settings, row["access_token"])
        answer: dict[str, Any]
        answer, words = await asyncio.gather(
            self._uploads.post(message_id, row["phone_number_id"], token, _body(message_id, row)),
            self._words(row, token),
        )
        wamid, wa_id = _reported(answer)
        known_by = wa_id if wa_id != row["phone_number"] else None
        accepted = Accepted(wamid, known_by=known_by, words=words)
        async with self._engine.begin() as connection:
            events = await message_accepted(connection, self._settings, message_id, accepted)
        await publish(self._pubsub, events)
        return answer

    async def _words(self, row: RowMapping, token: str) -> str | None:
        if row["type"] != "template":
            return None
        return await template_words(
            self._graph, self._redis, row["phone_number_id"], row["business_account_id"], token, row["content"]
        )

    async def refuse(self, message_id: UUID, error: dict[str, Any]) -> None:
        """The message will not be sent. `error` is {code, title, details}."""
        async with self._engine.begin() as connection:
            events = await message_refused(connection, self._settings, message_id, error)
        await publish(self._pubsub, events)


def _access_token(settings: Settings, encrypted: bytes) -> str:
    """A number's token for Graph. Raises the GraphError of a wrong token if it cannot be read any more."""
    try:
        return decrypt(encrypted, settings.secret_key)
    except DecryptionError as error:
        unreadable = {"code": 190, "title": "The number's access token", "details": str(error)}
        raise GraphError(unreadable, retryable=False, status=401) from error


def out_of_reach(error: NotSentError) -> dict[str, Any]:
    """Why a message that did not get to Meta has failed: {code, title, details}."""
    return {"code": 0, "title": "WhatsApp was out of reach", "details": str(error)}


def _body(message_id: UUID, row: RowMapping) -> dict[str, Any]:
    """The body of Graph's POST /messages. `to` is a phone number, `recipient` a business-scoped user id."""
    to = {"to": f"+{row['phone_number']}"} if row["phone_number"] else {"recipient": row["bsuid"]}
    context = {"context": {"message_id": row["reply_to"]}} if row["reply_to"] else {}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **to,
        **context,
        "type": row["type"],
        row["type"]: row["content"],
        # Comes back with every status, and settles the message if no answer does.
        "biz_opaque_callback_data": str(message_id),
    }


def _reported(answer: dict[str, Any]) -> tuple[str, str | None]:
    """The wamid of the message, and the number that WhatsApp knows the recipient by, which may be spelled otherwise."""
    try:
        wamid = str(answer["messages"][0]["id"])
        contact = (answer.get("contacts") or [{}])[0]
        return wamid, contact.get("wa_id") or None
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise NoAnswerError("an answer without a message id") from error
