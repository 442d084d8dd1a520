"""Errors and tests under dependence: against known values, and by how often they are right."""

from __future__ import annotations

import math

import numpy as np
import pytest

from obverse.analysis.inference import (
    autocorrelations,
    bartlett_errors,
    chi_square_tail,
    fit_line,
    holm,
    mean_error,
    two_sided,
)
from obverse.errors import DataError, MarketDataError


def autoregression(count: int, persistence: float, seed: int) -> np.ndarray:
    shocks = np.random.default_rng(seed).normal(size=count)
    values = np.empty(count)
    values[0] = shocks[0] / math.sqrt(1 - persistence**2)
    for place in range(1, count):
        values[place] = persistence * values[place - 1] + shocks[place]
    return values


def test_chi_square_tails_are_those_of_the_tables() -> None:
    table = {(3.841458820694124, 1): 0.05, (5.991464547107979, 2): 0.05,
             (11.070497693516351, 5): 0.05, (35.17246162690806, 23): 0.05,
             (16.811893829770927, 6): 0.01}  # fmt: skip
    for (statistic, degrees), chance in table.items():
        assert chi_square_tail(statistic, degrees) == pytest.approx(chance, rel=1e-10)
    assert chi_square_tail(0.0, 1) == chi_square_tail(0.0, 6) == 1
    assert two_sided(1.959963984540054) == pytest.approx(0.05, rel=1e-12)
    with pytest.raises(DataError, match="degrees of freedom"):
        chi_square_tail(1.0, 0)


def test_autocorrelations_of_an_autoregression_are_powers_within_their_error() -> None:
    values = autoregression(20_000, 0.7, seed=1)
    found = autocorrelations(values, 5)
    assert found == pytest.approx(0.7 ** np.arange(1, 6), abs=4 * 0.02)
    assert found[0] == pytest.approx(0.7, abs=4 * math.sqrt((1 - 0.49) / 20_000))
    errors = bartlett_errors(found, 20_000)
    assert errors[0] == pytest.approx(1 / math.sqrt(20_000))
    assert errors[2] == pytest.approx(math.sqrt((1 + 2 * (found[0] ** 2 + found[1] ** 2)) / 20_000))


def test_white_noise_leaves_bartletts_band_as_often_as_it_says() -> None:
    outside = 0
    for seed in range(200):
        found = autocorrelations(np.random.default_rng(seed).normal(size=400), 5)
        outside += int((np.abs(found) > 1.96 * bartlett_errors(found, 400)).sum())
    assert outside / 1000 == pytest.approx(0.05, abs=0.025)


def test_the_error_of_a_persistent_mean_covers_the_truth_where_the_plain_one_does_not() -> None:
    newey, plain = 0, 0
    for seed in range(300):
        values = autoregression(600, 0.6, seed)
        newey += abs(values.mean()) < 1.96 * mean_error(values, 20)
        plain += abs(values.mean()) < 1.96 * mean_error(values, 0)
    assert newey / 300 > 0.88
    assert plain / 300 < 0.75


def test_a_line_has_the_coefficients_and_r_squared_of_numpy() -> None:
    random = np.random.default_rng(3)
    x = 1e6 + 50 * random.normal(size=500)
    y = 2e-7 * x + 1e-6 * random.normal(size=500)
    found = fit_line(x, y)
    slope, intercept = np.polyfit(x - x.mean(), y, 1)
    assert found.slope == pytest.approx(slope, rel=1e-9)
    assert found.intercept == pytest.approx(intercept - slope * x.mean(), abs=1e-7)
    assert found.r_squared == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, rel=1e-9)
    centred, left = x - x.mean(), y - (intercept + slope * (x - x.mean()))
    white = math.sqrt(((centred * left) ** 2).sum()) / (centred @ centred)
    assert fit_line(x, y, lags=0).slope_error == pytest.approx(white, rel=1e-9)


def test_slope_errors_cover_the_true_slope() -> None:
    inside = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        x = random.normal(size=300)
        y = 0.5 * x + random.normal(size=300) * (0.5 + np.abs(x))
        found = fit_line(x, y)
        inside += abs(found.slope - 0.5) < 1.96 * found.slope_error
    assert 0.89 < inside / 300 <= 1


def test_holm_is_bonferroni_for_the_smallest_and_keeps_the_order() -> None:
    assert holm(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.06, 0.03, 0.06])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


def test_what_cannot_be_estimated_is_refused() -> None:
    with pytest.raises(MarketDataError, match="all the same"):
        autocorrelations(np.ones(10), 1)
    with pytest.raises(MarketDataError, match="at least 7"):
        autocorrelations(np.arange(4.0), 5)
    with pytest.raises(MarketDataError, match="row 1 is nan"):
        mean_error(np.array([1.0, np.nan]))
    with pytest.raises(MarketDataError, match="same everywhere"):
        fit_line(np.ones(5), np.arange(5.0))
    with pytest.raises(DataError, match="expected as many"):
        fit_line(np.arange(5.0), np.arange(4.0))
    with pytest.raises(DataError, match="expected 0 to"):
        mean_error(np.arange(5.0), 9)
