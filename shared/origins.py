"""Which web pages may embed an inbox.

A pattern is an exact origin (https://app.example.com, with a port where it is not the usual one), a wildcard
(*.example.com, over https, for every subdomain but not example.com itself), or localhost over http for development.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PORTS = {"http": 80, "https": 443}


class InvalidOriginError(ValueError):
    """The pattern is not one that `normal_origin` takes; the text says why."""


def normal_origin(pattern: str) -> str:
    """The form in which a pattern is stored. Raises InvalidOriginError."""
    pattern = pattern.strip().lower()
    if pattern.startswith("*."):
        if not _HOST.fullmatch(pattern[2:]) or "." not in pattern[2:]:
            raise InvalidOriginError("a wildcard needs a domain behind it, as in *.example.com")
        return pattern
    origin = _split(pattern)
    if origin is None:
        raise InvalidOriginError(
            "must be an origin such as https://app.example.com, or a wildcard such as *.example.com"
        )
    scheme, host, port = origin
    if scheme == "http" and host not in _LOCAL:
        raise InvalidOriginError("must be https; plain http is for localhost only")
    return f"{scheme}://{host}" + ("" if port == _PORTS[scheme] else f":{port}")


def origin_is_allowed(origin: str, patterns: Sequence[str]) -> bool:
    """Whether a browser's Origin header matches one of the stored patterns; no pattern at all allows every origin."""
    if not patterns:
        return True
    parts = _split(origin.strip().lower())
    if parts is None:
        return False
    scheme, host, port = parts
    exact = f"{scheme}://{host}" + ("" if port == _PORTS[scheme] else f":{port}")
    return any(
        exact == pattern
        or (pattern.startswith("*.") and scheme == "https" and port == 443 and host.endswith(pattern[1:]))
        for pattern in patterns
    )


def _split(origin: str) -> tuple[str, str, int] | None:
    if not origin.isprintable() or " " in origin:  # urlsplit drops line breaks without a word
        return None
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if (
        parts.scheme not in _PORTS
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        return None
    host = "[::1]" if parts.hostname == "::1" else (parts.hostname or "")
    if not (host in _LOCAL or _HOST.fullmatch(host)):
        return None
    return parts.scheme, host, port or _PORTS[parts.scheme]


def is_same_origin(origin: str, host: str) -> bool:
    """Whether a browser's Origin names the server that it asks: the page in the iframe calls its own server."""
    return origin.partition("://")[2].lower() == host.lower() != ""
