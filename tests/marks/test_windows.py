"""Funding windows in nanoseconds: the schedule's own stamps, and changes in mid-window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perpetual_histories import BEGINS, MINUTE_NS, schedules

from obverse.errors import RuleError
from obverse.marks.schedule import Schedule, Span, from_ns, to_ns
from obverse.marks.windows import stamps_ns, window_edges

DAY_8_HOURLY = Schedule((Span(BEGINS, 8),))


def hours(edges: np.ndarray) -> list[float]:
    return [(int(edge) - to_ns(BEGINS)) / 60 / MINUTE_NS for edge in edges]


def at(*minutes: float) -> np.ndarray:
    return to_ns(BEGINS) + (np.array(minutes) * MINUTE_NS).astype(np.int64)


@given(schedule=schedules(), low=st.integers(-2000, 9000), length=st.integers(0, 6000))
def test_stamps_are_the_schedules(schedule: Schedule, low: int, length: int) -> None:
    start = BEGINS + timedelta(minutes=low)
    end = start + timedelta(minutes=length)
    expected = [to_ns(stamp) for stamp in schedule.stamps(start, end)]
    assert stamps_ns(schedule, to_ns(start), to_ns(end)).tolist() == expected


@given(schedule=schedules(), minute=st.integers(0, 9000))
def test_the_window_of_one_step_is_the_schedules(schedule: Schedule, minute: int) -> None:
    time = BEGINS + timedelta(minutes=minute)
    before = timedelta(microseconds=0 if minute == 0 else 1)  # a step at a stamp ends its window
    edges = window_edges(at(minute), schedule)
    assert tuple(from_ns(int(edge)) for edge in edges) == schedule.window(time - before)


def test_a_step_at_a_stamp_ends_its_window_and_the_next_nanosecond_does_not() -> None:
    assert hours(window_edges(at(480), DAY_8_HOURLY)) == [0, 8]
    assert hours(window_edges(at(480) + 1, DAY_8_HOURLY)) == [8, 16]


def test_the_first_instant_of_a_schedule_begins_a_window() -> None:
    assert hours(window_edges(at(0), DAY_8_HOURLY)) == [0, 8]


def test_a_change_of_interval_ends_the_running_window_early() -> None:
    begins = datetime(2023, 8, 12, tzinfo=UTC)
    change = datetime(2023, 8, 13, 10, 30, tzinfo=UTC)
    schedule = Schedule((Span(begins, 8), Span(change, 4)))
    first = to_ns(datetime(2023, 8, 13, 9, tzinfo=UTC))
    edges = window_edges(first + np.arange(8) * 60 * MINUTE_NS, schedule)
    assert [from_ns(int(edge)).hour for edge in edges] == [8, 12, 16]


def test_no_steps_have_no_windows() -> None:
    assert len(window_edges(np.empty(0, dtype=np.int64), DAY_8_HOURLY)) == 0


def test_steps_outside_the_schedule_are_refused() -> None:
    ended = Schedule((Span(BEGINS, 8),), until=BEGINS + timedelta(hours=20))
    with pytest.raises(RuleError, match="2022-12-31"):
        window_edges(at(-1, 5), DAY_8_HOURLY)
    with pytest.raises(RuleError, match="at or after"):
        window_edges(at(5, 17 * 60), ended)
