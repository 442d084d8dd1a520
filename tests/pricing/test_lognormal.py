"""The ground of the option prices: tails of N, the expectation's edges, and the door."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.pricing.lognormal import (
    check_above_zero,
    check_correlation,
    check_finite,
    check_zero_or_more,
    expected_payoff,
    grown,
    normal_probability,
    option_sign,
    standard_moneyness,
)


@pytest.mark.parametrize(
    ("value", "probability"),
    [
        (0.0, 0.5),
        (1.959963984540054, 0.975),
        (-5.0, 2.866515718791939e-7),
        (-10.0, 7.619853024160527e-24),
        (-20.0, 2.753624118606234e-89),
        (-math.inf, 0.0),
        (math.inf, 1.0),
    ],
)
def test_the_normal_distribution_holds_in_its_tails(value: float, probability: float) -> None:
    assert normal_probability(value) == pytest.approx(probability, rel=1e-12, abs=0)


def _by_quadrature(mean: float, strike: float, deviation: float) -> float:
    """E[(X − K)⁺], integrated over the standard normal where the call pays."""
    start = math.log(strike / mean) / deviation + deviation / 2
    z = np.linspace(max(start, -14), max(start, 0) + 14, 40_001)
    paid = mean * np.exp(deviation * z - deviation**2 / 2) - strike
    return float(np.trapezoid(paid * np.exp(-z * z / 2), z)) / math.sqrt(2 * math.pi)


@given(st.floats(0.3, 3), st.floats(0.05, 1.5))
def test_a_call_is_the_integral_of_its_payoff(moneyness: float, deviation: float) -> None:
    found = expected_payoff("call", 100 * moneyness, 100, deviation)
    expected = _by_quadrature(100 * moneyness, 100, deviation)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-12)


def test_a_value_far_out_of_the_money_keeps_its_digits() -> None:
    """Nine deviations away, where 1 − N(d) is zero in floats."""
    expected = _by_quadrature(100, 250, 0.1)
    assert expected < 1e-17
    assert expected_payoff("call", 100, 250, 0.1) == pytest.approx(expected, rel=1e-6, abs=0)


@given(st.floats(1, 1e6), st.floats(1, 1e6))
def test_without_deviation_only_the_intrinsic_value_is_left(mean: float, strike: float) -> None:
    assert expected_payoff("call", mean, strike, 0) == max(mean - strike, 0)
    assert expected_payoff("put", mean, strike, 0) == max(strike - mean, 0)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0, 1e9))
def test_a_value_lies_between_its_bounds(mean: float, strike: float, deviation: float) -> None:
    call = expected_payoff("call", mean, strike, deviation)
    put = expected_payoff("put", mean, strike, deviation)
    assert max(mean - strike, 0) <= call <= mean * (1 + 1e-12)
    assert max(strike - mean, 0) <= put <= strike * (1 + 1e-12)


def test_boundless_deviation_makes_a_call_the_price_and_a_put_the_strike() -> None:
    assert expected_payoff("call", 80, 100, math.inf) == 80
    assert expected_payoff("put", 80, 100, math.inf) == 100


def test_moneyness_without_deviation_is_certain_or_in_the_middle() -> None:
    assert standard_moneyness(110, 100, 0, "call") == (math.inf, math.inf)
    assert standard_moneyness(110, 100, 0, "put") == (-math.inf, -math.inf)
    assert standard_moneyness(90, 100, 0, "put") == (math.inf, math.inf)
    assert standard_moneyness(100, 100, 0, "call") == (0, 0)


def test_prices_too_far_apart_for_a_float_are_refused() -> None:
    for mean, strike in ((1e-300, 1e300), (1e300, 1e-300), (0.0, 1.0), (1.0, math.inf)):
        for deviation in (0.0, 0.5):
            with pytest.raises(DataError, match="too far apart"):
                expected_payoff("put", mean, strike, deviation)


def test_growth_that_no_float_holds_is_refused() -> None:
    assert grown(100, math.log(2)) == pytest.approx(200)
    assert grown(100, -1e6) == 0
    for value, power in ((1.0, 1e6), (1e308, 10.0), (1.0, math.nan), (math.inf, 0.0)):
        with pytest.raises(DataError, match="beyond any price"):
            grown(value, power)


def test_another_word_than_call_or_put_is_refused() -> None:
    assert (option_sign("call"), option_sign("put")) == (1, -1)
    with pytest.raises(DataError, match=r"option 'Call': expected one of call, put\."):
        option_sign("Call")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_check_lets_through_what_is_not_finite(value: float) -> None:
    for check in (check_finite, check_above_zero, check_zero_or_more):
        with pytest.raises(DataError, match="strike: "):
            check(strike=value)
    with pytest.raises(DataError, match="correlation: "):
        check_correlation(value)


def test_each_check_has_its_bound() -> None:
    check_finite(rate=-0.5)
    check_zero_or_more(volatility=0.0)
    check_above_zero(spot=5e-324)
    check_correlation(-1.0)
    check_correlation(1.0)
    with pytest.raises(DataError, match="zero or more"):
        check_zero_or_more(volatility=-1e-9)
    with pytest.raises(DataError, match="above zero"):
        check_above_zero(spot=0.0)
    with pytest.raises(DataError, match="between -1 and 1"):
        check_correlation(1.0000001)
