"""Two things ASGI has no words for, taken from uvicorn's own objects: hanging up, and noticing a shutdown."""

import asyncio
from typing import Protocol, cast

from litestar.app import Litestar
from litestar.connection import Request
from litestar.datastructures.state import State
from litestar.response import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

# How long the end of a connection may go unnoticed.
GLANCE_SECONDS = 0.25


class _Cycle(Protocol):
    """The part of uvicorn's request cycle that is used here; `receive` is one of its methods."""

    transport: asyncio.Transport
    keep_alive: bool
    disconnected: bool


def _cycle(receive: Receive) -> _Cycle | None:
    return cast("_Cycle | None", getattr(receive, "__self__", None))


def is_over(receive: Receive) -> bool:
    """Whether the client has left or the server wants to end. Uvicorn waits for every answer under way before it ends
    the app, so a long one has to look out itself."""
    cycle = _cycle(receive)
    return cycle is not None and (cycle.disconnected or not cycle.keep_alive)


async def pause(seconds: float, receive: Receive) -> None:
    """Sleep, but not past the end of the connection."""
    whole, rest = divmod(seconds, GLANCE_SECONDS)
    for step in [GLANCE_SECONDS] * int(whole) + [rest]:
        if is_over(receive):
            return
        await asyncio.sleep(step)


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
        app: Litestar | None,
        request: Request[object, object, State],
        **_: object,
    ) -> ASGIResponse:
        return _HangUp(body=b"", status_code=200)
