"""The business's own system: an HTTP server that takes webhooks, and answers as a test tells it to."""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, post
from litestar.params import FromPath

from cli.serve import bind, port_of, serving
from tests.waiting import eventually

SECRET = "wh_sec_of_the_tests"


class Delivered(msgspec.Struct):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str | None:
        return self.headers.get("x-webhook-event")

    @property
    def key(self) -> str:
        return self.headers["x-idempotency-key"]

    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    def is_signed(self, secret: str = SECRET) -> bool:
        expected = hmac.digest(secret.encode(), self.body, "sha256").hex()
        return hmac.compare_digest(self.headers.get("x-webhook-signature", ""), expected)


class Receiver:
    """What came, and what to answer. `answer` may be replaced; a request waits while `gate` is not set."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.came: list[Delivered] = []
        self.answer: Callable[[Delivered], int] = lambda _: 200
        self.gate = asyncio.Event()
        self.gate.set()

    def of(self, event: str) -> list[Delivered]:
        return [one for one in self.came if one.event == event]

    async def count(self, wanted: int, seconds: float = 10.0) -> list[Delivered]:
        """All that came, once there are so many."""

        async def enough() -> bool:
            return len(self.came) >= wanted

        await eventually(enough, seconds)
        return self.came


@contextlib.asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver on a port of loopback, a free one unless it is given. It takes any path."""
    with bind("127.0.0.1", port) as sock:
        receiver = Receiver(f"http://127.0.0.1:{port_of(sock)}")

        @post("/{path:path}")
        async def take(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
            one = Delivered(path, dict(request.headers), await request.body())
            receiver.came.append(one)
            await receiver.gate.wait()
            status = receiver.answer(one)
            headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
            return Response(b"the receiver's own words", status_code=status, headers=headers)

        app = Litestar([take], openapi_config=None, logging_config=None)
        async with serving(app, sock):
            yield receiver
            receiver.gate.set()
