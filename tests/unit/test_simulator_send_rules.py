"""What Graph takes and refuses in the body of a send, and with which code."""

from typing import Any

import pytest

from cli.simulator.errors import GraphError
from cli.simulator.send_rules import check_product, check_receipt, check_send

Json = dict[str, Any]
TO = "+5215555550100"


def frame(kind: str, content: object, **rest: object) -> Json:
    return {"messaging_product": "whatsapp", "to": TO, "type": kind, kind: content, **rest}


def text(body: object = "hi", **rest: object) -> Json:
    return frame("text", {"body": body}, **rest)


def buttons(*titles: str, **parts: object) -> Json:
    replies = [{"type": "reply", "reply": {"id": f"b{index}", "title": title}} for index, title in enumerate(titles)]
    content = {"type": "button", "body": {"text": "Choose"}, "action": {"buttons": replies}, **parts}
    return frame("interactive", content)


def rows(count: int, prefix: str = "r") -> list[Json]:
    return [{"id": f"{prefix}{index}", "title": f"Row {index}"} for index in range(count)]


def a_list(*sections: Json, body: str = "Choose", button: str = "Open") -> Json:
    action = {"button": button, "sections": list(sections)}
    return frame("interactive", {"type": "list", "body": {"text": body}, "action": action})


def interactive(kind: str, action: Json, **parts: object) -> Json:
    return frame("interactive", {"type": kind, "body": {"text": "Look"}, "action": action, **parts})


def cards(count: int, kind: str = "image") -> list[Json]:
    link = {"link": "https://shop.example/a.jpg"}
    return [
        {"card_index": index, "type": "cta_url", "header": {"type": kind, kind: link}, "action": {}}
        for index in range(count)
    ]


CTA = {"name": "cta_url", "parameters": {"display_text": "See", "url": "https://shop.example"}}
FLOW = {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Book", "flow_token": "t"}
ANA = {"name": {"formatted_name": "Ana P", "first_name": "Ana"}, "phones": [{"phone": "+52 55", "type": "CELL"}]}
IMAGE_HEADER = {"type": "image", "image": {"id": "1"}}


def template(**rest: object) -> Json:
    return frame("template", {"name": "hello_world", "language": {"code": "en_US"}, **rest})


ACCEPTED = {
    "text of one character": text("a"),
    "text of 4096 characters": text("a" * 4096),
    "text without a type": {"messaging_product": "whatsapp", "to": TO, "text": {"body": "hi"}},
    "text with preview": frame("text", {"body": "https://a.example", "preview_url": True}),
    "quote": text(context={"message_id": "wamid.X"}),
    "callback data of 512": text(biz_opaque_callback_data="x" * 512),
    "to a BSUID": {"messaging_product": "whatsapp", "recipient": "MX.123", "type": "text", "text": {"body": "hi"}},
    "a phone wins over a BSUID": text(recipient="MX.123"),
    "image by id": frame("image", {"id": "1", "caption": "c" * 1024}),
    "document by link": frame("document", {"link": "https://a.example/b.pdf", "filename": "b c.pdf"}),
    "voice note": frame("audio", {"id": "1", "voice": True}),
    "sticker": frame("sticker", {"id": "1"}),
    "location as strings": frame("location", {"latitude": "19.4", "longitude": "-99.1"}),
    "257 contacts": frame("contacts", [ANA] * 257),
    "reaction": frame("reaction", {"message_id": "wamid.X", "emoji": "👍"}),
    "reaction taken back": frame("reaction", {"message_id": "wamid.X", "emoji": ""}),
    "three buttons": buttons("A", "B", "C", header=IMAGE_HEADER, footer={"text": "f" * 60}),
    "list of ten rows": a_list({"rows": rows(10)}, body="b" * 4096),
    "two titled sections": a_list({"title": "A", "rows": rows(2)}, {"title": "B", "rows": rows(2, "s")}),
    "link button": interactive("cta_url", CTA),
    "flow": interactive("flow", {"name": "flow", "parameters": FLOW}),
    "location request": interactive("location_request_message", {"name": "send_location"}),
    "contact request": interactive("request_contact_info", {"name": "request_contact_info"}),
    "catalog": interactive("catalog_message", {"name": "catalog_message"}),
    "carousel of ten": interactive("carousel", {"cards": cards(10)}),
    "template": template(components=[{"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}]),
}

REFUSED: dict[str, tuple[Json, int]] = {
    "no recipient": ({"messaging_product": "whatsapp", "type": "text", "text": {"body": "hi"}}, 100),
    "letters in to": (text() | {"to": "Ana"}, 131009),
    "a BSUID in to": (text() | {"to": "MX.123"}, 131009),
    "a number in to": (text() | {"to": 5215555550100}, 100),
    "a malformed BSUID": ({"messaging_product": "whatsapp", "recipient": "mx-1", "text": {"body": "hi"}}, 131009),
    "unknown type": (frame("poll", {}), 100),
    "unknown key": (text(colour="red"), 100),
    "key of another type": (text(image={"id": "1"}), 100),
    "group": (text(recipient_type="group"), 100),
    "no text object": ({"messaging_product": "whatsapp", "to": TO, "type": "text"}, 100),
    "text is no object": (frame("text", "hi"), 100),
    "no body": (frame("text", {}), 131008),
    "empty body": (text(""), 100),
    "blank body": (text("  \n"), 131009),
    "body of 4097 characters": (text("a" * 4097), 100),
    "body is a number": (text(5), 100),
    "preview_url is a string": (frame("text", {"body": "hi", "preview_url": "yes"}), 100),
    "unknown key in text": (frame("text", {"body": "hi", "bold": True}), 100),
    "quote without an id": (text(context={}), 131008),
    "callback data of 513": (text(biz_opaque_callback_data="x" * 513), 131009),
    "media without id or link": (frame("image", {"caption": "c"}), 131008),
    "media with id and link": (frame("image", {"id": "1", "link": "https://a.example"}), 131009),
    "media by a bad link": (frame("image", {"link": "ftp://a.example"}), 131009),
    "caption of 1025": (frame("video", {"id": "1", "caption": "c" * 1025}), 100),
    "caption on audio": (frame("audio", {"id": "1", "caption": "c"}), 100),
    "caption on a sticker": (frame("sticker", {"id": "1", "caption": "c"}), 100),
    "file name of 241": (frame("document", {"id": "1", "filename": "f" * 241}), 131009),
    "latitude over 90": (frame("location", {"latitude": 91, "longitude": 0}), 131009),
    "latitude in words": (frame("location", {"latitude": "north", "longitude": 0}), 100),
    "no longitude": (frame("location", {"latitude": 1}), 131008),
    "no contacts": (frame("contacts", []), 131009),
    "258 contacts": (frame("contacts", [ANA] * 258), 131009),
    "contact without a formatted name": (frame("contacts", [{"name": {"first_name": "Ana"}}]), 131008),
    "contact with only a formatted name": (frame("contacts", [{"name": {"formatted_name": "Ana"}}]), 131008),
    "birthday in another order": (frame("contacts", [ANA | {"birthday": "23.01.1999"}]), 131009),
    "reaction to nothing": (frame("reaction", {"emoji": "👍"}), 131008),
    "reaction without an emoji": (frame("reaction", {"message_id": "wamid.X"}), 131008),
    "interactive of an unknown type": (interactive("dance", {}), 100),
    "interactive without a type": (frame("interactive", {"body": {"text": "x"}}), 131008),
    "no buttons": (buttons(), 131009),
    "four buttons": (buttons("A", "B", "C", "D"), 131009),
    "two buttons alike": (buttons("A", "A"), 131009),
    "button title of 21": (buttons("a" * 21), 131009),
    "body of 1025 over buttons": (buttons("A", body={"text": "b" * 1025}), 131009),
    "footer of 61": (buttons("A", footer={"text": "f" * 61}), 131009),
    "header text of 61": (buttons("A", header={"type": "text", "text": "h" * 61}), 131009),
    "sticker as header": (buttons("A", header={"type": "sticker", "sticker": {"id": "1"}}), 100),
    "eleven rows": (a_list({"title": "A", "rows": rows(6)}, {"title": "B", "rows": rows(5, "s")}), 131009),
    "sections without titles": (a_list({"rows": rows(1)}, {"rows": rows(1, "s")}), 131008),
    "rows alike": (a_list({"rows": rows(1) + rows(1)}), 131009),
    "row title of 25": (a_list({"rows": [{"id": "r", "title": "t" * 25}]}), 131009),
    "row description of 73": (a_list({"rows": [{"id": "r", "title": "t", "description": "d" * 73}]}), 131009),
    "list body of 4097": (a_list({"rows": rows(1)}, body="b" * 4097), 131009),
    "list button of 21": (a_list({"rows": rows(1)}, button="b" * 21), 131009),
    "link button to no URL": (
        interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "See", "url": "shop"}}),
        131009,
    ),
    "flow by id and name": (
        interactive("flow", {"name": "flow", "parameters": FLOW | {"flow_name": "book"}}),
        131009,
    ),
    "flow data without navigation": (
        interactive(
            "flow",
            {
                "name": "flow",
                "parameters": FLOW | {"flow_action": "data_exchange", "flow_action_payload": {"screen": "A"}},
            },
        ),
        131009,
    ),
    "location request with a footer": (
        interactive("location_request_message", {"name": "send_location"}, footer={"text": "f"}),
        100,
    ),
    "product list without a header": (
        interactive(
            "product_list", {"catalog_id": "1", "sections": [{"product_items": [{"product_retailer_id": "S"}]}]}
        ),
        131008,
    ),
    "carousel of one": (interactive("carousel", {"cards": cards(1)}), 131009),
    "carousel of two kinds": (interactive("carousel", {"cards": cards(1) + cards(1, "video")}), 131009),
    "template without a language": (frame("template", {"name": "hello_world"}), 131008),
    "template name in capitals": (frame("template", {"name": "Hello", "language": {"code": "en"}}), 131009),
    "template component of an unknown type": (template(components=[{"type": "tail"}]), 100),
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(body: Json) -> None:
    check_product(body)
    assert check_send(body) == body.get("type", "text")


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_refused(body: Json, code: int) -> None:
    with pytest.raises(GraphError) as refusal:
        check_send(body)
    assert refusal.value.code == code
    assert refusal.value.message.startswith(f"(#{code}) ")


@pytest.mark.parametrize("product", [None, "telegram"])
def test_the_product_must_be_named(product: str | None) -> None:
    with pytest.raises(GraphError) as refusal:
        check_product({"messaging_product": product})
    assert refusal.value.code == 100


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"status": "read"}, 100),
        ({"status": "seen", "message_id": "wamid.X"}, 100),
        ({"status": "read", "message_id": "wamid.X", "to": TO}, 100),
        ({"status": "read", "message_id": "wamid.X", "typing_indicator": {"type": "voice"}}, 100),
    ],
)
def test_a_read_receipt_that_is_refused(body: Json, code: int) -> None:
    with pytest.raises(GraphError) as refusal:
        check_receipt(body)
    assert refusal.value.code == code


def test_a_refusal_has_the_shape_of_graph() -> None:
    with pytest.raises(GraphError) as refusal:
        check_send(text("a" * 4097))
    error = refusal.value.body()["error"]
    assert isinstance(error, dict)
    assert sorted(error) == ["code", "error_data", "fbtrace_id", "message", "type"]
    assert error["type"] == "OAuthException"
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert "4096" in error["error_data"]["details"]
