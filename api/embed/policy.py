"""The security headers of the page in the iframe, where they are not those of every answer."""

from collections.abc import Sequence

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "font-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}


def page_headers(allowed_origins: Sequence[str], origin: str) -> dict[str, str]:
    """Headers for a page that may stand in frames of `allowed_origins` (none: of any) and talks to `origin` only."""
    socket = origin.replace("http", "ws", 1)  # older browsers do not count ws: under 'self'
    ancestors = " ".join(["'self'", *map(_source, allowed_origins)]) if allowed_origins else "*"
    policy = _POLICY | {"connect-src": f"'self' {socket}", "frame-ancestors": ancestors}
    return {
        "Content-Security-Policy": "; ".join(f"{directive} {value}" for directive, value in policy.items()),
        "Permissions-Policy": "camera=(), payment=()",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def _source(pattern: str) -> str:
    """A stored origin pattern as a CSP source: a wildcard stands for https only."""
    return f"https://{pattern}" if pattern.startswith("*.") else pattern
