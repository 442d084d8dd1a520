"""Shared by the tests of convergence: recorded curves, settlements and minutes in a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from obverse.curves.histories import CurveHistory, curve_history
from obverse.market.series import Part, bars
from obverse.market.sources.importing import find, import_file
from obverse.market.store import Origin, Store, append, create_store

NOW = datetime(2026, 5, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RECORDED = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture(scope="session")
def recorded(deribit_store: Store) -> dict[str, CurveHistory]:
    """Recorded Deribit curves by coin."""
    return {coin: curve_history(deribit_store, "deribit", coin) for coin in ("BTC", "ETH")}


@pytest.fixture(scope="session")
def forwards() -> pl.DataFrame:
    """The recorded Deribit forwards as they are in their file, against the index of that moment."""
    file = RECORDED / "deribit" / "forward_curve.parquet"
    if not file.exists():
        pytest.skip(f"no recorded market data at {file}")
    rows = pl.read_parquet(file).filter(pl.col("forward").is_not_null())
    return rows.with_columns(index=pl.col("index_first_row"))


@pytest.fixture(scope="session")
def settled_rows() -> pl.DataFrame:
    """Settled BitMEX futures as they are in their file."""
    file = RECORDED / "bitmex" / "settled_futures.parquet"
    if not file.exists():
        pytest.skip(f"no recorded market data at {file}")
    return pl.read_parquet(file)


@pytest.fixture(scope="session")
def settlement_minutes(settled_rows: pl.DataFrame) -> pl.DataFrame:
    """XBTUSD minutes of the last hour before each settlement: `close_time`, `close_usd`."""
    ends = settled_rows["settle"].str.to_datetime(time_zone="UTC").unique()
    files = sorted((RECORDED / "bitmex").glob("xbtusd_1m_20*.parquet"))
    parts = []
    for file in files:
        prices = (pl.col(f"{name}_x100").alias(name) for name in ("high", "low", "close"))
        stamp = pl.col("close_time").cast(pl.Datetime("us", "UTC"))
        rows = pl.scan_parquet(file).select(stamp, *prices)
        near = pl.any_horizontal(
            *(
                pl.col("close_time").is_between(end - timedelta(hours=1), end, closed="right")
                for end in ends
                if str(end.year) in file.name
            )
        )
        parts.append(rows.filter(near).collect())
    return pl.concat(parts).with_columns(pl.col("high", "low", "close") / 100)


@pytest.fixture(scope="session")
def bitmex_store(
    tmp_path_factory: pytest.TempPathFactory, settlement_minutes: pl.DataFrame
) -> Store:
    """Settled BitMEX futures, and the perpetual's minutes before each settlement."""
    store = create_store(tmp_path_factory.mktemp("settled") / "store")
    (found,) = find([RECORDED / "bitmex" / "settled_futures.parquet"])
    import_file(store, found, imported_at=NOW)
    frame = settlement_minutes.select(
        pl.col("close_time").cast(pl.Datetime("ns", "UTC")).alias("time"),
        (pl.col("close_time") - MINUTE).cast(pl.Datetime("ns", "UTC")).alias("open_time"),
        pl.col("close").alias("open"),
        "high",
        "low",
        "close",
    )
    part = Part("bitmex", "XBTUSD", bars(MINUTE), frame)
    append(store.reopened(), [part], Origin("minutes", "test", "close"), imported_at=NOW)
    return store.reopened()
