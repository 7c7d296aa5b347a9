"""POST /webhooks/whatsapp, as bare ASGI in front of the api's app.

Most requests of an api process are these, and each passes here and not through routing, dependencies and exception
handlers of the framework, which would take more time than all that is done for it.
"""

import msgspec
import structlog
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPResponseStartEvent, HTTPScope, Receive, Scope, Send

from api.errors import ErrorBody
from api.webhooks.intake import Intake, IntakeError
from shared.crypto import webhook_signature_is_valid
from shared.metrics import WEBHOOKS
from shared.settings import Settings

log = structlog.get_logger()

PATH = "/webhooks/whatsapp"

_ACCEPTED: HTTPResponseStartEvent = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-length", b"0")],
}
_accepted = WEBHOOKS.labels("accepted")


class _RefusedError(Exception):
    """An answer that is not 200; `code` is also the reason that the metrics give."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


class WebhookReceiver:
    """Stores what Meta posts, by `state.intake` of the app, and passes every other request on to the app."""

    def __init__(self, app: Litestar, settings: Settings) -> None:
        self._app = app
        self._secrets = settings.app_secrets()
        self._limit = settings.webhook_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "POST" and scope["path"].rstrip("/") == PATH:
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """200 once the raw body is stored; 401 for a wrong signature, 413 over the limit, 503 if it is not stored."""
        try:
            stored = await self._store(scope, receive)
        except _RefusedError as error:
            await _refuse(scope, send, error)
        except Exception as error:
            log.error("unexpected_error", exc_info=error)
            await _refuse(scope, send, _RefusedError(500, "internal_error", "Something went wrong on our side."))
        else:
            if stored:
                _accepted.inc()
                await send(_ACCEPTED.copy())
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _store(self, scope: HTTPScope, receive: Receive) -> bool:
        """False if the sender hung up before the end of the body. Raises _RefusedError."""
        length, signature = b"", ""
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name == b"x-hub-signature-256":
                signature = value.decode("latin-1")
        if length.isdigit() and int(length) > self._limit:
            raise self._too_large()
        body = await self._read(receive)
        if body is None:
            return False
        if not webhook_signature_is_valid(body, signature, self._secrets):
            raise _RefusedError(401, "wrong_signature", "The signature does not match the body.")
        intake: Intake = self._app.state.intake
        try:
            await intake.store(body)
        except IntakeError as error:
            log.error("webhook_not_stored", error=str(error))
            raise _RefusedError(503, "unavailable", "The webhook was not stored; send it again.") from error
        return True

    async def _read(self, receive: Receive) -> bytes | None:
        """The body, read only as far as the limit; None if the sender hung up."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._limit:
                raise self._too_large()
            if not message.get("more_body"):
                return b"".join((*chunks, chunk)) if chunks else chunk
            chunks.append(chunk)

    def _too_large(self) -> _RefusedError:
        return _RefusedError(413, "too_large", f"The body is larger than {self._limit} bytes.")


async def _refuse(scope: HTTPScope, send: Send, refusal: _RefusedError) -> None:
    WEBHOOKS.labels(refusal.code).inc()
    request_id = scope["state"]["request_id"]
    body = msgspec.json.encode(ErrorBody(str(refusal), refusal.code, request_id))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
