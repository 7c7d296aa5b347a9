"""The notation in which docs/inbox-api.md says what an answer looks like, and whether a real one does.

    {"id": uuid, "status": "active"|"ended", "name": "Ana"|null, "data": [...], ...}

A text, a number, `true` stands for any other; several texts are all that there are. `...` within an object says that
there may be more. `{...}` and `[...]` are any object and any list, and `[a]` is a list of what looks like `a`.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\.\.\.?|[{}\[\]|:,]|-?\d+|[a-z]+)')

Check = Callable[[Any], str]
"""What is wrong with a value, or an empty text."""


def _is(kind: type | tuple[type, ...], name: str) -> Check:
    return lambda value: "" if isinstance(value, kind) else f"{value!r} is no {name}"


def _parses(parse: Callable[[str], object], name: str) -> Check:
    def check(value: Any) -> str:
        try:
            parse(value)
        except (TypeError, ValueError, AttributeError):
            return f"{value!r} is no {name}"
        return ""

    return check


_NAMES: dict[str, Check] = {
    "uuid": _parses(UUID, "UUID"),
    "iso": _parses(datetime.fromisoformat, "time"),
    "str": _is(str, "text"),
    "wamid": _is(str, "text"),
    "bool": _is(bool, "bool"),
    "true": _is(bool, "bool"),
    "false": _is(bool, "bool"),
    "null": lambda value: "" if value is None else f"{value!r} is not null",
}


def parse_shapes(text: str) -> list[Check]:
    """The shapes that stand in a block, one after the other. Raises ValueError."""
    tokens = _TOKEN.findall(text)
    if re.sub(r"\s", "", text) != re.sub(r"\s", "", "".join(tokens)):
        raise ValueError(f"not a shape: {text}")
    shapes = []
    while tokens:
        shapes.append(_value(tokens))
    return shapes


def _value(tokens: list[str]) -> Check:
    """One or several with `|` between them. Texts stand for each other only where one of them is alone."""
    texts, checks = [], []
    while True:
        token = tokens.pop(0)
        if token.startswith('"'):
            texts.append(token[1:-1])
        elif token in ("{", "["):
            checks.append(_object(tokens) if token == "{" else _list(tokens))
        elif token.lstrip("-").isdigit():
            checks.append(_is((int, float), "number"))
        elif token in _NAMES:
            checks.append(_NAMES[token])
        else:
            raise ValueError(f"{token} is no value")
        if not tokens or tokens[0] != "|":
            break
        tokens.pop(0)
    if len(texts) == 1:
        checks.append(_NAMES["str"])
    elif texts:
        checks.append(lambda value: "" if value in texts else f"{value!r} is none of {texts}")
    return lambda value: "" if any(not check(value) for check in checks) else checks[-1](value)


def _object(tokens: list[str]) -> Check:
    fields: dict[str, Check] = {}
    is_open = False
    while (token := tokens.pop(0)) != "}":
        if token == "...":
            is_open = True
        elif token != ",":
            if tokens.pop(0) != ":":
                raise ValueError(f"{token} has no value")
            fields[token.strip('"')] = _value(tokens)

    def check(value: Any) -> str:
        if not isinstance(value, dict):
            return f"{value!r} is no object"
        missing, more = fields.keys() - value.keys(), set() if is_open else value.keys() - fields.keys()
        if missing or more:
            return f"missing: {sorted(missing)}, not described: {sorted(more)}"
        wrong = {name: fields[name](value[name]) for name in fields}
        return "; ".join(f"{name}: {problem}" for name, problem in wrong.items() if problem)

    return check


def _list(tokens: list[str]) -> Check:
    inner: list[Check] = []
    while (token := tokens.pop(0)) != "]":
        if token not in ("...", "..", ","):
            tokens.insert(0, token)
            inner.append(_value(tokens))

    def check(value: Any) -> str:
        if not isinstance(value, list):
            return f"{value!r} is no list"
        problems = [inner[0](one) for one in value] if inner else []
        return next((problem for problem in problems if problem), "")

    return check
