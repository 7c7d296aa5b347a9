"""Two things ASGI has no words for, taken from uvicorn's own objects: hanging up, and noticing a shutdown."""

import asyncio
from typing import Protocol, cast

from litestar.app import Litestar
from litestar.connection import Request
from litestar.datastructures.state import State
from litestar.response import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send


class _Cycle(Protocol):
    """The part of uvicorn's request cycle that is used here; `receive` is one of its methods."""

    transport: asyncio.Transport
    keep_alive: bool


def _cycle(receive: Receive) -> _Cycle | None:
    return cast("_Cycle | None", getattr(receive, "__self__", None))


def is_shutting_down(receive: Receive) -> bool:
    """Uvicorn waits for every answer under way before it ends the app, so an endless one has to look out itself."""
    cycle = _cycle(receive)
    return cycle is not None and not cycle.keep_alive


class _HangUp(ASGIResponse):
    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        cycle = _cycle(receive)
        if cycle is None:
            raise RuntimeError("an answer can only be dropped under uvicorn")
        cycle.transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class DroppedAnswer(Response[None]):
    """Closes the connection without a byte."""

    def __init__(self) -> None:
        super().__init__(content=None, status_code=200)

    def to_asgi_response(
        self,
        app: Litestar | None,  # noqa: ARG002  the names are Litestar's
        request: Request[object, object, State],  # noqa: ARG002
        **_: object,
    ) -> ASGIResponse:
        return _HangUp(body=b"", status_code=200)
