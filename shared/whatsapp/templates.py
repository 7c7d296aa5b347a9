"""What a template is made of, and what it says once its variables are filled in (Meta: Cloud API, "Templates")."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import msgspec

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class TemplateButton(TypedDict, total=False):
    """A button as its template defines it. `type` is Meta's, as QUICK_REPLY; `url` may have a variable at its end."""

    type: str
    text: str
    url: str
    phone_number: str


class TemplateOffer(TypedDict, total=False):
    """An offer that ends."""

    text: str


class TemplateCard(TypedDict, total=False):
    """A card of a carousel, which is made as a template is."""

    components: list["TemplatePart"]


class TemplatePart(TypedDict, total=False):
    """A component of a template as Meta defines it: `type` as HEADER or BUTTONS, `format` of a header, `text` with its
    variables not filled in.
    """

    type: str
    format: str
    text: str
    buttons: list[TemplateButton]
    cards: list[TemplateCard]
    limited_time_offer: TemplateOffer


def template_parts(templates: Iterable[Mapping[str, Any]], name: str, language: str) -> list[TemplatePart] | None:
    """What a template is made of, its examples left out, from a page of Graph's list of templates; None if it is not
    among them. Raises msgspec.ValidationError where it is not as Meta documents it.
    """
    for template in templates:
        if (template.get("name"), template.get("language")) == (name, language):
            return msgspec.convert(_storable(template.get("components") or []), list[TemplatePart])
    return None


def body_of(parts: Sequence[TemplatePart]) -> str | None:
    """The text of a template's body, None if it has none."""
    return next((part.get("text", "") for part in parts if part.get("type") == "BODY"), None)


def filled_in(body: str, content: Mapping[str, Any]) -> str:
    """The body with the values of a message's `template` object; a variable without a value stays as it is."""
    values: dict[str, str] = {}
    for component in content.get("components") or []:
        if str(component.get("type")).lower() == "body":
            for place, parameter in enumerate(component.get("parameters") or [], start=1):
                values[parameter.get("parameter_name") or str(place)] = _words(parameter)
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), body)


def _words(parameter: Mapping[str, Any]) -> str:
    if parameter.get("type") == "text":
        return str(parameter.get("text") or "")
    value = parameter.get(str(parameter.get("type")))  # currency, date_time
    return str(value.get("fallback_value") or "") if isinstance(value, Mapping) else ""


def _storable(value: Any) -> Any:
    """Without the null that Graph writes for some of what is not there, and without NUL, which no table takes."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, dict):
        return {key: _storable(part) for key, part in value.items() if part is not None}
    return [_storable(part) for part in value] if isinstance(value, list) else value
