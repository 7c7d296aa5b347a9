"""What commands print: text for a person, or one line of JSON for a script."""

import sys
from typing import Any

import msgspec


def emit(as_json: bool, value: dict[str, Any], text: str) -> None:
    """Print `value` as one line of JSON, or `text`."""
    sys.stdout.write((msgspec.json.encode(value).decode() if as_json else text) + "\n")
    sys.stdout.flush()
