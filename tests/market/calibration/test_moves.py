"""Hourly moves out of bars, and their local deviation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.calibration.moves import hourly_moves, local_deviation, rolling_mean

START = datetime(2024, 3, 1, tzinfo=UTC)


def _bars(closes: list[float], minutes: int = 60) -> pl.DataFrame:
    step = timedelta(minutes=minutes)
    opens = [START + step * at for at in range(len(closes))]
    frame = pl.DataFrame({"open_time": opens, "close": closes}, schema_overrides={"close": float})
    frame = frame.with_columns(pl.col("open_time").cast(pl.Datetime("ns", "UTC")))
    return frame.with_columns(time=pl.col("open_time") + step)


def _walk(count: int, seed: int = 1) -> list[float]:
    shocks = np.random.default_rng(seed).standard_normal(count)
    return list(100 * np.exp(np.cumsum(0.005 * shocks)))


def test_a_move_belongs_to_the_hour_it_begins_in() -> None:
    closes = _walk(24 * 70)
    moves = hourly_moves(_bars(closes), "bars")
    first_close = START + timedelta(hours=1)
    assert moves.hours[0] == int(first_close.timestamp()) // 3600
    assert moves.returns[0] == pytest.approx(np.log(closes[1] / closes[0]))
    assert moves.last_usd == closes[-1]
    assert len(moves.returns) == len(closes) - 1


def test_minutes_and_hours_give_the_same_moves(
    bitmex_minutes: pl.DataFrame, bitmex_hours: pl.DataFrame
) -> None:
    """The recorded hours were resampled from the minutes by somebody else."""
    by_minutes = hourly_moves(bitmex_minutes, "minutes")
    year = bitmex_hours.filter(pl.col("time") >= bitmex_minutes["time"].dt.truncate("1h").min())
    by_hours = hourly_moves(year, "hours")
    shared = np.isin(by_hours.hours, by_minutes.hours)
    assert shared.sum() == len(by_minutes.hours) > 4_300
    assert np.allclose(by_hours.returns[shared], by_minutes.returns, rtol=0, atol=1e-12)


def test_hours_around_a_hole_have_no_move() -> None:
    bars = _bars(_walk(24 * 70))
    with_hole = pl.concat([bars[:500], bars[510:]])
    whole, holed = hourly_moves(bars, "bars"), hourly_moves(with_hole, "bars")
    missing = np.setdiff1d(whole.hours, holed.hours)
    assert len(missing) == 11
    assert np.array_equal(np.diff(missing), np.ones(10))


def test_rows_out_of_order_or_twice_change_nothing() -> None:
    bars = _bars(_walk(24 * 70))
    mixed = pl.concat([bars, bars[100:200]]).sample(fraction=1.0, shuffle=True, seed=4)
    assert np.array_equal(hourly_moves(mixed, "bars").returns, hourly_moves(bars, "bars").returns)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda bars: bars[: 24 * 30], r"719 hourly moves; 1,440 are needed at least.*60 days"),
        (lambda bars: bars.clear(), "no bars"),
        (lambda bars: bars.drop("close"), "no column close"),
        (lambda bars: bars.with_columns(close=pl.lit(0.0)), "not a finite price above zero"),
        (lambda bars: bars.with_columns(close=pl.lit(float("nan"))), "not a finite price"),
        (lambda bars: bars.with_columns(close=pl.lit(7.0)), "never moves"),
        (
            lambda bars: bars.with_columns(
                close=pl.when(pl.int_range(pl.len()) == 1000).then(1e4).otherwise("close")
            ),
            r"moves by .*% in the hour from 2024-04-11T16:00:00Z \(2 such hours\); more than",
        ),
        (
            lambda bars: bars.with_columns(open_time=pl.col("time") - timedelta(hours=8)),
            "bars of 480 minutes; bars of an hour or less are needed",
        ),
        (
            lambda bars: bars.filter(pl.col("time").dt.hour() < 11),
            "half of the hours are needed at least",
        ),
    ],
)
def test_bars_that_cannot_be_used_are_refused(
    spoil: Callable[[pl.DataFrame], pl.DataFrame], message: str
) -> None:
    with pytest.raises(MarketDataError, match=f"my bars.*{message}"):
        hourly_moves(spoil(_bars(_walk(24 * 150))), "my bars")


def test_the_local_deviation_is_that_of_normal_moves_and_jumps_hardly_raise_it() -> None:
    moves = 0.01 * np.random.default_rng(2).standard_normal(60_000)
    assert np.mean(local_deviation(moves, 72) ** 2) == pytest.approx(1e-4, rel=0.02)
    jumped = moves.copy()
    jumped[30_000] += 0.3  # thirty deviations: it would raise a plain one of 72 hours to 0.037
    raised = local_deviation(jumped, 72)[30_000] / local_deviation(moves, 72)[30_000]
    assert 1 <= raised < 1.2


def test_rolling_means_are_cut_at_the_ends() -> None:
    assert rolling_mean(np.array([1.0, 2.0, 3.0, 4.0]), 3).tolist() == [1.5, 2.0, 3.0, 3.5]
