"""What a template says, out of what Graph tells of it."""

from typing import Any

import msgspec
import pytest

from shared.whatsapp.templates import body_of, filled_in, template_parts

_BUTTON = {"type": "URL", "text": "Track", "url": "https://shop.example/{{1}}"}
_CARD = {"components": [{"type": "BODY", "text": "The lamp"}]}
_OFFER = {"text": "Until Friday"}
_TEMPLATES: list[dict[str, Any]] = [
    {"name": "hello", "language": "es", "components": [{"type": "BODY", "text": "Hola {{1}}"}]},
    {
        "name": "hello",
        "language": "en",
        "components": [
            {
                "type": "HEADER",
                "format": "IMAGE",
                "text": None,
                "example": {"header_handle": ["https://cdn.example/1"]},
            },
            {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {**_OFFER, "has_expiration": True}},
            {"type": "BODY", "text": "Hi {{1}}", "example": {"body_text": [["Ana"]]}},
            {"type": "BUTTONS", "buttons": [{**_BUTTON, "example": ["https://shop.example/A-1042"]}]},
            {"type": "CAROUSEL", "cards": [_CARD]},
        ],
    },
    {"name": "bare", "language": "en"},
    {"name": "nul", "language": "en", "components": [{"type": "FOOTER", "text": "a\0b"}]},
    {"name": "odd", "language": "en", "components": [{"type": "BUTTONS", "buttons": "none"}]},
]


def test_a_templates_parts_are_of_its_name_and_language_and_without_examples() -> None:
    assert template_parts(_TEMPLATES, "hello", "en") == [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "LIMITED_TIME_OFFER", "limited_time_offer": _OFFER},
        {"type": "BODY", "text": "Hi {{1}}"},
        {"type": "BUTTONS", "buttons": [_BUTTON]},
        {"type": "CAROUSEL", "cards": [_CARD]},
    ]
    assert template_parts(_TEMPLATES, "hello", "fr") is None
    assert template_parts(_TEMPLATES, "bare", "en") == []


def test_what_is_not_as_meta_documents_it_is_not_kept() -> None:
    with pytest.raises(msgspec.ValidationError):
        template_parts(_TEMPLATES, "odd", "en")


def test_a_templates_body_is_the_text_of_that_part() -> None:
    assert body_of([{"type": "HEADER", "text": "No"}, {"type": "BODY", "text": "Hi {{1}}"}]) == "Hi {{1}}"
    assert body_of([{"type": "FOOTER", "text": "No"}]) is None


@pytest.mark.parametrize(
    ("body", "parameters", "words"),
    [
        (
            "Hi {{1}}, {{2}} and {{1}}",
            [{"type": "text", "text": "Ana"}, {"type": "text", "text": "{{1}}"}],
            "Hi Ana, {{1}} and Ana",
        ),
        ("{{b}} {{ a }}", [{"type": "text", "parameter_name": name, "text": name * 2} for name in "ab"], "bb aa"),
        ("{{1}} {{2}}", [{"type": "currency", "currency": {"fallback_value": "9 €"}}], "9 € {{2}}"),
        ("Nothing to fill in", None, "Nothing to fill in"),
    ],
)
def test_a_template_says_what_its_values_make_of_it(body: str, parameters: object, words: str) -> None:
    components: list[dict[str, object]] = [{"type": "header", "parameters": [{"type": "text", "text": "X"}]}]
    if parameters is not None:
        components.append({"type": "body", "parameters": parameters})
    assert filled_in(body, {"components": components}) == words


def test_what_no_table_takes_is_replaced() -> None:
    assert template_parts(_TEMPLATES, "nul", "en") == [{"type": "FOOTER", "text": "a\N{REPLACEMENT CHARACTER}b"}]
