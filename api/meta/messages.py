"""/meta/whatsapp/{version}/{phone_number_id}/messages (Meta: Cloud API, "Messages"; Kapso: "Messages")."""

import asyncio
import hashlib
import math
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from api.access import CurrentKey, ProjectKey
from api.errors import AnyRequest, ApiError
from api.meta.done import Done
from api.meta.fields import Fields
from api.meta.numbers import NumberId, number_of
from api.openapi import graph_refusals
from api.platform.paging import After, Before, Limit, Moment, in_utc
from shared.crypto import decrypt
from shared.kapso.fields import select_fields, wanted_fields
from shared.kapso.messages import (
    MESSAGE_FIELDS,
    KapsoMessage,
    MessageFilters,
    get_kapso_message,
    list_kapso_messages,
)
from shared.operations.close_windows import REENGAGEMENT
from shared.operations.mark_read import mark_read
from shared.operations.open_conversation import Recipient, open_conversation
from shared.operations.queue_message import lease_message
from shared.operations.store_outgoing import NewMessage
from shared.paging import CursorQuery, Paging
from shared.publish import publish
from shared.queries.messages import find_message
from shared.queries.numbers import Number
from shared.refusals import ConflictError, RefusedError
from shared.send_pace import PROGRAMS_LONGEST_WAIT, Place, reserve
from shared.sending import FIRST, Delivery, out_of_reach
from shared.validation import InvalidFieldsError
from shared.whatsapp.graph import GraphError, NoAnswerError, NotSentError
from shared.whatsapp.outbound import MessageContent, MessageType, Wamid, outgoing
from shared.whatsapp.phone import BSUID, digits_of_number
from shared.whatsapp.uploads import upload_places

_TOO_FAST = {"number": 130429, "conversation": 131056}
"""Meta's codes for too much from a number, and too much to one person (Meta: Cloud API, "Error codes")."""


class TypingIndicator(msgspec.Struct, frozen=True):
    type: Literal["text"]


class MessageBody(MessageContent, frozen=True, kw_only=True):
    """A message: `to` or `recipient`, `type`, and the content under the key that `type` names. Or a read receipt:
    `status` and `message_id`.
    """

    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual"] = "individual"
    to: (
        Annotated[
            str, Meta(max_length=40, description="A phone number; it wins over `recipient`.", examples=["+15551234567"])
        ]
        | None
    ) = None
    recipient: (
        Annotated[
            str, Meta(pattern=BSUID, description="A business-scoped user id.", examples=["US.13491208655302741918"])
        ]
        | None
    ) = None
    type: MessageType | None = None
    messaging_account_id: (
        Annotated[
            str, Meta(max_length=40, description="Must be the number's business account.", examples=["102290129340398"])
        ]
        | None
    ) = None
    status: Literal["read"] | None = None
    message_id: Wamid | None = None
    typing_indicator: TypingIndicator | bool | None = None

    def __post_init__(self) -> None:
        wrong: dict[str, list[str]] = {}
        if self.status is not None:
            if self.message_id is None:
                wrong["message_id"] = ["is required"]
        else:
            if self.type is None:
                wrong["type"] = ["is required"]
            if self.to is None and self.recipient is None:
                wrong["to"] = ["is required, or a recipient in its place"]
            if self.to and digits_of_number(self.to) is None:
                wrong["to"] = ["must be a phone number with its country code"]
            wrong |= self.missing_content(self.type)
        if wrong:
            raise InvalidFieldsError(wrong)


class SentTo(msgspec.Struct, omit_defaults=True):
    """`input` is the recipient as the caller gave it."""

    input: Annotated[str, Meta(examples=["+15551234567"])]
    wa_id: Annotated[str, Meta(examples=["15551234567"])] | None = None
    user_id: Annotated[str, Meta(examples=["US.13491208655302741918"])] | None = None


class SentMessage(msgspec.Struct):
    id: Annotated[str, Meta(examples=["wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI"])]
    message_status: Annotated[str, Meta(examples=["accepted"])]


class Sent(msgspec.Struct):
    """Meta's answer to a send."""

    messaging_product: Annotated[str, Meta(examples=["whatsapp"])]
    contacts: list[SentTo]
    messages: list[SentMessage]


class MessageList(msgspec.Struct):
    data: list[KapsoMessage]
    paging: Paging


class MessageController(Controller):
    path = "/{phone_number_id:str}"
    tags = ("Messages",)

    @post("/messages", status_code=200, responses=graph_refusals(404, 409, 502))
    async def send(
        self,
        request: AnyRequest,
        state: State,
        key: CurrentKey,
        phone_number_id: NumberId,
        data: JSONBody[MessageBody],
    ) -> Sent | Done:
        """Send a message, or tell the customer that one was read.

        The message is in the conversation at once, and the answer comes when WhatsApp has taken it. Free text goes out
        within 24 hours of the customer's last message, templates at any time. One message of a conversation is sent at
        a time: 409 asks to try again.
        """
        async with state.engine.connect() as connection:
            number = await number_of(connection, key.project_id, phone_number_id)
        if data.status is not None:
            return await _receipt(state, number, data)
        return await _send(request, state, key, number, data)

    @post("/marketing_messages", status_code=200, responses=graph_refusals(404, 409, 502))
    async def send_marketing(
        self,
        request: AnyRequest,
        state: State,
        key: CurrentKey,
        phone_number_id: NumberId,
        data: JSONBody[MessageBody],
    ) -> Sent:
        """Send a marketing template."""
        if data.type != "template":
            raise InvalidFieldsError({"type": ["must be `template`"]})
        async with state.engine.connect() as connection:
            number = await number_of(connection, key.project_id, phone_number_id)
        return await _send(request, state, key, number, data)

    @get("/messages", responses=graph_refusals(404))
    async def list(
        self,
        state: State,
        key: CurrentKey,
        phone_number_id: NumberId,
        conversation_id: Annotated[UUID | None, QueryParameter(description="Of one conversation.")] = None,
        direction: Annotated[Literal["inbound", "outbound"] | None, QueryParameter(description="Who sent it.")] = None,
        status: Annotated[
            Literal["pending", "sent", "delivered", "read", "failed"] | None,
            QueryParameter(description="What came in counts as delivered."),
        ] = None,
        since: Moment = None,
        until: Moment = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
        fields: Fields = None,
    ) -> MessageList:
        """The number's messages, newest first."""
        filters = MessageFilters(
            conversation_id=conversation_id,
            direction=direction,
            status=status,
            since=in_utc(since, "since"),
            until=in_utc(until, "until"),
        )
        async with state.engine.connect() as connection:
            number = await number_of(connection, key.project_id, phone_number_id)
            found, paging = await list_kapso_messages(
                connection, state.settings, number.scope(), filters, CursorQuery(limit, after, before)
            )
        wanted = wanted_fields(fields, MESSAGE_FIELDS)
        return MessageList([select_fields(message, wanted) for message in found], paging)

    @get("/messages/{message_id:str}", responses=graph_refusals(404))
    async def get(
        self,
        state: State,
        key: CurrentKey,
        phone_number_id: NumberId,
        message_id: FromPath[str],
        fields: Fields = None,
    ) -> KapsoMessage:
        """One message, by its WhatsApp message id."""
        async with state.engine.connect() as connection:
            number = await number_of(connection, key.project_id, phone_number_id)
            message = await get_kapso_message(connection, state.settings, number.scope(), message_id)
        if message is None:
            raise ApiError(404, "not_found", "Message not found", graph_code=404)
        return select_fields(message, wanted_fields(fields, MESSAGE_FIELDS))


async def _send(request: AnyRequest, state: State, key: ProjectKey, number: Number, data: MessageBody) -> Sent:
    if data.messaging_account_id not in (None, number.business_account_id):
        raise ApiError(
            422,
            "messaging_account_mismatch",
            "The messaging_account_id is not the business account of this number.",
            flat=True,
        )
    recipient = _recipient(data)
    assert data.type is not None
    given = outgoing(data.type, data, await request.json())
    if uploads := upload_places(given.type, given.content):
        raise InvalidFieldsError({one.path: ["is for the iframe; give an id or a link"] for one in uploads})
    message = NewMessage(
        client_id=_client_id(request, key),
        type=given.type,
        content=given.content,
        reply_to=given.reply_to,
        callback_data=given.callback_data,
    )
    try:
        async with state.engine.begin() as connection:
            conversation_id = await open_conversation(connection, number.scope(), recipient)
            stored, events = await lease_message(connection, number.scope(), conversation_id, message)
            wait = await _place(state, number, conversation_id) if events else 0.0
    except ConflictError as error:
        headers = None if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        raise ApiError(409, error.code, str(error), headers=headers, flat=True) from error
    except RefusedError as error:
        raise ApiError(422, error.code, str(error), graph_code=REENGAGEMENT) from error
    if not events:  # a repeat, of a message that was sent
        return _sent(data, recipient, {"messages": [{"id": stored["wamid"]}]})
    await publish(state.pubsub, events)
    await asyncio.sleep(wait)
    return _sent(data, recipient, await _deliver(state, stored["id"]))


async def _place(state: State, number: Number, conversation_id: UUID) -> float:
    """In how many seconds the message may go. Raises ApiError 429 with Meta's code if that is too long: nothing of the
    message is stored then.
    """
    place = Place(number.phone_number_id, number.per_second, conversation_id)
    (wait,) = await reserve(state.redis, [place], PROGRAMS_LONGEST_WAIT)
    if wait.too_fast is None:
        return wait.seconds
    sentence = {
        "number": "This number sends as many messages as it may. Try again shortly.",
        "conversation": "Too many messages to this person in a short time. Try again later.",
    }[wait.too_fast]
    headers = {"Retry-After": str(math.ceil(wait.seconds))}
    raise ApiError(429, "rate_limited", sentence, headers=headers, graph_code=_TOO_FAST[wait.too_fast])


async def _deliver(state: State, message_id: UUID) -> dict[str, Any]:
    """Meta's answer to the message, which the api has leased. Raises what the caller is told if Meta does not take it:
    a message that was refused, or that did not get out, has failed, and may be sent again.
    """
    delivery = Delivery(state.settings, state.engine, state.redis, state.pubsub, state.graph, state.uploads)
    try:
        return await delivery.deliver(message_id)
    except GraphError as error:
        await delivery.refuse(message_id, FIRST, error.error)
        raise
    except NotSentError as error:
        await delivery.refuse(message_id, FIRST, out_of_reach(error))
        raise ApiError(
            502, "whatsapp_unavailable", "WhatsApp is out of reach. The message was not sent; try again shortly."
        ) from error
    except NoAnswerError as error:
        raise ApiError(
            502,
            "whatsapp_unanswered",
            "WhatsApp did not answer. The message stays queued: a status of WhatsApp's settles it, or it is sent again "
            "later. Do not send it once more.",
        ) from error


async def _receipt(state: State, number: Number, data: MessageBody) -> Done:
    """Meta knows of messages that we do not, and says itself if there is no such message."""
    assert data.message_id is not None
    async with state.engine.connect() as connection:
        found = await find_message(connection, number.scope(), data.message_id)
    receipt: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": data.message_id if found is None else found.wamid,
    }
    if data.typing_indicator:
        receipt["typing_indicator"] = {"type": "text"}
    token = decrypt(number.access_token, state.settings.secret_key)
    await state.graph.post(f"{number.phone_number_id}/messages", token, receipt)
    if found is not None:
        async with state.engine.begin() as connection:
            _, events = await mark_read(connection, number.scope(), found.conversation_id, tell=False)
        await publish(state.pubsub, events)
    return Done()


def _recipient(data: MessageBody) -> Recipient:
    if data.to is None:
        return Recipient(bsuid=data.recipient)
    return Recipient(phone_number=digits_of_number(data.to))


def _client_id(request: AnyRequest, key: ProjectKey) -> str | None:
    """The Idempotency-Key as an id of the send: a repeat finds the message even if the api died before it answered."""
    name = request.headers.get("idempotency-key")
    return None if name is None else hashlib.sha256(f"{key.project_id} {name}".encode()).hexdigest()


def _sent(data: MessageBody, recipient: Recipient, answer: dict[str, Any]) -> Sent:
    message = answer["messages"][0]
    contact = (answer.get("contacts") or [{}])[0]
    if recipient.phone_number is None:
        to = SentTo(str(data.recipient), user_id=recipient.bsuid)
    else:
        to = SentTo(str(data.to), wa_id=contact.get("wa_id") or recipient.phone_number)
    return Sent("whatsapp", [to], [SentMessage(message["id"], message.get("message_status") or "accepted")])
