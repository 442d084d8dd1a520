"""The compiled parts of a window: sliding means without drift, and averages within a window."""

from __future__ import annotations

import math

import numpy as np
import pytest

from obverse.marks._window_kernels import (
    NEVER,
    basis_kernel,
    held_integral_kernel,
    hold_kernel,
    sliding_mean_kernel,
    window_mean_kernel,
)

MINUTE_NS = 60_000_000_000
EMPTY = (0, 0, 0.0, 0)


def sliding_mean(values, sampled, times, span, cuts=()):
    found, suffix = np.empty(len(values)), np.empty(len(values))
    state, low = EMPTY, 0
    for high in (*cuts, len(values)):
        state = sliding_mean_kernel(values, sampled, times, span, low, high, suffix, state, found)
        low = high
    return found


def test_a_sliding_mean_does_not_drift_over_two_years_of_minutes() -> None:
    source = np.random.default_rng(1)
    count, length = 1_051_200, 480
    values = source.normal(0, 1e-3, count) + np.where(np.arange(count) < 5_000, 1e6, 1.0)
    times = np.arange(count) * MINUTE_NS
    found = sliding_mean(values, np.ones(count, dtype=bool), times, length * MINUTE_NS)
    for step in (0, 479, 480, 4_999, 5_479, 5_480, 100_000, 777_777, count - 1):
        mean = math.fsum(values[max(step - length + 1, 0) : step + 1]) / min(step + 1, length)
        assert found[step] == pytest.approx(mean, rel=1e-15)


def test_a_sliding_mean_does_not_depend_on_how_it_is_cut() -> None:
    source = np.random.default_rng(2)
    times = np.cumsum(source.integers(1, 5, 300)) * MINUTE_NS
    sampled = source.random(300) < 0.7
    values = np.where(sampled, source.normal(0, 1, 300), 0.0)
    whole = sliding_mean(values, sampled, times, 20 * MINUTE_NS)
    pieces = sliding_mean(values, sampled, times, 20 * MINUTE_NS, cuts=(1, 2, 70, 70, 299))
    np.testing.assert_array_equal(whole, pieces)


def test_a_sliding_mean_of_no_sample_is_left_open() -> None:
    sampled = np.array([False, True, False, False])
    values = np.array([0.0, 3.0, 0.0, 0.0])
    found = sliding_mean(values, sampled, np.arange(4), 2)
    np.testing.assert_array_equal(found, [math.nan, 3.0, 3.0, math.nan])


def test_linear_weights_count_the_samples_that_are_there() -> None:
    sampled = np.array([False, True, False, True, True])
    values = np.array([0.0, 6.0, 0.0, 3.0, 8.0])
    found = np.empty(5)
    assert window_mean_kernel(values, sampled, True, found) == 3
    np.testing.assert_array_equal(found, [math.nan, 6, 6, 4, 6])
    assert window_mean_kernel(values, sampled, False, found) == 3
    np.testing.assert_array_equal(found, [math.nan, 6, 6, 4.5, 17 / 3])


def test_an_exponential_basis_goes_by_the_time_since_the_last_book() -> None:
    times = np.array([0, 30, 60, 120], dtype=np.int64) * 1_000_000_000
    sampled = np.array([True, True, False, True])
    found = np.empty(4)
    last, at = basis_kernel(times, np.array([1.0, 2.0, 0.0, 4.0]), sampled, 30.0, 0.0, NEVER, found)
    second = 1 + (1 - math.exp(-1))
    fourth = second + (1 - math.exp(-3)) * (4 - second)
    np.testing.assert_allclose(found, [1, second, second, fourth], rtol=1e-15)
    assert (last, at) == (found[-1], times[-1])


def test_values_are_held_where_there_was_no_sample() -> None:
    found = np.array([0.0, 5.0, 0.0])
    assert hold_kernel(np.array([False, True, False]), 2.0, found) == 5.0
    np.testing.assert_array_equal(found, [2.0, 5.0, 5.0])


def test_a_rate_counts_until_the_next_step() -> None:
    times = np.array([0, 10, 40], dtype=np.int64)
    assert held_integral_kernel(times, np.array([1.0, 2.0, 99.0])) == 10 + 60
