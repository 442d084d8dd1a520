"""Shared by the tests of rolls: panels by hand, and the recorded futures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from obverse.contracts.calendar import Cycle
from obverse.curves.rolling import (
    ContractPanel,
    DatedContract,
    RollSchedule,
    contract_panel,
    cycle_contracts,
    days_before_schedule,
)
from obverse.market.store import Store
from obverse.marks.schedule import to_ns

NOW = datetime(2026, 5, 1, tzinfo=UTC)
START = datetime(2026, 1, 1, 8, tzinfo=UTC)
RECORDED = Path(__file__).parents[3].parent / "shared" / "data"
MakePanel = Callable[..., ContractPanel]


def _panel(
    prices: list[list[float]], expiries: tuple[float, ...], *, step: float = 1.0, **more: Any
) -> ContractPanel:
    """Futures A, B, C... that expire so many days after the first row; a row each `step` days."""
    table = np.array(prices, dtype=np.float64)
    rows, columns = table.shape
    nothing = np.full(table.shape, np.nan)
    at = [to_ns(START + timedelta(days=step * row)) for row in range(rows)]
    measures = {
        name: np.array(more.pop(name), dtype=np.float64) if name in more else nothing
        for name in ("bids_usd", "asks_usd", "volumes", "open_interests")
    }
    about = {
        "underlying": "BTC",
        "venue": "deribit",
        "source": "by hand",
        "instants_ns": np.array(at, dtype=np.int64),
        "symbols": tuple("ABCDEFGH"[:columns]),
        "expiries_ns": np.array([to_ns(START + timedelta(days=day)) for day in expiries]),
        "prices_usd": table,
        "index_usd": np.full(rows, 100.0),
    }
    return ContractPanel(**{**about, **measures, **more})


@pytest.fixture(scope="session")
def make_panel() -> MakePanel:
    """Make a panel by hand."""
    return _panel


@pytest.fixture(scope="session")
def recorded(deribit_store: Store) -> ContractPanel:
    """Recorded Deribit Bitcoin futures."""
    return contract_panel(deribit_store, "deribit", "BTC")


@pytest.fixture(scope="session")
def monthly() -> tuple[DatedContract, ...]:
    """Deribit's monthly Bitcoin futures over the recorded span."""
    return cycle_contracts("deribit", "BTC", Cycle.MONTHLY, since="2025-12-31", until="2026-05-01")


@pytest.fixture(scope="session")
def monthly_rolls(monthly: tuple[DatedContract, ...]) -> RollSchedule:
    """Monthly rolls three days before expiry."""
    return days_before_schedule(monthly, days_before=3, venue="deribit", underlying="BTC")


@pytest.fixture(scope="session")
def settled_quarterlies() -> pl.DataFrame:
    """BitMEX's settled Bitcoin quarterlies as their file has them."""
    file = RECORDED / "bitmex" / "settled_futures.parquet"
    if not file.exists():
        pytest.skip(f"no recorded market data at {file}")
    rows = pl.read_parquet(file).filter(pl.col("symbol").str.contains(r"^XBT[HMUZ]\d\d$"))
    stamps = (pl.col(name).str.to_datetime(time_zone="UTC") for name in ("settle", "listing"))
    return rows.with_columns(*stamps).filter(pl.col("isInverse")).sort("settle")


@pytest.fixture(scope="session")
def corn() -> pl.DataFrame:
    """Two years of corn futures as tickers; prices are cents a bushel."""
    file = RECORDED / "commodity" / "agri_metal_futures.parquet"
    if not file.exists():
        pytest.skip(f"no recorded market data at {file}")
    rows = pl.read_parquet(file).filter(
        pl.col("commodity") == "corn",
        pl.col("date").is_between(pl.date(1999, 1, 1), pl.date(2000, 12, 31)),
        pl.col("ttm_days").is_not_null(),
    )
    expiry = pl.col("date") + pl.duration(days=pl.col("ttm_days").cast(pl.Int64))
    utc = pl.Datetime("ns", "UTC")
    return rows.select(
        (pl.col("date").cast(pl.Datetime("ns")) + pl.duration(hours=22)).cast(utc).alias("time"),
        (expiry.cast(pl.Datetime("ns")) + pl.duration(hours=23)).cast(utc).alias("expiry"),
        expiry.cast(pl.String).alias("instrument"),
        pl.col("price").alias("mark"),
        pl.col("volume").alias("volume_24h_usd"),
        pl.col("open_interest").alias("open_interest_contracts"),
        pl.lit("future").alias("contract"),
    ).sort("time", "expiry")
