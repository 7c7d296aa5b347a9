"""The customers' side: what a person does on the phone, and the webhooks that follow."""

import base64
import binascii

import msgspec

from cli.simulator.errors import status_error
from cli.simulator.journey import mark_read
from cli.simulator.media_types import sample
from cli.simulator.messages import Json, Message, key_of
from cli.simulator.simulator import Simulator
from cli.simulator.users import User, digits
from cli.simulator.webhooks import Change

_MEDIA_TYPES = ("image", "video", "audio", "document", "sticker")
# These act on another message or on the account, and are no message to read.
_SILENT_TYPES = ("reaction", "edit", "revoke", "system", "request_welcome")
# Source: Meta, Customer service windows. Anything the user sends opens one; a change of number or of a message is none.
_NOT_OPENING = ("system", "edit", "revoke")


class CustomerMessage(msgspec.Struct, forbid_unknown_fields=True):
    """What a customer sends: Meta's inbound object under the key of its type.

    Media take `id` of an uploaded file, or `data` (base64) with `mime_type`, or neither for a sample file. Ids of other
    messages may be given from either perspective. `context` is {"message_id"} or Meta's inbound context; `timestamp` is
    unix seconds; `extra` is merged into the webhook's message, and holds the content of a type not listed here.
    """

    phone_number_id: str
    type: str = "text"
    text: Json | None = None
    image: Json | None = None
    video: Json | None = None
    audio: Json | None = None
    document: Json | None = None
    sticker: Json | None = None
    location: Json | None = None
    contacts: list[Json] | None = None
    interactive: Json | None = None
    button: Json | None = None
    reaction: Json | None = None
    order: Json | None = None
    system: Json | None = None
    unsupported: Json | None = None
    edit: Json | None = None
    revoke: Json | None = None
    errors: list[Json] | None = None
    referral: Json | None = None
    context: Json | None = None
    timestamp: int | None = None
    extra: Json = {}


def send(simulator: Simulator, user: User, given: CustomerMessage, *, ordered: bool = True) -> tuple[Message, Change]:
    """Record the message, show it on the phone and tell the business. Raise ValueError for content that makes no
    sense, KeyError if the number is unknown."""
    number = simulator.numbers[given.phone_number_id]
    content = _content(simulator, given)
    context, quoted = _context(simulator, given)
    message = Message(
        key=simulator.messages.new_key(outbound=False),
        phone_number_id=number.phone_number_id,
        user=user,
        outbound=False,
        type=given.type,
        content=content,
        timestamp=given.timestamp if given.timestamp is not None else simulator.clock.timestamp(),
        context_key=context,
        visible=given.type not in _SILENT_TYPES,
    )
    simulator.messages.add(message)
    if given.type not in _NOT_OPENING:
        last = user.last_inbound.get(number.phone_number_id, 0)
        user.last_inbound[number.phone_number_id] = max(last, message.timestamp)
    simulator.mark(message, "sent")
    extra: Json = dict(given.extra)
    if given.referral:
        extra["referral"] = given.referral
    if given.errors or given.type == "unsupported":
        extra["errors"] = given.errors or [status_error(131051, "Message type is currently not supported.")]
    change = simulator.tell_message(message, quoted, extra, ordered=ordered)
    change.accepted.add_done_callback(
        lambda accepted: None if accepted.cancelled() or not accepted.result() else simulator.mark(message, "delivered")
    )
    _apply(simulator, message)
    return message, change


def read(simulator: Simulator, phone_number_id: str, user: User) -> int:
    """The customer looks at the chat: how many messages that marked as read."""
    unseen = [
        message
        for message in simulator.messages.chat(phone_number_id, user.wa_id)
        if message.outbound and message.visible and not message.seen
    ]
    return len([change for message in unseen if (change := mark_read(simulator, message))])


def _content(simulator: Simulator, given: CustomerMessage) -> object:
    if given.type == "request_welcome":
        return None
    content = getattr(given, given.type, None) if given.type in given.__struct_fields__ else None
    if content is None and given.type not in _MEDIA_TYPES:
        return None
    if given.type in _MEDIA_TYPES:
        return _file(simulator, given.phone_number_id, given.type, content or {})
    for field in ("message_id", "original_message_id"):
        if isinstance(content, dict) and field in content:
            content = {**content, field: _as_seen(simulator, str(content[field]))}
    return content


def _file(simulator: Simulator, phone_number_id: str, kind: str, given: Json) -> Json:
    rest = {key: value for key, value in given.items() if key not in ("id", "data", "mime_type")}
    if "id" in given:
        media = simulator.media.find(str(given["id"]))
        if media is None:
            raise ValueError(f"there is no media {given['id']}")
    else:
        mime_type, data = sample(kind)
        if "data" in given:
            try:
                data = base64.b64decode(str(given["data"]), validate=True)
            except binascii.Error as error:
                raise ValueError("data is not base64") from error
        mime_type = str(given.get("mime_type", mime_type))
        filename = given.get("filename")
        media = simulator.media.receive(phone_number_id, mime_type, data, str(filename) if filename else None)
    return simulator.media.inbound_content(media) | rest


def _context(simulator: Simulator, given: CustomerMessage) -> tuple[str | None, Json | None]:
    """The key of the quoted message, and the context as the webhook has it."""
    if given.context is None:
        return None, None
    quoted = {key: value for key, value in given.context.items() if key != "message_id"}
    message_id = given.context.get("message_id", given.context.get("id"))
    if message_id is None:
        return None, quoted
    target = simulator.messages.find(str(message_id))
    quoted["id"] = _as_seen(simulator, str(message_id))
    if target is not None and "from" not in quoted:
        number = simulator.numbers[given.phone_number_id]
        quoted["from"] = digits(number.display_phone_number) if target.outbound else target.user.wa_id
    return key_of(str(message_id)), quoted


def _as_seen(simulator: Simulator, message_id: str) -> str:
    """The id of a message from the perspective that `wamid_scope` asks for."""
    target = simulator.messages.find(message_id)
    return target.wamid(simulator.faults.wamid_scope) if target else message_id


def _apply(simulator: Simulator, message: Message) -> None:
    """What a reaction, an edit, a deletion or a new number changes on the phone."""
    content = message.content
    if not isinstance(content, dict):
        return
    if message.type == "system":
        new_wa_id = content.get("wa_id")
        if content.get("type") == "user_changed_number" and new_wa_id:
            simulator.messages.rename(message.user.wa_id, str(new_wa_id))
            simulator.users.rename(message.user, str(new_wa_id))
        if content.get("user_id"):
            message.user.bsuid = str(content["user_id"])
        return
    target = simulator.messages.find(str(content.get("message_id", content.get("original_message_id", ""))))
    if target is None:
        return
    if message.type == "reaction":
        target.reactions["customer"] = str(content.get("emoji", ""))
    elif message.type == "revoke":
        target.revoked = True
    elif message.type == "edit":
        edited = content.get("message")
        if isinstance(edited, dict):
            target.content = edited.get(target.type, target.content)
        target.edited = True
    simulator.publish(target)
