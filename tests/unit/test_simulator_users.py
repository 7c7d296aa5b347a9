"""One subscriber may be known under two spellings of the number."""

import pytest

from cli.simulator.users import User, UserBook, spellings


@pytest.mark.parametrize(
    ("given", "other"),
    [
        ("5215555550100", "525555550100"),
        ("525555550100", "5215555550100"),
        ("5511987654321", "551187654321"),
        ("551187654321", "5511987654321"),
        ("5491155550100", "541155550100"),
    ],
)
def test_both_spellings_find_the_user(given: str, other: str) -> None:
    book = UserBook()
    book.put(User(other, "Ana"))
    assert book.by_phone(f"+{given}") is book.get(other)


@pytest.mark.parametrize("phone", ["15555550100", "4915112345678", "55118765432"])
def test_other_numbers_have_one_spelling(phone: str) -> None:
    assert spellings(phone) == [phone]


def test_a_bsuid_is_case_sensitive() -> None:
    book = UserBook()
    book.put(User("15555550100", "Ana", bsuid="US.aBc"))
    assert book.by_bsuid("US.aBc") is not None
    assert book.by_bsuid("US.abc") is None
