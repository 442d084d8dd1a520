"""Spreads as series: their formulas, joins without look-ahead, and the recorded curves."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.curves.histories import CurveHistory, curve_history
from obverse.curves.spreads import (
    PriceSeries,
    align,
    butterfly,
    calendar_spread,
    cross_venue_spread,
    inverse_linear_spread,
    joined_spread,
    perpetual_spread,
    z_scores,
)
from obverse.curves.spreads.kinds import leg_prices
from obverse.errors import MarketDataError, SymbolError
from obverse.market.store import Store

AT = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = 3600 * 10**9


def series(name: str, hours: list[float], prices: list[float]) -> PriceSeries:
    at = (np.array(hours) * HOUR).astype(np.int64)
    return PriceSeries(name, at, np.array(prices, dtype=float))


def longest_pair(history: CurveHistory) -> tuple[str, str]:
    """The two listed futures that are seen most often, near one first."""
    rows = pl.DataFrame(
        {
            "symbol": history.symbols,
            "expiry": history.expiries_ns,
            "listed": history.listed,
        }
    )
    seen = rows.filter(pl.col("listed")).group_by("symbol", "expiry").len()
    near, far = seen.sort("len", descending=True).head(2).sort("expiry")["symbol"]
    return near, far


def test_recorded_calendar_spread_is_the_difference_of_its_marks(recorded_store: Store) -> None:
    history = curve_history(recorded_store, "deribit", "BTC")
    near, far = longest_pair(history)
    found = calendar_spread(history, near, far)
    assert len(found) > 100
    for place in range(0, len(found), 25):
        at = int(np.searchsorted(history.instants_ns, found.instants_ns[place]))
        own = history.nodes(at)
        marks = dict(zip(history.symbols[own], history.marks_usd[own], strict=True))
        years = dict(zip(history.symbols[own], history.years[own], strict=True))
        assert found.level_usd[place] == marks[far] - marks[near]
        assert found.level_bp[place] == pytest.approx(
            1e4 * (marks[far] - marks[near]) / history.index_usd[at]
        )
        rate = np.log(marks[far] / marks[near]) / (years[far] - years[near])
        assert found.annualised is not None
        assert found.annualised[place] == pytest.approx(rate, rel=1e-9)
    assert np.abs(np.median(found.annualised)) < 0.15


def test_a_spread_as_of_an_instant_is_that_of_a_store_cut_there(recorded_store: Store) -> None:
    cut = datetime(2026, 2, 20, 9, tzinfo=UTC)
    whole = curve_history(recorded_store, "deribit", "BTC")
    early = curve_history(recorded_store, "deribit", "BTC", until=cut)
    near, far = longest_pair(early)
    of_early, of_whole = calendar_spread(early, near, far), calendar_spread(whole, near, far)
    known = of_whole.until(int(early.instants_ns[-1]))
    assert len(of_early) == len(known) > 50
    assert np.array_equal(of_early.level_usd, known.level_usd)
    for robust in (False, True):
        for window in (None, 30):
            a = z_scores(of_early.level_bp, window=window, robust=robust).scores
            b = z_scores(of_whole.level_bp, window=window, robust=robust).scores[: len(a)]
            assert np.array_equal(a, b, equal_nan=True)
    dated = perpetual_spread(early, near)
    assert np.array_equal(
        dated.level_usd, perpetual_spread(whole, near).until(int(early.instants_ns[-1])).level_usd
    )


def test_perpetual_against_dated_and_butterfly(recorded_store: Store) -> None:
    history = curve_history(recorded_store, "deribit", "ETH")
    near, far = longest_pair(history)
    found = perpetual_spread(history, far)
    left = (history.expiries_ns[history.symbols.index(far)] - found.instants_ns) / (8760 * HOUR)
    expected = np.log(found.prices_usd[:, 0] / found.prices_usd[:, 1]) / left
    assert found.annualised == pytest.approx(expected)
    own = history.nodes(0)
    middle = [s for s in history.symbols[own] if s not in (near, far)]
    names = sorted([near, far, middle[-1]], key=lambda s: history.expiries_ns[
        history.symbols.index(s)])  # fmt: skip
    fly = butterfly(history, *names)
    assert fly.annualised is None
    at = np.isin(history.instants_ns, fly.instants_ns)
    near_, middle_, far_ = (leg_prices(history, name)[at] for name in names)
    assert np.allclose(fly.level_usd, (far_ - middle_) - (middle_ - near_), atol=1e-9)
    with pytest.raises(MarketDataError, match="swap them"):
        calendar_spread(history, far, near)
    with pytest.raises(MarketDataError, match="not expire in this order"):
        butterfly(history, *reversed(names))
    with pytest.raises(SymbolError):
        perpetual_spread(history, "ETH-1JAN99")


def test_prices_are_joined_as_of_and_not_beyond_their_age() -> None:
    first = series("A", [0, 1, 5], [100, 101, 105])
    second = series("B", [0.5, 4], [90, 94])
    found = cross_venue_spread(first, second, max_age_seconds=3600)
    assert (found.instants_ns / HOUR).tolist() == [0.5, 1, 5]
    assert found.level_usd.tolist() == [10, 11, 11]
    assert found.left_out == 2
    assert found.warnings == ("2 instants lack a leg and are left out.",)
    with pytest.raises(MarketDataError, match="at none of"):
        cross_venue_spread(first, series("C", [9], [1]), max_age_seconds=10)


@given(st.data())
def test_no_join_reads_later_prices(data: st.DataObject) -> None:
    times = st.lists(st.integers(0, 60), min_size=3, max_size=20, unique=True).map(sorted)
    price = st.floats(1, 1e5)
    made = []
    for name in ("A", "B", "C"):
        at = data.draw(times)
        prices = data.draw(st.lists(price, min_size=len(at), max_size=len(at)))
        made.append(PriceSeries(name, np.array(at) * 10**9, np.array(prices)))
    cut, age = data.draw(st.integers(0, 60)) * 10**9, data.draw(st.integers(0, 60))
    try:
        instants, prices, _ = align(made, age)
    except MarketDataError:
        return
    try:
        early, known, _ = align([each.until(cut) for each in made], age)
    except MarketDataError:
        assert (instants > cut).all()
        return
    assert early.tolist() == instants[instants <= cut].tolist()
    assert known.tolist() == prices[instants <= cut].tolist()


def test_three_commodities_and_inverse_against_linear() -> None:
    crack = joined_spread(
        [series(name, [0, 1], prices) for name, prices in
         (("gasoline", [80, 84]), ("heating oil", [90, 88]), ("crude", [70, 71]))],
        (2, 1, -3), max_age_seconds=0,
    )  # fmt: skip
    assert crack.level_usd.tolist() == [40, 43]
    assert crack.label == "2 gasoline + heating oil − 3 crude"
    found = inverse_linear_spread(
        series("inv", [0], [101]), series("lin", [0], [100]), max_age_seconds=1, underlying="BTC"
    )
    assert found.level_bp.tolist() == pytest.approx([100])
    assert "inverse against linear" in str(found.table())
    assert found.to_frame().height == 1


@pytest.mark.parametrize(
    ("hours", "prices", "told"),
    [
        ([0, 1], [100, -37.63], "above zero"),
        ([0, 1], [100, np.nan], "above zero"),
        ([1, 1], [100, 101], "increasing"),
        ([0], [100, 101], "one price an instant"),
    ],
)
def test_bad_prices_are_refused(hours: list[float], prices: list[float], told: str) -> None:
    with pytest.raises(MarketDataError, match=told):
        series("CL01", hours, prices)


def test_bad_weights_are_refused() -> None:
    pair = [series("A", [0], [1]), series("B", [0], [1])]
    for weights in ((1,), (1, 0), (1, np.nan)):
        with pytest.raises(MarketDataError, match="weights"):
            joined_spread(pair, weights, max_age_seconds=1)
    with pytest.raises(MarketDataError, match="max_age_seconds"):
        joined_spread(pair, (1, -1), max_age_seconds=-1)


def test_a_spread_draws_its_band() -> None:
    rng = np.random.default_rng(1)
    hours = list(range(60))
    a, b = (series(n, hours, (100 + rng.normal(size=60)).tolist()) for n in "AB")
    found = cross_venue_spread(a, b, max_age_seconds=0)
    axes = found.plot()
    (line,) = [each for each in axes.get_lines() if each.get_label() == "spread"]
    assert np.asarray(line.get_ydata()).tolist() == found.level_bp.tolist()
    assert "z-score of last 30" in str(
        [t.get_text() for t in found.plot(scores=z_scores(found.level_bp, window=30))
         .get_legend().get_texts()]  # type: ignore[union-attr]
    )  # fmt: skip
