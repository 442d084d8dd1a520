"""One factor: reference values, limits, the pricing equation, the door."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.pricing import expected_log_spot, one_factor_future_price

TERMS: dict[str, Any] = {"log_mean": 3.0, "mean_reversion": 1.49}
speeds = st.floats(0, 5)
years = st.floats(0.01, 5)


@pytest.mark.parametrize(("maturity", "mean"), [(0.5, 2.997973963873319), (1, 2.999038171157747)])
def test_the_reference_expectations(maturity: float, mean: float) -> None:
    """Openferric's reference tests of Schwartz (1997), model 1."""
    found = expected_log_spot(20, maturity_years=maturity, **TERMS)
    assert found == pytest.approx(mean, rel=1e-14)


@pytest.mark.parametrize(
    ("maturity", "price"), [(0.5, 20.259120238738785), (2, 20.357959874337343)]
)
def test_the_reference_futures(maturity: float, price: float) -> None:
    found = one_factor_future_price(20, volatility=0.286, maturity_years=maturity, **TERMS)
    assert found == pytest.approx(price, rel=1e-13)


def test_a_future_for_now_is_spot_and_one_for_never_knows_only_the_mean() -> None:
    assert one_factor_future_price(20, volatility=0.5, maturity_years=0, **TERMS) == pytest.approx(
        20
    )
    expected = math.exp(3 + 0.25 / (4 * 1.49))
    for spot in (2.0, 200.0):
        found = one_factor_future_price(spot, volatility=0.5, maturity_years=1e4, **TERMS)
        assert found == pytest.approx(expected)


def test_without_reversion_only_the_volatility_counts() -> None:
    still = {"log_mean": 9.0, "mean_reversion": 0.0, "volatility": 0.4, "maturity_years": 2.0}
    assert one_factor_future_price(20, **still) == pytest.approx(20 * math.exp(0.16))
    for speed in (1e-12, 5e-324):
        slow = still | {"mean_reversion": speed, "maturity_years": 1.999}
        found = one_factor_future_price(20, **slow)
        assert found == pytest.approx(20 * math.exp(0.15992), rel=1e-9)


@given(st.floats(1, 100), st.floats(0, 5), speeds, st.floats(0, 1), years)
def test_the_future_satisfies_its_pricing_equation(
    spot: float, log_mean: float, speed: float, volatility: float, maturity: float
) -> None:
    """F_T = k·(m − ln S)·F_x + s²/2·F_xx, by x the log of spot."""

    def price(move: float = 0.0, later: float = 0.0) -> float:
        return one_factor_future_price(
            spot * math.exp(move),
            log_mean=log_mean,
            mean_reversion=speed,
            volatility=volatility,
            maturity_years=maturity + later,
        )

    step = 1e-3
    by_time = (price(later=step) - price(later=-step)) / (2 * step)
    slope = (price(step) - price(-step)) / (2 * step)
    curvature = (price(step) - 2 * price() + price(-step)) / step**2
    drift = speed * (log_mean - math.log(spot)) * slope + volatility**2 / 2 * curvature
    assert by_time == pytest.approx(drift, rel=1e-3, abs=1e-3 * price())


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    terms = TERMS | {"spot_usd": 20.0, "volatility": 0.3, "maturity_years": 1.0}
    for name in terms:
        with pytest.raises(DataError, match=name):
            one_factor_future_price(**terms | {name: value})


def test_ranges_are_refused() -> None:
    terms = TERMS | {"spot_usd": 20.0, "volatility": 0.3, "maturity_years": 1.0}
    for name, value in (("spot_usd", 0), ("volatility", -1), ("mean_reversion", -1)):
        with pytest.raises(DataError, match=name):
            one_factor_future_price(**terms | {name: value})
    with pytest.raises(DataError, match="beyond any price"):
        one_factor_future_price(**terms | {"log_mean": 1e4})
