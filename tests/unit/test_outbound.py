"""What a business may send: Meta's limits, each at its edge, and every wrong field by its path."""

from typing import Any

import pytest

from shared.validation import InvalidFieldsError
from shared.whatsapp.outbound import OutboundMessage, Outgoing, read_outbound

_MEDIA = {"id": "1"}
_BODY = {"text": "Which one?"}


def _read(body: dict[str, Any]) -> Outgoing:
    return read_outbound(OutboundMessage, body)[1]


def _wrong(body: dict[str, Any]) -> set[str]:
    with pytest.raises(InvalidFieldsError) as error:
        _read(body)
    return set(error.value.errors)


def _buttons(*replies: tuple[str, str]) -> dict[str, Any]:
    return {"buttons": [{"type": "reply", "reply": {"id": given, "title": title}} for given, title in replies]}


def _rows(count: int, prefix: str = "") -> list[dict[str, Any]]:
    return [{"id": f"{prefix}{place}", "title": "Row"} for place in range(count)]


def _interactive(kind: str, action: Any, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "body": _BODY, "action": action, **fields}


def _list(*sections: Any, **fields: Any) -> dict[str, Any]:
    return _interactive("list", {"button": "Choose", "sections": list(sections)}, **fields)


def _template(*components: Any) -> dict[str, Any]:
    return {"name": "order_update", "language": {"code": "en_US"}, "components": list(components)}


RIGHT: list[tuple[str, Any]] = [
    ("text", {"body": "x" * 4096, "preview_url": True}),
    ("image", {"link": "https://example.com/a.jpg", "caption": "x" * 1024}),
    ("video", {"id": "1", "caption": ""}),
    ("audio", {"id": "1", "voice": True}),
    ("document", {"id": "1", "filename": "x" * 240, "caption": "Offer"}),
    ("sticker", _MEDIA),
    ("location", {"latitude": -90, "longitude": 180, "name": "Pole", "address": "None"}),
    ("location", {"latitude": "19.4326", "longitude": "-99.1332"}),
    ("contacts", [{"name": {"formatted_name": "Ana P", "first_name": "Ana"}, "phones": [{"phone": "+1 555"}]}] * 257),
    ("reaction", {"message_id": "wamid.X", "emoji": ""}),
    ("template", _template({"type": "button", "sub_type": "url", "index": "0", "parameters": []})),
    ("interactive", _interactive("button", _buttons(("a" * 256, "x" * 20), ("b", "B"), ("c", "C")))),
    ("interactive", _interactive("button", _buttons(("a", "A")), header={"type": "image", "image": _MEDIA})),
    ("interactive", _list({"rows": _rows(10)}, body={"text": "x" * 4096}, footer={"text": "x" * 60})),
    ("interactive", _list({"title": "x" * 24, "rows": _rows(5)}, {"title": "B", "rows": _rows(5, "b")})),
    (
        "interactive",
        _interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://e.com"}}),
    ),
    ("interactive", _interactive("location_request_message", {"name": "send_location"})),
    ("interactive", _interactive("flow", {"name": "flow", "parameters": {"flow_id": "1"}})),
    ("interactive", _interactive("request_contact_info", {"name": "request_contact_info"})),
    ("interactive", {"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "2"}}),
    (
        "interactive",
        _interactive(
            "product_list",
            {"catalog_id": "1", "sections": [{"product_items": [{"product_retailer_id": "2"}] * 30}]},
            header={"type": "text", "text": "Our best"},
        ),
    ),
    ("interactive", _interactive("catalog_message", {"name": "catalog_message"})),
    ("interactive", _interactive("carousel", {"cards": [{}, {}]})),
    ("interactive", _interactive("call_permission_request", {"name": "call_permission_request"})),
    ("interactive", _interactive("voice_call", {"name": "voice_call"})),
    ("interactive", _interactive("address_message", {"name": "address_message", "parameters": {"country": "IN"}})),
    ("interactive", _interactive("order_details", {"name": "review_and_pay", "parameters": {}})),
    ("interactive", _interactive("order_status", {"name": "review_order", "parameters": {}})),
]


@pytest.mark.parametrize(("kind", "content"), RIGHT)
def test_what_meta_takes_is_passed_on_exactly_as_it_came(kind: str, content: Any) -> None:
    body = {"type": kind, kind: content, "context": {"message_id": "wamid.Q"}, "biz_opaque_callback_data": "x" * 512}
    assert _read(body) == Outgoing(kind, content, "wamid.Q", "x" * 512)


def test_what_we_do_not_know_of_is_left_to_meta() -> None:
    content = {"body": "hi", "a_key_of_next_year": {"deep": [1]}}
    assert _read({"type": "text", "text": content, "to": "1"}).content == content


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"type"}),
    ({"type": "telepathy"}, {"type"}),
    ({"type": "text"}, {"text"}),
    ({"type": "text", "text": None}, {"text"}),
    ({"type": "text", "text": "hi"}, {"text"}),
    ({"type": "text", "text": {}}, {"text.body"}),
    ({"type": "text", "text": {"body": ""}}, {"text.body"}),
    ({"type": "text", "text": {"body": "x" * 4097}}, {"text.body"}),
    ({"type": "text", "text": {"body": "a\x00b"}}, {"text.body"}),
    ({"type": "image", "image": {}}, {"image.id"}),
    ({"type": "image", "image": {"id": "1", "link": "https://example.com/a.jpg"}}, {"image.link"}),
    ({"type": "image", "image": {"link": "ftp://example.com"}}, {"image.link"}),
    ({"type": "image", "image": {"id": "1", "caption": "x" * 1025}}, {"image.caption"}),
    ({"type": "video", "video": {"id": 1, "caption": 2}}, {"video.id", "video.caption"}),
    ({"type": "audio", "audio": {"id": "1", "voice": "maybe"}}, {"audio.voice"}),
    ({"type": "document", "document": {"id": "1", "filename": "x" * 241}}, {"document.filename"}),
    ({"type": "sticker", "sticker": {"id": ""}}, {"sticker.id"}),
    ({"type": "location", "location": {"latitude": 91}}, {"location.latitude", "location.longitude"}),
    (
        {"type": "location", "location": {"latitude": "nan", "longitude": "east"}},
        {f"location.{one}itude" for one in ("lat", "long")},
    ),
    ({"type": "contacts", "contacts": []}, {"contacts"}),
    ({"type": "contacts", "contacts": [{"name": {"formatted_name": "A"}}]}, {"contacts[0].name.first_name"}),
    (
        {"type": "contacts", "contacts": [{}, {"name": {"first_name": "A"}, "birthday": "soon"}, 7]},
        {"contacts[0].name", "contacts[1].name.formatted_name", "contacts[1].birthday", "contacts[2]"},
    ),
    ({"type": "reaction", "reaction": {"emoji": "x" * 65}}, {"reaction.message_id", "reaction.emoji"}),
    ({"type": "template", "template": {"name": "Not A Name"}}, {"template.name", "template.language"}),
    (
        {"type": "template", "template": _template({}, {"type": "button", "index": 10, "parameters": [{}]})},
        {
            "template.components[0].type",
            "template.components[1].index",
            "template.components[1].parameters[0].type",
        },
    ),
    ({"type": "interactive", "interactive": {}}, {"interactive.type"}),
    ({"type": "interactive", "interactive": {"type": "dance"}}, {"interactive.type"}),
    ({"type": "interactive", "interactive": {"type": "button"}}, {"interactive.body", "interactive.action"}),
    (
        {"type": "interactive", "interactive": _interactive("button", _buttons())},
        {"interactive.action.buttons"},
    ),
    (
        {"type": "interactive", "interactive": _interactive("button", _buttons(*((c, c) for c in "abcd")))},
        {"interactive.action.buttons"},
    ),
    (
        {"type": "interactive", "interactive": _interactive("button", _buttons(("a" * 257, "A"), ("b", "x" * 21)))},
        {"interactive.action.buttons[0].reply.id", "interactive.action.buttons[1].reply.title"},
    ),
    (
        {"type": "interactive", "interactive": _interactive("button", _buttons(("a", "A"), ("b", "A"), ("a", "C")))},
        {
            "interactive.action.buttons[0].reply.id",
            "interactive.action.buttons[2].reply.id",
            "interactive.action.buttons[0].reply.title",
            "interactive.action.buttons[1].reply.title",
        },
    ),
    (
        {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "header": {"type": "text", "text": "x" * 61},
                "body": {"text": "x" * 1025},
                "footer": {"text": ""},
                "action": {"buttons": [{"type": "url"}, 7]},
            },
        },
        {
            "interactive.header.text",
            "interactive.body.text",
            "interactive.footer.text",
            "interactive.action.buttons[0].type",
            "interactive.action.buttons[0].reply",
            "interactive.action.buttons[1]",
        },
    ),
    ({"type": "interactive", "interactive": _list()}, {"interactive.action.sections"}),
    (
        {"type": "interactive", "interactive": _list({"title": "x" * 25, "rows": []})},
        {"interactive.action.sections[0].title", "interactive.action.sections[0].rows"},
    ),
    (
        {"type": "interactive", "interactive": _list({"rows": _rows(6)}, {"title": "B", "rows": _rows(5, "b")})},
        {"interactive.action.sections", "interactive.action.sections[0].title"},
    ),
    (
        {
            "type": "interactive",
            "interactive": _list({"title": "A", "rows": _rows(1)}, {"title": "B", "rows": _rows(1)}),
        },
        {"interactive.action.sections[0].rows[0].id", "interactive.action.sections[1].rows[0].id"},
    ),
    (
        {
            "type": "interactive",
            "interactive": _list({"rows": [{"id": "x" * 201, "title": "x" * 25, "description": "x" * 73}]}),
        },
        {f"interactive.action.sections[0].rows[0].{field}" for field in ("id", "title", "description")},
    ),
    (
        {"type": "interactive", "interactive": _list({"rows": _rows(1)}, header={"type": "image", "image": _MEDIA})},
        {"interactive.header.type"},
    ),
    (
        {
            "type": "interactive",
            "interactive": _interactive(
                "cta_url", {"name": "url", "parameters": {"display_text": "x" * 21, "url": "/"}}
            ),
        },
        {
            "interactive.action.name",
            "interactive.action.parameters.display_text",
            "interactive.action.parameters.url",
        },
    ),
    (
        {
            "type": "interactive",
            "interactive": _interactive(
                "product_list",
                {"catalog_id": "1", "sections": [{"product_items": [{"product_retailer_id": "2"}] * 16}] * 2},
            ),
        },
        {"interactive.header", "interactive.action.sections"}
        | {f"interactive.action.sections[{n}].title" for n in (0, 1)},
    ),
    ({"type": "interactive", "interactive": _interactive("carousel", {"cards": [{}]})}, {"interactive.action.cards"}),
    (
        {"type": "text", "context": {}, "biz_opaque_callback_data": "x" * 513},
        {"text", "context.message_id", "biz_opaque_callback_data"},
    ),
]


@pytest.mark.parametrize(("body", "fields"), WRONG)
def test_every_wrong_field_is_named_by_its_path(body: dict[str, Any], fields: set[str]) -> None:
    assert _wrong(body) == fields


def test_names_that_only_say_a_parameters_position_are_left_out() -> None:
    """Kapso's inbox app sends them for positional parameters, and Meta does not take them."""
    header = {"type": "header", "parameters": [{"type": "text", "parameter_name": "header_param_1", "text": "A"}]}
    body = {
        "type": "body",
        "parameters": [
            {"type": "text", "parameter_name": "body_param_1", "text": "B"},
            {"type": "text", "parameter_name": "order_number", "text": "C"},
            {"type": "text", "parameter_name": None, "text": "D"},
        ],
    }
    button = {
        "type": "button",
        "sub_type": "url",
        "index": 1,
        "parameters": [{"type": "text", "parameter_name": "button_0_param_1", "text": "E"}],
    }
    sent = _read({"type": "template", "template": _template(header, body, button)}).content
    names = [one.get("parameter_name", "none") for component in sent["components"] for one in component["parameters"]]
    assert names == ["none", "none", "order_number", "none", "none"]
    assert [one["text"] for component in sent["components"] for one in component["parameters"]] == list("ABCDE")
