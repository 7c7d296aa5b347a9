"""A business number as Graph describes it."""

from typing import Any

from shared.validation import InvalidFieldsError
from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError

# Meta: WhatsApp Business Platform, "Phone numbers".
FIELDS = ",".join(
    (
        "id",
        "display_phone_number",
        "verified_name",
        "quality_rating",
        "status",
        "code_verification_status",
        "name_status",
        "throughput",
        "whatsapp_business_manager_messaging_limit",
        "is_official_business_account",
        "is_pin_enabled",
        "is_on_biz_app",
        "platform_type",
    )
)

MOST_PAGES = 20  # of numbers of one account, a hundred on each

_TOKEN_CODES = frozenset({0, 3, 10, 102, 190, *range(200, 300)})


async def describe_number(graph: GraphClient, phone_number_id: str, access_token: str) -> dict[str, Any]:
    """What Graph says of a number that somebody wants to connect with this token.

    Raises InvalidFieldsError that names `access_token` or `phone_number_id` with Meta's reason, or NotSentError or
    NoAnswerError if there is no telling now.
    """
    try:
        return await graph.get(phone_number_id, access_token, fields=FIELDS)
    except GraphError as error:
        if error.retryable:
            raise NoAnswerError(str(error)) from error
        field = "access_token" if is_about_token(error) else "phone_number_id"
        raise InvalidFieldsError({field: [f"was refused by WhatsApp: {error.error['title']}"]}) from error


async def check_account(graph: GraphClient, phone_number_id: str, business_account_id: str, access_token: str) -> None:
    """Ask Graph whether the number is one of the account's (Meta: WhatsApp Business Account, "Phone numbers").

    Raises InvalidFieldsError that names `business_account_id`, or NotSentError or NoAnswerError if there is no telling.
    """
    query = {"fields": "id", "limit": "100"}
    try:
        for _ in range(MOST_PAGES):
            page = await graph.get(f"{business_account_id}/phone_numbers", access_token, **query)
            if any(number.get("id") == phone_number_id for number in page.get("data") or []):
                return
            paging = page.get("paging") or {}
            if "next" not in paging:
                break
            query["after"] = paging["cursors"]["after"]
    except GraphError as error:
        if error.retryable:
            raise NoAnswerError(str(error)) from error
        raise InvalidFieldsError(
            {"business_account_id": [f"was refused by WhatsApp: {error.error['title']}"]}
        ) from error
    except (TypeError, AttributeError, KeyError) as error:
        raise NoAnswerError("an answer that is not as documented") from error
    raise InvalidFieldsError({"business_account_id": ["is not the WhatsApp account of this number, says WhatsApp"]})


def is_about_token(error: GraphError) -> bool:
    """Whether Meta refuses the token, and not what was asked for (Meta: Graph API, "Handling errors")."""
    return error.error["code"] in _TOKEN_CODES
