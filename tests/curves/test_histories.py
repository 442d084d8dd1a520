"""Recorded curves as arrays: the same numbers as one snapshot at a time, and no look-ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from obverse.curves import curve
from obverse.curves.histories import CurveHistory, curve_history, from_tickers
from obverse.errors import MarketDataError
from obverse.market.store import Store
from obverse.market.store.markets import stored_market

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
NEAR, FAR = datetime(2026, 3, 27, 8, tzinfo=UTC), datetime(2026, 6, 26, 8, tzinfo=UTC)


def ticker(symbol: str, minute: int, mark: float, **changes: Any) -> dict[str, Any]:
    at = AT + timedelta(minutes=minute)
    row = {"instrument": symbol, "time": at, "snapshot_time": at, "underlying": "BTC"}
    row |= {"contract": "future", "expiry": NEAR, "listed": True, "mark": mark, "index": 100.0}
    return row | changes


def history(*rows: dict[str, Any]) -> CurveHistory:
    return from_tickers(pl.DataFrame(list(rows)), "deribit", "BTC", "rows")


def test_every_snapshot_is_the_curve_of_its_instant(recorded_store: Store) -> None:
    found = curve_history(recorded_store, "deribit", "BTC")
    assert len(found) == 481
    years, rates, snapshots = found.years, found.continuous_rates, found.snapshot_of_node
    for place in range(0, len(found), 40):
        term = curve(stored_market(recorded_store, found.moment(place), "deribit"), "BTC")
        own = found.nodes(place)
        assert term.index_usd == found.index_usd[place]
        assert [node.mark_usd for node in term.nodes] == found.marks_usd[own].tolist()
        assert [node.symbol for node in term.nodes] == list(found.symbols[own])
        assert [node.years for node in term.nodes] == pytest.approx(years[own].tolist(), rel=1e-9)
        expected = [node.continuous_rate for node in term.nodes]
        known = [n for n, rate in enumerate(expected) if rate is not None]
        assert [expected[n] for n in known] == pytest.approx(rates[own][known].tolist(), rel=1e-6)
        assert (snapshots[own] == place).all()
        marks = [quote.mark_usd for quote in term.perpetuals]
        assert marks == ([] if np.isnan(p := found.perpetual_usd[place]) else [p])


def test_a_history_as_of_an_instant_is_that_of_a_store_cut_there(recorded_store: Store) -> None:
    at = datetime(2026, 2, 20, 9, tzinfo=UTC)
    early = curve_history(recorded_store, "deribit", "ETH", until=at)
    cut = curve_history(recorded_store, "deribit", "ETH").until(at)
    for name in ("instants_ns", "index_usd", "offsets", "expiries_ns", "marks_usd", "listed"):
        assert np.array_equal(getattr(early, name), getattr(cut, name)), name
    assert early.symbols == cut.symbols
    assert early.moment(len(early) - 1) <= at


def test_listed_only_keeps_what_is_traded(recorded_store: Store) -> None:
    found = curve_history(recorded_store, "deribit", "BTC")
    traded = found.listed_only()
    assert len(traded) == len(found)
    assert traded.listed.all()
    assert not any(name.startswith("SYN.") for name in traded.symbols)
    for place in (0, 100, 480):
        names = [n for n, on in zip(found.symbols[found.nodes(place)],
                 found.listed[found.nodes(place)], strict=True) if on]  # fmt: skip
        assert list(traded.symbols[traded.nodes(place)]) == names


def test_nodes_run_near_to_far_and_one_an_expiry() -> None:
    found = history(
        ticker("FAR", 0, 103.0, expiry=FAR),
        ticker("SYN", 0, 109.0, listed=False),
        ticker("NEAR", 0, 101.0),
        ticker("PERP", 0, 100.5, contract="perpetual", expiry=None),
        ticker("OVER", 0, 99.0, expiry=AT),
    )
    assert found.symbols == ("NEAR", "FAR")
    assert found.perpetual_usd.tolist() == [100.5]
    assert "NEAR" in repr(found)


def test_a_snapshot_without_an_index_is_left_out_and_told() -> None:
    found = history(ticker("NEAR", 0, 101.0), ticker("NEAR", 5, 102.0, index=None))
    assert len(found) == 1
    assert "1 snapshots have no index" in found.warnings[0]
    with pytest.raises(MarketDataError, match="has an index"):
        history(ticker("NEAR", 0, 101.0, index=None))


def test_a_snapshot_of_a_perpetual_alone_has_no_nodes() -> None:
    found = history(
        ticker("PERP", 0, 100.5, contract="perpetual", expiry=None),
        ticker("NEAR", 5, 102.0),
        ticker("PERP", 9, 100.5, contract="perpetual", expiry=None),
    )
    assert found.offsets.tolist() == [0, 0, 1, 1]
    assert found.listed_only().offsets.tolist() == [0, 0, 1, 1]
    assert found.between(1, 3).offsets.tolist() == [0, 1, 1]


def test_what_is_not_there_is_said(recorded_store: Store) -> None:
    with pytest.raises(MarketDataError, match="no curves of SOL at deribit"):
        curve_history(recorded_store, "deribit", "SOL")
