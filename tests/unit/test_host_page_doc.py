"""docs/host-page.md names all that a host's page and the inbox say to each other."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "host-page.md").read_text()
TYPES = (ROOT / "templates" / "inbox" / "src" / "host" / "declarations.ts").read_text()


def _between(start: str, end: str) -> str:
    return TYPES.partition(start)[2].partition(end)[0]


EVENTS = re.findall(r'^  "?([a-z-]+)"?: [{]', _between("interface PortholeEvents {", "\n}"), re.MULTILINE)
COMMANDS = re.findall(r'type: "([a-z-]+)"', _between("type FromHost", ");"))
CODES = re.findall(r'"([a-z_]+)"', _between("interface PortholeFailure {", ";"))
METHODS = re.findall(r"^  (\w+)[(].*Promise<void>", TYPES, re.MULTILINE)


@pytest.mark.parametrize("name", [*EVENTS, *COMMANDS, *CODES])
def test_it_has_a_row_for(name: str) -> None:
    assert f"| `{name}` |" in DOCUMENT


@pytest.mark.parametrize("name", METHODS)
def test_it_has_a_row_for_the_method(name: str) -> None:
    assert f"| `{name}(" in DOCUMENT


def test_there_is_something_to_look_for() -> None:
    assert (len(EVENTS), len(COMMANDS), len(CODES), len(METHODS)) == (8, 7, 6, 3)
