"""The part of a long text that a search was about, for one line of a list."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence

from shared.fold import fold

BEFORE, LENGTH = 32, 160
"""How many characters stand before the first hit at the most, and how many there are in all, without the ellipses."""


def snippet(text: str, words: Sequence[str]) -> str:
    """One line of `text` around the first place where one of the `words`, which are folded, begins a word of it."""
    line = " ".join(text.split())
    start = max(0, _first_hit(line, words) - BEFORE)
    if start > 0:
        # From a word's beginning on, if there is one before the hit; and never from the middle of a character.
        space = line.find(" ", start, start + BEFORE)
        start = space + 1 if space >= 0 else _character_start(line, start)
    end = len(line) if start + LENGTH >= len(line) else _character_start(line, start + LENGTH)
    return f"{'…' if start > 0 else ''}{line[start:end].rstrip()}{'…' if end < len(line) else ''}"


def _first_hit(line: str, words: Sequence[str]) -> int:
    """0 where none is found: PostgreSQL takes some words apart in other ways, those with a hyphen for one."""
    # To PostgreSQL an underscore parts words.
    found = re.search(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, words))})", fold(line))
    if found is None:
        return 0
    # As many characters as fold into what stands before the hit, which may be more or fewer of them.
    return bisect_right(range(len(line)), found.start(), key=lambda end: len(fold(line[:end]))) - 1


def _character_start(line: str, index: int) -> int:
    """Where the character that is drawn at `index` begins; `index` itself if that is far, as under a heap of marks."""
    for place in range(index, max(0, index - 8), -1):
        if not (unicodedata.category(line[place]).startswith("M") or "\u200d" in line[place - 1 : place + 1]):
            return place
    return index
