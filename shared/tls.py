"""TLS for the requests that go out."""

import functools
import ssl

import httpx


@functools.cache
def tls_context() -> ssl.SSLContext:
    """One for all clients of a process: to read the certificates of the authorities takes tens of milliseconds."""
    return httpx.create_ssl_context()
