"""Quanto and cash-or-nothing options: Haug's numbers, parity, limits, the door."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.pricing import (
    Option,
    Quanto,
    black76_price,
    cash_or_nothing_price,
    quanto_option_price,
)

HAUG_QUANTO = Quanto(foreign_rate=0.05, exchange_volatility=0.1, correlation=0.3)
HAUG_TERMS: dict[str, Any] = {
    "spot_price": 100,
    "strike": 105,
    "dividend_yield": 0.04,
    "rate": 0.08,
    "maturity_years": 0.5,
    "volatility": 0.2,
}
DIGITAL: dict[str, Any] = {
    "spot_usd": 100,
    "strike_usd": 80,
    "dividend_yield": 0.06,
    "rate": 0.06,
    "maturity_years": 0.75,
    "volatility": 0.35,
    "cash_usd": 10,
}
rates = st.floats(-0.2, 0.4)
years = st.floats(0.01, 3)
volatilities = st.floats(0.05, 1.5)
correlations = st.floats(-1, 1)


def test_haugs_quanto_options() -> None:
    """Haug (1998), as in the QuantLib test suite; his call has a fixed rate of 1.5."""
    call = quanto_option_price("call", HAUG_QUANTO, **HAUG_TERMS)
    assert 1.5 * call == pytest.approx(5.3280, abs=1e-4)
    put = quanto_option_price("put", HAUG_QUANTO, **HAUG_TERMS)
    assert put == pytest.approx(8.1636, abs=6e-5)


@given(rates, rates, rates, years, volatilities, st.floats(0, 1), correlations)
def test_quanto_parity_is_the_quanto_forward(
    rate: float,
    foreign: float,
    dividend: float,
    maturity: float,
    volatility: float,
    exchange: float,
    correlation: float,
) -> None:
    call, put = (
        quanto_option_price(
            option,
            Quanto(foreign, exchange, correlation),
            spot_price=100,
            strike=90,
            maturity_years=maturity,
            volatility=volatility,
            rate=rate,
            dividend_yield=dividend,
        )
        for option in ("call", "put")
    )
    drift = foreign - dividend - correlation * volatility * exchange
    forward = 100 * math.exp(drift * maturity)
    assert call - put == pytest.approx(
        (forward - 90) * math.exp(-rate * maturity), rel=1e-9, abs=1e-9
    )


@given(st.sampled_from(("call", "put")), rates, years, volatilities)
def test_an_unmoving_exchange_rate_leaves_an_option_on_the_foreign_forward(
    option: Option, foreign: float, maturity: float, volatility: float
) -> None:
    found = quanto_option_price(
        option,
        Quanto(foreign, 0.0, 0.7),
        spot_price=100,
        strike=110,
        maturity_years=maturity,
        volatility=volatility,
        rate=0.03,
    )
    plain = black76_price(
        option,
        future_usd=100 * math.exp(foreign * maturity),
        strike_usd=110,
        maturity_years=maturity,
        volatility=volatility,
        rate=0.03,
    )
    assert found == pytest.approx(plain)


def test_settlement_money_that_falls_with_the_underlying_cheapens_the_call() -> None:
    prices = [
        quanto_option_price("call", Quanto(0.05, 0.1, correlation), **HAUG_TERMS)
        for correlation in (-1.0, -0.3, 0.0, 0.3, 1.0)
    ]
    assert prices == sorted(prices, reverse=True)


def test_haugs_cash_or_nothing_put() -> None:
    """Haug (1998), page 88."""
    assert cash_or_nothing_price("put", **DIGITAL) == pytest.approx(2.6710, abs=6e-5)


@given(st.floats(0.2, 5), rates, rates, years, volatilities)
def test_both_sides_of_the_cash_are_the_cash(
    moneyness: float, rate: float, dividend: float, maturity: float, volatility: float
) -> None:
    terms = DIGITAL | {
        "spot_usd": 80 * moneyness,
        "rate": rate,
        "dividend_yield": dividend,
        "maturity_years": maturity,
        "volatility": volatility,
    }
    both = cash_or_nothing_price("call", **terms) + cash_or_nothing_price("put", **terms)
    assert both == pytest.approx(10 * math.exp(-rate * maturity))


@given(st.floats(0.5, 2), years, st.floats(0.2, 1.5))
def test_cash_or_nothing_is_the_slope_of_a_vanilla_in_its_strike(
    moneyness: float, maturity: float, volatility: float
) -> None:
    def call(strike: float) -> float:
        return black76_price(
            "call",
            future_usd=80 * moneyness,
            strike_usd=strike,
            maturity_years=maturity,
            volatility=volatility,
            rate=0.06,
        )

    terms = DIGITAL | {
        "spot_usd": 80 * moneyness,
        "maturity_years": maturity,
        "volatility": volatility,
        "cash_usd": 1,
    }
    slope = (call(80 - 0.005) - call(80 + 0.005)) / 0.01
    assert cash_or_nothing_price("call", **terms) == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("spot", [79.0, 80.0, 81.0])
@pytest.mark.parametrize("certain", [{"maturity_years": 0.0}, {"volatility": 0.0}])
def test_with_nothing_left_to_chance_the_cash_is_paid_beyond_the_strike_only(
    spot: float, certain: dict[str, float]
) -> None:
    terms = DIGITAL | certain | {"spot_usd": spot}
    cash = 10 * math.exp(-0.06 * terms["maturity_years"])
    assert cash_or_nothing_price("call", **terms) == pytest.approx(cash if spot > 80 else 0)
    assert cash_or_nothing_price("put", **terms) == pytest.approx(cash if spot < 80 else 0)
    foreign = HAUG_TERMS | certain | {"spot_price": spot, "strike": 50, "dividend_yield": 0.0}
    intrinsic = quanto_option_price("call", Quanto(0.0, 0.2, 0.0), **foreign)
    assert intrinsic == pytest.approx((spot - 50) * math.exp(-0.08 * foreign["maturity_years"]))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    for name in HAUG_TERMS:
        with pytest.raises(DataError, match=name):
            quanto_option_price("call", HAUG_QUANTO, **HAUG_TERMS | {name: value})
    for name in DIGITAL:
        with pytest.raises(DataError, match=name.removesuffix("_usd")):
            cash_or_nothing_price("call", **DIGITAL | {name: value})
    for terms in ((value, 0.1, 0.3), (0.05, value, 0.3), (0.05, 0.1, value)):
        with pytest.raises(DataError):
            Quanto(*terms)


def test_ranges_words_and_growth_are_refused() -> None:
    with pytest.raises(DataError, match="cash_usd: -1"):
        cash_or_nothing_price("call", **DIGITAL | {"cash_usd": -1})
    with pytest.raises(DataError, match="spot_price: 0"):
        cash_or_nothing_price("call", **DIGITAL | {"spot_usd": 0})
    with pytest.raises(DataError, match=r"correlation: 1\.5"):
        Quanto(0.05, 0.1, 1.5)
    with pytest.raises(DataError, match="option 'both'"):
        cash_or_nothing_price("both", **DIGITAL)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="option 'both'"):
        cash_or_nothing_price("both", **DIGITAL | {"volatility": 0})  # type: ignore[arg-type]
    with pytest.raises(DataError, match="beyond any price"):
        cash_or_nothing_price("call", **DIGITAL | {"rate": 5_000.0})
