"""Whom a message is for: numbers as people write them, and the two spellings of some."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.whatsapp.phone import BSUID, digits_of_number, spellings


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("15550100123", "15550100123"),
        ("+1 (555) 010-0123", "15550100123"),
        ("+52.55.5555.0100", "525555550100"),
        ("12345", "12345"),
        ("1234", None),
        ("", None),
        ("+", None),
        ("Ana", None),
        ("++15550100", None),
        ("1555x0100", None),
        ("٣٣٣٣٣٣", None),
        ("1" * 21, None),
    ],
)
def test_a_number_is_its_digits_however_it_is_written(written: str, digits: str | None) -> None:
    assert digits_of_number(written) == digits


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("525555550100", "5215555550100"),  # Mexico
        ("551187654321", "5511987654321"),  # Brazil
        ("541155550100", "5491155550100"),  # Argentina
    ],
)
def test_a_subscriber_is_known_under_two_spellings(one: str, other: str) -> None:
    assert spellings(one) == [one, other]
    assert spellings(other) == [other, one]


@pytest.mark.parametrize("number", ["15550100123", "551132165432", "5511932165432", "52555555010", "4915112345678"])
def test_every_other_number_has_one(number: str) -> None:
    """A Brazilian landline with a 9 in front is the mobile number of somebody else."""
    assert spellings(number) == [number]


@given(st.from_regex(r"(55|52|54)\d{9,12}", fullmatch=True))
def test_spellings_are_each_others(number: str) -> None:
    assert all(set(spellings(one)) == set(spellings(number)) for one in spellings(number))


@pytest.mark.parametrize(
    ("user_id", "right"),
    [("US.1349", True), ("MX.ENT.99aZ", True), ("us.1349", False), ("1349", False), ("US.", False), ("US.1 2", False)],
)
def test_a_business_scoped_user_id(user_id: str, right: bool) -> None:
    assert (re.search(BSUID, user_id) is not None) == right
