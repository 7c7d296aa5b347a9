"""python -m cli.typescript: write the types of what the page in the iframe receives, from the structs of Python."""

import inspect as python
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import inspect

from api.inbox.canned_replies import ReadyRepliesAnswer
from api.inbox.conversations import ConversationAnswer, ConversationPage
from api.inbox.details import DetailsAnswer, EarlierPage
from api.inbox.handoff import HandoffAnswer
from api.inbox.messages import MessageAnswer, MessagePage
from api.inbox.session import ChangesAnswer, SessionAnswer
from api.inbox.uploads import UploadAnswer
from api.inbox.waiting import WaitingAnswer
from shared.events import MessageView, Presence, Push

FILE = Path(__file__).resolve().parents[1] / "templates" / "inbox" / "src" / "events.ts"
HEADER = """\
/* Written by `make docs` from shared/events.py and api/inbox: change those instead. */
import type { Content } from "./meta";
"""
WIDTH = 120

ANSWERS = (
    SessionAnswer,
    ChangesAnswer,
    ConversationPage,
    ConversationAnswer,
    DetailsAnswer,
    EarlierPage,
    HandoffAnswer,
    MessagePage,
    MessageAnswer,
    UploadAnswer,
    WaitingAnswer,
    ReadyRepliesAnswer,
)
"""All that the page asks for."""

# What stands beside the keys that Python knows: Meta's content object, under the key that the type names.
_EXTENDED = {MessageView: "Content"}

_PLAIN: dict[type[inspect.Type], str] = {
    inspect.StrType: "string",
    inspect.UUIDType: "string",
    inspect.DateTimeType: "string",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
}

_Shape = inspect.StructType | inspect.TypedDictType


def typescript() -> str:
    """The file's text: `Push`, and an interface for each struct and mapping that pushes, presences and answers hold."""
    push, *others = inspect.multi_type_info([Push, Presence, *ANSWERS])
    found: dict[type[Any], _Shape] = {}
    for kind in (push, *others):
        _collect(kind, found)
    names = [_name(shape) for shape in found.values()]
    if len(set(names)) < len(names):
        raise TypeError(f"two of these have one name: {sorted(names)}")
    return "\n".join([HEADER, f"{_line('export type Push =', push)}\n", *map(_interface, found.values())])


def _collect(kind: inspect.Type, found: dict[type[Any], _Shape]) -> None:
    """Add the shapes that a type is made of, each before its parts."""
    match kind:
        case inspect.StructType() | inspect.TypedDictType():
            if kind.cls not in found:
                found[kind.cls] = kind
                for field in kind.fields:
                    _collect(field.type, found)
        case inspect.UnionType(types=kinds):
            for one in kinds:
                _collect(one, found)
        case inspect.ListType(item_type=item):
            _collect(item, found)


def _interface(shape: _Shape) -> str:
    base = f" extends {_EXTENDED[shape.cls]}" if shape.cls in _EXTENDED else ""
    lines = [*_comment(shape.cls), f"export interface {_name(shape)}{base} {{"]
    if isinstance(shape, inspect.StructType) and shape.tag_field is not None:
        lines.append(f'  {shape.tag_field}: "{shape.tag}";')
    for field in shape.fields:
        # A struct is written with all its fields, those that have a default too.
        optional = "?" if isinstance(shape, inspect.TypedDictType) and not field.required else ""
        lines.append(_line(f"  {field.encode_name}{optional}:", field.type))
    return "\n".join([*lines, "}", ""])


def _comment(cls: type[Any]) -> Iterator[str]:
    """A class's docstring, if it has one of its own, as JSDoc."""
    words = python.cleandoc(cls.__doc__ or "")
    if not words:
        return
    lines = textwrap.wrap(" ".join(words.split()), WIDTH - 3, break_long_words=False)
    if len(lines) == 1 and len(lines[0]) <= WIDTH - len("/** ") - len(" */"):
        yield f"/** {lines[0]} */"
    else:
        yield from ("/**", *(f" * {line}" for line in lines), " */")


def _line(start: str, kind: inspect.Type) -> str:
    """`start` and the type, as Biome formats them: a union that is too long for a line has a line for each member."""
    line = f"{start} {_type(kind)};"
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(start) - len(start.lstrip()) + 2)
    return "\n".join([start, *(f"{indent}| {member}" for member in _members(kind))]) + ";"


def _type(kind: inspect.Type) -> str:
    return " | ".join(_members(kind))


def _members(kind: inspect.Type) -> list[str]:
    match kind:
        case inspect.Metadata(type=described):
            return _members(described)
        case inspect.UnionType(types=kinds):
            return [member for one in kinds for member in _members(one)]
        case inspect.LiteralType(values=values):
            return [f'"{value}"' for value in values]
        case inspect.StructType() | inspect.TypedDictType():
            return [_name(kind)]
        case inspect.ListType(item_type=item):
            inner = _members(item)
            return [f"{inner[0]}[]" if len(inner) == 1 else f"({' | '.join(inner)})[]"]
        case inspect.DictType(key_type=inspect.StrType(), value_type=inspect.AnyType()):
            return ["Record<string, unknown>"]
    if type(kind) in _PLAIN:
        return [_PLAIN[type(kind)]]
    raise TypeError(f"no TypeScript yet for {kind}")


def _name(shape: _Shape) -> str:
    """What is a view of a row here is the row itself to the page."""
    return shape.cls.__name__.removesuffix("View")


if __name__ == "__main__":
    FILE.write_text(typescript())
    print(f"wrote {FILE.name}")
