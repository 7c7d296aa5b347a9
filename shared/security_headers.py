"""The headers that every answer of every role bears, unless it sets its own."""

from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send, WebSocketScope

# A page says what it needs; everything else is not to be shown as one, nor kept, nor read by other sites.
_DEFAULTS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
# Only of this name: what else the operator has below the domain is not ours to say. RFC 6797, section 6.1.
_OVER_TLS = {"strict-transport-security": "max-age=31536000"}


class SecurityHeaders:
    """ASGI middleware around a whole role. `base_url` is where browsers reach it."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        headers = _DEFAULTS | (_OVER_TLS if base_url.startswith("https://") else {})
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            await self._app(scope, receive, self._sending_of_websocket(scope, send))
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in self._headers if one[0] not in own)]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _sending_of_websocket(self, scope: WebSocketScope, send: Send) -> Send:
        """Where the server can, a WebSocket that is closed before it was accepted gets an answer of ours, and not the
        server's own (ASGI: "WebSocket Denial Response").
        """
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            return send
        accepted = False

        async def send_or_refuse(message: Message) -> None:
            nonlocal accepted
            if message["type"] == "websocket.close" and not accepted:
                start = {"type": "websocket.http.response.start", "status": 403, "headers": self._headers}
                await send(cast(Message, start))
                await send(cast(Message, {"type": "websocket.http.response.body", "body": b"", "more_body": False}))
                return
            accepted = accepted or message["type"] == "websocket.accept"
            await send(message)

        return send_or_refuse
