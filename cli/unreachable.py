"""Why nothing answers at an address, in words that say where to look."""

import socket
import ssl
from collections.abc import Iterator

import httpx


def why_unreachable(error: httpx.HTTPError) -> str:
    """The innermost cause that says something; httpx itself calls almost all of them ConnectError."""
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted ({cause.verify_message})"
            case ssl.SSLError():
                return "what answers there does not speak TLS"
            case socket.gaierror():
                return "its name is not known; is there a DNS record of it?"
            case ConnectionRefusedError():
                return "the connection is refused; is the proxy running, and does it lead to the api?"
            case httpx.TimeoutException():
                return "nothing answers in time; does a firewall close the port?"
    return f"it cannot be reached ({type(error).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """From the inside out. A name with several addresses has failed at each of them."""
    for cause in (*getattr(error, "exceptions", ()), error.__cause__ or error.__context__):
        if cause is not None:
            yield from _causes(cause)
    yield error
