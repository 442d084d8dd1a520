"""Exponential and realised volatility, and distance in daily deviations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.risk.tail import (
    daily_deviations,
    ewma_volatilities,
    ewma_volatility,
    log_returns,
    realised_daily_volatility,
)

returns = st.lists(st.floats(-0.2, 0.2).filter(lambda r: abs(r) > 1e-6), min_size=5, max_size=40)


def _written_out(moves: list[float], decay: float, seed: int) -> list[float]:
    variance = sum(r * r for r in moves[:seed]) / seed
    found = [math.sqrt(variance)]
    for r in moves[seed:]:
        variance = decay * variance + (1 - decay) * r * r
        found.append(math.sqrt(variance))
    return found


@given(returns, st.floats(0.5, 0.99))
def test_the_average_is_the_recursion_written_out(moves, decay) -> None:
    found = ewma_volatilities(moves, decay=decay, seed_steps=5)
    assert found == pytest.approx(_written_out(moves, decay, 5), rel=1e-12)
    assert ewma_volatility(moves, decay=decay, seed_steps=5) == found[-1]


@given(returns, st.integers(5, 40))
def test_no_volatility_knows_the_return_it_is_of(moves, cut) -> None:
    cut = min(cut, len(moves))
    whole = ewma_volatilities(moves, seed_steps=5)
    assert list(ewma_volatilities(moves[:cut], seed_steps=5)) == list(whole[: cut - 5 + 1])


def test_a_constant_magnitude_is_its_own_volatility() -> None:
    assert ewma_volatilities([0.02, -0.02] * 20) == pytest.approx([0.02] * 21)
    prices = 100 * np.exp(np.cumsum([0.0, *([0.01, -0.01] * 24)]))
    assert realised_daily_volatility(prices, steps_per_day=24) == pytest.approx(
        0.01 * math.sqrt(24)
    )


def test_a_liquidation_ten_per_cent_off_is_so_many_days_of_volatility() -> None:
    assert daily_deviations(10_000, 9_000, 0.05) == pytest.approx(-math.log(0.9) / 0.05)
    assert daily_deviations(9_000, 10_000, 0.05) == pytest.approx(math.log(10 / 9) / 0.05)


@pytest.mark.parametrize(
    ("prices", "found"),
    [
        ([100.0], "1 prices"),
        ([100.0, math.nan], "nan"),
        ([100.0, math.inf], "inf"),
        ([100.0, 0.0], "not above zero"),
        ([100.0, -37.63], "not above zero"),
        ([[100.0], [101.0]], "shape"),
    ],
)
def test_prices_that_are_none_are_refused(prices, found) -> None:
    with pytest.raises(DataError, match=found):
        log_returns(prices)


def test_prices_that_stand_still_have_no_volatility() -> None:
    with pytest.raises(DataError, match="no volatility before step 20; the prices stand still"):
        ewma_volatilities(np.zeros(30))


@pytest.mark.parametrize("decay", [0.0, 1.0, math.nan])
def test_a_decay_that_keeps_nothing_or_all_is_refused(decay: float) -> None:
    with pytest.raises(DataError, match="decay"):
        ewma_volatilities(np.full(30, 0.01), decay=decay)


def test_too_few_returns_are_refused() -> None:
    with pytest.raises(DataError, match="19 of them, expected at least 20 for the seed"):
        ewma_volatilities(np.full(19, 0.01))
    with pytest.raises(DataError, match="2 steps, expected a day of 24"):
        realised_daily_volatility([1.0, 1.1, 1.2], steps_per_day=24)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_distance_needs_prices_and_a_volatility(bad: float) -> None:
    for values in ((bad, 1.0, 0.1), (1.0, bad, 0.1), (1.0, 1.1, bad)):
        with pytest.raises(DataError, match="expected a finite number above zero"):
            daily_deviations(*values)
