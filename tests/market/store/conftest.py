"""Small series to store, and a store of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from obverse.market.series import Part, bars
from obverse.market.store import Origin, Store, create_store

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
START = datetime(2024, 1, 31, 23, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _minutes(first: int, count: int, price: float = 100.0, instrument: str = "XBTUSD") -> Part:
    closes = [START + (first + place) * MINUTE for place in range(count)]
    prices = [price + (first + place) % 7 for place in range(count)]
    frame = pl.DataFrame({"time": closes, "close": prices}).with_columns(
        (pl.col("time") - MINUTE).alias("open_time"),
        *(pl.col("close").alias(name) for name in ("open", "high", "low")),
    )
    return Part("bitmex", instrument, bars(MINUTE), frame)


@pytest.fixture
def minutes() -> Callable[..., Part]:
    """Make minutes from the hour before 2024-02: two months, one series."""
    return _minutes


@pytest.fixture
def origin() -> Origin:
    """Say where the rows came from."""
    return Origin("some.csv", "test", "close", "0" * 64, 1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Make an empty store."""
    return create_store(tmp_path / "store")
