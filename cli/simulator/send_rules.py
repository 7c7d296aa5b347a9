"""What a business may POST to `/messages`. Source: Meta, Cloud API, Messages reference and the page of each type."""

from cli.simulator.checks import (
    Check,
    anything,
    bad_value,
    boolean,
    either,
    list_of,
    missing,
    number,
    one_of,
    shape,
    text,
)
from cli.simulator.errors import GraphError
from cli.simulator.interactive_rules import interactive
from cli.simulator.messages import Json

BSUID_PATTERN = r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}"

_LINK = text(2000, pattern=r"https?://\S+", code=100)
_CAPTION = text(1024, minimum=0, code=100)
_CALLBACK_DATA = 512


def _media(extra: dict[str, Check]) -> Check:
    return shape({}, {"id": text(128), "link": _LINK, **extra}, either("id", "link"))


def _name_has_a_part(value: dict[str, object], path: str) -> None:
    # Meta refuses a name of which only formatted_name is given.
    if not any(value.get(part) for part in ("first_name", "last_name", "middle_name", "suffix", "prefix")):
        raise missing(f"{path}['first_name'] or another part of the name")


_PART = text(1024, minimum=0)
_NAME = shape(
    {"formatted_name": text(1024)},
    dict.fromkeys(("first_name", "last_name", "middle_name", "suffix", "prefix"), _PART),
    _name_has_a_part,
)
_CONTACT = shape(
    {"name": _NAME},
    {
        "phones": list_of(shape({}, dict.fromkeys(("phone", "wa_id", "type"), _PART)), 0, 20),
        "emails": list_of(shape({}, dict.fromkeys(("email", "type"), _PART)), 0, 20),
        "urls": list_of(shape({}, dict.fromkeys(("url", "type"), _PART)), 0, 20),
        "addresses": list_of(
            shape({}, dict.fromkeys(("street", "city", "state", "zip", "country", "country_code", "type"), _PART)),
            0,
            20,
        ),
        "org": shape({}, dict.fromkeys(("company", "department", "title"), _PART)),
        "birthday": text(10, pattern=r"\d{4}-\d{2}-\d{2}"),
    },
)
_PARAMETER = shape(
    {"type": text(32)},
    {
        "parameter_name": text(512),
        "text": text(32768, minimum=0),
        **dict.fromkeys(
            ("currency", "date_time", "image", "video", "document", "location", "payload", "coupon_code", "action"),
            anything,
        ),
    },
)
_COMPONENT = shape(
    {"type": one_of("header", "body", "button", "carousel", "limited_time_offer")},
    {
        "sub_type": text(32),
        "index": number(0, 9),
        "parameters": list_of(_PARAMETER, 0, 100),
        "cards": anything,
        "limited_time_offer": anything,
    },
)

# The object under the key of each type.
CONTENT: dict[str, Check] = {
    "text": shape({"body": text(4096, code=100)}, {"preview_url": boolean}),
    "image": _media({"caption": _CAPTION}),
    "video": _media({"caption": _CAPTION}),
    "audio": _media({"voice": boolean}),
    "document": _media({"caption": _CAPTION, "filename": text(240)}),
    "sticker": _media({}),
    "location": shape(
        {"latitude": number(-90, 90), "longitude": number(-180, 180)},
        {"name": text(100, minimum=0), "address": text(300, minimum=0)},
    ),
    "contacts": list_of(_CONTACT, 1, 257),
    "reaction": shape({"message_id": text(512), "emoji": text(64, minimum=0)}),
    "template": shape(
        {"name": text(512, pattern=r"[a-z0-9_]+"), "language": shape({"code": text(16)}, {"policy": text(32)})},
        {"components": list_of(_COMPONENT, 0, 20)},
    ),
    "interactive": interactive,
}

_FRAME = {
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "biz_opaque_callback_data",
    "recipient_identity_key_hash",
}
_CONTEXT = shape({"message_id": text(512)})
_RECEIPT = {"messaging_product", "status", "message_id", "typing_indicator"}
_TYPING = shape({"type": one_of("text")})


def check_product(body: Json) -> None:
    """Every body names the product."""
    _require(body, "messaging_product")
    one_of("whatsapp")(body["messaging_product"], "messaging_product")


def check_receipt(body: Json) -> None:
    """A read receipt, with or without the typing indicator."""
    _only(body, _RECEIPT)
    one_of("read")(body["status"], "status")
    _require(body, "message_id")
    text(512)(body["message_id"], "message_id")
    if body.get("typing_indicator") is not None:
        _TYPING(body["typing_indicator"], "typing_indicator")


def check_send(body: Json) -> str:
    """Check a message of any type and return the type. A body without `type` is a text."""
    kind = body.get("type", "text")
    one_of(*CONTENT)(kind, "type")
    kind = str(kind)
    _only(body, _FRAME | {kind})
    one_of("individual")(body.get("recipient_type", "individual"), "recipient_type")
    if body.get("to") is None:
        if body.get("recipient") is None:
            _require(body, "to")
        text(160, pattern=BSUID_PATTERN)(body["recipient"], "recipient")
    else:
        # Meta is said to lose a BSUID in `to` without a word; here it is refused, so that the mistake shows.
        text(32, pattern=r"\+?[\d\s().-]{5,}")(body["to"], "to")
    _require(body, kind)
    CONTENT[kind](body[kind], kind)
    if body.get("context") is not None:
        _CONTEXT(body["context"], "context")
    callback_data = body.get("biz_opaque_callback_data")
    if callback_data is not None and (not isinstance(callback_data, str) or len(callback_data) > _CALLBACK_DATA):
        raise bad_value(f"biz_opaque_callback_data must be a string of at most {_CALLBACK_DATA} characters.")
    return kind


def _require(body: Json, key: str) -> None:
    if body.get(key) is None:
        raise GraphError(100, f"{key} is required.", message=f"(#100) The parameter {key} is required.")


def _only(body: Json, known: set[str]) -> None:
    for key in body:
        if key not in known:
            message = f'Unexpected key "{key}".'
            raise GraphError(100, message, message=f"(#100) {message}")
