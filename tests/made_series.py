"""Made-up series for the tests of quality: good ones, to be spoilt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from obverse.market.quality import Fault, check
from obverse.market.series import Kind, bars

START = datetime(2024, 1, 1, tzinfo=UTC)
MINUTES = bars(timedelta(minutes=1))
HOURS = bars(timedelta(hours=1))


def at(count: int, step: timedelta, start: datetime = START) -> pl.Series:
    """Times a step apart."""
    ns = int(start.timestamp()) * 10**9
    return pl.Series(
        "time", np.arange(count) * int(step / timedelta(microseconds=1)) * 1000 + ns
    ).cast(pl.Datetime("ns", "UTC"))


def walk(count: int, seed: int = 7, step: float = 1e-3) -> np.ndarray[Any, Any]:
    """A random walk of prices around 50,000."""
    return 50_000 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, step, count)))


def good_bars(kind: Kind, count: int = 500, seed: int = 7) -> pl.DataFrame:
    """Bars that nothing is wrong with."""
    assert kind.interval is not None
    closes = walk(count + 1, seed)
    time = at(count, kind.interval, START + kind.interval)
    frame = pl.DataFrame({"time": time, "open": closes[:-1], "close": closes[1:]})
    return frame.with_columns(
        open_time=pl.col("time").dt.offset_by(f"-{int(kind.interval.total_seconds())}s"),
        high=pl.max_horizontal("open", "close"),
        low=pl.min_horizontal("open", "close"),
        volume_contracts=pl.lit(100.0),
    )


def found(kind: Kind, frame: pl.DataFrame) -> dict[str, Fault]:
    """Faults of a series by their check."""
    return {fault.check: fault for fault in check(kind, "s", frame)}
