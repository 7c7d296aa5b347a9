"""A template send against the template it names, and what the customer then reads.

Source: Meta, Cloud API, Message templates. Parameters are counted per component: 132000 if the number is wrong, 132012
if one has the wrong kind or name, 132001 if there is no such approved template in that language.
"""

import re

from cli.simulator.errors import GraphError
from cli.simulator.messages import Json

_VARIABLE = re.compile(r"\{\{(\w+)\}\}")
_SENDABLE = "APPROVED"
# Statuses that have a refusal of their own; every other one is treated as missing.
_REFUSED = {"PAUSED": 132015, "DISABLED": 132016}


def find_template(templates: list[Json], name: str, language: str) -> Json:
    """Raise GraphError 132001, 132015 or 132016 if it cannot be sent."""
    for template in templates:
        if (template["name"], template["language"]) == (name, language):
            if template["status"] == _SENDABLE:
                return template
            raise GraphError(_REFUSED.get(str(template["status"]), 132001), f"template {name} is {template['status']}")
    raise GraphError(132001, f"template name ({name}) does not exist in {language}")


def render(template: Json, components: list[Json]) -> Json:
    """The parts as the customer sees them: header, body, footer, buttons and the category.

    Raise GraphError 132000, 132008 or 132012 if the parameters do not fit.
    """
    named = template["parameter_format"] == "NAMED"
    given = {_place(component): _parameters(component) for component in components}
    rendered: Json = {"name": template["name"], "category": template["category"]}
    for part in _components(template):
        match part["type"]:
            case "HEADER" if part["format"] == "TEXT":
                rendered["header"] = {"type": "text", "text": _fill(part["text"], given.pop("header", []), named)}
            case "HEADER":
                kind = str(part["format"]).lower()
                rendered["header"] = {"type": kind, kind: _header_media(kind, given.pop("header", []))}
            case "BODY":
                rendered["body"] = _fill(part["text"], given.pop("body", []), named)
            case "FOOTER":
                rendered["footer"] = part["text"]
            case "BUTTONS":
                rendered["buttons"] = [
                    _button(button, given.pop(f"button {index}", [])) for index, button in enumerate(_buttons(part))
                ]
    for place, parameters in given.items():
        if parameters:
            raise GraphError(
                132000, f"{place}: number of parameters ({len(parameters)}) does not match the expected (0)"
            )
    return rendered


def _place(component: Json) -> str:
    kind = str(component["type"])
    return f"button {int(str(component.get('index', 0)))}" if kind == "button" else kind


def _fill(pattern: object, parameters: list[Json], named: bool) -> str:
    names = list(dict.fromkeys(_VARIABLE.findall(str(pattern))))
    if len(parameters) != len(names):
        count = f"number of localizable_params ({len(parameters)}) does not match the expected number of params"
        raise GraphError(132000, f"body or header: {count} ({len(names)})")
    values: dict[str, str] = {}
    for position, parameter in enumerate(parameters, start=1):
        name = str(parameter.get("parameter_name", "")) if named else str(position)
        if name not in names:
            raise GraphError(132012, f"parameter_name {name or 'is missing and'} is not one of {', '.join(names)}")
        values[name] = _text_of(parameter)
    return _VARIABLE.sub(lambda found: values[found[1]], str(pattern))


def _text_of(parameter: Json) -> str:
    kind = parameter["type"]
    if kind in ("currency", "date_time"):
        detail = parameter.get(str(kind))
        return str(detail.get("fallback_value", "")) if isinstance(detail, dict) else ""
    if kind != "text" or not isinstance(parameter.get("text"), str):
        raise GraphError(132012, f"expected a text parameter, got {kind}")
    value = str(parameter["text"])
    if not value:
        raise GraphError(132008, "a text parameter must not be empty")
    if re.search(r"[\n\t]| {5,}", value):
        raise GraphError(132008, "a text parameter must not have new-line or tab characters or more than 4 spaces")
    return value


def _header_media(kind: str, parameters: list[Json]) -> object:
    if len(parameters) != 1:
        raise GraphError(132000, f"header: number of parameters ({len(parameters)}) does not match the expected (1)")
    if parameters[0]["type"] != kind or not isinstance(parameters[0].get(kind), dict):
        raise GraphError(132012, f"header: Format mismatch, expected {kind.upper()}, received {parameters[0]['type']}")
    return parameters[0][kind]


def _button(button: Json, parameters: list[Json]) -> Json:
    url = str(button.get("url", ""))
    variables = len(_VARIABLE.findall(url))
    if button["type"] == "URL" and len(parameters) != variables:
        raise GraphError(132000, f"button: number of parameters ({len(parameters)}) does not match ({variables})")
    if button["type"] == "QUICK_REPLY":
        payload = button["text"]
        if parameters:
            if parameters[0]["type"] != "payload":
                raise GraphError(132012, "a quick_reply button takes a payload parameter")
            payload = parameters[0].get("payload", payload)
        return {"type": "quick_reply", "text": button["text"], "payload": payload}
    if variables:
        url = _VARIABLE.sub(lambda _: _text_of(parameters[0]), url)
    return {"type": str(button["type"]).lower(), "text": button["text"], "url": url}


def _parameters(component: Json) -> list[Json]:
    parameters = component.get("parameters")
    return parameters if isinstance(parameters, list) else []


def _components(template: Json) -> list[Json]:
    components = template["components"]
    return components if isinstance(components, list) else []


def _buttons(part: Json) -> list[Json]:
    buttons = part["buttons"]
    return buttons if isinstance(buttons, list) else []
