"""Which web pages may embed an inbox."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.origins import InvalidOriginError, is_own_origin, normal_origin, origin_is_allowed


@pytest.mark.parametrize(
    ("pattern", "stored"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.com/", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        (" *.example.com ", "*.example.com"),
        ("*.Example.com", "*.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://localhost:80", "http://localhost"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:5173", "http://[::1]:5173"),
        ("https://10.0.0.7:8443", "https://10.0.0.7:8443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://intranet", "https://intranet"),
    ],
)
def test_a_pattern_in_its_stored_form(pattern: str, stored: str) -> None:
    assert normal_origin(pattern) == stored


MALFORMED, SCHEME, WILDCARD, PATH = "name or the port is not valid", "https", "a wildcard is", "an origin has no path"


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "must start with https://"),
        ("null", "must start with https://"),
        ("example.com", "must start with https://"),
        ("//a.example", "must start with https://"),
        ("https:a.example", "must start with https://"),
        ("javascript:alert(1)", "must start with https://"),
        ("https://", MALFORMED),
        ("https://a b", MALFORMED),
        ("https://a.example\nx", MALFORMED),
        ("https://a.example\tx", MALFORMED),
        ("https://a.example; script-src 'self'", MALFORMED),
        ("https://a.example,https://b.example", PATH),
        ("https://a..example", MALFORMED),
        ("https://a.example.", MALFORMED),
        ("https://-a.example", MALFORMED),
        ("https://a-.example", MALFORMED),
        ("https://a_b.example", MALFORMED),
        ("https://" + "a" * 64 + ".example", MALFORMED),
        ("https://" + "a." * 127 + "example", MALFORMED),
        ("https://a.example:", MALFORMED),
        ("https://a.example:0", MALFORMED),
        ("https://a.example:0443", MALFORMED),
        ("https://a.example:99999", MALFORMED),
        ("https://a.example:https", MALFORMED),
        ("https://1.2.3", MALFORMED),
        ("https://256.1.1.1", MALFORMED),
        ("https://[2001:db8::1]", MALFORMED),
        ("https://a.example/path", PATH),
        ("https://a.example?x", PATH),
        ("https://a.example#x", PATH),
        ("https://user@a.example", "user name or a password"),
        ("https://user:password@a.example", "user name or a password"),
        ("http://example.com", SCHEME),
        ("http://localhost.example.com", SCHEME),
        ("http://10.0.0.7", SCHEME),
        ("ftp://a.example", SCHEME),
        ("wss://a.example", SCHEME),
        ("data://a.example", SCHEME),
        ("https://*.example.com", "without a scheme"),
        ("https://a.*.example.com", "without a scheme"),
        ("https://bücher.example", "in ASCII"),
        ("*.bücher.example", "in ASCII"),
        ("https://\u212aelvin.example", "in ASCII"),
        ("*", "stands for every origin"),
        ("*.", WILDCARD),
        ("*.com", WILDCARD),
        ("*.localhost", WILDCARD),
        ("*example.com", WILDCARD),
        ("**.example.com", WILDCARD),
        ("*.*.example.com", WILDCARD),
        ("*.example.com.", WILDCARD),
        ("*.example.com:8443", WILDCARD),
        ("*.example.com/path", WILDCARD),
        ("*.1.2.3.4", WILDCARD),
    ],
)
def test_an_invalid_pattern_is_refused_with_its_reason(pattern: str, reason: str) -> None:
    with pytest.raises(InvalidOriginError, match=r"^[a-z]") as error:
        normal_origin(pattern)
    assert reason in str(error.value)


PATTERNS = [
    "https://app.example.com",
    "https://ports.example.com:8443",
    "*.wild.example",
    "http://localhost:3000",
    "http://[::1]:5173",
    "https://xn--bcher-kva.example",
    "https://10.0.0.7",
    "https://kiosk.example",
]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        # exactly the origin, however it is written
        ("https://app.example.com", True),
        ("https://APP.example.com", True),
        ("HTTPS://APP.EXAMPLE.COM", True),
        ("https://app.example.com:443", True),
        # another port
        ("https://app.example.com:8443", False),
        ("https://app.example.com:80", False),
        ("https://app.example.com:0443", False),
        ("https://app.example.com:", False),
        ("https://app.example.com:65979", False),
        ("https://app.example.com:443443", False),
        ("https://app.example.com:-443", False),
        ("https://app.example.com:443:443", False),
        ("https://ports.example.com:8443", True),
        ("https://ports.example.com", False),
        ("https://ports.example.com:443", False),
        # another scheme, or none
        ("http://app.example.com", False),
        ("http://app.example.com:443", False),
        ("wss://app.example.com", False),
        ("ftp://app.example.com", False),
        ("file://app.example.com", False),
        ("javascript://app.example.com", False),
        ("chrome-extension://app.example.com", False),
        ("//app.example.com", False),
        ("app.example.com", False),
        ("https:app.example.com", False),
        ("https:/app.example.com", False),
        ("https:///app.example.com", False),
        ("https:\\\\app.example.com", False),
        # another host that looks alike
        ("https://example.com", False),
        ("https://a.app.example.com", False),
        ("https://evil-app.example.com", False),
        ("https://app.example.com.evil.example", False),
        ("https://app.example.comevil.example", False),
        ("https://appXexample.com", False),
        ("https://app.example.com.", False),
        ("https://.app.example.com", False),
        ("https://app..example.com", False),
        ("https://app.example.com%2eevil.example", False),
        ("https://аpp.example.com", False),  # a Cyrillic letter
        ("https://app\u3002example.com", False),  # an ideographic full stop
        # what is no origin
        ("null", False),
        ("NULL", False),
        ("", False),
        ("*", False),
        ("https://", False),
        ("https://app.example.com/", False),
        ("https://app.example.com/x", False),
        ("https://app.example.com?", False),
        ("https://app.example.com#", False),
        ("https://app.example.com\\x", False),
        ("https://app.example.com@evil.example", False),
        ("https://evil.example@app.example.com", False),
        ("https://user:password@app.example.com", False),
        (" https://app.example.com", False),
        ("https://app.example.com ", False),
        ("https://app.example.com\t", False),
        ("https://app.exa\tmple.com", False),
        ("https://app.example.com\n", False),
        ("https://app.example.com\x00", False),
        ("https://app.example.com,https://evil.example", False),
        ("https://app.example.com https://evil.example", False),
        # a wildcard
        ("https://a.wild.example", True),
        ("https://A.Wild.Example", True),
        ("https://a.b.wild.example", True),
        ("https://a.wild.example:443", True),
        ("https://xn--bcher-kva.wild.example", True),
        ("https://wild.example", False),
        ("https://.wild.example", False),
        ("https://*.wild.example", False),
        ("https://evil-wild.example", False),
        ("https://evilwild.example", False),
        ("https://a.wild.example.evil.example", False),
        ("https://a.wild.example.", False),
        ("https://a.wild.example:8443", False),
        ("http://a.wild.example", False),
        ("https://-.wild.example", False),
        ("https://a@b.wild.example", False),
        # this machine
        ("http://localhost:3000", True),
        ("http://LOCALHOST:3000", True),
        ("http://localhost", False),
        ("http://localhost:3001", False),
        ("https://localhost:3000", False),
        ("http://localhost.:3000", False),
        ("http://127.0.0.1:3000", False),
        ("http://localhost.evil.example:3000", False),
        # addresses
        ("http://[::1]:5173", True),
        ("http://[::1]", False),
        ("http://[0:0:0:0:0:0:0:1]:5173", False),
        ("http://[::1", False),
        ("https://[2001:db8::1]", False),
        ("https://10.0.0.7", True),
        ("https://10.0.0.70", False),
        ("https://10.7", False),
        ("https://0x0a000007", False),
        # names of other alphabets, which browsers send in ASCII
        ("https://xn--bcher-kva.example", True),
        ("https://XN--BCHER-KVA.example", True),
        ("https://bücher.example", False),
        ("https://kiosk.example", True),
        ("https://\u212aiosk.example", False),  # the sign for Kelvin, whose lower case is k
    ],
)
def test_an_origin_against_the_patterns(origin: str, allowed: bool) -> None:
    assert origin_is_allowed(origin, PATTERNS) is allowed


def test_no_pattern_allows_every_origin() -> None:
    assert origin_is_allowed("https://anywhere.example", [])
    assert origin_is_allowed("null", [])


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and str(int(text)) == text and int(text) <= most


def _is_host(host: str) -> bool:
    """A model that is slow and obvious: RFC 1123, section 2.1, and four numbers for an address."""
    if host == "[::1]":
        return True
    labels = host.split(".")
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    good = [0 < len(one) < 64 and set(one) <= letters and one[0] != "-" and one[-1] != "-" for one in labels]
    if not all(good) or len(host) > 253:
        return False
    return not labels[-1].isdigit() or (len(labels) == 4 and all(_is_number(one, 255) for one in labels))


def _parts(origin: str) -> tuple[str, str, str] | None:
    """Scheme, host and port as the model reads them."""
    if not origin.isascii():
        return None
    scheme, mark, rest = origin.lower().partition("://")
    if not mark or scheme not in ("http", "https"):
        return None
    name, bracket, tail = rest.partition("]")
    host, colon, port = (name + bracket, *tail.partition(":")[1:]) if bracket else rest.partition(":")
    if bracket and tail and not tail.startswith(":"):
        return None
    if colon and not (_is_number(port, 65535) and port != "0"):
        return None
    return (scheme, host, port or {"http": "80", "https": "443"}[scheme]) if _is_host(host) else None


def _model(origin: str, patterns: list[str]) -> bool:
    if not patterns:
        return True
    parts = _parts(origin)
    if parts is None:
        return False
    scheme, host, port = parts
    for pattern in patterns:
        if pattern.startswith("*."):
            domain = pattern.removeprefix("*.").split(".")
            labels = host.split(".")
            if (scheme, port) == ("https", "443") and len(labels) > len(domain) and labels[-len(domain) :] == domain:
                return True
        elif parts == _parts(pattern):
            return True
    return False


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
# Pieces that make near misses likely.
PIECES = st.sampled_from(
    ["https", "http", "://", ":", "//", "a", "b", "example", "com", "1", "2", "127.0.0.1", "localhost", "[::1]", ".",
     "..", "-", "*", "*.", "443", "80", "8443", ":443", "@", "/", "?", "#", " ", "\t", "\n", "\x00", "A", "ü",
     "\u212a", "null", ","]
)  # fmt: skip
HOSTS = st.sampled_from(["a.example", "b.a.example", "example", "a.b.c.example", "localhost", "127.0.0.1", "[::1]"])
ORIGINS = st.one_of(
    st.builds(
        "{}://{}{}".format,
        st.sampled_from(["https", "http", "HTTPS"]),
        HOSTS,
        st.sampled_from(["", ":443", ":80", ":3000", "."]),
    ),
    st.lists(PIECES, max_size=9).map("".join),
    st.text(max_size=40),
)
STORED = st.one_of(
    st.sampled_from(["*.a.example", "*.b.example", "*.c.example", "*.example.com"]),
    st.builds("https://{}{}".format, HOSTS, st.sampled_from(["", ":3000"])),
    st.builds(
        "http://{}{}".format, st.sampled_from(["localhost", "127.0.0.1", "[::1]"]), st.sampled_from(["", ":3000"])
    ),
)


@given(ORIGINS, st.lists(STORED, max_size=4))
@example("https://b.a.example:443", ["*.a.example"])
@example("https://a.example", ["*.a.example"])
@example("HTTPS://A.EXAMPLE", ["https://a.example"])
@example("https://[::1]:443", ["https://[::1]"])
def test_the_matcher_is_the_model(origin: str, patterns: list[str]) -> None:
    assert origin_is_allowed(origin, patterns) is _model(origin, patterns)


@given(st.lists(LABEL, min_size=1, max_size=4), LABEL)
def test_a_wildcard_matches_exactly_the_subdomains(labels: list[str], prefix: str) -> None:
    host = ".".join(labels)
    assert origin_is_allowed(f"https://{host}.example.com", ["*.example.com"])
    assert not origin_is_allowed(f"https://{prefix}example.com", ["*.example.com"])
    assert not origin_is_allowed(f"https://{host}.example.com.{prefix}.org", ["*.example.com"])


@given(st.one_of(ORIGINS, st.lists(PIECES, max_size=9).map("".join)))
def test_any_text_is_either_refused_or_stored_so_that_it_stays_as_it_is_and_matches_itself(pattern: str) -> None:
    try:
        stored = normal_origin(pattern)
    except InvalidOriginError:
        return
    assert normal_origin(stored) == stored
    assert not set(stored) & set(" ;,'\"\n\t")
    origin = stored.replace("*.", "https://any.", 1)
    assert origin_is_allowed(origin, [stored])
    assert _model(origin, [stored])


@pytest.mark.parametrize(
    ("origin", "host", "own", "expected"),
    [
        ("https://inbox.example.com", "inbox.example.com", "https://inbox.example.com", True),
        ("https://Inbox.example.com", "anything", "https://inbox.example.com", True),
        ("https://inbox.example.com:8443", "inbox.example.com:8443", "https://inbox.example.com:8443", True),
        ("http://inbox.example.com", "inbox.example.com", "https://inbox.example.com", False),
        ("https://inbox.example.com:8443", "inbox.example.com:8443", "https://inbox.example.com", False),
        ("https://evil.example", "evil.example", "https://inbox.example.com", False),
        ("http://localhost:8000", "localhost:8000", "https://inbox.example.com", False),
        ("http://localhost:8000", "localhost:8000", "http://localhost:8000", True),
        ("http://127.0.0.1:9000", "127.0.0.1:9000", "http://localhost:8000", True),
        ("http://[::1]:9000", "[::1]:9000", "http://localhost:8000", True),
        ("http://LOCALHOST", "localhost", "http://127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "localhost:8000", "http://localhost:8001", False),
        ("http://localhost:3000", "localhost:8000", "http://localhost:8000", False),
        ("https://localhost:9000", "localhost:9000", "http://localhost:8000", False),
        ("http://evil.example:8000", "evil.example:8000", "http://localhost:8000", False),
        ("http://192.168.1.5:8000", "192.168.1.5:8000", "http://localhost:8000", False),
        ("null", "null", "http://localhost:8000", False),
        ("null", "", "http://localhost:8000", False),
        ("", "", "http://localhost:8000", False),
    ],
)
def test_the_inboxs_own_origin_is_that_of_its_settings_and_on_loopback_any_that_was_asked(
    origin: str, host: str, own: str, expected: bool
) -> None:
    assert is_own_origin(origin, host, own) is expected
