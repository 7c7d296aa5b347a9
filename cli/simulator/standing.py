"""What Meta thinks of a business number. Source: Meta, WhatsApp Business Platform, Phone numbers; Messaging limits."""

from typing import Literal, get_args

import msgspec

Quality = Literal["GREEN", "YELLOW", "RED"]
Limit = Literal["TIER_250", "TIER_1K", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"]


class Standing(msgspec.Struct):
    """`messaging_limit` is to how many customers it may open a chat within 24 hours."""

    quality: Quality = "GREEN"
    messaging_limit: Limit = "TIER_2K"


def events_of_change(before: Standing, after: Standing) -> list[str]:
    """What Meta tells of it; that a quality is YELLOW is not told, and only seen where it is asked for.

    Source: Meta, Webhooks, phone_number_quality_update.
    """
    events = []
    if (before.quality == "RED") != (after.quality == "RED"):
        events.append("FLAGGED" if after.quality == "RED" else "UNFLAGGED")
    limits = get_args(Limit)
    rise = limits.index(after.messaging_limit) - limits.index(before.messaging_limit)
    if rise:
        events.append("UPGRADE" if rise > 0 else "DOWNGRADE")
    return events
