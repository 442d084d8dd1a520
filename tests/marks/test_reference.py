"""The compiled history says what the plain twin says, and neither looks ahead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perpetual_histories import (
    BEGINS,
    MINUTE_NS,
    RULES,
    STEP_ARRAYS,
    WINDOW_ARRAYS,
    assert_same,
    histories,
    rules,
    sampled,
    schedules,
)

from obverse.marks._reference import exponential_average_reference, perpetual_history_reference
from obverse.marks.averages import exponential_average
from obverse.marks.history import Start, perpetual_history
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import Schedule, Span, to_ns
from obverse.rulebooks.records import FundingRule, MarkRule

Pair = tuple[MarkRule, FundingRule]
starts = st.floats(-0.01, 0.01).map(Start)


@settings(deadline=None, max_examples=200)
@given(samples=histories(), pair=rules, schedule=schedules(), start=starts)
def test_the_kernel_is_its_twin(
    samples: PerpetualSamples, pair: Pair, schedule: Schedule, start: Start
) -> None:
    found = perpetual_history(samples, *pair, schedule, start)
    assert_same(found, perpetual_history_reference(samples, *pair, schedule, start))


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_shipped_rule_over_a_thousand_steps(name: str) -> None:
    mark, funding = RULES[name]
    times = to_ns(BEGINS) + np.cumsum(np.tile([1, 1, 1, 1, 3], 200)) * MINUTE_NS
    samples = sampled(times, seed=len(name), patchy=0.02)
    schedule = Schedule((Span(BEGINS, funding.interval_hours, funding.anchor_hour),))
    found = perpetual_history(samples, mark, funding, schedule)
    assert_same(found, perpetual_history_reference(samples, mark, funding, schedule))


@settings(deadline=None, max_examples=200)
@given(samples=histories(), pair=rules, schedule=schedules(), data=st.data())
def test_cutting_a_history_changes_nothing_before_the_cut(
    samples: PerpetualSamples, pair: Pair, schedule: Schedule, data: st.DataObject
) -> None:
    kept = data.draw(st.integers(0, len(samples.times_ns)))
    whole = perpetual_history(samples, *pair, schedule)
    cut = perpetual_history(samples.until(kept), *pair, schedule)
    for name in STEP_ARRAYS:
        assert np.array_equal(getattr(cut, name), getattr(whole, name)[:kept]), name
    for name in WINDOW_ARRAYS:
        ours = getattr(cut, name)
        assert np.array_equal(ours, getattr(whole, name)[: len(ours)]), name
    if kept:
        known = whole.stamps_ns <= samples.times_ns[kept - 1]
        assert np.count_nonzero(known) == len(cut.stamps_ns)


@settings(deadline=None, max_examples=100)
@given(samples=histories(), pair=rules, schedule=schedules(), start=starts)
def test_nothing_that_comes_out_is_nan(
    samples: PerpetualSamples, pair: Pair, schedule: Schedule, start: Start
) -> None:
    history = perpetual_history(samples, *pair, schedule, start)
    for name in (*STEP_ARRAYS, *WINDOW_ARRAYS):
        assert np.isfinite(getattr(history, name)).all(), name


@settings(deadline=None)
@given(
    values=st.lists(st.floats(-1e6, 1e6), max_size=30),
    gaps=st.lists(st.floats(0.001, 1e4), min_size=30, max_size=30),
    tau=st.floats(0.01, 1e5),
)
def test_exponential_average_is_its_twin(
    values: list[float], gaps: list[float], tau: float
) -> None:
    times = np.cumsum(gaps)[: len(values)]
    found = exponential_average(np.array(values), times, tau)
    expected = exponential_average_reference(values, times.tolist(), tau)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
