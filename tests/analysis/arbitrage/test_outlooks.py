"""Expected funding and its uncertainty: recovered from simulated rates."""

from __future__ import annotations

import math

import numpy as np
import pytest

from obverse.analysis.arbitrage import FundingOutlook, funding_outlook, steady
from obverse.errors import DataError

MEAN, PERSISTENCE, SHOCK = 1e-4, 0.8, 5e-5
YEARS = 30 / 365
PERIODS = 90


def simulated(count: int, paths: int, start: float, seed: int) -> np.ndarray:
    """Rates of many paths, each an autoregression."""
    surprises = np.random.default_rng(seed).normal(0, SHOCK, (count, paths))
    rates = np.empty((count, paths))
    rate = np.full(paths, start)
    for place in range(count):
        rate = MEAN + PERSISTENCE * (rate - MEAN) + surprises[place]
        rates[place] = rate
    return rates


def test_mean_and_deviation_of_the_sum_are_those_of_simulated_paths() -> None:
    start, paths = 6e-4, 20_000
    sums = simulated(PERIODS, paths, start, seed=3).sum(axis=0)
    outlook = FundingOutlook(start, MEAN, PERSISTENCE, SHOCK, 1000)
    error = float(sums.std()) / math.sqrt(paths)
    assert outlook.expected(YEARS) == pytest.approx(sums.mean(), abs=4 * error)
    assert outlook.deviation(YEARS) == pytest.approx(sums.std(), rel=4 / math.sqrt(2 * paths))


def test_a_long_history_gives_back_its_parameters() -> None:
    rates = simulated(20_000, 1, MEAN, seed=5)[:, 0]
    found = funding_outlook(rates.tolist())
    assert found.persistence == pytest.approx(PERSISTENCE, abs=4 * math.sqrt(0.36 / 20_000))
    assert found.mean == pytest.approx(MEAN, abs=4 * SHOCK / (1 - PERSISTENCE) / math.sqrt(20_000))
    assert found.shock == pytest.approx(SHOCK, rel=4 / math.sqrt(40_000))
    assert found.now == rates[-1]


def test_one_rate_stays() -> None:
    outlook = steady(0.0001)
    assert outlook.expected(1.0) == pytest.approx(0.0001 * 1095)
    assert outlook.deviation(1.0) == 0
    assert outlook.observations == 0


def test_rates_that_never_move_have_no_uncertainty() -> None:
    assert funding_outlook([0.0001] * 50).deviation(1.0) == 0


@pytest.mark.parametrize("rates", [[0.0001] * 29, [0.0001] * 40 + [float("nan")]])
def test_too_few_rates_and_ones_that_are_none_are_refused(rates: list[float]) -> None:
    with pytest.raises(DataError, match="funding"):
        funding_outlook(rates)


def test_a_rate_that_is_none_has_no_outlook() -> None:
    with pytest.raises(DataError, match="not a number"):
        steady(float("inf"))
