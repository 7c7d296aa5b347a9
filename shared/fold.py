"""Texts as a search compares them: José is jose. The SQL function `fold` (migration 0011) and the page do the same."""

import re
import unicodedata

# Accents, the Arabic marks that few people type, and what stretches Arabic words.
_MARKS = re.compile("[\u0300-\u036f\u0640\u064b-\u065f\u0670]")
# What Unicode does not take for a letter with an accent, though people type it without; and Greek's final sigma.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ς": "σ", "ß": "ss"})


def fold(text: str) -> str:
    """Without case and accents, however they are put together."""
    bare = _MARKS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).lower().translate(_LETTERS)
