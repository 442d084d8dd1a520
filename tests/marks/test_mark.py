"""Mark prices by policy, each against its venue's example and for numbers and arrays alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.marks import funding, mark

levels = st.floats(100, 1e6)
rates = st.floats(-0.01, 0.01)
hours = st.floats(0, 8)


def test_bitmex_perpetual_decays_its_funding_in_whole_minutes() -> None:
    # BMX-18: captured on 2024-11-24 at 23:33:19, so 4 h 26 min 41 s before 04:00.
    time_left = mark.whole_minutes(4 + 26 / 60 + 41 / 3600)
    assert time_left == 4.45
    found = mark.decayed_mark(97_843.77, 0.00011, time_left, 8)
    assert round(found, 2) == 97_849.76
    assert mark.fair_basis_rate(0.00011, 8) == pytest.approx(0.12045)  # BMX-19


@pytest.mark.parametrize(
    ("hours_left", "minutes"),
    [(0, 0), (1 / 60, 1), (1.01 / 60, 2), (0.99 / 60, 1), (8, 480), (2 / 3, 40)],
)
def test_time_to_funding_is_counted_up_to_whole_minutes(hours_left: float, minutes: int) -> None:
    assert mark.whole_minutes(hours_left) * 60 == pytest.approx(minutes, abs=1e-12)


@given(levels, rates)
def test_at_the_stamp_the_mark_is_the_index(index: float, rate: float) -> None:
    assert mark.decayed_mark(index, rate, 0.0, 8.0) == index
    assert mark.decayed_mark(index, rate, 8.0, 8.0) == pytest.approx(index * (1 + rate))


def test_bitmex_dated_future_carries_its_annualised_impact_basis() -> None:
    # XBTZ21, captured 2021-07-22 22:36:05, 161 days and 13:23:55 before delivery.
    years = (161 + (13 + 23 / 60 + 55 / 3600) / 24) / 365
    rate = mark.impact_basis_rate(32_645, 32_182.72, years)
    assert round(rate, 2) == 0.03
    assert mark.annualised_mark(32_182.72, rate, years) == pytest.approx(32_645)
    assert round(mark.annualised_mark(32_182.72, 0.03, years), 2) == 32_610.07


def test_a_basis_is_renewed_only_while_the_book_is_narrow() -> None:
    seen = np.array([0.01, math.nan, 0.03, 0.04])
    narrow = np.array([False, False, True, False])
    held = mark.refreshed(seen, narrow, 0.02)
    assert np.array_equal(held, [0.02, 0.02, 0.03, 0.03])
    assert mark.refreshed(0.05, True, 0.02) == 0.05
    assert mark.refreshed(0.05, False, 0.02) == 0.02
    assert not len(mark.refreshed(np.empty(0), np.empty(0, dtype=bool), 0.02))


def test_last_price_protected_keeps_half_the_maintenance_margin_around_fair() -> None:
    assert mark.protected_last(10_010.0, 10_000.0, 0.005) == 10_010
    assert mark.protected_last(10_500.0, 10_000.0, 0.005) == 10_025
    assert mark.protected_last(9_000.0, 10_000.0, 0.005) == 9_975


@given(levels, levels, st.floats(0.0001, 0.05))
def test_a_bounded_mark_stays_within_its_bounds(raw: float, index: float, bound: float) -> None:
    found = mark.bounded_mark(raw, index, bound)
    assert index * (1 - bound) <= found <= index * (1 + bound)
    assert found in (raw, index * (1 - bound), index * (1 + bound))


@given(levels, levels, levels)
def test_binance_and_bybit_take_the_middle_of_three(a: float, b: float, c: float) -> None:
    assert mark.median_mark(a, b, c) == median([a, b, c])


def test_one_wild_last_trade_does_not_move_a_median_mark() -> None:
    decayed, averaged = mark.decayed_mark(20_000.0, 0.0001, 4.0, 8.0), 20_003.0
    for last in (1.0, 10_000.0, 20_500.0, 1e6):
        assert 20_001 <= mark.median_mark(decayed, averaged, last) <= 20_003


@given(levels, levels, st.floats(0, 1))
def test_near_delivery_the_mark_slides_onto_the_settlement_average(
    raw: float, average: float, share: float
) -> None:
    found = mark.settling_mark(raw, average, share)
    assert min(raw, average) * (1 - 1e-12) <= found <= max(raw, average) * (1 + 1e-12)
    assert mark.settling_mark(raw, average, 0.0) == raw
    assert mark.settling_mark(raw, average, 1.0) == average


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan, np.array([0.5, math.nan])])
def test_a_share_outside_the_window_is_refused(share) -> None:
    with pytest.raises(MarketDataError, match="elapsed share"):
        mark.settling_mark(1.0, 2.0, share)


FORMULAS: dict[str, Callable] = {
    "decayed": lambda a, b, c, r, t: mark.decayed_mark(a, r, t, 8.0),
    "basis": lambda a, b, c, r, t: mark.basis_mark(a, b - c),
    "bounded": lambda a, b, c, r, t: mark.bounded_mark(a, b, 0.005),
    "median": lambda a, b, c, r, t: mark.median_mark(a, b, c),
    "impact basis": lambda a, b, c, r, t: mark.impact_basis_rate(a, b, t + 0.1),
    "annualised": lambda a, b, c, r, t: mark.annualised_mark(a, r, t),
    "protected": lambda a, b, c, r, t: mark.protected_last(a, b, 0.005),
    "settling": lambda a, b, c, r, t: mark.settling_mark(a, b, t / 8),
    "fair basis": lambda a, b, c, r, t: mark.fair_basis_rate(r, 8.0),
    "premium": lambda a, b, c, r, t: funding.premium(a, b),
    "impact premium": lambda a, b, c, r, t: funding.impact_premium(a, a + 1, b, c, r),
    "interest": lambda a, b, c, r, t: funding.interest_rate(r, r / 2, 3),
    "clamped": lambda a, b, c, r, t: funding.clamped_rate(r, 0.0001, 0.0005),
    "dampened": lambda a, b, c, r, t: funding.dampened_rate(r, 0.00025),
    "divided": lambda a, b, c, r, t: funding.divided_rate(r, 24.0),
    "capped": lambda a, b, c, r, t: funding.capped(r, 0.00375),
    "uncapped": lambda a, b, c, r, t: funding.capped(r, None),
}


@pytest.mark.parametrize("name", FORMULAS)
@given(rows=st.lists(st.tuples(levels, levels, levels, rates, hours), min_size=1, max_size=9))
def test_a_history_is_its_instants(name: str, rows: list[tuple[float, ...]]) -> None:
    formula = FORMULAS[name]
    whole = formula(*(np.array(column) for column in zip(*rows, strict=True)))
    assert np.array_equal(whole, [formula(*row) for row in rows])
