"""Another api process beside a stack's, for the same database and with other settings."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec

from cli.serve import bind, port_of, serving
from tests.apps import api_app
from tests.stack import Stack

NOWHERE = "http://127.0.0.1:1"
"""Where nobody listens."""


@contextlib.asynccontextmanager
async def other_api(stack: Stack, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, with the project's key."""
    with bind("127.0.0.1", 0) as sock:
        url = f"http://127.0.0.1:{port_of(sock)}"
        settings = msgspec.structs.replace(stack.settings, base_url=url, **changes)
        with api_app(settings) as app:
            async with (
                serving(app, sock),
                httpx.AsyncClient(base_url=url, headers={"X-API-Key": stack.project.api_key}, timeout=20) as client,
            ):
                yield client
