"""Panels of stored bars: closes and volumes as the source has them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from obverse.curves.rolling import bar_panel, crossover_schedule
from obverse.errors import MarketDataError
from obverse.market.sources.importing import find, import_file
from obverse.market.store import Store, create_store

FILE = Path(__file__).parents[3].parent / "shared" / "data" / "deribit" / "futures_marks.parquet"


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Recorded one-minute candles of Deribit's futures in a store."""
    if not FILE.exists():
        pytest.skip(f"no recorded market data at {FILE}")
    store = create_store(tmp_path_factory.mktemp("candles") / "store")
    (found,) = find([FILE])
    import_file(store, found, imported_at=datetime(2026, 5, 1, tzinfo=UTC))
    return store.reopened()


def test_closes_and_volumes_are_those_of_the_file(candles: Store) -> None:
    panel = bar_panel(candles, "deribit", "BTC", bars="bars_1m")
    rows = pl.read_parquet(FILE).filter(pl.col("term_candle_found"))
    own = rows.filter(pl.col("futures_instrument_name") == "BTC-27FEB26")
    times = (own["term_candle_open_time_ms"] + 60_000) * 1_000_000
    column = panel.column("BTC-27FEB26")
    places = np.searchsorted(panel.instants_ns, times.to_numpy())
    assert (panel.instants_ns[places] == times.to_numpy()).all()
    assert panel.prices_usd[places, column].tolist() == own["term_candle_close"].to_list()
    assert panel.volumes[places, column].tolist() == own["term_candle_cost"].to_list()
    assert "BTC-PERPETUAL" not in panel.symbols
    assert panel.expiry(column) == datetime(2026, 2, 27, 8, tzinfo=UTC)


def test_volume_of_recorded_bars_decides_without_looking_ahead(candles: Store) -> None:
    names = ["BTC-30JAN26", "BTC-27FEB26", "BTC-27MAR26"]
    panel = bar_panel(candles, "deribit", "BTC", bars="bars_1m").only(names)
    whole = crossover_schedule(panel, confirm=3)
    assert [roll.leaving for roll in whole.rolls] == names[:2]
    at = datetime(2026, 1, 25, tzinfo=UTC)
    cut = bar_panel(candles, "deribit", "BTC", bars="bars_1m", until=at)
    early = crossover_schedule(cut.only(names), confirm=3)
    assert early.rolls == whole.until(at).rolls
    assert len(early.rolls) == 1


def test_a_coin_without_bars_is_told(candles: Store) -> None:
    with pytest.raises(MarketDataError, match="no bars_1m of futures of SOL at deribit"):
        bar_panel(candles, "deribit", "SOL", bars="bars_1m")
