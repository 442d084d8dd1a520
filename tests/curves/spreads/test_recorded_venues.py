"""Spreads between venues on recorded bars, against short formulas of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from obverse.curves.spreads import (
    PriceSeries,
    cross_venue_spread,
    engle_granger,
    half_life,
    johansen,
    joined_spread,
)
from obverse.errors import MarketDataError

DATA = Path(__file__).parents[3].parent / "shared" / "data"


def recorded(*parts: str) -> pl.DataFrame:
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no recorded market data at {path}")
    return pl.read_parquet(path)


def hours(frame: pl.DataFrame, price: pl.Expr, name: str) -> tuple[PriceSeries, pl.DataFrame]:
    """Closes of hourly bars of 2019, each known an hour after its open."""
    closed = (pl.col("open_time") + pl.duration(hours=1)).dt.cast_time_unit("ns")
    rows = frame.select(closed.alias("at"), price.alias(name)).sort("at")
    rows = rows.filter(pl.col("at").dt.year() == 2019)
    return PriceSeries(name, rows["at"].to_physical().to_numpy(), rows[name].to_numpy()), rows


def test_bitmex_less_coinbase_is_the_join_of_their_hours() -> None:
    bars = recorded("bitmex", "xbtusd_1h.parquet")
    bitmex, left = hours(bars, pl.col("close"), "XBTUSD")
    coinbase, right = hours(
        recorded("spot", "coinbase_btcusd_1h_2017_2019.parquet"), pl.col("Close"), "Coinbase"
    )
    found = cross_venue_spread(bitmex, coinbase, max_age_seconds=0, underlying="BTC")
    both = left.join(right, on="at", how="inner").sort("at")
    assert len(found) == both.height > 3000
    assert np.array_equal(found.level_usd, (both["XBTUSD"] - both["Coinbase"]).to_numpy())
    median = float(np.median(np.abs(found.level_bp)))
    assert 1 < median < 30
    back = half_life(found.level_bp, found.instants_ns)
    # φ of the plain regression, on hours that follow each other.
    x, y = found.level_bp[:-1], found.level_bp[1:]
    near = np.diff(found.instants_ns) == 3600 * 10**9
    slope = float(np.polyfit(x[near], y[near], 1)[0])
    assert back.speed_raw == pytest.approx(-np.log(slope), rel=0.1)
    assert back.interval[1] is not None
    tested = engle_granger(found.legs, found.prices_usd)
    assert tested.p_value < 0.01
    assert tested.hedge_ratios[0] == pytest.approx(1, abs=0.01)
    assert johansen(found.legs, found.prices_usd).rank("1 %") >= 1


def test_oil_below_zero_is_refused_and_its_calendar_spread_is_the_difference() -> None:
    rows = recorded("commodity", "energy_metals_curves.parquet").drop_nulls("value").sort("date")
    near, far = (rows.filter(pl.col("series") == name) for name in ("CL01", "CL02"))
    with pytest.raises(MarketDataError, match=r"-37\.63"):
        daily("CL01", near)
    near = near.filter(pl.col("value") > 0)
    found = joined_spread(
        [daily("CL02", far), daily("CL01", near)], (1, -1), max_age_seconds=0, kind="oil"
    )
    both = near.join(far, on="date", suffix="_2").sort("date")
    assert np.array_equal(found.level_usd, (both["value_2"] - both["value"]).to_numpy())
    assert found.left_out == len(far) - both.height


def daily(name: str, rows: pl.DataFrame) -> PriceSeries:
    at = rows["date"].cast(pl.Datetime("ns")).to_physical().to_numpy()
    return PriceSeries(name, at, rows["value"].to_numpy())
