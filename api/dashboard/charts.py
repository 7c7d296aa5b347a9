"""What the overview's charts show: the figures of each slot of time, their share of the axis, and words for both."""

import math
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from shared.queries.traffic import Messages, Responses
from shared.timeline import Timeline

_MARKED = {"24h": 6, "7d": 1}  # one slot of so many has its name below it
# What an axis of numbers may end with, in tenths of a power of ten.
_ENDS = (10, 15, 20, 30, 40, 50, 60, 80, 100)
# The lines of an axis of durations: each is some six times the one below, since a wait of days stands beside one of
# seconds.
_STEPS = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 300, 1800, 10_800, 86_400, 604_800))


class MessagesSlot(msgspec.Struct, frozen=True):
    """`*_share` is of the axis, from 0 to 1."""

    name: str
    inbound: int
    outbound: int
    inbound_share: float
    outbound_share: float


class MessagesChart(msgspec.Struct, frozen=True):
    """`end` is that of the axis, in either direction; `marks` are the names below it, evenly spaced."""

    inbound: int
    outbound: int
    end: int
    slots: list[MessagesSlot]
    marks: list[str]


class ResponsesSlot(msgspec.Struct, frozen=True):
    """`*_share` is of the axis, from 0 to 1. Of a slot without responses both are 0, and the texts empty."""

    name: str
    count: int
    median: str
    p90: str
    median_share: float
    p90_share: float


class ResponsesChart(msgspec.Struct, frozen=True):
    """`median` and `p90` are of all slots together; empty where there was no response. `lines` are the names of the
    axis's lines, from its beginning on, evenly spaced.
    """

    count: int
    median: str
    p90: str
    lines: list[str]
    slots: list[ResponsesSlot]
    marks: list[str]


def messages_chart(timeline: Timeline, slots: Sequence[Messages]) -> MessagesChart:
    end = number_axis(max(max(slot.inbound, slot.outbound) for slot in slots))
    return MessagesChart(
        inbound=sum(slot.inbound for slot in slots),
        outbound=sum(slot.outbound for slot in slots),
        end=end,
        slots=[
            MessagesSlot(name, slot.inbound, slot.outbound, slot.inbound / end, slot.outbound / end)
            for name, slot in zip(slot_names(timeline), slots, strict=True)
        ],
        marks=_marks(timeline),
    )


def responses_chart(timeline: Timeline, slots: Sequence[Responses], whole: Responses) -> ResponsesChart:
    steps = duration_axis([time for slot in slots for time in (slot.median, slot.p90) if time is not None])
    return ResponsesChart(
        count=whole.count,
        median=_text(whole.median),
        p90=_text(whole.p90),
        lines=[duration_text(step) for step in steps],
        slots=[
            ResponsesSlot(
                name,
                slot.count,
                _text(slot.median),
                _text(slot.p90),
                duration_share(slot.median, steps),
                duration_share(slot.p90, steps),
            )
            for name, slot in zip(slot_names(timeline), slots, strict=True)
        ],
        marks=_marks(timeline),
    )


def slot_names(timeline: Timeline) -> list[str]:
    """An hour by its beginning, a day by its date."""
    form = "%a %H:%M" if timeline.span == "24h" else "%a %d %b"
    return [timeline.begins(slot).strftime(form) for slot in range(timeline.slots)]


def _marks(timeline: Timeline) -> list[str]:
    form = "%H:%M" if timeline.span == "24h" else "%a"
    return [timeline.begins(slot).strftime(form) for slot in range(0, timeline.slots, _MARKED[timeline.span])]


def number_axis(most: int) -> int:
    """The end of an axis that `most` fits on and fills to two thirds at least: 1, 2, 5 and steps between, times ten."""
    unit = 1
    while 10 * unit < most:
        unit *= 10
    return next(end for tenths in _ENDS if (end := tenths * unit // 10) >= most and tenths * unit % 10 == 0)


def duration_axis(durations: Sequence[timedelta]) -> Sequence[timedelta]:
    """The lines of an axis that these fit on, as near to the shortest and the longest as there are lines; three at
    least.
    """
    shortest, longest = min(durations, default=_STEPS[0]), max(durations, default=_STEPS[0])
    last = next((place for place, step in enumerate(_STEPS) if step >= longest), len(_STEPS) - 1)
    first = sum(step <= shortest for step in _STEPS[1:])
    first = min(first, max(0, last - 2))
    return _STEPS[first : max(last, first + 2) + 1]


def duration_share(duration: timedelta | None, steps: Sequence[timedelta]) -> float:
    """How far up the axis a duration stands, from 0 to 1: from line to line by its logarithm."""
    if duration is None or duration <= steps[0]:
        return 0.0
    if duration >= steps[-1]:
        return 1.0
    place = sum(step <= duration for step in steps) - 1
    below, above = steps[place], steps[place + 1]
    return (place + math.log(duration / below) / math.log(above / below)) / (len(steps) - 1)


def duration_text(duration: timedelta) -> str:
    """To two units: `8 s`, `1 min 30 s`, `3 h 5 min`, `2 d 4 h`. Less than nothing is `0 s`: clocks differ."""
    seconds = max(0, round(duration.total_seconds()))
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    place = next((place for place, (_, size) in enumerate(units) if seconds >= size), len(units) - 1)
    words: list[str] = []
    for name, size in units[place : place + 2]:
        number, seconds = divmod(seconds, size)
        if number or not words:
            words.append(f"{number} {name}")
    return " ".join(words)


def _text(duration: timedelta | None) -> str:
    return "" if duration is None else duration_text(duration)
