"""Interactive messages. Source: Meta, Cloud API, Messages reference, Interactive object."""

from cli.simulator.checks import (
    Check,
    Rule,
    anything,
    bad_value,
    by_key,
    either,
    list_of,
    missing,
    number,
    one_of,
    shape,
    text,
    wrong_type,
)

# Meta's page of 2025-11 gives lists a longer body than everything else.
_BODY, _LIST_BODY, _CARD_BODY = 1024, 4096, 160
_LIST_ROWS, _PRODUCT_ITEMS = 10, 30

_URL = text(2000, pattern=r"https?://\S+")
_MEDIA = shape({}, {"id": text(128), "link": _URL, "filename": text(240)}, either("id", "link"))
_TEXT_HEADER = shape({"type": one_of("text"), "text": text(60)})
_MEDIA_HEADERS: dict[str, Check] = {
    kind: shape({"type": one_of(kind), kind: _MEDIA}) for kind in ("image", "video", "document")
}
_HEADER = by_key("type", {"text": _TEXT_HEADER, **_MEDIA_HEADERS})
_FOOTER = shape({"text": text(60)})


def _body(maximum: int) -> Check:
    return shape({"text": text(maximum)})


def _sections(value: dict[str, object], path: str, items_key: str, limit: int) -> None:
    sections = value["sections"]
    if not isinstance(sections, list):
        raise wrong_type(f"{path}['sections']", "an array")
    if len(sections) > 1:
        for index, section in enumerate(sections):
            if not section.get("title"):
                raise missing(f"{path}['sections'][{index}]['title']")
    if sum(len(section[items_key]) for section in sections) > limit:
        raise bad_value(f"Total {items_key} count in {path}['sections'] exceeds the maximum of {limit}.")


def _list_sections(value: dict[str, object], path: str) -> None:
    _sections(value, path, "rows", _LIST_ROWS)
    sections = value["sections"]
    if isinstance(sections, list):
        ids = [row["id"] for section in sections for row in section["rows"]]
        if len(set(ids)) != len(ids):
            raise bad_value(f"Row ids in {path}['sections'] must be unique.")


def _product_sections(value: dict[str, object], path: str) -> None:
    _sections(value, path, "product_items", _PRODUCT_ITEMS)


def _distinct_buttons(value: dict[str, object], path: str) -> None:
    buttons = value["buttons"]
    if isinstance(buttons, list):
        for key in ("id", "title"):
            given = [button["reply"][key] for button in buttons]
            if len(set(given)) != len(given):
                raise bad_value(f"Button {key}s in {path}['buttons'] must be unique.")


def _payload_only_to_navigate(value: dict[str, object], path: str) -> None:
    if value.get("flow_action_payload") is not None and value.get("flow_action", "navigate") != "navigate":
        raise bad_value(f"{path}['flow_action_payload'] is only for flow_action navigate.")


def _same_header_kind(value: dict[str, object], path: str) -> None:
    cards = value["cards"]
    if isinstance(cards, list):
        kinds = {card.get("header", {}).get("type") for card in cards}
        if len(kinds) > 1:
            raise bad_value(f"All cards in {path}['cards'] must have the same header type.")


_BUTTON = shape({"type": one_of("reply"), "reply": shape({"id": text(256), "title": text(20)})})
_ROW = shape({"id": text(200), "title": text(24)}, {"description": text(72, minimum=0)})
_CTA = shape({"display_text": text(20), "url": _URL})
_PRODUCT_ITEM = shape({"product_retailer_id": text(256)})
_FLOW = shape(
    {"flow_message_version": one_of("3"), "flow_cta": text(20)},
    {
        "flow_id": text(128),
        "flow_name": text(200),
        "flow_token": text(512),
        "mode": one_of("draft", "published"),
        "flow_action": one_of("navigate", "data_exchange"),
        "flow_action_payload": shape({"screen": text(200)}, {"data": anything}),
    },
    either("flow_id", "flow_name"),
    _payload_only_to_navigate,
)
_CARD = by_key(
    "type",
    {
        "cta_url": shape(
            {
                "card_index": number(0, 9),
                "type": anything,
                "header": by_key("type", _MEDIA_HEADERS),
                "action": anything,
            },
            {"body": _body(_CARD_BODY)},
        ),
        "product": shape({"card_index": number(0, 9), "type": anything, "action": anything}),
    },
)


def _named(name: str, parameters: Check | None = None) -> Check:
    return shape({"name": one_of(name)} | ({"parameters": parameters} if parameters else {}))


def _interactive(action: Check, body: int | None, header: Check | None, footer: bool, *rules: Rule) -> Check:
    """`body` None means it may be left out."""
    required: dict[str, Check] = {"type": anything, "action": action}
    optional: dict[str, Check] = {}
    if body is None:
        optional["body"] = _body(_BODY)
    else:
        required["body"] = _body(body)
    if header:
        optional["header"] = header
    if footer:
        optional["footer"] = _FOOTER
    return shape(required, optional, *rules)


def _needs_header(value: dict[str, object], path: str) -> None:
    if value.get("header") is None:
        raise missing(f"{path}['header']")


_BUTTONS = shape({"buttons": list_of(_BUTTON, 1, 3)}, {}, _distinct_buttons)
_LIST = shape(
    {"button": text(20), "sections": list_of(shape({"rows": list_of(_ROW, 1, 10)}, {"title": text(24)}), 1, 10)},
    {},
    _list_sections,
)
_PRODUCTS = shape(
    {
        "catalog_id": text(128),
        "sections": list_of(shape({"product_items": list_of(_PRODUCT_ITEM, 1, 30)}, {"title": text(24)}), 1, 10),
    },
    {},
    _product_sections,
)
_ADDRESS = shape({"country": text(2)}, {"values": anything, "validation_errors": anything, "saved_addresses": anything})
_CALL = shape({"display_text": text(20)}, {"ttl_minutes": number(1, 43200), "payload": text(512)})
_CAROUSEL = shape({"cards": list_of(_CARD, 2, 10)}, {}, _same_header_kind)
_CATALOG = shape(
    {"name": one_of("catalog_message")}, {"parameters": shape({"thumbnail_product_retailer_id": text(256)})}
)

interactive = by_key(
    "type",
    {
        "button": _interactive(_BUTTONS, _BODY, _HEADER, True),
        "list": _interactive(_LIST, _LIST_BODY, _TEXT_HEADER, True),
        "cta_url": _interactive(_named("cta_url", _CTA), _BODY, _HEADER, True),
        "flow": _interactive(_named("flow", _FLOW), _BODY, _HEADER, True),
        "location_request_message": _interactive(_named("send_location"), _BODY, None, False),
        "request_contact_info": _interactive(_named("request_contact_info"), _BODY, None, False),
        "product": _interactive(shape({"catalog_id": text(128), "product_retailer_id": text(256)}), None, None, True),
        "product_list": _interactive(_PRODUCTS, _BODY, _TEXT_HEADER, True, _needs_header),
        "catalog_message": _interactive(_CATALOG, _BODY, None, True),
        "carousel": _interactive(_CAROUSEL, _BODY, None, False),
        "call_permission_request": _interactive(_named("call_permission_request"), _BODY, None, False),
        "voice_call": _interactive(_named("voice_call", _CALL), _BODY, None, False),
        "address_message": _interactive(_named("address_message", _ADDRESS), _BODY, None, False),
    },
)
