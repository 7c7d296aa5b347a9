"""The code samples of the README and of docs/, and what is done with each, so that none goes wrong unseen.

`sh` and `python` are run against a Porthole, in the document's order; `json` is what the block before it answers. A
block of which something else is true says so in a comment before it:

    <!-- sample: shape of NAME -->          what a real answer looks like, in the notation of tests/shapes.py
    <!-- sample: tested by tests/x.py -->   another test, which names the document, has it from there
    <!-- sample: the reader's own -->       values that are the reader's: run, and then given those of the tests
    <!-- sample: not run: WHY -->           its commands are only read

A block of nothing but `porthole` need not say anything: it is run too. One of nothing but `make` is only read.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
from markdown_it import MarkdownIt

from tests.shapes import Check, parse_shapes

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

Way = Literal["run", "answer", "own", "command", "shape", "tested", "read", "toctree"]

_MARK = re.compile(r"<!-- sample: (.*?) -->", re.DOTALL)
_MARKS: dict[str, Way] = {"shape of ": "shape", "tested by ": "tested", "the reader's own": "own", "not run: ": "read"}
_COMMANDS: dict[str, Way] = {"porthole ": "command", "make ": "read"}
_LANGUAGES: dict[str, Way] = {"sh": "run", "python": "run", "json": "answer", "{toctree}": "toctree"}
_MARKDOWN = MarkdownIt("commonmark").enable("table")


class Sample(msgspec.Struct, frozen=True):
    """A block. `language` is empty where it is only indented; `detail` is what the mark says, after its first words."""

    document: Path
    line: int
    language: str
    text: str
    way: Way
    detail: str

    @property
    def place(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


class UnmarkedSampleError(Exception):
    """A block that nothing is done with, and that does not say why."""


def samples_of(document: Path) -> list[Sample]:
    """Raises UnmarkedSampleError."""
    found, mark = [], ""
    for token in _MARKDOWN.parse(document.read_text()):
        if token.type == "html_block":
            marked = _MARK.search(token.content)
            mark = " ".join(marked[1].split()) if marked else ""
        elif token.type in ("fence", "code_block"):
            assert token.map is not None
            way, detail = _way(token.info, token.content, mark, f"{document.name}:{token.map[0] + 1}")
            found.append(Sample(document, token.map[0] + 1, token.info, token.content, way, detail))
            mark = ""
    return found


def all_samples() -> list[Sample]:
    return [sample for document in DOCUMENTS for sample in samples_of(document)]


def inline_commands(document: Path, program: str) -> Iterator[str]:
    """The commands within the text that begin with a program's name."""
    for token in _MARKDOWN.parse(document.read_text()):
        for child in token.children or ():
            if child.type == "code_inline" and child.content.startswith(f"{program} "):
                yield child.content


def links_of(document: Path) -> list[str]:
    children = [child for token in _MARKDOWN.parse(document.read_text()) for child in token.children or ()]
    named = [str(child.attrs["href"]) for child in children if child.type == "link_open"]
    return named + [str(child.attrs["src"]) for child in children if child.type == "image"]


def _way(language: str, text: str, mark: str, place: str) -> tuple[Way, str]:
    for words, way in _MARKS.items():
        if mark.startswith(words):
            return way, mark.removeprefix(words)
    if mark == "" and language in _LANGUAGES:
        return _LANGUAGES[language], ""
    for beginning, way in _COMMANDS.items():
        if mark == "" and all(line.startswith((beginning, " ")) for line in text.splitlines() if line):
            return way, f"commands of {beginning}alone"
    raise UnmarkedSampleError(f"{place}: nothing runs this block, and it does not say why: {mark!r}")


def shapes_in(document: str, name: str) -> list[Check]:
    """What docs/<document> says that `name` looks like."""
    (text,) = (one.text for one in samples_of(ROOT / "docs" / document) if (one.way, one.detail) == ("shape", name))
    return parse_shapes(text)
