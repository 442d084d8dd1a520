"""Averages against their naive twins; none of them looks ahead."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.marks import exponential_average, moving_average, window_average
from obverse.marks.averages import exponential_step, window_starts

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)
steps = st.lists(st.integers(1, 600), min_size=60, max_size=60)
windows = st.lists(st.integers(0, 1), min_size=60, max_size=60)


def _close(found: np.ndarray, expected: list[float]) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


@given(values, st.integers(1, 70))
def test_a_moving_average_is_the_mean_of_the_last_samples(xs: list[float], length: int) -> None:
    naive = [
        math.fsum(xs[max(0, k + 1 - length) : k + 1]) / min(k + 1, length) for k in range(len(xs))
    ]
    _close(moving_average(np.array(xs), length), naive)


@settings(deadline=None)  # the first call compiles
@given(values, steps, st.floats(1, 1000))
def test_an_exponential_average_is_its_recursion(
    xs: list[float], gaps: list[int], constant: float
) -> None:
    times = np.cumsum(gaps[: len(xs)]).astype(float)
    naive = [xs[0]]
    for k in range(1, len(xs)):
        naive.append(exponential_step(naive[-1], xs[k], float(gaps[k]), constant))
    found = exponential_average(np.array(xs), times, constant)
    _close(found, naive)
    assert found[0] == xs[0]


@given(values, windows, st.sampled_from(["flat", "linear"]))
def test_a_window_average_is_that_of_its_own_window(
    xs: list[float], turns: list[int], weights
) -> None:
    ids = np.cumsum(turns[: len(xs)])
    naive = []
    for k, ident in enumerate(ids):
        own = [x for x, other in zip(xs[: k + 1], ids[: k + 1], strict=True) if other == ident]
        weight = range(1, len(own) + 1) if weights == "linear" else [1] * len(own)
        naive.append(math.fsum(w * x for w, x in zip(weight, own, strict=True)) / sum(weight))
    _close(window_average(np.array(xs), ids, weights), naive)


def test_bybits_480_minutes_weigh_as_their_number() -> None:
    xs = np.arange(1.0, 481.0)
    found = window_average(xs, np.zeros(480, dtype=np.int64), "linear")[-1]
    assert found == pytest.approx(sum(k * k for k in range(1, 481)) / sum(range(1, 481)))


AVERAGES: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "moving": lambda x, t, w: moving_average(x, 7),
    "exponential": lambda x, t, w: exponential_average(x, t, 30.0),
    "flat": lambda x, t, w: window_average(x, w, "flat"),
    "linear": lambda x, t, w: window_average(x, w, "linear"),
}


@pytest.mark.parametrize("name", AVERAGES)
@settings(deadline=None)
@given(xs=values, gaps=steps, turns=windows, cut=st.integers(1, 60))
def test_cutting_a_history_changes_nothing_before_the_cut(
    name: str, xs: list[float], gaps: list[int], turns: list[int], cut: int
) -> None:
    count = len(xs)
    columns = (
        np.array(xs),
        np.cumsum(gaps[:count]).astype(float),
        np.cumsum(turns[:count]).astype(np.int64),
    )
    whole = AVERAGES[name](*columns)
    part = AVERAGES[name](*(column[:cut] for column in columns))
    assert np.array_equal(part, whole[:cut])


def test_nothing_averages_to_nothing() -> None:
    empty = np.empty(0)
    assert not len(moving_average(empty, 3))
    assert not len(exponential_average(empty, empty, 30.0))
    assert not len(window_average(empty, np.empty(0, dtype=np.int64)))


def test_bad_samples_are_refused() -> None:
    two = np.array([1.0, 2.0])
    with pytest.raises(MarketDataError, match="length of 0"):
        moving_average(two, 0)
    with pytest.raises(MarketDataError, match="not a finite number"):
        moving_average(np.array([1.0, math.nan]), 2)
    with pytest.raises(MarketDataError, match="increasing time, each once"):
        exponential_average(two, np.array([1.0, 1.0]), 30.0)
    with pytest.raises(MarketDataError, match="increasing time, each once"):
        exponential_average(two, np.array([2.0, 1.0]), 30.0)
    with pytest.raises(MarketDataError, match="one time a value"):
        exponential_average(two, np.array([1.0]), 30.0)
    for constant in (0.0, -1.0, math.nan):
        with pytest.raises(MarketDataError, match="not above zero"):
            exponential_average(two, two, constant)
    with pytest.raises(MarketDataError, match="one window a value"):
        window_average(two, np.zeros(1, dtype=np.int64))
    with pytest.raises(MarketDataError, match="earlier window"):
        window_starts(np.array([1, 0]))
