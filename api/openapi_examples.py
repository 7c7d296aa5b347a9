"""Bodies that the description shows where one that is made of the fields' examples would not do: it holds every field,
and some exclude each other, or it holds none, since Meta says what may be in it.
"""

from typing import Any

_TEXT = {"messaging_product": "whatsapp", "to": "15551234567", "type": "text", "text": {"body": "Your order is here."}}
_OFFER = {
    "messaging_product": "whatsapp",
    "to": "15551234567",
    "type": "template",
    "template": {"name": "spring_offer", "language": {"code": "en"}},
}
_WEBHOOK = {
    "url": "https://api.example.com/webhooks/whatsapp",
    "secret_key": "wh_sec_3kfj9dmfkg8s2",
    "events": ["whatsapp.message.received", "whatsapp.message.failed"],
}
_NUMBER = "/meta/whatsapp/{version}/{phone_number_id}"

BODIES: dict[str, Any] = {
    "POST /platform/v1/inbox_embeds": {
        "inbox_embed": {
            "scope_type": "phone_number",
            "scope_id": "106540352242922",
            "name": "Support inbox",
            "allowed_origins": ["https://app.example.com"],
        }
    },
    "POST /platform/v1/whatsapp/webhooks": {
        "whatsapp_webhook": {
            "url": "https://api.example.com/webhooks/whatsapp",
            "events": ["whatsapp.phone_number.created", "workflow.execution.handoff"],
        }
    },
    "POST /platform/v1/whatsapp/phone_numbers/{phone_number_id}/webhooks": {"whatsapp_webhook": _WEBHOOK},
    "POST /platform/v1/workflows/{workflow_id}/executions": {
        "workflow_execution": {"phone_number": "+15551234567", "variables": {"order": "4711"}}
    },
    "PATCH /platform/v1/workflow_executions/{execution_id}": {"workflow_execution": {"status": "waiting"}},
    "POST /platform/v1/workflow_executions/{execution_id}/resume": {
        "message": {"kind": "payload", "data": {"paid": True}},
        "variables": {"receipt": "R-12"},
    },
    f"POST {_NUMBER}/messages": _TEXT,
    f"POST {_NUMBER}/marketing_messages": _OFFER,
    f"POST {_NUMBER}/request_code": {"code_method": "SMS", "language": "en_US"},
    f"POST {_NUMBER}/verify_code": {"code": "123456"},
    f"POST {_NUMBER}/register": {"messaging_product": "whatsapp", "pin": "123456"},
    f"POST {_NUMBER}/deregister": {},
    f"POST {_NUMBER}/settings": {"storage_configuration": {"status": "IN_COUNTRY_STORAGE_ENABLED"}},
    f"POST {_NUMBER}/whatsapp_business_profile": {"messaging_product": "whatsapp", "about": "Lamps since 1961"},
    "POST /meta/whatsapp/{version}/{business_account_id}/message_templates": {
        "name": "order_ready",
        "language": "en",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Your order is ready."}],
    },
}
