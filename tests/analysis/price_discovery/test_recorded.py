"""Price discovery on recorded markets: what was measured, and what the clocks allow.

Binance COIN-M and spot on 2024-08-08 23:54 to 2024-08-09 00:05. Trades have the exchange's own
times; spot's best quotes are placed up to 100 ms late (see the reader), which flatters the
perpetual: leads are judged by trades.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from obverse.analysis.price_discovery import hayashi_yoshida, lead_lag, price_discovery, sampled
from obverse.curves.spreads import PriceSeries, engle_granger
from obverse.market.sources.binance_recordings import read

DATA = Path(__file__).parents[3].parent / "shared" / "data"
HOUR_NS = 3600 * 10**9


def series(name: str, rows: pl.DataFrame, time: str, price: pl.Expr) -> PriceSeries:
    """The last price of each instant."""
    at = pl.col(time).dt.cast_time_unit("ns")
    one = rows.select(at.alias("at"), price.alias("price")).drop_nulls()
    one = one.unique("at", keep="last", maintain_order=True).sort("at")
    return PriceSeries(name, one["at"].to_physical().to_numpy(), one["price"].to_numpy())


def binance(stream: str) -> tuple[PriceSeries, PriceSeries]:
    folder = DATA / "binance_coinm_l2"
    if not folder.exists():
        pytest.skip(f"no recorded order books at {folder}")
    price = pl.col("price") if stream == "trades" else (pl.col("bid") + pl.col("ask")) / 2
    made = []
    for name, file in (("perpetual", "cm_btcusd_perp"), ("spot", "spot_btcusdt")):
        (part,) = read(folder / f"{file}_{stream}.parquet")
        made.append(series(name, part.frame, "time", price))
    return made[0], made[1]


def test_binance_spot_trades_lead_the_coin_margined_perpetual() -> None:
    perpetual, spot = binance("trades")
    found = lead_lag(perpetual, spot, np.arange(-1000, 1001, 10), source="recorded trades")
    assert found.ticks == (1832, 7072)
    assert found.lead_ms == pytest.approx(-20, abs=30)
    assert found.correlation == pytest.approx(0.517, abs=0.01)
    assert found.ratio == pytest.approx(0.470, abs=0.01)
    assert found.warnings == ()
    prices = sampled([perpetual, spot], step_seconds=0.1, max_age_seconds=60)
    shares = price_discovery(("perpetual", "spot"), prices, lags=10, step_seconds=0.1)
    low, high = shares["spot"].component_interval or (0.0, 0.0)
    assert 0.5 < low < shares["spot"].component < high
    assert shares["spot"].low > 0.5
    assert shares.warnings == ()


def test_binance_quotes_move_together_within_what_their_clocks_tell() -> None:
    perpetual, spot = binance("bookticker")
    assert hayashi_yoshida(perpetual, spot).correlation == pytest.approx(0.910, abs=0.01)
    assert abs(lead_lag(perpetual, spot, np.arange(-1000, 1001, 10)).lead_ms) <= 100
    prices = sampled([perpetual, spot], step_seconds=1, max_age_seconds=60)
    shares = price_discovery(("perpetual", "spot"), prices, step_seconds=1)
    # A second holds all of it: the bounds cannot tell the two apart.
    assert shares["perpetual"].high - shares["perpetual"].low > 0.8
    assert shares.correlation > 0.85


def coarse() -> tuple[PriceSeries, PriceSeries]:
    """BitMEX XBTUSD minutes and Coinbase hours of 2019, each from when its bar was closed."""
    bitmex = DATA / "bitmex" / "xbtusd_1m_2019.parquet"
    coinbase = DATA / "spot" / "coinbase_btcusd_1h_2017_2019.parquet"
    if not (bitmex.exists() and coinbase.exists()):
        pytest.skip(f"no recorded bars in {DATA}")
    bars = pl.read_parquet(coinbase).filter(pl.col("open_time").dt.year() == 2019)
    bars = bars.with_columns(closed=pl.col("open_time") + pl.duration(hours=1))
    minutes = pl.read_parquet(bitmex, columns=["close_time", "close_x100"])
    return (
        series("XBTUSD", minutes, "close_time", pl.col("close_x100") / 100),
        series("Coinbase", bars, "closed", pl.col("Close")),
    )


def test_minutes_of_bitmex_and_hours_of_coinbase_move_at_once() -> None:
    perpetual, spot = coarse()
    found = lead_lag(perpetual, spot, np.arange(-180, 181, 1) * 60_000.0)
    assert abs(found.lead_ms) <= 2 * 60_000
    assert found.correlation == pytest.approx(0.928, abs=0.01)
    assert found.ratio == pytest.approx(1.06, abs=0.1)
    prices = sampled([perpetual, spot], step_seconds=3600, max_age_seconds=7200)
    assert engle_granger(("XBTUSD", "Coinbase"), prices[-1000:]).p_value < 0.01
    shares = price_discovery(("XBTUSD", "Coinbase"), prices, step_seconds=3600)
    # An hour holds all of it: the bounds say nothing, and the component share is within errors.
    assert shares.correlation > 0.99
    assert shares["XBTUSD"].high - shares["XBTUSD"].low > 0.95
    low, high = shares["XBTUSD"].component_interval or (0.0, 0.0)
    assert high - low > 1
