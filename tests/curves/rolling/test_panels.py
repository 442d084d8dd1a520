"""Futures side by side: the store's tickers, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from obverse.curves.histories import curve_history
from obverse.curves.rolling import (
    ContractPanel,
    contract_panel,
    panel_of_history,
    panel_of_tickers,
)
from obverse.errors import MarketDataError
from obverse.market.store import Store

AT = datetime(2026, 1, 1, 8, tzinfo=UTC)
MakePanel = Callable[..., ContractPanel]


def tickers(*rows: dict[str, Any]) -> pl.DataFrame:
    times = dict.fromkeys(("time", "expiry"), pl.Datetime("ns", "UTC"))
    base = {"time": AT, "contract": "future", "mark": 100.0, "expiry": AT + timedelta(days=9)}
    return pl.DataFrame([base | row for row in rows], schema_overrides=times)


def test_the_panel_of_a_store_is_that_of_its_curves(
    deribit_store: Store, recorded: ContractPanel
) -> None:
    curves = panel_of_history(curve_history(deribit_store, "deribit", "BTC"))
    assert recorded.symbols == curves.symbols
    assert np.array_equal(recorded.instants_ns, curves.instants_ns)
    assert np.array_equal(recorded.prices_usd, curves.prices_usd, equal_nan=True)
    assert np.array_equal(recorded.index_usd, curves.index_usd)
    assert not any(name.startswith("SYN") for name in recorded.symbols)
    assert recorded.to_frame().height == len(recorded.symbols) == 24
    assert "BTC-27FEB26" in repr(recorded)


def test_a_panel_as_of_an_instant_is_that_of_a_store_cut_there(
    deribit_store: Store, recorded: ContractPanel
) -> None:
    at = datetime(2026, 2, 10, tzinfo=UTC)
    early, cut = contract_panel(deribit_store, "deribit", "BTC", until=at), recorded.until(at)
    assert early.symbols == cut.symbols
    assert len(early.symbols) < len(recorded.symbols)
    for name in ("instants_ns", "expiries_ns", "prices_usd", "index_usd"):
        assert np.array_equal(getattr(early, name), getattr(cut, name), equal_nan=True), name
    with pytest.raises(MarketDataError, match="nothing at or before 2020-01-01"):
        recorded.until("2020-01-01")


def test_tickers_become_rows_by_time_and_columns_by_expiry() -> None:
    far = {"instrument": "FAR", "expiry": AT + timedelta(days=30), "mark": 103.0}
    later = AT + timedelta(hours=1)
    rows = tickers(
        far | {"open_interest_usd": 5.0, "bid": 102.0, "ask": 104.0},
        {"instrument": "NEAR", "open_interest_usd": 7.0, "volume_24h_usd": 9.0},
        far | {"time": later, "mark": 104.0},
        {"instrument": "OVER", "expiry": AT},
        {"instrument": "PERP", "contract": "perpetual", "expiry": None},
    )
    found = panel_of_tickers(rows, "made", "BTC", "rows")
    assert found.symbols == ("NEAR", "FAR")
    assert found.prices_usd.tolist()[0] == [100.0, 103.0]
    assert np.isnan(found.prices_usd[1, 0])
    assert found.open_interests.tolist()[0] == [7.0, 5.0]
    assert found.volumes[0, 0] == 9
    assert (found.bids_usd[0, 1], found.asks_usd[0, 1]) == (102, 104)
    assert found.only(["FAR"]).prices_usd.tolist() == [[103.0], [104.0]]
    contracts = tickers({"instrument": "A", "open_interest_contracts": 3.0})
    assert panel_of_tickers(contracts, "made", "BTC", "rows").open_interests[0, 0] == 3


def test_what_is_not_there_is_said(deribit_store: Store, recorded: ContractPanel) -> None:
    with pytest.raises(MarketDataError, match="no futures of SOL at deribit"):
        contract_panel(deribit_store, "deribit", "SOL")
    with pytest.raises(MarketDataError, match="XBTH17 is not among the futures"):
        recorded.only(["XBTH17"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prices_usd": np.array([[100.0, -1.0], [101.0, 1.0]])}, "prices_usd of B .* is -1.0"),
        ({"prices_usd": np.array([[100.0, np.inf], [101.0, 1.0]])}, "prices_usd of B .* is inf"),
        ({"volumes": [[1.0, -2.0], [1.0, 1.0]]}, "volumes of B .* is -2.0"),
        ({"volumes": [[1.0], [1.0]]}, r"volumes is \(2, 1\), expected \(2, 2\)"),
        ({"instants_ns": np.array([5, 5])}, "row 1 .* is late or twice"),
        ({"expiries_ns": np.array([10**19 // 2, 10**19 // 2])}, "B does not expire after A"),
        ({"expiries_ns": np.array([1, 10**18 * 9])}, "A has a price at .*, after its expiry"),
    ],
)
def test_bad_input_is_named(make_panel: MakePanel, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MarketDataError, match=message):
        make_panel([[100.0, 101.0], [101.0, 102.0]], (10, 20), **changes)


def test_an_empty_panel_is_refused(make_panel: MakePanel) -> None:
    with pytest.raises(MarketDataError, match="0 instants of 0 contracts"):
        make_panel(np.empty((0, 0)), ())  # type: ignore[arg-type]
