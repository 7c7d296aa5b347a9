"""The customers' side: what a person does on the phone, and the webhooks that follow."""

import msgspec

from cli.simulator.content import SILENT_TYPES, TypedMessage, apply, content_of, quoted_context
from cli.simulator.errors import status_error
from cli.simulator.identity import changed_identity, take_identity
from cli.simulator.journey import mark_read
from cli.simulator.messages import Json, Message
from cli.simulator.simulator import Simulator
from cli.simulator.users import User
from cli.simulator.webhooks import Change

# Source: Meta, Customer service windows. Anything the user sends opens one; a change of number or of a message is none.
_NOT_OPENING = ("system", "edit", "revoke")


class CustomerMessage(TypedMessage, forbid_unknown_fields=True):
    """What a customer sends. `phone_hidden` says for this message alone whether the webhook names the phone number."""

    referral: Json | None = None
    phone_hidden: bool | None = None


def send(simulator: Simulator, user: User, given: CustomerMessage, *, ordered: bool = True) -> tuple[Message, Change]:
    """Record the message, show it on the phone and tell the business. Raise ValueError for content that makes no
    sense, KeyError if the number is unknown."""
    number = simulator.numbers[given.phone_number_id]
    if given.phone_hidden and not user.bsuid:
        raise ValueError("who hides the phone number needs a bsuid")
    content = content_of(simulator, given)
    if given.type == "system" and isinstance(content, dict):
        content = changed_identity(simulator, user, content)
    context, quoted = quoted_context(simulator, given)
    message = Message(
        key=simulator.messages.new_key(outbound=False),
        phone_number_id=number.phone_number_id,
        user=user,
        outbound=False,
        type=given.type,
        content=content,
        timestamp=given.timestamp if given.timestamp is not None else simulator.clock.timestamp(),
        context_key=context,
        visible=given.type not in SILENT_TYPES,
    )
    simulator.messages.add(message)
    if given.type not in _NOT_OPENING:
        simulator.heard_from(user, number.phone_number_id, message.timestamp)
    simulator.mark(message, "sent")
    change = simulator.tell_message(*_told(simulator, message, given), quoted, ordered=ordered)
    change.accepted.add_done_callback(
        lambda accepted: None if accepted.cancelled() or not accepted.result() else simulator.mark(message, "delivered")
    )
    if message.type == "system":
        take_identity(simulator, user, content)
    else:
        apply(simulator, message, "customer")
    return message, change


def read(simulator: Simulator, phone_number_id: str, user: User) -> int:
    """The customer looks at the chat: how many messages that marked as read."""
    unseen = [
        message
        for message in simulator.messages.chat(phone_number_id, user.wa_id)
        if message.outbound and message.visible and not message.seen
    ]
    return len([change for message in unseen if (change := mark_read(simulator, message))])


def _told(simulator: Simulator, message: Message, given: CustomerMessage) -> tuple[Message, Json]:
    """The message as the webhook tells it, and what stands beside its content."""
    told, errors = message, given.errors
    if message.type == "edit" and simulator.faults.edits_unsupported:
        told = msgspec.structs.replace(message, type="unsupported", content={"type": "edit"})
    if given.phone_hidden is not None:
        told = msgspec.structs.replace(
            told, user=msgspec.structs.replace(message.user, phone_hidden=given.phone_hidden)
        )
    extra: Json = {}
    if given.referral:
        extra["referral"] = given.referral
    if errors or told.type == "unsupported":
        extra["errors"] = errors or [status_error(131051, "Message type is currently not supported.")]
    return told, extra | given.extra
