"""Stored prices: the last of each instant, and none that is later than asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from obverse.analysis.price_discovery import lead_lag, stored_prices
from obverse.errors import DataError, MarketDataError
from obverse.market.sources.importing import find, import_file
from obverse.market.store import Store, create_store

FOLDER = Path(__file__).parents[3].parent / "shared" / "data" / "binance_coinm_l2"
CUT = datetime(2024, 8, 9, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Store:
    if not FOLDER.exists():
        pytest.skip(f"no recorded order books at {FOLDER}")
    store = create_store(tmp_path_factory.mktemp("recorded") / "store")
    for name in ("cm_btcusd_perp_trades", "spot_btcusdt_trades", "cm_btcusd_perp_bookticker"):
        (found,) = find([FOLDER / f"{name}.parquet"])
        import_file(store, found, imported_at=datetime(2026, 6, 1, tzinfo=UTC))
    return store.reopened()


def test_stored_trades_are_those_of_the_recording_and_none_is_later(recorded: Store) -> None:
    perpetual = stored_prices(recorded, "binance", "BTCUSD_PERP")
    spot = stored_prices(recorded, "binance_spot", "BTCUSDT")
    lags = np.arange(-200, 201, 10)
    assert lead_lag(perpetual, spot, lags).ticks == (1832, 7072)
    early = [
        stored_prices(recorded, venue, name, until=CUT)
        for venue, name in (("binance", "BTCUSD_PERP"), ("binance_spot", "BTCUSDT"))
    ]
    cut_ns = int(CUT.timestamp()) * 10**9
    known = lead_lag(perpetual.until(cut_ns), spot.until(cut_ns), lags)
    assert np.array_equal(lead_lag(*early, lags).correlations, known.correlations)
    assert early[0].instants_ns[-1] <= cut_ns < perpetual.instants_ns[-1]


def test_the_middle_of_quotes_lies_between_the_trades(recorded: Store) -> None:
    middle = stored_prices(recorded, "binance", "BTCUSD_PERP", kind="book_tops")
    traded = stored_prices(recorded, "binance", "BTCUSD_PERP")
    assert len(middle.prices_usd) > 30_000
    assert traded.prices_usd.min() - 5 < middle.prices_usd.min()
    assert middle.prices_usd.max() < traded.prices_usd.max() + 5


def test_what_has_no_price_is_refused(recorded: Store) -> None:
    with pytest.raises(DataError, match="kind 'funding'"):
        stored_prices(recorded, "binance", "BTCUSD_PERP", kind="funding")
    with pytest.raises(MarketDataError):
        stored_prices(recorded, "binance", "BTCUSD_PERP", kind="bars_1m")
    with pytest.raises(MarketDataError, match="no trades"):
        stored_prices(recorded, "binance", "BTCUSD_PERP", until="2020-01-01")
