"""The templates every simulated account starts with. Source: Meta, Business Management API, Message templates."""

from cli.simulator.messages import Json

_BODY_EXAMPLE = {"body_text": [["Ana", "A-1042"]]}


def _order_update(language: str, header: str, body: str, footer: str, track: str, talk: str) -> Json:
    return {
        "name": "order_update",
        "language": language,
        "status": "APPROVED",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": header, "example": {"header_text": ["A-1042"]}},
            {"type": "BODY", "text": body, "example": _BODY_EXAMPLE},
            {"type": "FOOTER", "text": footer},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": talk},
                    {
                        "type": "URL",
                        "text": track,
                        "url": "https://shop.example/track/{{1}}",
                        "example": ["https://shop.example/track/A-1042"],
                    },
                ],
            },
        ],
    }


_TEMPLATES: list[Json] = [
    {
        "name": "hello_world",
        "language": "en_US",
        "status": "APPROVED",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
            {"type": "BODY", "text": "Welcome! This message shows that your business can reach its customers."},
            {"type": "FOOTER", "text": "A sample message"},
        ],
    },
    _order_update(
        "en_US",
        "Order {{1}}",
        "Hi {{1}}, your order {{2}} has left our warehouse. It will be with you tomorrow.",
        "Thank you for shopping with us",
        "Track it",
        "Talk to us",
    ),
    _order_update(
        "es_MX",
        "Pedido {{1}}",
        "Hola {{1}}, tu pedido {{2}} ya salió de nuestro almacén. Llegará mañana.",
        "Gracias por tu compra",
        "Rastrear",
        "Hablar con alguien",
    ),
    {
        "name": "appointment_reminder",
        "language": "en_US",
        "status": "APPROVED",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "BODY",
                "text": "Hello {{first_name}}, we look forward to seeing you on {{day}} at {{hour}}.",
                "example": {
                    "body_text_named_params": [
                        {"param_name": "first_name", "example": "Ana"},
                        {"param_name": "day", "example": "Friday"},
                        {"param_name": "hour", "example": "10:30"},
                    ]
                },
            },
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "Confirm"},
                    {"type": "QUICK_REPLY", "text": "Change the time"},
                ],
            },
        ],
    },
    {
        "name": "spring_collection",
        "language": "en_US",
        "status": "APPROVED",
        "category": "MARKETING",
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://shop.example/spring.jpg"]}},
            {
                "type": "BODY",
                "text": "The spring collection is here, {{1}}. Members see it first.",
                "example": {"body_text": [["Ana"]]},
            },
            {"type": "FOOTER", "text": "Reply STOP to hear less from us"},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "URL", "text": "See it", "url": "https://shop.example/spring"},
                    {"type": "QUICK_REPLY", "text": "STOP"},
                ],
            },
        ],
    },
    {
        "name": "login_code",
        "language": "en_US",
        "status": "APPROVED",
        "category": "AUTHENTICATION",
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "BODY", "text": "*{{1}}* is your verification code.", "example": {"body_text": [["123456"]]}},
            {
                "type": "BUTTONS",
                "buttons": [{"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/{{1}}"}],
            },
        ],
    },
    {
        "name": "loyalty_invitation",
        "language": "en_US",
        "status": "PENDING",
        "category": "MARKETING",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "BODY",
                "text": "{{first_name}}, your points are waiting.",
                "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Ana"}]},
            }
        ],
    },
    {
        "name": "instant_prize",
        "language": "en_US",
        "status": "REJECTED",
        "category": "MARKETING",
        "parameter_format": "POSITIONAL",
        "rejected_reason": "SCAM",
        "components": [{"type": "BODY", "text": "You have won! Answer with your card number."}],
    },
]


def templates_of(business_account_id: str) -> list[Json]:
    """The account's templates, each with an id of its own."""
    return [
        {
            "id": f"{business_account_id[-6:]}{900100200 + index}",
            "rejected_reason": "NONE",
            "quality_score": {"score": "UNKNOWN"},
            **template,
        }
        for index, template in enumerate(_TEMPLATES)
    ]
