"""The roles as they run in a process: one of them, or all behind one port."""

import contextlib
from collections.abc import AsyncIterator, Callable

from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send

from api.app import create_app
from api.request_log import RequestLog
from api.webhooks.receiver import WebhookReceiver
from realtime.app import PATH, running_realtime
from shared.security_headers import SecurityHeaders
from shared.settings import Settings
from workers.main import running_worker


@contextlib.asynccontextmanager
async def running_api(settings: Settings, made: Litestar | None = None) -> AsyncIterator[ASGIApp]:
    """`made` is what create_app has made with these settings, if it has already."""
    yield SecurityHeaders(RequestLog(WebhookReceiver(made or create_app(settings), settings)), settings.base_url)


@contextlib.asynccontextmanager
async def running_all(settings: Settings, made: Litestar | None = None) -> AsyncIterator[ASGIApp]:
    """Every role in this process: what a single box needs."""
    async with running_api(settings, made) as api, running_realtime(settings) as realtime, running_worker(settings):

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            # Of the roles, realtime has the most to say about whether it is ready.
            chosen = realtime if path.startswith(PATH) or path == "/readyz" else api
            await chosen(scope, receive, send)

        yield app


ROLES: dict[str, Callable[[Settings], contextlib.AbstractAsyncContextManager[ASGIApp]]] = {
    "api": running_api,
    "realtime": running_realtime,
    "worker": running_worker,
    "up": running_all,
}
