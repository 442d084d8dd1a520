"""Basis at fixed days ahead: short formulas a snapshot at a time, reach, and no look-ahead."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from obverse.curves.constant_maturity import TENOR_DAYS, ConstantMaturity, Reach, constant_maturity
from obverse.curves.histories import CurveHistory, curve_history
from obverse.curves.interpolation import Extrapolation, Interpolation
from obverse.errors import MarketDataError
from obverse.market.store import Store

from .made_histories import DAY_NS, Curves, made

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
COINS = ("BTC", "ETH")


@pytest.fixture(scope="module")
def histories(recorded_store: Store) -> dict[str, CurveHistory]:
    return {coin: curve_history(recorded_store, "deribit", coin) for coin in COINS}


def plain_rates(history: CurveHistory, place: int, days: float, method: Interpolation) -> float:
    """A rate the way a notebook would take it."""
    own = history.nodes(place)
    years = (history.expiries_ns[own] - history.instants_ns[place]) / (365 * DAY_NS)
    rates = np.log(history.marks_usd[own] / history.index_usd[place]) / years
    years, rates = years[years * 8760 >= 1], rates[years * 8760 >= 1]
    at = days / 365
    if method is Interpolation.LOG_LINEAR:
        return float(np.interp(at, [0, *years], [0, *(years * rates)]) / at)
    return float(CubicSpline(years, rates, bc_type="natural")(max(at, years[0])))


@pytest.mark.parametrize("coin", COINS)
@pytest.mark.parametrize("method", [Interpolation.LOG_LINEAR, Interpolation.CUBIC_RATE])
def test_recorded_curves_agree_with_a_short_formula(
    coin: str, method: Interpolation, histories: dict[str, CurveHistory]
) -> None:
    history = histories[coin]
    found = constant_maturity(history, method=method)
    for place in range(0, len(history), 37):
        expected = [plain_rates(history, place, days, method) for days in TENOR_DAYS]
        assert found.rates[place] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("coin", COINS)
@pytest.mark.parametrize("method", Interpolation)
def test_every_recorded_node_reprices(
    coin: str, method: Interpolation, histories: dict[str, CurveHistory]
) -> None:
    history = histories[coin]
    nodes, tried = history.years, 0
    for place in range(0, len(history), 16):
        own = history.nodes(place)
        days = nodes[own] * 365
        asked = days[days * 24 >= 1]
        one = history.between(place, place + 1)
        found = constant_maturity(
            one, days=asked.tolist(), method=method, extrapolation=Extrapolation.FLAT_RATE
        )
        marks = one.index_usd[0] * np.exp(found.rates[0] * found.years)
        assert marks == pytest.approx(one.marks_usd[days * 24 >= 1], rel=1e-12)
        tried += len(asked)
    assert tried > 300


def test_recorded_forwards_go_to_the_index_within_three_hours_of_expiry(
    histories: dict[str, CurveHistory],
) -> None:
    gaps = []
    for history in histories.values():
        near = history.years * 8760 <= 3
        index = history.index_usd[history.snapshot_of_node]
        gaps += (1e4 * np.abs(history.marks_usd / index - 1))[near].tolist()
    assert len(gaps) >= 10
    assert np.median(gaps) < 2


def test_a_cut_history_gives_the_rows_of_the_full_one(recorded_store: Store) -> None:
    at = datetime(2026, 2, 20, 9, tzinfo=UTC)
    known = curve_history(recorded_store, "deribit", "BTC", until=at)
    whole = curve_history(recorded_store, "deribit", "BTC")
    for method in Interpolation:
        early = constant_maturity(known, method=method)
        full = constant_maturity(whole, method=method)
        rows = len(early)
        for name in ("rates", "forwards", "roll_down", "carry", "reach", "instants_ns"):
            cut = getattr(full, name)[:rows]
            assert np.array_equal(getattr(early, name), cut, equal_nan=True), name
        assert np.array_equal(early.slope(), full.slope()[:rows], equal_nan=True)


def test_rates_forwards_carry_and_slope_by_hand() -> None:
    found = constant_maturity(made([{30: 101.0, 90: 103.0}]), days=(30, 90))
    near, far = math.log(1.01) * 365 / 30, math.log(1.03) * 365 / 90
    assert found.rates[0] == pytest.approx([near, far])
    assert found.forwards[0] == pytest.approx([math.log(103 / 101) * 365 / 60])
    assert found.simple_rates[0] == pytest.approx([0.01 * 365 / 30, 0.03 * 365 / 90])
    carry = [(100 - 101) / 101 * 365 / 30, (100 - 103) / 103 * 365 / 90]
    assert found.carry[0] == pytest.approx(carry)
    assert found.slope(30, 90) == pytest.approx(far - near)


def test_carry_and_roll_down_are_what_a_long_earns_on_a_curve_that_stands_still() -> None:
    found = constant_maturity(made([{30: 101.0, 90: 103.0}]), days=(60,), roll_days=10)
    price = {days: math.exp(np.interp(days, [30, 90], np.log([101, 103]))) for days in (50, 60)}
    whole = math.log(price[50] / price[60]) * 365 / 10
    assert found.roll_down[0] - found.rates[0] == pytest.approx(whole)
    level = constant_maturity(made([{30: 101.0, 60: 100 * 1.01**2}]), days=(40,))
    assert level.roll_down[0] == pytest.approx(0, abs=1e-12)


def test_where_the_curve_does_not_reach_nothing_is_said_and_counted() -> None:
    history = made([{30: 101.0, 100: 103.0}, {}, {30 / 1440: 100.0}, {10: 100.2, 200: 104.0}])
    found = constant_maturity(history)
    known = np.isfinite(found.rates)
    assert known.tolist() == [[True] * 4 + [False], [False] * 5, [False] * 5, [True] * 5]
    assert (known == (found.reach == Reach.KNOWN)).all()
    counts = {Reach.NO_EXPIRIES: 10, Reach.BEFORE_FIRST: 0, Reach.BEYOND_LAST: 1}
    assert found.missing() == counts
    told = " ".join(found.warnings)
    assert "1 of 20 values are missing: beyond the last listed expiry." in told
    assert "1 expiries of under an hour are left out." in told
    assert "2 values lie between the index and the first expiry." in told
    strict = constant_maturity(history, from_index=False)
    assert strict.missing()[Reach.BEFORE_FIRST] == 2
    flat = constant_maturity(history, extrapolation=Extrapolation.FLAT_RATE)
    assert flat.rates[0, 4] == pytest.approx(math.log(1.03) * 365 / 100)
    assert np.isfinite(flat.rates[0]).all()


def test_an_expiry_that_nothing_listed_stands_behind_does_not_extend_the_reach() -> None:
    curves: Curves = [{30: 101.0, 90: 103.0, 200: 105.0}]
    found = constant_maturity(made(curves, unlisted=lambda days: days > 90))
    assert found.reach[0].tolist() == [0, 0, 0, 0, Reach.BEYOND_LAST]
    none_listed = constant_maturity(made(curves, unlisted=lambda days: True))
    assert np.isfinite(none_listed.rates).all()


def test_prices_in_another_currency_have_the_same_rates() -> None:
    curves: Curves = [{10: 100.4, 70: 101.0, 190: 106.0}]
    other: Curves = [{days: 7 * mark for days, mark in curves[0].items()}]
    for method in Interpolation:
        one = constant_maturity(made(curves), method=method)
        two = constant_maturity(made(other, index=700.0), method=method)
        assert one.rates == pytest.approx(two.rates, abs=1e-12)


def test_positive_forwards_are_for_curves_that_have_them() -> None:
    up, down = made([{10: 100.4, 70: 100.5, 190: 106.0}]), made([{10: 100.4, 70: 100.3}])
    method = Interpolation.MONOTONE_CONVEX
    kept = constant_maturity(up, method=method, positive_forwards=True)
    assert (kept.forwards >= 0).all()
    with pytest.raises(MarketDataError, match="negative forward"):
        constant_maturity(down, method=method, positive_forwards=True)


def test_it_is_a_table_and_a_frame(histories: dict[str, CurveHistory]) -> None:
    found = constant_maturity(histories["BTC"].between(0, 5))
    assert isinstance(found, ConstantMaturity)
    assert "ln(F/S)/T, act/365" in repr(found)
    frame = found.to_frame("pandas")
    assert frame["basis_30d"].tolist() == found.rate(30).tolist()
    assert frame["slope_30d_180d"].tolist() == found.slope().tolist()
    assert frame["forward_90d_180d"].tolist() == found.forwards[:, 3].tolist()
    missing = constant_maturity(made([{30: 101.0}])).to_frame("records")[0]
    assert missing["basis_180d"] is None
    assert missing["missing"] == 3


@pytest.mark.parametrize("days", [(), (30, 7), (0.01, 7), (7, 7), (7, float("nan"))])
def test_tenors_that_cannot_be_are_refused(days: tuple[float, ...]) -> None:
    with pytest.raises(MarketDataError, match="increasing days of an hour or more"):
        constant_maturity(made([{30: 101.0}]), days=days)


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_prices_that_cannot_be_are_named(price: float) -> None:
    with pytest.raises(MarketDataError, match=r"BTC mark .* at place 0: prices must be finite"):
        constant_maturity(made([{30: price}]))
    with pytest.raises(MarketDataError, match="BTC index"):
        constant_maturity(made([{30: 100.0}], index=price))


def test_time_runs_forwards() -> None:
    history = made([{30: 101.0}, {30: 101.0}])
    backwards = replace(history, instants_ns=history.instants_ns[::-1].copy())
    with pytest.raises(MarketDataError, match="is not after the one before"):
        constant_maturity(backwards)
    twice = made([{30: 101.0, 60: 102.0}])
    twice = replace(twice, expiries_ns=twice.expiries_ns[::-1].copy())
    with pytest.raises(MarketDataError, match="expiries of a snapshot must increase"):
        constant_maturity(twice)
    with pytest.raises(MarketDataError, match="no tenor of 45 days"):
        constant_maturity(made([{30: 101.0}])).rate(45)
    with pytest.raises(MarketDataError, match="roll_days"):
        constant_maturity(made([{30: 101.0}]), roll_days=0)
