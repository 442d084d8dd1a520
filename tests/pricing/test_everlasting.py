"""Everlasting options: the worked calls, quadrature over the random maturity, limits, the door."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.pricing import Option, everlasting_price

NODES, WEIGHTS = np.polynomial.legendre.leggauss(400)
TERMS: dict[str, Any] = {
    "spot_usd": 100.0,
    "strike_usd": 100.0,
    "kappa": 12.0,
    "volatility": 0.8,
    "drift": 0.05,
}
options = st.sampled_from(("call", "put"))
moneyness = st.floats(0.3, 3)
kappas = st.floats(1, 100)
volatilities = st.floats(0.1, 2)


def _payoff_at(sign: int, spot: float, strike: float, drift: float, deviation: float) -> float:
    """E[payoff] of a lognormal, by the textbook, with `erf`."""
    forward = spot * math.exp(drift)
    d1 = math.log(forward / strike) / deviation + deviation / 2
    d2 = d1 - deviation
    n1, n2 = ((1 + math.erf(sign * d / math.sqrt(2))) / 2 for d in (d1, d2))
    return sign * (forward * n1 - strike * n2)


def _by_quadrature(
    option: Option, spot: float, strike: float, kappa: float, drift: float, volatility: float
) -> float:
    """∫ κ·exp(−κθ)·E[payoff(x_θ)] dθ with θ = z², which smooths the start."""
    growth = max(drift, 0) if option == "call" else 0
    end = math.sqrt(45 / (kappa - growth))
    total = 0.0
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        z = end * (node + 1) / 2
        sign = 1 if option == "call" else -1
        paid = _payoff_at(sign, spot, strike, drift * z * z, volatility * z)
        total += weight * end / 2 * 2 * z * kappa * math.exp(-kappa * z * z) * paid
    return total


@pytest.mark.parametrize(("spot", "price"), [(90.0, 4.195541587528835), (100.0, 8.374567484619584)])
def test_the_worked_calls(spot: float, price: float) -> None:
    """Closed form and quadrature agree on them (Obverse theory notes, section 1)."""
    found = everlasting_price("call", **TERMS | {"spot_usd": spot})
    assert found == pytest.approx(price, rel=1e-13)


def test_the_notes_coefficients_give_the_same_calls() -> None:
    """Coefficients a and b as the theory notes have them, on both sides of the strike."""
    kappa, drift, volatility, strike = 12.0, 0.05, 0.8, 100.0
    variance = volatility**2
    linear = drift - variance / 2
    root = math.sqrt(linear**2 + 2 * variance * kappa)
    plus, minus = (-linear + root) / variance, (-linear - root) / variance
    c = kappa * strike / (kappa - drift)
    a = (c - minus * (c - strike)) / (plus - minus)
    b = a - c + strike
    for spot in (60.0, 99.0, 100.0, 101.0, 180.0):
        found = everlasting_price("call", **TERMS | {"spot_usd": spot})
        if spot < strike:
            expected = a * (spot / strike) ** plus
        else:
            expected = kappa * spot / (kappa - drift) - strike + b * (spot / strike) ** minus
        assert found == pytest.approx(expected, rel=1e-12)


@given(options, moneyness, kappas, st.floats(-0.5, 0.5), volatilities)
def test_the_closed_form_is_the_mean_over_the_random_maturity(
    option: Option, ratio: float, kappa: float, drift: float, volatility: float
) -> None:
    found = everlasting_price(
        option,
        spot_usd=100 * ratio,
        strike_usd=100,
        kappa=kappa,
        volatility=volatility,
        drift=drift,
    )
    expected = _by_quadrature(option, 100 * ratio, 100, kappa, drift, volatility)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(moneyness, kappas, st.floats(-2, 0.9), st.floats(0, 2))
def test_parity_is_the_perpetual_of_the_spot_less_the_strike(
    ratio: float, kappa: float, drift: float, volatility: float
) -> None:
    terms = {
        "spot_usd": 100 * ratio,
        "strike_usd": 100.0,
        "kappa": kappa,
        "volatility": volatility,
        "drift": drift,
    }
    gap = everlasting_price("call", **terms) - everlasting_price("put", **terms)
    due = kappa * terms["spot_usd"] / (kappa - drift) - 100
    assert gap == pytest.approx(due, rel=1e-9, abs=1e-9)


@given(options, moneyness, kappas, st.floats(-0.5, 0.5), st.floats(0, 2))
def test_a_higher_strike_is_worth_less_to_call_and_more_to_put(
    option: Option, ratio: float, kappa: float, drift: float, volatility: float
) -> None:
    here, above = (
        everlasting_price(
            option,
            spot_usd=100,
            strike_usd=100 * ratio * step,
            kappa=kappa,
            volatility=volatility,
            drift=drift,
        )
        for step in (1, 1.05)
    )
    rise = above - here if option == "put" else here - above
    assert rise >= -1e-10
    assert min(here, above) >= 0


@given(options, st.floats(-0.5, 0.5), st.floats(0.01, 2))
def test_price_and_slope_are_continuous_at_the_strike(
    option: Option, drift: float, volatility: float
) -> None:
    terms = TERMS | {"drift": drift, "volatility": volatility}
    move = 1e-5 * volatility
    below, at, above = (
        everlasting_price(option, **terms | {"spot_usd": 100 * (1 + step)})
        for step in (-move, 0, move)
    )
    curvature = (above - 2 * at + below) / (100 * move)
    assert abs(curvature) < 1e-3  # a kink would leave the payoff's whole step of 1


@pytest.mark.parametrize("drift", [-3.0, -0.5, 0.0, 0.5, 6.0])
@pytest.mark.parametrize("spot", [60.0, 100.0, 150.0])
@pytest.mark.parametrize("option", ["call", "put"])
def test_without_volatility_the_price_moves_along_its_drift(
    option: Option, spot: float, drift: float
) -> None:
    """The payoff along spot·exp(drift·θ), integrated; small volatility comes near it."""
    kappa, sign = 12.0, 1 if option == "call" else -1
    times = np.linspace(0, 8, 400_001)
    paid = np.maximum(sign * (spot * np.exp(drift * times) - 100), 0)
    expected = float(np.trapezoid(paid * kappa * np.exp(-kappa * times), times))
    terms = TERMS | {"spot_usd": spot, "drift": drift}
    still = everlasting_price(option, **terms | {"volatility": 0.0})
    assert still == pytest.approx(expected, rel=1e-6, abs=1e-6)
    calm = everlasting_price(option, **terms | {"volatility": 1e-9})
    assert calm == pytest.approx(still, rel=1e-6, abs=1e-6)


def test_a_put_has_a_price_where_the_spot_outgrows_the_funding() -> None:
    """No step at drift = kappa, where the formula of the notes has a pole."""
    terms = TERMS | {"spot_usd": 80.0, "kappa": 2.0}
    drifts = (1.9, 2 - 1e-9, 2.0, 2 + 1e-9, 2.1, 5.0)
    prices = [everlasting_price("put", **terms | {"drift": drift}) for drift in drifts]
    assert prices == sorted(prices, reverse=True)
    assert prices[1] == pytest.approx(prices[3], rel=1e-7)
    for drift, price in zip(drifts, prices, strict=True):
        expected = _by_quadrature("put", 80, 100, 2, drift, 0.8)
        assert price == pytest.approx(expected, rel=1e-8)
    with pytest.raises(DataError, match="grows faster than its"):
        everlasting_price("call", **terms | {"drift": 2.0})


def test_quick_funding_pins_the_option_to_its_payoff() -> None:
    for spot, option, payoff in ((130, "call", 30), (70, "put", 30), (70, "call", 0)):
        terms = TERMS | {"spot_usd": spot, "kappa": 1e9}
        assert everlasting_price(option, **terms) == pytest.approx(payoff, abs=1e-6)


def test_far_from_the_strike_it_is_nothing_or_the_forward() -> None:
    assert everlasting_price("call", **TERMS | {"spot_usd": 1e-200}) == 0
    assert everlasting_price("put", **TERMS | {"spot_usd": 1e-200}) == pytest.approx(100)
    far = everlasting_price("call", **TERMS | {"spot_usd": 1e9})
    assert far == pytest.approx(12 / 11.95 * 1e9 - 100)
    assert 0 <= everlasting_price("put", **TERMS | {"spot_usd": 1e9}) < 1e-20


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", TERMS)
def test_what_is_not_finite_is_refused(name: str, value: float) -> None:
    for option in ("call", "put"):
        with pytest.raises(DataError, match=name):
            everlasting_price(option, **TERMS | {name: value})


def test_a_drift_next_to_nothing_is_none() -> None:
    for drift in (5e-324, 1e-310, -1e-310):
        for spot, call in ((100.0, 0.0), (130.0, 30.0)):
            terms = TERMS | {"spot_usd": spot, "volatility": 0.0, "drift": drift}
            assert everlasting_price("call", **terms) == pytest.approx(call, abs=1e-12)
        put = everlasting_price("put", **terms | {"spot_usd": 93.75})
        assert put == pytest.approx(6.25, abs=1e-12)


def test_ranges_and_words_are_refused() -> None:
    for name in ("spot_usd", "strike_usd", "kappa"):
        with pytest.raises(DataError, match=f"{name}: 0"):
            everlasting_price("call", **TERMS | {name: 0})
    with pytest.raises(DataError, match="volatility: -0"):
        everlasting_price("call", **TERMS | {"volatility": -0.1})
    with pytest.raises(DataError, match="option 'straddle'"):
        everlasting_price("straddle", **TERMS)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="too far apart"):
        everlasting_price("put", **TERMS | {"spot_usd": 1e-300, "strike_usd": 1e300})
    with pytest.raises(DataError, match="beyond what a number holds"):
        everlasting_price("put", **TERMS | {"volatility": 1e200})
