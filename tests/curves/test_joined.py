"""The perpetual as the short end: known theory, conventions by name, and no look-ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.curves.constant_maturity import constant_maturity
from obverse.curves.histories import curve_history
from obverse.curves.joined import KAPPA, accruing_rates, joined_curves, perpetual_rates
from obverse.errors import MarketDataError
from obverse.market.series.kinds import TICKERS
from obverse.market.series.parts import Part
from obverse.market.store import Origin, Store, append, create_store

from .made_histories import made

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
CURVE = {0.25: 100.01, 3: 100.05, 30: 101.0}


@given(
    carry=st.floats(-0.5, 0.5), interest_8h=st.floats(0, 2e-4), payoff=st.sampled_from(["i", "l"])
)
def test_the_theorys_fair_price_gives_its_carry_back(
    carry: float, interest_8h: float, payoff: str
) -> None:
    """Ackerer, Hugonnier and Jermann, Propositions 3 and 4, in their own letters."""
    kappa, interest = 1095.0, 1095 * interest_8h
    if payoff == "i":
        iota = -interest  # an inverse contract is a short position in 1/x
        ratio = (kappa + carry) / (kappa - iota)
        found = perpetual_rates(np.array([ratio]), interest_8h=interest_8h)
    else:
        ratio = (kappa - interest) / (kappa - carry)
        found = perpetual_rates(np.array([ratio]), payoff="linear", interest_8h=interest_8h)
    assert found[0] == pytest.approx(carry, abs=1e-9)


def test_published_continuous_prices_give_their_rates_back() -> None:
    """QuantLib's test data: r_a = 4 %, r_b = 2 %, kappa 0.2 and iota 0.005 a year."""
    kappa, iota = 0.2, 0.005
    linear, inverse = 1.0833333333333, 1.12820512820513
    assert kappa - (kappa - iota) / linear == pytest.approx(0.02)
    assert inverse * (kappa - iota) - kappa == pytest.approx(0.02)
    # The same formulas in this module's kappa: scale the year so that 1095 stands for 0.2.
    scale, interest_8h = KAPPA / kappa, iota / kappa
    rates = perpetual_rates(np.array([linear]), payoff="linear", interest_8h=interest_8h) / scale
    assert rates[0] == pytest.approx(0.02)
    rates = perpetual_rates(np.array([inverse]), interest_8h=-interest_8h) / scale
    assert rates[0] == pytest.approx(0.02)


def test_without_interest_the_rate_is_the_premium_over_eight_hours() -> None:
    found = joined_curves(made([CURVE], perpetual=[100.02]))
    assert found.short_rates[0] == pytest.approx(0.0002 * 3 * 365)
    node = found.history
    assert node.symbols[0] == "PERPETUAL"
    assert node.years[0] * 365 * 24 == pytest.approx(8)
    assert node.continuous_rates[0] == pytest.approx(found.short_rates[0], rel=1e-9)
    assert node.marks_usd[0] == pytest.approx(100 * np.exp(0.0002))


def test_the_accruing_rate_goes_before_the_premium() -> None:
    history = made([CURVE] * 3, perpetual=[100.02, 100.02, np.nan])
    found = joined_curves(history, accruing_8h=np.array([1e-4, np.nan, np.nan]))
    assert found.accruing.tolist() == [True, False, False]
    assert found.short_rates[:2] == pytest.approx([0.1095, 0.219])
    assert np.isnan(found.short_rates[2])
    rows = found.to_frame("records")
    assert [row["convention"] for row in rows] == ["accruing", "premium", ""]
    assert rows[2]["short_rate"] is None
    assert "1 snapshots have no perpetual" in found.warnings[0]
    assert "kappa 1095 a year" in repr(found)


def test_dated_futures_come_after_the_perpetual() -> None:
    found = joined_curves(made([CURVE, CURVE], perpetual=[100.02, np.nan]))
    names = found.history.symbols
    assert names[: found.history.offsets[1]] == ("PERPETUAL", "F3", "F30")
    assert names[found.history.offsets[1] :] == ("F0.25", "F3", "F30")
    assert found.history.offsets.tolist() == [0, 3, 6]
    later = joined_curves(made([CURVE], perpetual=[100.02]), node_hours=24)
    assert later.history.years[0] * 365 == pytest.approx(1)
    assert found.dated_rates[0] == pytest.approx(np.log(1.01) * 365 / 30)
    assert found.gaps[0] == pytest.approx(0.219 - np.log(1.01) * 365 / 30)
    alone = joined_curves(made([{}], perpetual=[100.02]))
    assert alone.history.symbols == ("PERPETUAL",)
    assert np.isnan(alone.dated_rates[0])


def test_recorded_joined_curves_pass_through_perpetual_and_dated_alike(
    recorded_store: Store,
) -> None:
    for coin in ("BTC", "ETH"):
        history = curve_history(recorded_store, "deribit", coin)
        found = joined_curves(history)
        has = np.isfinite(found.short_rates)
        premium = history.perpetual_usd[has] / history.index_usd[has] - 1
        assert found.short_rates[has] == pytest.approx(premium * 1095, abs=1e-9)
        ahead = constant_maturity(found.history, days=(1 / 3, 30))
        assert ahead.rates[has, 0] == pytest.approx(found.short_rates[has], rel=1e-8, abs=1e-9)
        dated = constant_maturity(history, days=(30,))
        assert ahead.rates[:, 1] == pytest.approx(dated.rates[:, 0], abs=1e-12)


def test_a_cut_history_gives_the_rows_of_the_full_one(recorded_store: Store) -> None:
    at = datetime(2026, 2, 20, 9, tzinfo=UTC)
    early = joined_curves(curve_history(recorded_store, "deribit", "ETH", until=at))
    full = joined_curves(curve_history(recorded_store, "deribit", "ETH"))
    rows = len(early.history)
    for name in ("premiums", "short_rates", "dated_rates", "accruing"):
        cut = getattr(full, name)[:rows]
        assert np.array_equal(getattr(early, name), cut, equal_nan=True), name
    assert np.array_equal(early.history.marks_usd, full.history.until(at).marks_usd)


def test_accruing_rates_are_read_of_the_snapshots_own_tickers(tmp_path: Path) -> None:
    store = create_store(tmp_path / "store")
    perpetual = {"contract": "perpetual", "expiry": None, "mark": 100.0}
    future = {"contract": "future", "expiry": AT + timedelta(30), "mark": 101.0}
    shown: dict[str, list[dict[str, object]]] = {"P": [], "F": []}
    for minute, rate in ((0, 1e-4), (5, None), (10, -2e-4)):
        at = AT + timedelta(minutes=minute)
        shared = {"time": at, "snapshot_time": at, "underlying": "BTC", "index": 100.0}
        shown["P"].append(perpetual | shared | {"funding_rate_8h": rate})
        shown["F"].append(future | shared)
    parts = [Part("made", name, TICKERS, pl.DataFrame(rows)) for name, rows in shown.items()]
    append(store, parts, Origin("rows", "test", "event"), imported_at=AT + timedelta(1))
    history = curve_history(store.reopened(), "made", "BTC")
    rates = accruing_rates(store.reopened(), history)
    assert rates.tolist() == pytest.approx([1e-4, np.nan, -2e-4], nan_ok=True)
    found = joined_curves(history, accruing_8h=rates)
    assert found.accruing.tolist() == [True, False, True]
    assert found.short_rates == pytest.approx([0.1095, 0.0, -0.219], abs=1e-12)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"payoff": "quanto"}, "inverse and linear"),
        ({"interest_8h": float("nan")}, "finite rate"),
        ({"node_hours": 7}, "8 to 24 hours"),
        ({"node_hours": float("nan")}, "8 to 24 hours"),
        ({"accruing_8h": np.zeros(3)}, r"\(3,\) rates for 1 snapshots"),
        ({"accruing_8h": np.array([np.inf])}, "infinite"),
    ],
)
def test_what_cannot_be_is_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(MarketDataError, match=words):
        joined_curves(made([CURVE], perpetual=[100.0]), **changes)  # type: ignore[arg-type]


def test_a_perpetual_price_that_cannot_be_is_named() -> None:
    for price in (0.0, -5.0, np.inf):
        with pytest.raises(MarketDataError, match="perpetual prices"):
            joined_curves(made([CURVE], perpetual=[price]))
