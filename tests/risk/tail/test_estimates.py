"""Value at risk and expected shortfall of a sample."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.risk.tail import tail_estimate

gains = st.lists(st.floats(-1e6, 1e6), min_size=20, max_size=80)
levels = st.floats(0.5, 0.95)


def test_of_a_hundred_losses_the_95th_is_the_value_at_risk() -> None:
    found = tail_estimate([-float(loss) for loss in range(1, 101)], 0.95)
    assert found.value_at_risk == 95
    assert found.expected_shortfall == pytest.approx(98)  # the mean of 96 to 100


def test_a_level_between_observations_counts_part_of_the_value_at_risk() -> None:
    """Losses 1 to 10 at 75 %: the worst 2.5 of them are 10, 9 and half of 8."""
    found = tail_estimate([-float(loss) for loss in range(1, 11)], 0.75)
    assert found.value_at_risk == 8
    assert found.expected_shortfall == pytest.approx((10 + 9 + 8 / 2) / 2.5)


@pytest.mark.parametrize("level", [0.95, 0.99])
def test_normal_gains_have_the_closed_form(level: float) -> None:
    """VaR = z·s, ES = s·φ(z)/(1 − level), within four standard errors of the quantile."""
    count, deviation = 400_000, 0.04
    sample = np.random.default_rng(3).standard_normal(count) * deviation
    found = tail_estimate(sample, level)
    z = NormalDist().inv_cdf(level)
    density = NormalDist().pdf(z)
    error = deviation * math.sqrt(level * (1 - level) / count) / density
    assert found.value_at_risk == pytest.approx(z * deviation, abs=4 * error)
    assert found.expected_shortfall == pytest.approx(
        deviation * density / (1 - level), abs=8 * error
    )


@given(gains, levels)
def test_shortfall_is_the_best_bound_over_all_thresholds(sample, level) -> None:
    """Rockafellar and Uryasev: ES is the least of t + mean(max(loss − t, 0))/(1 − level)."""
    losses = -np.array(sample)
    bounds = [t + np.maximum(losses - t, 0).mean() / (1 - level) for t in losses]
    found = tail_estimate(sample, level).expected_shortfall
    assert found == pytest.approx(min(bounds), abs=1e-6)


@given(gains, levels, levels)
def test_both_rise_with_the_level_and_shortfall_is_the_larger(sample, one, other) -> None:
    low, high = (tail_estimate(sample, level) for level in sorted([one, other]))
    assert low.expected_shortfall >= low.value_at_risk
    assert high.value_at_risk >= low.value_at_risk
    assert high.expected_shortfall >= low.expected_shortfall - 1e-6


@given(gains, levels, st.sampled_from([0.5, 2.0, 1024.0]))
def test_both_scale_with_the_book(sample, level, factor) -> None:
    one = tail_estimate(sample, level)
    many = tail_estimate([factor * gain for gain in sample], level)
    assert many.value_at_risk == factor * one.value_at_risk
    assert many.expected_shortfall == pytest.approx(factor * one.expected_shortfall, abs=1e-6)


@given(gains, gains, levels)
def test_shortfall_never_punishes_putting_books_together(one, other, level) -> None:
    count = min(len(one), len(other))
    assume(count >= 20)
    a, b = np.array(one[:count]), np.array(other[:count])
    together = tail_estimate(a + b, level).expected_shortfall
    apart = sum(tail_estimate(each, level).expected_shortfall for each in (a, b))
    assert together <= apart + 1e-6 * (1 + abs(apart))


def test_gains_that_are_no_numbers_or_too_few_are_refused() -> None:
    with pytest.raises(DataError, match=r"step 3 \(nan\) is not a finite number"):
        tail_estimate([1.0] * 3 + [math.nan] + [1.0] * 200, 0.99)
    with pytest.raises(DataError, match="99 observations, expected at least 100"):
        tail_estimate([1.0] * 99, 0.99)
    with pytest.raises(DataError, match="level: found 99"):
        tail_estimate([1.0] * 200, 99)
