"""Funding stamps: regular, changing on a date, and strictly one after another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError, MarketDataError, RuleError
from obverse.marks import Schedule, Span
from obverse.marks.schedule import from_ns, hours_to_stamps, to_ns, window_ids

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
START = datetime(2016, 5, 13, 12, tzinfo=UTC)
SWITCH = datetime(2016, 6, 4, 12, 0, 1, tzinfo=UTC)
XBTUSD = Schedule((Span(START, 24, 12), Span(SWITCH, 8, 4)))

spans = st.builds(
    lambda gap, interval, anchor: (gap, interval, anchor),
    st.integers(1, 10**6),
    st.sampled_from([1, 2, 4, 8, 12, 24]),
    st.integers(0, 23),
)
moments = st.integers(0, 60 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    made, moment = [], START
    for gap, interval, anchor in draw(st.lists(spans, min_size=1, max_size=4)):
        made.append(Span(moment, interval, anchor))
        moment += timedelta(seconds=gap)
    return Schedule(tuple(made))


def test_xbtusd_paid_daily_for_22_days_and_then_every_eight_hours() -> None:
    stamps = XBTUSD.stamps(START, START + 24 * DAY)
    assert [stamp.hour for stamp in stamps[:22]] == [12] * 22
    assert stamps[0] == START + DAY
    assert [stamp.hour for stamp in stamps[22:26]] == [20, 4, 12, 20]
    assert stamps[22] == datetime(2016, 6, 4, 20, tzinfo=UTC)


def test_an_interval_that_changes_in_mid_window_cuts_it_at_its_first_stamp() -> None:
    change = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
    schedule = Schedule((Span(START, 8, 0), Span(change, 2, 0)))
    before, after = change - HOUR, change + timedelta(minutes=1)
    assert schedule.window(before) == (change.replace(hour=8, minute=0), change + HOUR / 2)
    assert schedule.window(after) == schedule.window(before)
    assert schedule.hours_to_funding(before) == 1.5
    assert schedule.stamps(change - 2 * HOUR, change + 4 * HOUR) == [
        change.replace(hour=hour, minute=0) for hour in (8, 10, 12)
    ]


@given(schedules(), moments, st.integers(0, 40))
def test_stamps_rise_strictly_and_split_anywhere(
    schedule: Schedule, start: datetime, days: int
) -> None:
    end = start + days * DAY / 4
    middle = start + (end - start) / 3
    stamps = schedule.stamps(start, end)
    assert all(a < b for a, b in pairwise(stamps))
    assert all(start < stamp <= end for stamp in stamps)
    assert stamps == schedule.stamps(start, middle) + schedule.stamps(middle, end)


@given(schedules(), moments)
def test_the_running_window_contains_its_instant(schedule: Schedule, at: datetime) -> None:
    opened, closes = schedule.window(at)
    assert opened <= at < closes
    assert schedule.stamps(at, closes) == [closes]
    assert 0 < schedule.hours_to_funding(at) <= 48
    assert opened == schedule.spans[0].begins or schedule.stamps(opened - HOUR / 3600, opened)


def test_a_schedule_ends_with_its_contract_and_begins_with_it() -> None:
    schedule = Schedule((Span(START, 8, 4),), until=START + DAY)
    assert schedule.stamps(START, START + 9 * DAY) == [START + 8 * HOUR, START + 16 * HOUR]
    for at in (START - HOUR, START + 16 * HOUR):
        with pytest.raises(RuleError, match="No funding is scheduled"):
            schedule.window(at)


@given(schedules(), st.lists(st.integers(0, 30 * 86_400), min_size=1, unique=True))
def test_samples_are_numbered_as_their_windows(schedule: Schedule, seconds: list[int]) -> None:
    times = [START + timedelta(seconds=second) for second in sorted(seconds)]
    stamps = schedule.stamps(START - HOUR, times[-1] + 2 * DAY)
    ids = window_ids(np.array([to_ns(t) for t in times]), stamps)
    left = hours_to_stamps(np.array([to_ns(t) for t in times]), stamps)
    for at, number, hours in zip(times, ids, left, strict=True):
        assert number == sum(stamp < at for stamp in stamps)  # a sample at a stamp ends its window
        assert hours == (stamps[number] - at) / HOUR


def test_late_and_duplicate_samples_are_refused_by_their_place() -> None:
    stamps = XBTUSD.stamps(START, START + 2 * DAY)
    for times in ([1, 2, 2], [1, 3, 2]):
        with pytest.raises(MarketDataError, match="step 2 is late or there twice"):
            window_ids(np.array(times), stamps)
    with pytest.raises(MarketDataError, match="no funding stamp after"):
        hours_to_stamps(np.array([to_ns(START + 9 * DAY)]), stamps)


@given(st.integers(0, 10**15))
def test_nanoseconds_keep_every_microsecond(microseconds: int) -> None:
    moment = START + timedelta(microseconds=microseconds)
    assert from_ns(to_ns(moment)) == moment


@pytest.mark.parametrize(("interval", "anchor"), [(0, 0), (5, 0), (48, 0), (8, 24), (8, -1)])
def test_intervals_that_do_not_divide_a_day_are_refused(interval: int, anchor: int) -> None:
    with pytest.raises(DataError, match="funding"):
        Span(START, interval, anchor)


def test_spans_out_of_order_are_refused() -> None:
    for spans_ in ((), (Span(START, 8), Span(START, 4)), (Span(START + DAY, 8), Span(START, 4))):
        with pytest.raises(DataError, match="in order"):
            Schedule(spans_)
