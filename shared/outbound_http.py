"""Requests to URLs that other people chose, such as webhooks: they reach the public Internet, never our own network.

The host is resolved once, every address of it is checked, and the connection goes to exactly such an address, so that
a name which resolves to something else a moment later gains nothing (OWASP: "Server-Side Request Forgery Prevention").
"""

import asyncio
import contextlib
import functools
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address

import httpx

from shared.settings import Settings
from shared.tls import tls_context

CONNECT_SECONDS = 5.0  # for each address of a host
# What comes compressed would have to be unpacked to know its size.
_HEADERS = {"User-Agent": "Porthole", "Accept": "*/*", "Accept-Encoding": "identity"}

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Awaitable[list[Address]]]

# A name whose servers are silent keeps a thread for half a minute. The event loop's own few are soon all kept by such.
_RESOLVERS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="resolve")

# IANA: IPv4 Special-Purpose Address Registry, and multicast; the last but one is Azure's, inside each of its machines.
_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "168.63.129.16/32",
        "240.0.0.0/4",
    )
)
# IANA: IPv6 Special-Purpose Address Registry. What is no global unicast, an IPv4 address in IPv6's form say, is out.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefusedError(Exception):
    """The URL leads to an address that is not public."""


class UnreachableError(Exception):
    """There was no whole answer: no such host, no connection, too slow, or not HTTP."""


class TooLargeError(Exception):
    """The answer is larger than the caller takes."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public Internet's. RFC 6052 puts IPv4 addresses into IPv6 where a network has
    no IPv4; those count as the addresses that they lead to.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address in _NAT64:
        return is_public(IPv4Address(address.packed[-4:]))
    return address in _GLOBAL_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


async def resolve(host: str) -> list[Address]:
    """The addresses of a host, in the order to try them. Raises OSError if it has none."""
    look_up = functools.partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, look_up)
    return [ipaddress.ip_address(address[0]) for *_, address in found]


class OutboundHttp:
    """A client for such requests. It follows no redirect and keeps no cookie."""

    def __init__(self, *, allow_private: bool, resolve: Resolve = resolve) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        # Connections are told apart by address here, and one address may serve many hosts: none is used twice. No
        # proxy of the environment is asked: it would resolve the host by itself.
        self._http = httpx.AsyncHTTPTransport(
            verify=tls_context(), limits=httpx.Limits(max_connections=100, max_keepalive_connections=0)
        )

    @contextlib.asynccontextmanager
    async def request(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """Send a request to an http or https URL and give its answer, whose body `chunks` reads.

        `seconds` limit the whole, the block's time with the answer included. Raises AddressRefusedError and
        UnreachableError.
        """
        try:
            sent = httpx.Headers(_HEADERS)
            sent.update(headers)
            async with asyncio.timeout(seconds):
                answer = await self._send(httpx.Request(method, url, headers=sent, content=content))
                try:
                    yield answer
                finally:
                    await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise UnreachableError(_reason(error)) from error

    async def close(self) -> None:
        await self._http.aclose()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        host = request.url.raw_host.decode()
        if request.url.scheme not in ("http", "https") or not host:
            raise httpx.UnsupportedProtocol("not an http or https URL with a host")
        addresses = await self._addresses(host)
        # The header Host names the host already; TLS has to name it, and check the certificate for it.
        request.extensions = {"sni_hostname": host, "timeout": {"connect": CONNECT_SECONDS}}
        for address in addresses[:-1]:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send_to(address, request)
        return await self._send_to(addresses[-1], request)

    async def _addresses(self, host: str) -> list[Address]:
        try:
            addresses = await self._resolve(host)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"the host {host} is not known") from error
        if not self._allow_private and not all(map(is_public, addresses)):
            raise AddressRefusedError(f"{host} is at an address that is not public")
        return addresses

    async def _send_to(self, address: Address, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(host=str(address))
        return await self._http.handle_async_request(request)


def outbound_http(settings: Settings) -> OutboundHttp:
    """The client that the settings ask for. The caller closes it."""
    return OutboundHttp(allow_private=settings.allow_private_addresses)


async def chunks(answer: httpx.Response, most: int) -> AsyncIterator[bytes]:
    """The body as it comes in. Raises TooLargeError beyond `most` bytes, before it has given more than that."""
    read = 0
    async for chunk in answer.aiter_raw():
        read += len(chunk)
        if read > most:
            raise TooLargeError(f"more than {most} bytes")
        yield chunk


def _reason(error: Exception) -> str:
    return "it took too long" if isinstance(error, TimeoutError | httpx.TimeoutException) else str(error)
