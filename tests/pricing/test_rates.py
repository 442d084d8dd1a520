"""Yearly rates: conventions against textbook numbers, interpolation, what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import DataError
from obverse.pricing import RateCurve, as_curve, from_annual, from_simple

CURVE = RateCurve((0.5, 1.0, 2.0), (0.03, 0.05, 0.04))
maturities = st.floats(0, 30, allow_nan=False)


def test_a_semiannual_rate_of_ten_per_cent_is_9_758_per_cent_continuous() -> None:
    """Hull, Options, Futures and Other Derivatives, ch. 4: 2·ln(1 + 0.10/2)."""
    assert from_simple(0.10, 0.5) == pytest.approx(0.0975803, abs=5e-8)


def test_an_annual_rate_becomes_the_log_of_its_growth() -> None:
    assert from_annual(0.10) == pytest.approx(0.0953102, abs=5e-8)
    assert math.exp(from_annual(-0.25)) == pytest.approx(0.75)


@given(st.floats(-0.5, 2), st.floats(0.01, 1.5))
def test_a_simple_rate_and_its_continuous_one_grow_alike(rate: float, years: float) -> None:
    growth = RateCurve.flat(from_simple(rate, years)).growth(years)
    assert growth == pytest.approx(1 + rate * years)


def test_a_rate_between_two_maturities_lies_on_the_line_between_them() -> None:
    assert CURVE.rate(0.75) == pytest.approx(0.04)
    assert CURVE.rate(1.25) == pytest.approx(0.0475)


def test_a_rate_at_a_maturity_is_the_curves_own() -> None:
    assert [CURVE.rate(years) for years in (0.5, 1.0, 2.0)] == [0.03, 0.05, 0.04]


def test_a_rate_outside_the_maturities_is_that_of_the_nearest() -> None:
    assert [CURVE.rate(years) for years in (0, 0.49, 2.01, 50)] == [0.03, 0.03, 0.04, 0.04]


@given(maturities, st.floats(-0.2, 0.5))
def test_a_flat_rate_is_a_curve_of_one_maturity(years: float, rate: float) -> None:
    assert as_curve(rate).rate(years) == RateCurve((1.0,), (rate,)).rate(years) == rate


def test_growth_compounds_the_rate_of_the_maturity() -> None:
    assert CURVE.growth(2) == pytest.approx(1.0832871)  # exp(0.08)
    assert CURVE.growth(0) == 1


def test_a_curve_stays_the_curve_that_it_is() -> None:
    assert as_curve(CURVE) is CURVE


@pytest.mark.parametrize(
    ("years", "rates"),
    [
        ((), ()),
        ((1.0,), (0.05, 0.06)),
        ((1.0, 1.0), (0.05, 0.06)),
        ((2.0, 1.0), (0.05, 0.06)),
        ((-0.5, 1.0), (0.05, 0.06)),
        ((1.0,), (math.nan,)),
        ((1.0,), (math.inf,)),
        ((math.nan,), (0.05,)),
        ((1.0, math.inf), (0.05, 0.06)),
    ],
)
def test_a_curve_that_gives_no_rate_is_refused(
    years: tuple[float, ...], rates: tuple[float, ...]
) -> None:
    with pytest.raises(DataError, match="rate curve"):
        RateCurve(years, rates)


@pytest.mark.parametrize("rate", [math.nan, math.inf, -math.inf])
def test_a_flat_rate_that_is_no_number_is_refused(rate: float) -> None:
    with pytest.raises(DataError, match="not finite"):
        as_curve(rate)


@pytest.mark.parametrize("rate", [-1.0, -1.5, math.nan, math.inf])
def test_an_annual_rate_that_loses_everything_is_refused(rate: float) -> None:
    with pytest.raises(DataError, match="annual rate"):
        from_annual(rate)


@pytest.mark.parametrize(
    ("rate", "years"),
    [
        (0.05, 0.0),
        (0.05, -1.0),
        (0.05, math.nan),
        (0.05, math.inf),
        (-2.0, 0.5),
        (-3.0, 0.5),
        (math.nan, 0.5),
        (math.inf, 0.5),
    ],
)
def test_a_simple_rate_without_growth_is_refused(rate: float, years: float) -> None:
    with pytest.raises(DataError, match="simple rate"):
        from_simple(rate, years)
