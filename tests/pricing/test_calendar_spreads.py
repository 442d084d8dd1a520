"""Kirk's spread options: Haug's table, parity, Margrabe's exact case, limits, the door."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.pricing import Option, SpreadLegs, black76_price, calendar_spread_option_price

LEGS = SpreadLegs(
    future_1_usd=122, future_2_usd=120, volatility_1=0.2, volatility_2=0.2, correlation=0.0
)
options = st.sampled_from(("call", "put"))
volatilities = st.floats(0.05, 1)
correlations = st.floats(-1, 1)
years = st.floats(0.01, 3)


@pytest.mark.parametrize(
    ("maturity", "volatility_1", "volatility_2", "correlation", "price"),
    [
        (0.1, 0.2, 0.2, 0.0, 3.7970),
        (0.1, 0.25, 0.2, -0.5, 5.4275),
        (0.1, 0.25, 0.2, 0.5, 3.0086),
        (0.1, 0.2, 0.25, -0.5, 5.4061),
        (0.1, 0.2, 0.25, 0.0, 4.3451),
        (0.5, 0.2, 0.2, -0.5, 10.7517),
        (0.5, 0.2, 0.2, 0.0, 8.7020),
        (0.5, 0.2, 0.2, 0.5, 6.0257),
        (0.5, 0.25, 0.2, -0.5, 12.1941),
        (0.5, 0.25, 0.2, 0.5, 7.0067),
        (0.5, 0.2, 0.25, 0.0, 9.8780),
    ],
)
def test_haugs_table(
    maturity: float, volatility_1: float, volatility_2: float, correlation: float, price: float
) -> None:
    """Haug (1998), pages 59 and 60, as in the QuantLib test suite."""
    legs = SpreadLegs(122, 120, volatility_1, volatility_2, correlation)
    found = calendar_spread_option_price(
        "call", legs, strike_usd=3, maturity_years=maturity, rate=0.1
    )
    assert found == pytest.approx(price, abs=1e-4)


@given(st.floats(50, 200), st.floats(-40, 40), volatilities, volatilities, correlations, years)
def test_parity_is_the_discounted_spread_less_the_strike(
    far: float, strike: float, first: float, second: float, correlation: float, maturity: float
) -> None:
    legs = SpreadLegs(far, 100, first, second, correlation)
    call, put = (
        calendar_spread_option_price(
            option, legs, strike_usd=strike, maturity_years=maturity, rate=0.05
        )
        for option in ("call", "put")
    )
    due = (far - 100 - strike) * math.exp(-0.05 * maturity)
    assert call - put == pytest.approx(due, rel=1e-9, abs=1e-9)


@given(options, volatilities, volatilities, correlations, years)
def test_without_a_strike_a_call_one_way_is_a_put_the_other(
    option: Option, first: float, second: float, correlation: float, maturity: float
) -> None:
    """Margrabe's exchange, where the approximation is exact."""
    other: Option = "put" if option == "call" else "call"
    terms = {"strike_usd": 0.0, "maturity_years": maturity, "rate": 0.03}
    here = calendar_spread_option_price(
        option, SpreadLegs(122, 120, first, second, correlation), **terms
    )
    there = calendar_spread_option_price(
        other, SpreadLegs(120, 122, second, first, correlation), **terms
    )
    assert here == pytest.approx(there, rel=1e-9, abs=1e-9)


def test_with_a_second_future_that_stands_still_and_is_small_it_is_blacks_option() -> None:
    legs = SpreadLegs(100, 1e-9, 0.5, 0.0, 0.3)
    found = calendar_spread_option_price("put", legs, strike_usd=105, maturity_years=0.5, rate=0.02)
    plain = black76_price(
        "put", future_usd=100, strike_usd=105, maturity_years=0.5, volatility=0.5, rate=0.02
    )
    assert found == pytest.approx(plain)


def test_legs_that_move_as_one_leave_nothing_to_chance() -> None:
    legs = SpreadLegs(100, 100, 0.7, 0.7, 1.0)
    assert calendar_spread_option_price("call", legs, strike_usd=0, maturity_years=1) == 0
    due = calendar_spread_option_price("put", LEGS, strike_usd=10, maturity_years=0, rate=0.1)
    assert due == pytest.approx(8)
    still = replace(LEGS, volatility_1=0, volatility_2=0)
    found = calendar_spread_option_price("put", still, strike_usd=10, maturity_years=1, rate=0.1)
    assert found == pytest.approx(8 * math.exp(-0.1))


@given(st.floats(-0.95, 0.9))
def test_closer_legs_make_a_cheaper_spread(correlation: float) -> None:
    terms: dict[str, Any] = {"strike_usd": 3, "maturity_years": 0.5}
    apart = calendar_spread_option_price("call", replace(LEGS, correlation=correlation), **terms)
    closer = calendar_spread_option_price(
        "call", replace(LEGS, correlation=correlation + 0.05), **terms
    )
    assert closer < apart


def test_a_strike_below_zero_counts_until_it_eats_the_second_future() -> None:
    terms: dict[str, Any] = {"maturity_years": 0.5}
    found = calendar_spread_option_price("call", LEGS, strike_usd=-5, **terms)
    assert found > 7
    for strike in (-120, -1e6):
        with pytest.raises(DataError, match="not a price above zero"):
            calendar_spread_option_price("call", LEGS, strike_usd=strike, **terms)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    for name in LEGS.__dataclass_fields__:
        with pytest.raises(DataError, match=name):
            replace(LEGS, **{name: value})
    terms = {"strike_usd": 3.0, "maturity_years": 0.5, "rate": 0.1}
    for name in terms:
        with pytest.raises(DataError, match=name):
            calendar_spread_option_price("call", LEGS, **terms | {name: value})


def test_ranges_and_words_are_refused() -> None:
    with pytest.raises(DataError, match="future_2_usd: 0"):
        replace(LEGS, future_2_usd=0)
    with pytest.raises(DataError, match="volatility_1: -1"):
        replace(LEGS, volatility_1=-1)
    with pytest.raises(DataError, match="correlation: 2"):
        replace(LEGS, correlation=2)
    with pytest.raises(DataError, match="option 'spread'"):
        calendar_spread_option_price("spread", LEGS, strike_usd=3, maturity_years=1)  # type: ignore[arg-type]
