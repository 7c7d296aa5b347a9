"""The HTTP client for Graph."""

import httpx

from shared.tls import tls_context

POOLS, EACH = 16, 16
KEEP_SECONDS = 20.0  # so that whoever answers now and then does not wait for a new connection each time


class _Pools(httpx.AsyncBaseTransport):
    """Several pools in place of a large one: httpx looks at every connection of a pool for each request.

    The first is filled first, so that a few requests share few connections.
    """

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=4 * EACH, max_keepalive_connections=EACH, keepalive_expiry=KEEP_SECONDS)
        context = tls_context()
        self._pools = [httpx.AsyncHTTPTransport(verify=context, limits=limits) for _ in range(POOLS)]
        self._under_way = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        pool = self._pools[min(self._under_way // EACH, POOLS - 1)]
        self._under_way += 1
        try:
            return await pool.handle_async_request(request)
        finally:
            self._under_way -= 1

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


def new_http_client() -> httpx.AsyncClient:
    """For many calls at once: bounded connections and time-outs, no redirects."""
    return httpx.AsyncClient(transport=_Pools(), timeout=httpx.Timeout(20.0, connect=5.0), follow_redirects=False)
