"""The messages that a business may send, and Meta's limits on them (Meta: Cloud API, "Messages" reference)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from shared.validation import InvalidFieldsError, convert_fields
from shared.whatsapp.interactive import Interactive, MediaFile

MessageType = Literal[
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "template",
    "interactive",
]

Caption = Annotated[str, Meta(max_length=1024)]
Wamid = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=512,
        description="WhatsApp's id of a message.",
        examples=["wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI"],
    ),
]
Name = Annotated[str, Meta(max_length=1000)]
Word = Annotated[str, Meta(max_length=1000)]


class Text(msgspec.Struct, frozen=True):
    body: Annotated[
        str, Meta(min_length=1, max_length=4096, examples=["Hello Ana, your order has left our warehouse."])
    ]
    preview_url: bool = False


class Media(MediaFile, frozen=True, kw_only=True):
    """An image or a video."""

    caption: Annotated[Caption, Meta(examples=["The chair in oak"])] | None = None


class Audio(MediaFile, frozen=True, kw_only=True):
    voice: Annotated[bool, Meta(description="A voice note: Ogg with Opus.")] | None = None


class Location(msgspec.Struct, frozen=True, kw_only=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    name: Annotated[Name, Meta(examples=["Alder & Finch"])] | None = None
    address: Annotated[Name, Meta(examples=["12 Mill Lane, Bath"])] | None = None


class ContactName(msgspec.Struct, frozen=True, kw_only=True):
    formatted_name: Annotated[str, Meta(min_length=1, max_length=1000, examples=["Ana Ribeiro"])]
    first_name: Annotated[Word, Meta(examples=["Ana"])] | None = None
    middle_name: Annotated[Word, Meta(examples=["Maria"])] | None = None
    last_name: Annotated[Word, Meta(examples=["Ribeiro"])] | None = None
    prefix: Annotated[Word, Meta(examples=["Dr"])] | None = None
    suffix: Annotated[Word, Meta(examples=["PhD"])] | None = None

    def __post_init__(self) -> None:
        if not any((self.first_name, self.middle_name, self.last_name, self.prefix, self.suffix)):
            raise InvalidFieldsError({"first_name": ["is required, or another part of the name in its place"]})


class ContactPhone(msgspec.Struct, frozen=True):
    phone: Annotated[Word, Meta(examples=["+1 555 010 0123"])] | None = None
    type: Annotated[Word, Meta(examples=["WORK"])] | None = None
    wa_id: Annotated[Word, Meta(examples=["15550100123"])] | None = None


class ContactEmail(msgspec.Struct, frozen=True):
    email: Annotated[Word, Meta(examples=["ana@example.com"])] | None = None
    type: Annotated[Word, Meta(examples=["WORK"])] | None = None


class ContactUrl(msgspec.Struct, frozen=True):
    url: Annotated[str, Meta(max_length=2000, examples=["https://shop.example"])] | None = None
    type: Annotated[Word, Meta(examples=["WORK"])] | None = None


class ContactAddress(msgspec.Struct, frozen=True):
    street: Annotated[Word, Meta(examples=["12 Mill Lane"])] | None = None
    city: Annotated[Word, Meta(examples=["Bath"])] | None = None
    state: Annotated[Word, Meta(examples=["Somerset"])] | None = None
    zip: Annotated[Word, Meta(examples=["BA1 1AA"])] | None = None
    country: Annotated[Word, Meta(examples=["United Kingdom"])] | None = None
    country_code: Annotated[Word, Meta(examples=["gb"])] | None = None
    type: Annotated[Word, Meta(examples=["WORK"])] | None = None


class ContactOrganization(msgspec.Struct, frozen=True):
    company: Annotated[Word, Meta(examples=["Alder & Finch"])] | None = None
    department: Annotated[Word, Meta(examples=["Support"])] | None = None
    title: Annotated[Word, Meta(examples=["Lead"])] | None = None


class ContactCard(msgspec.Struct, frozen=True, kw_only=True):
    name: ContactName
    phones: list[ContactPhone] | None = None
    emails: list[ContactEmail] | None = None
    urls: list[ContactUrl] | None = None
    addresses: list[ContactAddress] | None = None
    org: ContactOrganization | None = None
    birthday: (
        Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="YYYY-MM-DD", examples=["1990-01-31"])] | None
    ) = None


class Reaction(msgspec.Struct, frozen=True):
    message_id: Wamid
    emoji: Annotated[str, Meta(max_length=64, description="Empty to take the reaction back.", examples=["👍"])]


class TemplateLanguage(msgspec.Struct, frozen=True):
    code: Annotated[str, Meta(min_length=2, max_length=16, examples=["en_US"])]
    policy: Annotated[str, Meta(max_length=32, examples=["deterministic"])] | None = None


class TemplateParameter(msgspec.Struct, frozen=True, kw_only=True):
    """The value stands under the key that `type` names."""

    type: Annotated[str, Meta(min_length=1, max_length=32, examples=["text", "image", "payload"])]
    parameter_name: Annotated[str, Meta(max_length=512, examples=["first_name"])] | None = None
    text: Annotated[str, Meta(max_length=32768, examples=["Ana"])] | None = None
    currency: dict[str, Any] | None = None
    date_time: dict[str, Any] | None = None
    image: MediaFile | None = None
    video: MediaFile | None = None
    document: MediaFile | None = None
    location: dict[str, Any] | None = None
    payload: Any = None
    coupon_code: Annotated[str, Meta(max_length=15, examples=["SPRING25"])] | None = None
    action: dict[str, Any] | None = None


class TemplateCard(msgspec.Struct, frozen=True):
    card_index: Annotated[int, Meta(ge=0, le=9)]
    components: list["TemplateComponent"]


class TemplateComponent(msgspec.Struct, frozen=True, kw_only=True):
    type: Annotated[str, Meta(min_length=1, max_length=32, examples=["header", "body", "button"])]
    sub_type: Annotated[str, Meta(max_length=32, examples=["url", "quick_reply"])] | None = None
    index: Annotated[int, Meta(ge=0, le=9)] | None = None
    parameters: Annotated[list[TemplateParameter], Meta(max_length=100)] | None = None
    cards: Annotated[list[TemplateCard], Meta(max_length=10)] | None = None


class Template(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(pattern="^[a-z0-9_]{1,512}$", examples=["order_update"])]
    language: TemplateLanguage
    components: Annotated[list[TemplateComponent], Meta(max_length=20)] | None = None


class Quote(msgspec.Struct, frozen=True):
    message_id: Wamid


class MessageContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a message of each type holds; one is there."""

    text: Text | None = None
    image: Media | None = None
    video: Media | None = None
    audio: Audio | None = None
    document: Media | None = None
    sticker: MediaFile | None = None
    location: Location | None = None
    contacts: Annotated[list[ContactCard], Meta(min_length=1, max_length=257)] | None = None
    reaction: Reaction | None = None
    template: Template | None = None
    interactive: Interactive | None = None
    context: Annotated[Quote, Meta(description="The message that is quoted.")] | None = None
    biz_opaque_callback_data: (
        Annotated[
            str,
            Meta(max_length=512, description="Comes back with each status of the message.", examples=["order-A-1042"]),
        ]
        | None
    ) = None

    def missing_content(self, kind: str | None) -> dict[str, list[str]]:
        """What is wrong if nothing stands under the key that the type names."""
        return {kind: ["is required"]} if kind and getattr(self, kind) is None else {}


class OutboundMessage(MessageContent, frozen=True, kw_only=True):
    """A message: its content stands under the key that `type` names."""

    type: MessageType

    def __post_init__(self) -> None:
        if wrong := self.missing_content(self.type):
            raise InvalidFieldsError(wrong)


M = TypeVar("M", bound=OutboundMessage)


_POSITION = re.compile(r"(header|body|button_\d+)_param_\d+", re.ASCII)


class Outgoing(msgspec.Struct, frozen=True):
    """A message that was found right. `content` is Meta's object under the key `type`, exactly as Graph takes it."""

    type: str
    content: Any
    reply_to: str | None
    callback_data: str | None


def read_outbound(kind: type[M], body: Mapping[str, Any]) -> tuple[M, Outgoing]:
    """A message and what else the body of a `kind` says. Raises InvalidFieldsError with every wrong field."""
    message = convert_fields(kind, body, strict=False)
    return message, outgoing(message.type, message, body)


def outgoing(kind: MessageType, message: MessageContent, body: Mapping[str, Any]) -> Outgoing:
    """The content as it stands in the body that `message` was read from: what we do not know of is Meta's to judge."""
    content = _without_nulls(body[kind])
    if kind == "template":
        content = _without_positions(content)
    reply_to = None if message.context is None else message.context.message_id
    return Outgoing(kind, content, reply_to, message.biz_opaque_callback_data)


def _without_nulls(value: Any) -> Any:
    """Some clients write null for what they do not say."""
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value


def _without_positions(template: dict[str, Any]) -> dict[str, Any]:
    """A template whose parameters have no names that only say their position.

    Kapso takes `body_param_1` and the like for positional parameters, which its own inbox app sends; Meta takes a name
    for named ones only.
    """
    if not template.get("components"):
        return template
    return {**template, "components": [_without_names(component) for component in template["components"]]}


def _without_names(component: dict[str, Any]) -> dict[str, Any]:
    if not component.get("parameters"):
        return component
    parameters = [
        {key: value for key, value in parameter.items() if key != "parameter_name"}
        if _POSITION.fullmatch(parameter.get("parameter_name", ""))
        else parameter
        for parameter in component["parameters"]
    ]
    return {**component, "parameters": parameters}
