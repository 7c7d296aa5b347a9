"""Turn a mapping into a msgspec struct and name every wrong field, not only the first."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class InvalidFieldsError(Exception):
    """Some fields are wrong. `errors` maps a field's name to what is wrong with it."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field} {'; '.join(texts)}" for field, texts in errors.items()))
        self.errors = errors


def convert_fields(kind: type[T], values: Mapping[str, Any], *, strict: bool = True) -> T:
    """Build a `kind` from `values`; keys it has no field for are ignored.

    `strict=False` also reads numbers and booleans from text, as environment variables need.
    Raises InvalidFieldsError with one entry for each missing or wrong field.
    """
    known: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name not in values:
            if field.required:
                errors[field.encode_name] = ["is required"]
            continue
        if holds_nul(values[field.encode_name]):
            errors[field.encode_name] = ["must not hold a NUL character"]
            continue
        value = values[field.encode_name]
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct) and isinstance(value, Mapping):
            try:
                known[field.name] = convert_fields(field.type, value, strict=strict)
            except InvalidFieldsError as error:
                errors |= {f"{field.encode_name}.{name}": texts for name, texts in error.errors.items()}
            continue
        try:
            known[field.name] = msgspec.convert(value, field.type, strict=strict)
        except msgspec.ValidationError as error:
            errors[field.encode_name] = [_sentence(error)]
    if errors:
        raise InvalidFieldsError(errors)
    return kind(**known)


def holds_nul(value: Any) -> bool:
    """PostgreSQL's text cannot hold a NUL."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(holds_nul(part) for part in (*value.keys(), *value.values()))
    return isinstance(value, list) and any(holds_nul(part) for part in value)


def _sentence(error: msgspec.ValidationError) -> str:
    """msgspec says "Expected `str`, got `int` - at `$[0]`"; a person reads "must be `str`, got `int` at [0]"."""
    if "matching regex" in str(error):
        return "does not have the right form"
    text = str(error).replace(" - at `$", " at `")
    return text.replace("Expected ", "must be ", 1) if text.startswith("Expected ") else text
