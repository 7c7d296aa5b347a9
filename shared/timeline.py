"""Time cut into hours or days as the reader's clock has them, for figures over time."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

Span = Literal["24h", "7d"]

HOURS = 24
DAYS = 7


class Timeline(msgspec.Struct, frozen=True):
    """`edges` are where the slots begin, in UTC, and where the last one ends: one more than there are slots. The last
    one is under way.
    """

    span: Span
    zone: ZoneInfo
    edges: tuple[datetime, ...]

    @property
    def slots(self) -> int:
        return len(self.edges) - 1

    def begins(self, slot: int) -> datetime:
        """When a slot begins, by the reader's clock."""
        return self.edges[slot].astimezone(self.zone)


def timeline(span: Span, zone: ZoneInfo, now: datetime) -> Timeline:
    """The hour, or the day, that `now` is in, and those before it: HOURS or DAYS of them."""
    local = now.astimezone(zone)
    if span == "24h":
        hour = local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        return Timeline(span, zone, tuple(hour + timedelta(hours=past) for past in range(1 - HOURS, 2)))
    # By the calendar: a day in which the clocks change has 23 hours, or 25.
    days = (local.date() + timedelta(days=past) for past in range(1 - DAYS, 2))
    return Timeline(
        span, zone, tuple(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in days)
    )


def zone_named(name: str) -> ZoneInfo:
    """The zone of this name in IANA's database; UTC where there is none."""
    return ZoneInfo(name if name in _names() else "UTC")


@lru_cache(maxsize=1)
def _names() -> set[str]:
    return available_timezones()
