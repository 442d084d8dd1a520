"""Two factors: the guide's futures, the corrected call, the pricing equation, simulation, edges."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.pricing import (
    GibsonSchwartz,
    Option,
    black76_price,
    expected_convenience_yield,
    two_factor_expected_spot,
    two_factor_future_price,
    two_factor_option_price,
)

GUIDE = GibsonSchwartz(
    spot_usd=80,
    convenience_yield=0.05,
    yield_mean=0.05 - 0.04 / 1.5,
    mean_reversion=1.5,
    spot_volatility=0.3,
    yield_volatility=0.4,
    correlation=0.6,
)
CALL: dict[str, Any] = {
    "strike_usd": 85.0,
    "expiry_years": 1.0,
    "maturity_years": 2.0,
    "rate": 0.03,
}
rates = st.floats(-0.2, 0.4)
years = st.floats(0.01, 4)
models = st.builds(
    GibsonSchwartz,
    spot_usd=st.just(100.0),
    convenience_yield=rates,
    yield_mean=rates,
    mean_reversion=st.floats(0, 5),
    spot_volatility=st.floats(0.05, 1),
    yield_volatility=st.floats(0, 0.6),
    correlation=st.floats(-1, 1),
)


@pytest.mark.parametrize(
    ("maturity", "price"),
    [(0, 80), (0.4, 79.28309), (0.8, 78.6487), (1.2, 78.17279), (1.6, 77.81715), (2, 77.53741)],
)
def test_the_guides_term_structure(maturity: float, price: float) -> None:
    """R package schwartz97, user guide, page 7."""
    found = two_factor_future_price(GUIDE, maturity_years=maturity, rate=0.03)
    assert found == pytest.approx(price, abs=6e-6)


@pytest.mark.parametrize(
    ("yield_now", "yield_mean", "maturity", "price"),
    [
        (0, 0, 1, 1.021605),
        (0, 0, 4, 1.152367),
        (0.06, 0, 4, 1.0864517),
        (0.03, 0.06, 2, 0.9595804),
        (-0.03, 0.06, 3, 1.0003988),
    ],
)
def test_the_guides_contango_and_backwardation(
    yield_now: float, yield_mean: float, maturity: float, price: float
) -> None:
    """The same guide, pages 8 and 9."""
    model = GibsonSchwartz(1, yield_now, yield_mean, 1, 0.3, 0.4, 0.5)
    found = two_factor_future_price(model, maturity_years=maturity, rate=0.03)
    assert found == pytest.approx(price, abs=6e-7)


def test_the_guides_expectations() -> None:
    """The same guide, page 6."""
    model = GibsonSchwartz(100, 0, 0.1, 1, 0.2, 0.3, 0.4)
    assert two_factor_expected_spot(model, horizon_years=10, drift=0.1) == pytest.approx(
        130.5386, abs=6e-5
    )
    assert expected_convenience_yield(model, horizon_years=1) == pytest.approx(0.06321206, abs=6e-9)


def _simulated(model: GibsonSchwartz, years: float, rate: float) -> tuple[Any, Any]:
    """Spot and yield after a time, by small steps from fixed seeds."""
    steps, paths = 200, 40_000
    draw = np.random.default_rng(20_240_615)
    step = years / steps
    log_spot = np.full(2 * paths, math.log(model.spot_usd))
    held = np.full(2 * paths, model.convenience_yield)
    apart = math.sqrt(1 - model.correlation**2)
    for _ in range(steps):
        first, other = draw.standard_normal((2, paths)) * math.sqrt(step)
        first, other = np.concatenate([first, -first]), np.concatenate([other, -other])
        log_spot += (rate - held - model.spot_volatility**2 / 2) * step
        log_spot += model.spot_volatility * first
        held += model.mean_reversion * (model.yield_mean - held) * step
        held += model.yield_volatility * (model.correlation * first + apart * other)
    return np.exp(log_spot), held


def test_simulation_agrees_with_the_future_and_the_option_and_not_with_the_printed_call() -> None:
    """At the option's expiry the future has a year to run; its price then is F(1y) from there."""
    spot, held = _simulated(GUIDE, 1.0, 0.03)
    error = np.std(spot) / math.sqrt(len(spot))
    one_year = two_factor_future_price(GUIDE, maturity_years=1, rate=0.03)
    assert abs(np.mean(spot) - one_year) < 4 * error
    per_dollar = two_factor_future_price(
        replace(GUIDE, spot_usd=1.0, convenience_yield=0.0), maturity_years=1, rate=0.03
    )
    future = spot * per_dollar * np.exp(-held * (1 - math.exp(-1.5)) / 1.5)
    paid = np.maximum(future - 85, 0) * math.exp(-0.03)
    error = np.std(paid) / math.sqrt(len(paid))
    call = two_factor_option_price("call", GUIDE, **CALL)
    assert call == pytest.approx(4.650935, abs=6e-7)
    assert abs(np.mean(paid) - call) < 4 * error
    assert abs(np.mean(paid) - 4.991482) > 4 * error


@given(models, years, rates)
def test_the_future_satisfies_its_pricing_equation(
    model: GibsonSchwartz, maturity: float, rate: float
) -> None:
    """F_T is the drift of F: by S, by the yield, and by how they move together."""

    def price(log_move: float = 0.0, yield_move: float = 0.0, later: float = 0.0) -> float:
        moved = replace(
            model,
            spot_usd=model.spot_usd * math.exp(log_move),
            convenience_yield=model.convenience_yield + yield_move,
        )
        return two_factor_future_price(moved, maturity_years=maturity + later, rate=rate)

    step = 1e-3
    by_time = (price(later=step) - price(later=-step)) / (2 * step)
    by_log = (price(step) - price(-step)) / (2 * step)
    by_log_twice = (price(step) - 2 * price() + price(-step)) / step**2
    by_yield = (price(0, step) - price(0, -step)) / (2 * step)
    by_yield_twice = (price(0, step) - 2 * price() + price(0, -step)) / step**2
    by_both = (
        price(step, step) - price(step, -step) - price(-step, step) + price(-step, -step)
    ) / (4 * step**2)
    spot_variance, yield_variance, covariance = model.rates_of_variance()
    held = model.convenience_yield
    drift = (
        (rate - held - spot_variance / 2) * by_log
        + spot_variance * by_log_twice / 2
        + model.mean_reversion * (model.yield_mean - held) * by_yield
        + yield_variance * by_yield_twice / 2
        + covariance * by_both
    )
    assert by_time == pytest.approx(drift, rel=1e-4, abs=1e-4 * price())


@given(models, years, rates, st.floats(0, 1), st.floats(0.3, 3))
def test_parity_is_the_discounted_future_less_the_strike(
    model: GibsonSchwartz, maturity: float, rate: float, share: float, ratio: float
) -> None:
    future = two_factor_future_price(model, maturity_years=maturity, rate=rate)
    call, put = (
        two_factor_option_price(
            option,
            model,
            strike_usd=future * ratio,
            expiry_years=maturity * share,
            maturity_years=maturity,
            rate=rate,
        )
        for option in ("call", "put")
    )
    due = future * (1 - ratio) * math.exp(-rate * maturity * share)
    assert call - put == pytest.approx(due, rel=1e-9, abs=1e-9 * future)


@given(st.sampled_from(("call", "put")), years, rates, st.floats(0.05, 1))
def test_a_yield_that_stands_still_leaves_blacks_option(
    option: Option, maturity: float, rate: float, volatility: float
) -> None:
    model = GibsonSchwartz(100, 0.02, 0.02, 1.2, volatility, 0.0, 0.5)
    found = two_factor_option_price(
        option,
        model,
        strike_usd=110,
        expiry_years=maturity,
        maturity_years=maturity,
        rate=rate,
    )
    plain = black76_price(
        option,
        future_usd=100 * math.exp((rate - 0.02) * maturity),
        strike_usd=110,
        maturity_years=maturity,
        volatility=volatility,
        rate=rate,
    )
    assert found == pytest.approx(plain, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("maturity", [0.5, 2.0])
def test_slow_reversion_meets_none_and_series_meet_closed_forms(maturity: float) -> None:
    """No digit is lost where k³ is in the denominator of the published formula."""
    terms = {"maturity_years": maturity, "rate": 0.03}
    none = two_factor_future_price(replace(GUIDE, mean_reversion=0.0), **terms)
    # k = 0: the log varies by ∫(s₁² − 2·rho·s₁·s₂·u + s₂²·u²)du, with the yield's mean unmoved
    power = (0.03 - 0.05) * maturity + 0.16 * maturity**3 / 6 - 0.6 * 0.3 * 0.4 * maturity**2 / 2
    assert none == pytest.approx(80 * math.exp(power), rel=1e-14)
    slow = two_factor_future_price(replace(GUIDE, mean_reversion=1e-9), **terms)
    assert slow == pytest.approx(none, rel=1e-8)
    for speed in (0.5 / maturity * (1 - 1e-12), 0.5 / maturity * (1 + 1e-12)):
        found = two_factor_future_price(replace(GUIDE, mean_reversion=speed), **terms)
        assert found == pytest.approx(_as_published(speed, maturity), rel=1e-11)


def _as_published(k: float, t: float) -> float:
    """Obverse theory notes, section 4b: F = S·exp(A(T) − yield·(1 − e^(−kT))/k)."""
    mean, s1, s2, both = GUIDE.yield_mean, 0.3, 0.4, 0.3 * 0.4 * 0.6
    fade = 1 - math.exp(-k * t)
    a = (0.03 - mean + s2**2 / (2 * k**2) - both / k) * t
    a += s2**2 * (1 - math.exp(-2 * k * t)) / (4 * k**3)
    a += (k * mean + both - s2**2 / k) * fade / k**2
    assert s1 == GUIDE.spot_volatility
    return 80 * math.exp(a - 0.05 * fade / k)


def test_an_option_at_expiry_and_one_without_risk_pay_what_they_pay() -> None:
    future = two_factor_future_price(GUIDE, maturity_years=2, rate=0.03)
    put = two_factor_option_price("put", GUIDE, **CALL | {"expiry_years": 0.0})
    assert put == pytest.approx(85 - future)
    still = replace(GUIDE, spot_volatility=0.0, yield_volatility=0.0)
    fixed = two_factor_future_price(still, maturity_years=2, rate=0.03)
    put = two_factor_option_price("put", still, **CALL)
    assert put == pytest.approx((85 - fixed) * math.exp(-0.03))
    assert two_factor_option_price("call", still, **CALL) == 0


def test_a_yield_that_moves_against_spot_makes_the_future_riskier() -> None:
    prices = [
        two_factor_option_price("call", replace(GUIDE, correlation=rho), **CALL | {"rate": 0.0})
        - max(two_factor_future_price(replace(GUIDE, correlation=rho), maturity_years=2, rate=0)
              - 85, 0)
        for rho in (0.9, 0.0, -0.9)
    ]  # fmt: skip
    assert prices == sorted(prices)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    for name in GUIDE.__dataclass_fields__:
        with pytest.raises(DataError, match=name):
            replace(GUIDE, **{name: value})
    for name in CALL:
        with pytest.raises(DataError):
            two_factor_option_price("call", GUIDE, **CALL | {name: value})
    with pytest.raises(DataError):
        two_factor_expected_spot(GUIDE, horizon_years=1, drift=value)
    with pytest.raises(DataError, match="horizon_years"):
        expected_convenience_yield(GUIDE, horizon_years=value)


def test_ranges_are_refused() -> None:
    for name, value in (
        ("spot_usd", 0.0),
        ("mean_reversion", -0.1),
        ("spot_volatility", -0.1),
        ("yield_volatility", -0.1),
        ("correlation", -1.1),
    ):
        with pytest.raises(DataError, match=name):
            replace(GUIDE, **{name: value})
    with pytest.raises(DataError, match="delivers then or later"):
        two_factor_option_price("call", GUIDE, **CALL | {"maturity_years": 0.9})
    with pytest.raises(DataError, match="strike_usd: 0"):
        two_factor_option_price("call", GUIDE, **CALL | {"strike_usd": 0})
    with pytest.raises(DataError, match="option 'swap'"):
        two_factor_option_price("swap", GUIDE, **CALL)  # type: ignore[arg-type]
    for maturity in (1e5, 1e200):
        with pytest.raises(DataError, match="beyond any price"):
            two_factor_future_price(GUIDE, maturity_years=maturity, rate=0.5)
    with pytest.raises(DataError):
        two_factor_option_price("call", replace(GUIDE, yield_volatility=1e200), **CALL)
