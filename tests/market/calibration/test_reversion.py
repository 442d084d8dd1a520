"""Mean reversion: the exact likelihood, parameters recovered, and what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.calibration.moves import FloatArray
from obverse.market.calibration.reversion import fit_reversion, surface


def _process(
    times: FloatArray, half_life: float, deviation: float, noise: float, seed: int
) -> FloatArray:
    random = np.random.default_rng(seed)
    keep = 2.0 ** (-np.diff(times) / half_life)
    shocks = random.standard_normal(len(times))
    path = np.empty(len(times))
    path[0] = shocks[0]
    for at in range(1, len(times)):
        path[at] = keep[at - 1] * path[at - 1] + np.sqrt(1 - keep[at - 1] ** 2) * shocks[at]
    return deviation * path + noise * random.standard_normal(len(times))


def _dense_height(
    times: FloatArray, values: FloatArray, half_life: float, ratio: float
) -> tuple[float, float, float]:
    """The restricted likelihood from the covariance matrix, as textbooks write it."""
    moved = 1 - 4.0 ** (-np.median(np.diff(times)) / half_life)
    share = moved * ratio / (1 + moved * ratio)
    apart = np.abs(times[:, None] - times[None, :])
    matrix = (1 - share) * 2.0 ** (-apart / half_life) + share * np.eye(len(times))
    inverse, ones = np.linalg.inv(matrix), np.ones(len(times))
    weight = ones @ inverse @ ones
    mean = ones @ inverse @ values / weight
    rest = values - mean
    variance = rest @ inverse @ rest / (len(values) - 1)
    determinant = np.linalg.slogdet(matrix)[1]
    height = -0.5 * ((len(values) - 1) * np.log(variance) + determinant + np.log(weight))
    return float(height), float(mean), float(variance)


@settings(deadline=None, max_examples=40)
@given(
    steps=st.lists(st.floats(0.01, 20), min_size=3, max_size=25),
    half_life=st.floats(0.2, 100),
    ratio=st.floats(0, 50),
    seed=st.integers(0, 10**6),
)
def test_the_filter_gives_the_likelihood_of_the_covariance_matrix(
    steps: list[float], half_life: float, ratio: float, seed: int
) -> None:
    times = np.concatenate([[0.0], np.cumsum(steps)])
    values = 3 + np.random.default_rng(seed).standard_normal(len(times))
    found = surface(np.diff(times), values, np.array([half_life]), np.array([ratio]))
    height, mean, variance = _dense_height(times, values, half_life, ratio)
    assert found.heights[0, 0] == pytest.approx(height, rel=1e-6, abs=1e-6)
    assert found.means[0, 0] == pytest.approx(mean, rel=1e-6, abs=1e-6)
    assert found.variances[0, 0] == pytest.approx(variance, rel=1e-6)


@pytest.mark.parametrize(("count", "noise"), [(400, 0.1), (600, 1.0)])
def test_known_processes_are_recovered_within_their_intervals(count: int, noise: float) -> None:
    """At uneven steps; 95 % intervals of 20 series hold the truth, but for a few."""
    fits = []
    for seed in range(20):
        times = np.sort(np.random.default_rng(seed).uniform(0, count / 2, count))
        values = 5 + _process(times, 10.0, 2.0, 2.0 * noise, seed + 1000)
        fits.append(fit_reversion(times, values, "series"))
    held_truth = sum(fit.low <= 10 <= fit.high for fit in fits)
    assert held_truth >= 16  # of a binomial of 20 at 95 %, fewer come once in 400
    logs = np.log([fit.half_life / 10 for fit in fits])
    assert abs(logs.mean()) < 3.5 * logs.std() / np.sqrt(len(fits)) + 0.05
    for name, truth in (("mean", 5.0), ("deviation", 2.0), ("noise", 2.0 * noise)):
        found = np.array([getattr(fit, name) for fit in fits])
        error = found.std() / np.sqrt(len(fits))
        assert abs(found.mean() - truth) < 3.5 * error + 0.02 * truth, name


@settings(deadline=None, max_examples=10)
@given(scale=st.floats(1e-6, 1e6), shift=st.floats(-10, 10))
def test_units_of_the_values_do_not_matter(scale: float, shift: float) -> None:
    times = np.arange(120.0)
    values = _process(times, 6.0, 1.0, 0.2, 3)
    plain = fit_reversion(times, values, "series")
    other = fit_reversion(times, scale * (values + shift), "series")
    assert other.half_life == pytest.approx(plain.half_life)
    assert other.deviation == pytest.approx(scale * plain.deviation, rel=1e-4)
    assert other.mean == pytest.approx(scale * (plain.mean + shift), rel=1e-4, abs=1e-4 * scale)


def test_a_random_walk_is_held_and_said_to_be() -> None:
    times = np.arange(300.0)
    walk = np.cumsum(np.random.default_rng(5).standard_normal(300))
    fit = fit_reversion(times, walk, "walk")
    assert fit.held
    assert fit.half_life == pytest.approx(299 / 2)
    assert fit.high == pytest.approx(2 * 299)
    reverting = fit_reversion(times, _process(times, 5.0, 1.0, 0.0, 6), "series")
    assert not reverting.held
    assert reverting.high < 30


@pytest.mark.parametrize(
    ("times", "values", "message"),
    [
        (np.arange(39.0), np.arange(39.0), "39 observations; 40 are needed"),
        (np.arange(50.0), np.full(50, 2.5), "all 50 values are 2.5"),
        (np.arange(50.0), np.r_[np.arange(49.0), np.nan], "not a finite number"),
        (np.r_[0.0, np.arange(49.0)], np.arange(50.0), "times do not increase"),
    ],
)
def test_series_that_tell_nothing_are_refused(
    times: FloatArray, values: FloatArray, message: str
) -> None:
    with pytest.raises(MarketDataError, match=f"the basis.*{message}"):
        fit_reversion(times, values, "the basis")
