"""Sending a message that is due: what Graph is told, and what its answer says of the message. The worker sends what
waits in the outbox; the api sends by itself where a caller waits for WhatsApp's id of the message.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import DecryptionError, decrypt
from shared.metrics import SEND_SECONDS
from shared.operations.settle_message import Accepted, message_refused, messages_accepted
from shared.publish import publish
from shared.pubsub import PubSub
from shared.refusals import NotFoundError
from shared.send_pace import hold
from shared.settings import Settings
from shared.template_words import TemplateWords, template_words
from shared.uploads import Lease, LeaseLostError, Uploads
from shared.whatsapp.graph import THROTTLED, GraphClient, GraphError, NoAnswerError, NotSentError

log = structlog.get_logger()

STORE_PAUSES = (0.2, 1.0, 3.0, 0.0)  # seconds, after each attempt to store what Meta has accepted

HOLD_SECONDS = 1.0
"""How long nothing of a number goes after Meta said that it is too fast."""

DUE = """
    SELECT m.id, m.conversation_id, m.type, m.content, m.reply_to, n.phone_number_id, n.business_account_id,
        n.access_token, c.phone_number AS recipient,
        (SELECT i.value FROM contact_identity i WHERE i.contact_id = c.id AND i.kind IN ('bsuid', 'parent_bsuid')
         ORDER BY i.kind LIMIT 1) AS bsuid
    FROM message m
    JOIN conversation v ON v.id = m.conversation_id
    JOIN contact c ON c.id = v.contact_id
    JOIN phone_number n ON n.phone_number_id = m.phone_number_id
"""
"""Selects the fields of DueMessage, under their names, but for those of the outbox."""

_ONE_DUE = text(f"""
    SELECT due.*, o.attempts, o.leased_until FROM ({DUE}) AS due JOIN outbox o ON o.message_id = due.id
    WHERE due.id = :id
""")  # noqa: S608 - a constant

FIRST = 1
"""The number of the attempt of whoever has queued a message to send it by itself."""


class DueMessage(msgspec.Struct, frozen=True):
    """A message, and all that sending it takes. It goes to a phone number or, without one, to a business-scoped user
    id; `access_token` is encrypted. `attempts` is the number of this attempt, which is its own until `leased_until`;
    `leased_at` is when it began, by the event loop's clock.
    """

    id: UUID
    conversation_id: UUID
    type: str
    content: Any
    reply_to: str | None
    phone_number_id: str
    business_account_id: str
    access_token: bytes
    recipient: str | None
    bsuid: str | None
    attempts: int
    leased_until: datetime
    leased_at: float


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
        """Send the message; returns Meta's answer, which has settled it. Raises what `send` raises, NoAnswerError also
        if the answer cannot be stored, and NotFoundError if the message was erased.
        """
        now = asyncio.get_running_loop().time()
        async with self._engine.connect() as connection:
            row = (await connection.execute(_ONE_DUE, {"id": message_id})).mappings().one_or_none()
        if row is None:
            raise NotFoundError("Message")
        answer, accepted = await self.send(DueMessage(**row, leased_at=now))
        await self._accept_surely(message_id, accepted)
        return answer

    async def send(self, message: DueMessage) -> tuple[dict[str, Any], Accepted]:
        """Meta's answer, and what is to be stored of it (Meta: Cloud API, "Messages" reference).

        Raises GraphError, NotSentError or NoAnswerError: then nothing is settled, and what follows is the caller's
        choice. Raises LeaseLostError where the message may be somebody else's by now, and is not sent.
        """
        token = _access_token(self._settings, message.access_token)
        with _timed():
            answer, words = await asyncio.gather(self._post(message, token), self._words(message, token))
        wamid, wa_id = _reported(answer)
        known_by = wa_id if wa_id != message.recipient else None
        return answer, Accepted(wamid, known_by=known_by, words=words)

    async def _post(self, message: DueMessage, token: str) -> dict[str, Any]:
        try:
            lease = Lease(self._engine, message.id, message.leased_until, message.leased_at)
            return await self._uploads.post(lease, message.phone_number_id, token, _body(message))
        except GraphError as error:
            if error.error["code"] in THROTTLED:
                await hold(self._redis, message.phone_number_id, HOLD_SECONDS)
            raise

    async def accept(self, accepted: dict[UUID, Accepted]) -> None:
        """Store what Meta took, {message id: its answer}, in one transaction."""
        async with self._engine.begin() as connection:
            events = await messages_accepted(connection, self._settings, accepted)
        await publish(self._pubsub, events)

    async def _accept_surely(self, message_id: UUID, accepted: Accepted) -> None:
        for pause in STORE_PAUSES:
            try:
                await self.accept({message_id: accepted})
            except (SQLAlchemyError, OSError) as error:
                log.warning("send_not_settled", message_id=str(message_id), error=type(error).__name__)
                await asyncio.sleep(pause)
            else:
                return
        raise NoAnswerError("an answer that could not be stored")

    async def refuse(self, message_id: UUID, attempts: int, error: dict[str, Any]) -> None:
        """The message will not be sent, says the attempt of this number. `error` is {code, title, details}."""
        async with self._engine.begin() as connection:
            events = await message_refused(connection, self._settings, message_id, attempts, error)
        await publish(self._pubsub, events)

    async def _words(self, message: DueMessage, token: str) -> TemplateWords | None:
        if message.type != "template":
            return None
        try:
            return await template_words(
                self._graph, self._redis, message.phone_number_id, message.business_account_id, token, message.content
            )
        except Exception as error:  # noqa: BLE001 - words are no reason to send once more what WhatsApp has taken
            log.error("template_unknown", error=type(error).__name__)
            return None


@contextlib.contextmanager
def _timed() -> Iterator[None]:
    started, result = time.perf_counter(), "accepted"
    try:
        yield
    except GraphError:
        result = "refused"
        raise
    except (NotSentError, LeaseLostError):
        result = "not_sent"
        raise
    except BaseException:
        result = "no_answer"
        raise
    finally:
        SEND_SECONDS.labels(result).observe(time.perf_counter() - started)


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


def _body(message: DueMessage) -> dict[str, Any]:
    """The body of Graph's POST /messages. `to` is a phone number, `recipient` a business-scoped user id."""
    to = {"to": f"+{message.recipient}"} if message.recipient else {"recipient": message.bsuid}
    context = {"context": {"message_id": message.reply_to}} if message.reply_to else {}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **to,
        **context,
        "type": message.type,
        message.type: message.content,
        # Comes back with every status, and settles the message if no answer does.
        "biz_opaque_callback_data": str(message.id),
    }


def _reported(answer: dict[str, Any]) -> tuple[str, str | None]:
    """The wamid of the message, and the number that WhatsApp knows the recipient by, which may be spelled otherwise."""
    try:
        wamid = str(answer["messages"][0]["id"])
        contact = (answer.get("contacts") or [{}])[0]
        return wamid, contact.get("wa_id") or None
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise NoAnswerError("an answer without a message id") from error
