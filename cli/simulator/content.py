"""What is in a message that a person types on a phone, a customer's or the business's own."""

import base64
import binascii
from typing import Literal

import msgspec

from cli.simulator.media_types import sample
from cli.simulator.messages import Json, Message, key_of
from cli.simulator.simulator import Simulator
from cli.simulator.users import digits

MEDIA_TYPES = ("image", "video", "audio", "document", "sticker")
# These act on another message or on the account, and are no message to read.
SILENT_TYPES = ("reaction", "edit", "revoke", "system", "request_welcome")


class TypedMessage(msgspec.Struct, forbid_unknown_fields=True):
    """Meta's object under the key of its type.

    Media take `id` of an uploaded file, or `data` (base64) with `mime_type`, or the name of a `sample`, or none of them
    for the sample file of the type. Ids of other messages may be given from either perspective. `context` is
    {"message_id"} or Meta's own context; `timestamp` is unix seconds; `extra` is merged into the webhook's message, and
    holds the content of a type not listed here.
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
    context: Json | None = None
    timestamp: int | None = None
    extra: Json = {}


def content_of(simulator: Simulator, given: TypedMessage) -> object:
    """The content as a webhook has it. Raise ValueError if it makes no sense."""
    if given.type == "request_welcome":
        return None
    content = getattr(given, given.type, None) if given.type in given.__struct_fields__ else None
    if given.type in MEDIA_TYPES:
        return file_content(simulator, given.phone_number_id, given.type, content or {})
    for field in ("message_id", "original_message_id"):
        if isinstance(content, dict) and field in content:
            content = {**content, field: as_seen(simulator, str(content[field]))}
    return content


def file_content(simulator: Simulator, phone_number_id: str, kind: str, given: Json) -> Json:
    """What a webhook says of a file, which exists from now on. Raise ValueError if the file is none."""
    rest = {key: value for key, value in given.items() if key not in ("id", "data", "mime_type", "sample")}
    if "id" in given:
        media = simulator.media.find(str(given["id"]))
        if media is None:
            raise ValueError(f"there is no media {given['id']}")
        return simulator.media.inbound_content(media) | rest
    try:
        mime_type, data = sample(str(given.get("sample", kind)))
    except KeyError as error:
        raise ValueError(f"there is no sample {given['sample']}") from error
    if "data" in given:
        try:
            data = base64.b64decode(str(given["data"]), validate=True)
        except binascii.Error as error:
            raise ValueError("data is not base64") from error
    mime_type = str(given.get("mime_type", mime_type))
    filename = given.get("filename")
    media = simulator.media.receive(phone_number_id, mime_type, data, str(filename) if filename else None)
    return simulator.media.inbound_content(media) | rest


def quoted_context(simulator: Simulator, given: TypedMessage) -> tuple[str | None, Json | None]:
    """The key of the quoted message, and the context as the webhook has it."""
    if given.context is None:
        return None, None
    quoted = {key: value for key, value in given.context.items() if key != "message_id"}
    message_id = given.context.get("message_id", given.context.get("id"))
    if message_id is None:
        return None, quoted
    target = simulator.messages.find(str(message_id))
    quoted["id"] = as_seen(simulator, str(message_id))
    if target is not None and "from" not in quoted:
        number = simulator.numbers[given.phone_number_id]
        if target.outbound:
            quoted["from"] = digits(number.display_phone_number)
        else:
            quoted |= simulator.ids_of(target.user, "from", "from_")
    return key_of(str(message_id)), quoted


def as_seen(simulator: Simulator, message_id: str) -> str:
    """The id of a message from the perspective that `wamid_scope` asks for."""
    target = simulator.messages.find(message_id)
    return target.wamid(simulator.faults.wamid_scope) if target else message_id


def apply(simulator: Simulator, message: Message, author: Literal["business", "customer"]) -> None:
    """What a reaction, an edit or a deletion changes on the phone."""
    content = message.content
    if not isinstance(content, dict):
        return
    target = simulator.messages.find(str(content.get("message_id", content.get("original_message_id", ""))))
    if target is None:
        return
    match message.type:
        case "reaction":
            target.reactions[author] = str(content.get("emoji", ""))
        case "revoke":
            target.revoked = True
        case "edit":
            target.content = _edited(target, content.get("message"))
            target.edited = True
        case _:
            return
    simulator.publish(target)


def _edited(target: Message, edit: object) -> object:
    """The new content. An edit of a caption may leave the file unsaid."""
    new = edit.get(target.type) if isinstance(edit, dict) else None
    if new is None:
        return target.content
    if target.type in MEDIA_TYPES and isinstance(target.content, dict) and isinstance(new, dict):
        return target.content | new
    return new
