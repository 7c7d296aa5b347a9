"""Which web pages may embed an inbox."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.origins import InvalidOriginError, is_same_origin, normal_origin, origin_is_allowed


@pytest.mark.parametrize(
    ("pattern", "stored"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.com/", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        (" *.example.com ", "*.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:5173", "http://[::1]:5173"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_a_pattern_in_its_stored_form(pattern: str, stored: str) -> None:
    assert normal_origin(pattern) == stored


@pytest.mark.parametrize(
    "pattern",
    ["", "*", "*.", "*.com", "example.com", "http://example.com", "https://", "https://a.example/path", "https://a b",
     "https://user@a.example", "https://a.example?x", "https://a.example#x", "https://*.example.com", "ftp://a.example",
     "https://a.example:99999", "https://-a.example", "javascript:alert(1)", "https://a.example; script-src *",
     "https://a.example\nx", "*.example.com/path", "*.*.example.com", "null", "https://a..example"],
)  # fmt: skip
def test_an_invalid_pattern_is_refused_with_a_reason(pattern: str) -> None:
    with pytest.raises(InvalidOriginError) as error:
        normal_origin(pattern)
    assert str(error.value)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://app.example.com", True),
        ("https://APP.example.com", True),
        ("https://app.example.com:443", True),
        ("https://app.example.com:8443", False),
        ("http://app.example.com", False),
        ("https://a.wild.example", True),
        ("https://a.b.wild.example", True),
        ("https://wild.example", False),
        ("https://evil-wild.example", False),
        ("https://a.wild.example.evil.example", False),
        ("https://a.wild.example:8443", False),
        ("http://a.wild.example", False),
        ("http://localhost:3000", True),
        ("http://localhost", False),
        ("https://localhost:3000", False),
        ("null", False),
        ("", False),
        ("https://app.example.com.", False),
        ("https://app.example.com@evil.example", False),
        ("https://app.example.com/x", False),
    ],
)
def test_an_origin_against_the_patterns(origin: str, allowed: bool) -> None:
    patterns = ["https://app.example.com", "*.wild.example", "http://localhost:3000"]
    assert origin_is_allowed(origin, patterns) is allowed


def test_no_pattern_allows_every_origin() -> None:
    assert origin_is_allowed("https://anywhere.example", [])


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@given(st.lists(LABEL, min_size=1, max_size=4), LABEL)
def test_a_wildcard_matches_exactly_the_subdomains(labels: list[str], prefix: str) -> None:
    host = ".".join(labels)
    assert origin_is_allowed(f"https://{host}.example.com", ["*.example.com"])
    assert not origin_is_allowed(f"https://{prefix}example.com", ["*.example.com"])
    assert not origin_is_allowed(f"https://{host}.example.com.{prefix}.org", ["*.example.com"])


@given(st.text(max_size=60))
def test_any_text_is_either_refused_or_stored_so_that_it_stays_as_it_is(pattern: str) -> None:
    try:
        stored = normal_origin(pattern)
    except InvalidOriginError:
        return
    assert normal_origin(stored) == stored
    assert not set(stored) & set(" ;,'\"\n\t")


def test_the_inboxs_own_origin_is_the_host_that_was_asked() -> None:
    assert is_same_origin("http://localhost:8000", "localhost:8000")
    assert is_same_origin("https://Inbox.example.com", "inbox.example.com")
    for origin, host in (("http://localhost:8001", "localhost:8000"), ("null", "localhost"), ("", ""), ("null", "")):
        assert not is_same_origin(origin, host)
