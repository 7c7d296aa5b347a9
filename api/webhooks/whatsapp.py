"""/webhooks/whatsapp: where Meta delivers.

Meta: WhatsApp Business Platform, "Create a webhook endpoint": the verification GET, the signature over the raw body,
and 200 as the only success.
"""

import hmac
from typing import Annotated

import structlog
from litestar import Controller, MediaType, Response, get, post
from litestar.datastructures import State
from litestar.params import QueryParameter

from api.errors import AnyRequest, ApiError
from api.webhooks.intake import IntakeError
from shared.crypto import webhook_signature_is_valid
from shared.settings import Settings

log = structlog.get_logger()


class WhatsAppWebhookController(Controller):
    path = "/webhooks/whatsapp"
    include_in_schema = False

    @get(media_type=MediaType.TEXT)
    async def verify(
        self,
        state: State,
        mode: Annotated[str, QueryParameter(name="hub.mode", max_length=100)] = "",
        token: Annotated[str, QueryParameter(name="hub.verify_token", max_length=500)] = "",
        challenge: Annotated[str, QueryParameter(name="hub.challenge", max_length=500)] = "",
    ) -> str:
        """Answer Meta's verification with its challenge; 403 for a wrong verify token."""
        expected: str = state.settings.whatsapp_verify_token
        if mode != "subscribe" or not hmac.compare_digest(token.encode(), expected.encode()):
            raise ApiError(403, "wrong_verify_token", "The verify token is not the configured one.")
        return challenge

    @post(status_code=200, request_max_body_size=None)  # _read has a limit of its own
    async def receive(self, request: AnyRequest, state: State) -> Response[None]:
        """Store the raw body and answer 200; 401 for a wrong signature, 413 over the limit, 503 if it is not stored."""
        settings: Settings = state.settings
        body = await _read(request, settings.webhook_max_bytes)
        signature = request.headers.get("x-hub-signature-256")
        if not webhook_signature_is_valid(body, signature, settings.app_secrets()):
            raise ApiError(401, "wrong_signature", "The signature does not match the body.")
        try:
            await state.intake.store(body)
        except IntakeError as error:
            log.error("webhook_not_stored", error=str(error))
            raise ApiError(503, "unavailable", "The webhook was not stored; send it again.") from error
        return Response(None, status_code=200)


async def _read(request: AnyRequest, limit: int) -> bytes:
    """The body, read only as far as the limit."""
    too_large = ApiError(413, "too_large", f"The body is larger than {limit} bytes.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)
