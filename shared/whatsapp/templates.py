"""What a template says once its variables are filled in (Meta: Cloud API, "Templates")."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def template_body(templates: Iterable[Mapping[str, Any]], name: str, language: str) -> str | None:
    """The text of a template's body, out of a page of Graph's list of templates; None if it is not among them."""
    for template in templates:
        if (template.get("name"), template.get("language")) == (name, language):
            for component in template.get("components") or []:
                if component.get("type") == "BODY":
                    return str(component.get("text") or "")
    return None


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
