"""The part of a message that a search shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.snippet import BEFORE, LENGTH, snippet

FILLER = "lorem ipsum dolor sit amet " * 20


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("a\n\n  green\ttent", ["tent"], "a green tent"),
        ("Tent. " + FILLER, ["tent"], ("Tent. " + FILLER)[:LENGTH].rstrip() + "…"),
        (FILLER + "the TENT", ["tent"], "…lorem ipsum dolor sit amet the TENT"),
        (FILLER + "the tent", ["absent"], FILLER[:LENGTH].rstrip() + "…"),
        ("patent " * 40 + "tents", ["tent"], "…patent patent patent patent tents"),
        ("x" * 200 + "e\u0301" + "y" * 30 + "-tent", ["tent"], "…e\u0301" + "y" * 30 + "-tent"),
        ("x" * 200 + "👩\u200d🔧" + "y" * 30 + "-tent", ["tent"], "…👩\u200d🔧" + "y" * 30 + "-tent"),
        ("e\u0301" * 100 + " Straße Žádné ŽIVÉ stany", ["zive"], "…Straße Žádné ŽIVÉ stany"),
        (FILLER + "patent_tent", ["tent"], "…ipsum dolor sit amet patent_tent"),
        ("", ["tent"], ""),
    ],
)
def test_it_is_one_line_around_the_first_word_that_begins_so(text: str, words: list[str], shown: str) -> None:
    assert snippet(text, words) == shown


@given(st.text(max_size=100), st.text("ab é\u0301ñع", max_size=200), st.sampled_from(["ab", "éñ", "ع"]))
def test_it_is_short_and_shows_a_part_of_the_text_with_the_hit(before: str, after: str, word: str) -> None:
    text = f"{before} {word}{after}"
    shown = snippet(text, [word])
    assert "\n" not in shown
    assert len(shown) <= LENGTH + 2
    assert shown.strip("…") in " ".join(text.split())
    assert word in shown.lower() or before.lower().count(word) > 0


@given(st.integers(0, 60))
def test_a_heap_of_marks_is_cut_all_the_same(count: int) -> None:
    shown = snippet("Z" + "\u0300" * (BEFORE + LENGTH + count) + " tent", ["tent"])
    assert shown.endswith("tent")
    assert len(shown) <= LENGTH + 2
