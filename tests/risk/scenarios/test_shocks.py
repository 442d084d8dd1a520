"""Shocks at the door, and the shift of the curve by expiry."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from books import AT, JUNE, MARCH
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import AmountError, DataError
from obverse.risk.scenarios import BasisShock, CurvePoint, CurveShock, Scenario

LISTED = (MARCH, JUNE)
MIDDLE = MARCH + (JUNE - MARCH) / 2
bps = st.decimals(-2000, 2000, places=1)


def test_level_slope_and_curvature_meet_at_the_ends_and_in_the_middle() -> None:
    shock = CurveShock(level_bp=Decimal(100), slope_bp=Decimal(30), curvature_bp=Decimal(7))
    found = [shock.shift_bp(expiry, AT, LISTED) for expiry in (MARCH, MIDDLE, JUNE)]
    assert found == [100 - 30 - 7, 100 + 7, 100 + 30 - 7]


def test_beyond_the_listed_expiries_the_shape_is_flat() -> None:
    shock = CurveShock(slope_bp=Decimal(30))
    assert shock.shift_bp(JUNE + timedelta(days=400), AT, LISTED) == 30
    assert shock.shift_bp(AT + timedelta(days=1), AT, LISTED) == -30


def test_a_curve_of_one_expiry_has_a_level_alone() -> None:
    shock = CurveShock(level_bp=Decimal(5), slope_bp=Decimal(30))
    assert shock.shift_bp(MARCH, AT, (MARCH,)) == 5


def test_points_are_met_at_their_days_straight_between_and_flat_outside() -> None:
    points = (CurvePoint(Decimal(100), days=10), CurvePoint(Decimal(-200), expiry=date(2026, 3, 3)))
    shock = CurveShock(points=points)
    days = {0: 100, 10: 100, 15: 25, 30: -200, 90: -200}
    for day, expected in days.items():
        assert shock.shift_bp(AT + timedelta(days=day, hours=8), AT, LISTED) == expected


@given(bps, bps, bps, bps)
def test_shapes_add_up(one: Decimal, two: Decimal, three: Decimal, point: Decimal) -> None:
    points = (CurvePoint(point, days=30),)
    parts = (
        CurveShock(level_bp=one),
        CurveShock(slope_bp=two),
        CurveShock(curvature_bp=three),
        CurveShock(points=points),
    )
    whole = CurveShock(one, two, three, points)
    for expiry in (MARCH, MIDDLE, JUNE):
        shifts = (part.shift_bp(expiry, AT, LISTED) for part in parts)
        assert whole.shift_bp(expiry, AT, LISTED) == sum(shifts, Fraction(0))


def test_a_scenario_moves_named_coins_their_own_way() -> None:
    found = Scenario("crash", move=Decimal("-0.3"), moves={"ETH": Decimal("-0.45")})
    assert (found.move_of("BTC"), found.move_of("ETH")) == (Decimal("-0.3"), Decimal("-0.45"))


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: Scenario(""), DataError, "no name"),
        (lambda: Scenario("x", move=Decimal(-1)), DataError, "every coin moves by -100"),
        (lambda: Scenario("x", moves={"BTC": Decimal(-2)}), DataError, "BTC moves by -200"),
        (lambda: Scenario("x", volatility=Decimal(0)), DataError, "volatility"),
        (lambda: Scenario("x", move=-0.3), AmountError, "not exact"),
        (lambda: Scenario("x", move=Decimal("NaN")), AmountError, "not finite"),
        (lambda: BasisShock(factor=Decimal("inf")), AmountError, "factor"),
        (lambda: CurvePoint(Decimal(1)), DataError, "days or expiry"),
        (lambda: CurvePoint(Decimal(1), days=3, expiry=date(2026, 3, 3)), DataError, "one of"),
        (lambda: CurvePoint(Decimal(1), days=-3), DataError, "before the market"),
    ],
)
def test_what_is_no_shock_is_refused(wrong: object, error: type[Exception], message: str) -> None:
    assert callable(wrong)
    with pytest.raises(error, match=message):
        wrong()


def test_two_points_of_one_day_are_refused() -> None:
    points = (CurvePoint(Decimal(1), days=30), CurvePoint(Decimal(2), expiry=date(2026, 3, 3)))
    with pytest.raises(DataError, match="two of one day"):
        CurveShock(points=points).shift_bp(MARCH, AT, LISTED)
