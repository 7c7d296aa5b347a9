"""Turn a mapping into a msgspec struct and name every wrong field, not only the first."""

import re
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

T = TypeVar("T", bound=msgspec.Struct)
AnyStruct = type[msgspec.Struct]

WRONG: Any = msgspec.UNSET
"""Stands for a value that is wrong or missing. It is neither true nor None."""


class InvalidFieldsError(ValueError):
    """Some fields are wrong. `errors` maps a field's name to what is wrong with it.

    A struct's `__post_init__` may raise it for a rule between its fields. It must take WRONG for any of them, and for
    any item of a list: what stood there is wrong by itself, and the rest is checked all the same.
    """

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field} {'; '.join(texts)}" for field, texts in errors.items()))
        self.errors = errors


def convert_fields(kind: type[T], values: Mapping[str, Any], *, strict: bool = True) -> T:
    """Build a `kind` from `values`; keys it has no field for are ignored.

    `strict=False` also reads numbers and booleans from text, as environment variables need.
    Raises InvalidFieldsError with one entry for each missing or wrong field, named by its path: `rows[1].title`.
    """
    errors: dict[str, list[str]] = {}
    made: T = _Reader(strict, errors).struct(kind, values, "")
    if errors:
        raise InvalidFieldsError(errors)
    return made


def read_fields(
    kind: AnyStruct, values: Mapping[str, Any], *, strict: bool = True
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The fields of `values` that are right, and what is wrong with the others, as InvalidFieldsError has it."""
    errors: dict[str, list[str]] = {}
    reader = _Reader(strict, errors)
    known = reader.fields(kind, values, "")
    reader.made(kind, known, "")
    wrong = {re.split(r"[.\[]", path)[0] for path in errors}
    return {name: value for name, value in known.items() if name not in wrong}, errors


def holds_nul(value: Any) -> bool:
    """PostgreSQL's text cannot hold a NUL."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(holds_nul(part) for part in (*value.keys(), *value.values()))
    return isinstance(value, list) and any(holds_nul(part) for part in value)


class _Reader:
    """Goes into structs and lists of structs, where msgspec would stop at the first wrong field, and gathers `errors`.

    It gives WRONG for what is wrong.
    """

    def __init__(self, strict: bool, errors: dict[str, list[str]]) -> None:
        self._strict = strict
        self._errors = errors

    def struct(self, kind: AnyStruct, values: Mapping[str, Any], prefix: str) -> Any:
        return self.made(kind, self.fields(kind, values, prefix), prefix)

    def fields(self, kind: AnyStruct, values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for field in msgspec.structs.fields(kind):
            path = prefix + field.encode_name
            if field.encode_name in values:
                known[field.name] = self._value(field.type, values[field.encode_name], path)
            elif field.required:
                known[field.name] = WRONG
                self._errors[path] = ["is required"]
        return known

    def made(self, kind: AnyStruct, known: dict[str, Any], prefix: str) -> Any:
        try:
            return kind(**known)
        except InvalidFieldsError as error:
            for name, texts in error.errors.items():
                said = self._errors.setdefault(prefix + name, texts)
                if said is not texts and _has_wrong_items(known.get(name)):  # of which `texts` do not speak
                    said.extend(texts)
            return WRONG

    def _value(self, kind: Any, value: Any, path: str) -> Any:
        structs, items = _parts(kind)
        if structs and isinstance(value, Mapping):
            chosen = self._chosen(structs, value, path)
            return WRONG if chosen is None else self.struct(chosen, value, f"{path}.")
        if items is not None and isinstance(value, list):
            self._leaf(_without_items(kind), [None] * len(value), path)
            return [self._value(items, item, f"{path}[{place}]") for place, item in enumerate(value)]
        return self._leaf(kind, value, path)

    def _leaf(self, kind: Any, value: Any, path: str) -> Any:
        made, texts = self._converted(kind, value)
        if texts:
            self._errors[path] = texts
        return made

    def _converted(self, kind: Any, value: Any) -> tuple[Any, list[str]]:
        """What is made of a value, and what is wrong with it: with each item of a list, if it is right itself."""
        if holds_nul(value):
            problem = "must not hold a NUL character"
        else:
            try:
                return msgspec.convert(value, kind, strict=self._strict), []
            except msgspec.ValidationError as error:
                problem = plain_text(str(error), kind)
        items = _item_kind(kind) if isinstance(value, list) else None
        if items is None or self._converted(_without_items(kind), [None] * len(value))[1]:
            return WRONG, [problem]
        made = [self._converted(items, item) for item in value]
        texts = [f"{text} at `[{place}]`" for place, (_, wrong) in enumerate(made) for text in wrong]
        return [item for item, _ in made], texts

    def _chosen(self, structs: list[AnyStruct], value: Mapping[str, Any], path: str) -> AnyStruct | None:
        """The struct whose tag the value bears; an only one may go without."""
        field = structs[0].__struct_config__.tag_field
        if field is None:
            return structs[0]
        tags = {struct.__struct_config__.tag: struct for struct in structs}
        tag = value.get(field)
        if tag is None and len(structs) == 1:
            return structs[0]
        if isinstance(tag, str) and tag in tags:
            return tags[tag]
        names = ", ".join(f"`{name}`" for name in tags)
        self._errors[f"{path}.{field}"] = ["is required" if tag is None else f"must be one of {names}"]
        return None


def _parts(kind: Any) -> tuple[list[AnyStruct], Any]:
    """The structs that a value of this type may be, and the type of its items if it may be a list of structs."""
    if get_origin(kind) is Annotated:
        return _parts(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        parts = [_parts(one) for one in get_args(kind)]
        return [struct for structs, _ in parts for struct in structs], next(
            (i for _, i in parts if i is not None), None
        )
    if get_origin(kind) is list:
        (items,) = get_args(kind)
        structs, inner = _parts(items)
        return [], items if structs or inner is not None else None
    return ([kind], None) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else ([], None)


def _item_kind(kind: Any) -> Any:
    """The type of a list's items; None for what is no list, or one of anything."""
    if get_origin(kind) is list:
        (items,) = get_args(kind)
        return None if items is Any else items
    inner = [get_args(kind)[0]] if get_origin(kind) is Annotated else []
    inner = list(get_args(kind)) if get_origin(kind) in (Union, types.UnionType) else inner
    return next((items for items in map(_item_kind, inner) if items is not None), None)


def _has_wrong_items(value: Any) -> bool:
    return isinstance(value, list) and any(item is WRONG for item in value)


def _without_items(kind: Any) -> Any:
    """The type of a list with its limits, whatever it holds."""
    if get_origin(kind) is Annotated:
        inner, *limits = get_args(kind)
        return Annotated[(_without_items(inner), *limits)]
    if get_origin(kind) in (Union, types.UnionType):
        return Union[tuple(_without_items(one) for one in get_args(kind))]  # noqa: UP007 - its members are computed
    return list[Any] if get_origin(kind) is list else kind


def plain_text(text: str, kind: Any) -> str:
    """What msgspec says of a value that is no `kind`, for people.

    msgspec: "Expected `str`, got `int` - at `$[0]`"; here: "must be `str`, got `int` at `[0]`".
    """
    if "matching regex" in text:
        return "does not have the right form"
    text, _, place = text.partition(" - at `$")
    if text.startswith("Invalid enum value") and (choices := _choices(kind)):
        text = "must be one of " + ", ".join(f"`{choice}`" for choice in choices)
    text = text.replace("Expected ", "must be ", 1) if text.startswith("Expected ") else text
    return f"{text} at `{place}" if place else text


def _choices(kind: Any) -> list[Any]:
    """What a value of this type may be, or an item of it, where it is one of a few."""
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [choice for part in get_args(kind) for choice in _choices(part)]
