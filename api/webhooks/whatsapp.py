"""GET /webhooks/whatsapp, by which Meta verifies the endpoint that it then posts to (api/webhooks/receiver.py).

Meta: WhatsApp Business Platform, "Create a webhook endpoint": the verification GET, the signature over the raw body,
and 200 as the only success.
"""

import hmac
from typing import Annotated

from litestar import Controller, MediaType, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from api.errors import ApiError
from api.webhooks.receiver import PATH


class WhatsAppWebhookController(Controller):
    path = PATH
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
