"""python -m cli.configuration_docs: write the table of settings in docs/configuration.md, from shared/settings.py."""

from pathlib import Path

import msgspec
from msgspec import inspect

from shared.settings import DESCRIPTIONS, PREFIX, Settings

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "configuration.md"
BEGIN = "<!-- The table is written by `make docs` from shared/settings.py. -->"
END = "<!-- End of the table. -->"


def settings_table() -> str:
    """A Markdown table with a row for each setting, the required ones first."""
    fields = sorted(msgspec.structs.fields(Settings), key=lambda field: not field.required)
    rows = [f"| `{PREFIX}{field.name.upper()}` | {_words(field)} | {_default(field)} |" for field in fields]
    rows = [f"{row} {DESCRIPTIONS[field.name]} |" for row, field in zip(rows, fields, strict=True)]
    return "\n".join(["| variable | value | default | what it is |", "| --- | --- | --- | --- |", *rows])


def with_table(document: str) -> str:
    """The document with the table of today between its two markers. Raises ValueError if a marker is missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document needs the markers {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{settings_table()}\n\n{END}{after}"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if field.default == "":
        return "none"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _words(field: msgspec.structs.FieldInfo) -> str:
    """The type and its limits, in words."""
    kind = inspect.type_info(field.type)
    match kind:
        case inspect.IntType(ge=int() as least, le=int() as most):
            return f"a whole number from {least} to {most}"
        case inspect.FloatType(ge=float() | int() as least, le=float() | int() as most):
            return f"a number from {least:g} to {most:g}"
        case inspect.FloatType(gt=float() | int() as above, le=float() | int() as most):
            return f"a number above {above:g}, at most {most:g}"
        case inspect.BoolType():
            return "`true` or `false`"
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(f"`{value}`" for value in values)
        case inspect.StrType():
            return _text(kind)
    raise TypeError(f"no words yet for the type of {field.name}: {kind}")


def _text(kind: inspect.StrType) -> str:
    what = _PATTERNS[kind.pattern]
    if kind.max_length is None:
        return what
    if kind.min_length is None:
        return f"{what}, at most {kind.max_length} characters"
    return f"{what}, {kind.min_length} to {kind.max_length} characters"


_PATTERNS = {
    None: "text",
    r"^[a-z][a-z0-9+.-]*://": "a URL",
    r"^([a-z][a-z0-9+.-]*://|$)": "a URL",
    r"^https?://[^/\s]+[^\s]*$": "an `http` or `https` URL",
    r"^(https?://[^/\s]+[^\s]*|)$": "an `http` or `https` URL",
    r"^(file:///|(s3|gs|az)://[^/\s])": "a `file`, `s3`, `gs` or `az` URL",
    r"^v\d+\.\d+$": "a version such as `v25.0`",
    r"^(.{16,500})?$": "text, 16 to 500 characters",
    r"^(all|((^|\b,)(ingest(:\d{1,2})?|send|webhooks|media))+)$": "`all`, or names with commas",
}


if __name__ == "__main__":
    DOCUMENT.write_text(with_table(DOCUMENT.read_text()))
    print(f"wrote {DOCUMENT.name}")
