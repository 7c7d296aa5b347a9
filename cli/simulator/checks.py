"""Small checks from which the rules for a send's body are put together.

A check takes a value and the path Meta would name it by, such as `text['body']`, and raises GraphError. How Meta words
and numbers its refusals: an unknown key or a wrong JSON type is 100, a missing parameter 131008, a bad value 131009.
"""

import re
from collections.abc import Callable

from cli.simulator.errors import GraphError

Check = Callable[[object, str], None]
Rule = Callable[[dict[str, object], str], None]


def missing(path: str) -> GraphError:
    return GraphError(131008, f"{path} is required.")


def bad_value(details: str) -> GraphError:
    return GraphError(131009, details)


def wrong_type(path: str, wanted: str) -> GraphError:
    return GraphError(100, f"{path} must be {wanted}.", message=f"(#100) Param {path} must be {wanted}.")


def text(maximum: int, *, minimum: int = 1, pattern: str = "", code: int = 131009) -> Check:
    """A string of `minimum` to `maximum` characters that matches `pattern` as a whole."""
    wanted = re.compile(pattern) if pattern else None

    def check(value: object, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(path, "a string")
        if not minimum <= len(value) <= maximum:
            raise GraphError(code, f"{path} length invalid. Min length: {minimum}, Max length: {maximum}")
        if minimum and not value.strip():
            raise bad_value(f"{path} must not be blank.")
        if wanted and not wanted.fullmatch(value):
            raise bad_value(f"{path} is not in a valid format.")

    return check


def one_of(*allowed: str) -> Check:
    def check(value: object, path: str) -> None:
        if value not in allowed:
            listed = ", ".join(word.upper() for word in allowed)
            message = f'Param {path} must be one of {{{listed}}} - got "{value}".'
            raise GraphError(100, message, message=f"(#100) {message}")

    return check


def boolean(value: object, path: str) -> None:
    if not isinstance(value, bool):
        raise wrong_type(path, "a boolean")


def anything(value: object, path: str) -> None:
    """No rule: Meta hands the value on."""


def number(low: float, high: float) -> Check:
    """A number, or its decimal string."""

    def check(value: object, path: str) -> None:
        try:
            given = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None
        except ValueError:
            given = None
        if given is None:
            raise wrong_type(path, "a number")
        if not low <= given <= high:
            raise bad_value(f"{path} must be between {low} and {high}.")

    return check


def list_of(item: Check, minimum: int, maximum: int) -> Check:
    def check(value: object, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(path, "an array")
        if not minimum <= len(value) <= maximum:
            raise bad_value(f"{path} count invalid. Min count: {minimum}, Max count: {maximum}")
        for index, element in enumerate(value):
            item(element, f"{path}[{index}]")

    return check


def shape(required: dict[str, Check], optional: dict[str, Check] | None = None, *rules: Rule) -> Check:
    """An object with these keys and no others; `rules` see the whole of it once each part is sound."""
    known = required | (optional or {})

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, "a JSON object")
        for key in value:
            if key not in known:
                message = f'Unexpected key "{key}" on param "{path}".'
                raise GraphError(100, message, message=f"(#100) {message}")
        for key in required:
            if value.get(key) is None:
                raise missing(f"{path}['{key}']")
        for key, part in value.items():
            if part is not None:
                known[key](part, f"{path}['{key}']")
        for rule in rules:
            rule(value, path)

    return check


def either(first: str, second: str) -> Rule:
    """Exactly one of the two keys."""

    def rule(value: dict[str, object], path: str) -> None:
        given = [key for key in (first, second) if value.get(key) is not None]
        if not given:
            raise missing(f"{path}['{first}'] or {path}['{second}']")
        if len(given) == 2:
            raise bad_value(f"{path} takes '{first}' or '{second}', not both.")

    return rule


def by_key(key: str, variants: dict[str, Check], code: int = 100) -> Check:
    """An object whose `key` says which of the variants it must fit."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, "a JSON object")
        variant = value.get(key)
        if variant is None:
            raise missing(f"{path}['{key}']")
        if not isinstance(variant, str) or variant not in variants:
            listed = ", ".join(word.upper() for word in variants)
            message = f"Param {path}['{key}'] must be one of {{{listed}}} - got \"{variant}\"."
            raise GraphError(code, message, message=f"(#{code}) {message}")
        variants[variant](value, path)

    return check
