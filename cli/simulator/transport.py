"""Many connections for one HTTP client."""

import itertools

import httpx

from shared.tls import tls_context

_POOLS, _CONNECTIONS_EACH = 32, 8


class SpreadTransport(httpx.AsyncBaseTransport):
    """Small pools, used in turn. httpx looks at every connection of a pool for every request, so that one pool of 256
    sends a third of what these do."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=_CONNECTIONS_EACH, max_keepalive_connections=_CONNECTIONS_EACH)
        self._pools = [httpx.AsyncHTTPTransport(verify=tls_context(), limits=limits) for _ in range(_POOLS)]
        self._turns = itertools.cycle(self._pools)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await next(self._turns).handle_async_request(request)

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()
