"""The realtime role: Socket.IO under /realtime/socket.io, and the health routes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import socketio
from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp, Receive, Scope, Send

from realtime.server import Realtime
from shared.db import create_engine
from shared.health import health_router
from shared.jobs import connect
from shared.metrics import metrics
from shared.security_headers import SecurityHeaders
from shared.settings import Settings
from shared.tasks import cancel_all

PATH = "/realtime/socket.io"
OPEN_SECONDS = 2.0


class RealtimeApp:
    """The ASGI app of the realtime role. `move_away` is called when it stops, once nobody can connect any more."""

    def __init__(self, app: ASGIApp, realtime: Realtime) -> None:
        self._app = app
        self.move_away = realtime.move_away

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


@contextlib.asynccontextmanager
async def running_realtime(settings: Settings) -> AsyncIterator[RealtimeApp]:
    """Deliver pushes until the block is left."""
    engine = create_engine(settings, application_name="realtime")
    redis = connect(settings)
    realtime = Realtime(settings, engine)
    delivery = asyncio.create_task(realtime.run())
    sockets = socketio.ASGIApp(realtime.socket_io, socketio_path=PATH)
    state = State({"settings": settings, "engine": engine, "redis": redis, "hears": realtime.hub.hears})
    health = Litestar([health_router, metrics], state=state, openapi_config=None, logging_config=None)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = sockets if scope.get("path", "").startswith(PATH) else health
        await chosen(scope, receive, send)

    try:
        with contextlib.suppress(TimeoutError):  # who asks at once whether we are ready should not hear no
            async with asyncio.timeout(OPEN_SECONDS):
                await realtime.hub.opened.wait()
        yield RealtimeApp(SecurityHeaders(app, settings.base_url), realtime)
    finally:
        await cancel_all([delivery])
        await realtime.close()
        await redis.aclose()
        await engine.dispose()
