"""Time in slots as the reader's clock has them, and the axes of the overview's charts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dashboard.charts import (
    duration_axis,
    duration_share,
    duration_text,
    messages_chart,
    number_axis,
    responses_chart,
)
from shared.queries.traffic import Messages, Responses
from shared.timeline import DAYS, HOURS, timeline, zone_named

# With days of 23 and 25 hours, some of which have no midnight, and hours that begin at the half.
ZONES = (
    "UTC",
    "Europe/Lisbon",
    "America/St_Johns",
    "Asia/Kolkata",
    "Africa/Cairo",
    "America/Havana",
    "Pacific/Chatham",
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DURATIONS = st.timedeltas(timedelta(), timedelta(days=9))


@given(now=MOMENTS, zone=st.sampled_from(ZONES))
def test_hours_follow_on_each_other_and_the_last_one_is_under_way(now: datetime, zone: str) -> None:
    hours = timeline("24h", ZoneInfo(zone), now)
    assert hours.slots == HOURS
    assert {end - begin for begin, end in zip(hours.edges, hours.edges[1:], strict=False)} == {timedelta(hours=1)}
    assert hours.edges[-2] <= now < hours.edges[-1]
    assert hours.begins(HOURS - 1).minute == 0


@given(now=MOMENTS, zone=st.sampled_from(ZONES))
def test_days_begin_with_the_first_moment_of_their_date(now: datetime, zone: str) -> None:
    days = timeline("7d", ZoneInfo(zone), now)
    assert days.slots == DAYS
    assert days.edges[-2] <= now < days.edges[-1]
    for slot in range(DAYS):
        before = (days.edges[slot] - timedelta(seconds=1)).astimezone(days.zone)
        assert days.begins(slot).date() == before.date() + timedelta(days=1)
        assert (days.edges[slot + 1] - timedelta(seconds=1)).astimezone(days.zone).date() == days.begins(slot).date()


def test_a_day_in_which_the_clocks_change_is_longer() -> None:
    days = timeline("7d", ZoneInfo("Europe/Lisbon"), datetime(2026, 10, 26, 12, tzinfo=UTC))
    lengths = [end - begin for begin, end in zip(days.edges, days.edges[1:], strict=False)]
    assert lengths == [*[timedelta(hours=24)] * 5, timedelta(hours=25), timedelta(hours=24)]


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "/etc/localtime", "Europe", "\0", "x" * 5000])
def test_a_zone_that_there_is_not_is_utc(name: str) -> None:
    assert zone_named(name).key == "UTC"
    assert zone_named("Asia/Kolkata").key == "Asia/Kolkata"


@given(most=st.integers(1, 10**9))
def test_an_axis_of_numbers_fits_what_is_on_it_and_the_highest_fills_two_thirds(most: int) -> None:
    end = number_axis(most)
    assert most <= end <= 1.5 * most
    assert len(str(end).rstrip("0")) <= 2, "a number that is read at a glance"


@pytest.mark.parametrize(
    ("most", "end"), [(0, 1), (1, 1), (2, 2), (7, 8), (9, 10), (10, 10), (11, 15), (21, 30), (42, 50), (999_999, 10**6)]
)
def test_an_axis_of_numbers_ends_with_a_round_one(most: int, end: int) -> None:
    assert number_axis(most) == end


@given(durations=st.lists(DURATIONS, min_size=2, max_size=10))
def test_what_takes_longer_stands_higher(durations: list[timedelta]) -> None:
    steps = duration_axis(durations)
    assert len(steps) >= 3
    shares = [duration_share(duration, steps) for duration in sorted(durations)]
    assert shares == sorted(shares)
    assert shares[0] >= 0
    assert shares[-1] <= 1
    for place, step in enumerate(steps):
        assert duration_share(step, steps) == pytest.approx(place / (len(steps) - 1))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (90_000, "1 d 1 h"),
        (604_800, "7 d"),
    ],
)
def test_a_duration_is_told_in_two_units(seconds: float, text: str) -> None:
    assert duration_text(timedelta(seconds=seconds)) == text


def test_a_chart_without_anything_on_it_has_its_slots_all_the_same() -> None:
    days = timeline("7d", ZoneInfo("UTC"), datetime(2026, 10, 26, 12, tzinfo=UTC))
    messages = messages_chart(days, [Messages()] * DAYS)
    assert [slot.name for slot in messages.slots][-2:] == ["Sun 25 Oct", "Mon 26 Oct"]
    assert (messages.inbound, messages.end, messages.marks[-1]) == (0, 1, "Mon")
    responses = responses_chart(days, [Responses()] * DAYS, Responses())
    assert (responses.count, responses.median) == (0, "")
