"""Which web pages may embed an inbox.

A pattern is an exact origin (https://app.example.com, with a port where it is not the usual one), a wildcard
(*.example.com, over https, for every subdomain but not example.com itself), or localhost over http for development.
Origins are compared as browsers write them: lower case, ASCII, without the usual port (RFC 6454, section 6.2).
"""

import re
from collections.abc import Sequence

_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>\[::1\]|[a-z0-9.-]+)(:(?P<port>[1-9][0-9]{0,4}))?", re.ASCII)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)*(?!\d+$){_LABEL}", re.ASCII)
_BYTE = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"({_BYTE}\.){{3}}{_BYTE}", re.ASCII)
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PORTS = {"http": 80, "https": 443}


class InvalidOriginError(ValueError):
    """The pattern is not one that `normal_origin` takes; the text says why."""


def normal_origin(pattern: str) -> str:
    """The form in which a pattern is stored. Raises InvalidOriginError."""
    pattern = pattern.strip()
    if not pattern.isascii():
        raise InvalidOriginError("an international name is written in ASCII, such as https://xn--bcher-kva.example")
    pattern = pattern.lower()
    return _normal_wildcard(pattern) if pattern.startswith("*") else _normal_exact(pattern)


def _normal_wildcard(pattern: str) -> str:
    if pattern == "*":
        raise InvalidOriginError("stands for every origin and cannot be combined with others")
    domain = pattern.removeprefix("*.")
    if domain == pattern or "." not in domain or not _NAME.fullmatch(domain):
        raise InvalidOriginError(
            "a wildcard is *. and a domain, without a scheme, a port or a path, such as *.example.com"
        )
    return pattern


def _normal_exact(pattern: str) -> str:
    scheme, mark, rest = pattern.partition("://")
    if not mark:
        raise InvalidOriginError("must start with https://, such as https://app.example.com")
    if scheme not in _PORTS:
        raise InvalidOriginError("must be https; plain http is for localhost only")
    if "*" in rest:
        raise InvalidOriginError("a wildcard is written without a scheme, such as *.example.com")
    if "@" in rest:
        raise InvalidOriginError("must not hold a user name or a password")
    name, _, path = rest.partition("/")
    if path or "?" in rest or "#" in rest:
        raise InvalidOriginError("must end after the name and the port: an origin has no path")
    origin = _split(f"{scheme}://{name}")
    if origin is None:
        raise InvalidOriginError("the name or the port is not valid; an origin is such as https://app.example.com:8443")
    if scheme == "http" and origin[1] not in _LOCAL:
        raise InvalidOriginError("must be https; plain http is for localhost only")
    return _serialized(*origin)


def origin_is_allowed(origin: str, patterns: Sequence[str]) -> bool:
    """Whether a browser's Origin header matches one of the stored patterns; no pattern at all allows every origin."""
    if not patterns:
        return True
    parts = _split(origin.lower()) if origin.isascii() else None
    if parts is None:
        return False
    scheme, host, port = parts
    exact = _serialized(*parts)
    return any(
        exact == pattern
        or (pattern.startswith("*.") and scheme == "https" and port == 443 and host.endswith(pattern[1:]))
        for pattern in patterns
    )


def _split(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin in lower case; None for everything that is not exactly an origin."""
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return None
    scheme, host, port = match["scheme"], match["host"], int(match["port"] or _PORTS[match["scheme"]])
    if port > 65535 or not (host in _LOCAL or _NAME.fullmatch(host) or _IPV4.fullmatch(host)):
        return None
    return scheme, host, port


def _serialized(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{host}" + ("" if port == _PORTS[scheme] else f":{port}")


def is_own_origin(origin: str, host: str, own: str) -> bool:
    """Whether a browser's Origin is the inbox's own, from which the page in the iframe calls: `own`, as browsers write
    it. Where that is on loopback, every name and port of loopback is, under which the server was asked (`host`).
    """
    origin = origin.lower()
    return origin == own or (_is_local(own) and _is_local(origin) and origin == f"http://{host.lower()}")


def _is_local(origin: str) -> bool:
    parts = _split(origin)
    return parts is not None and parts[0] == "http" and parts[1] in _LOCAL
