"""Two clocks, and what is known before it can be."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from made_series import MINUTES, START, at, found, good_bars

from obverse.market.series import kind_named

TRADES = kind_named("trades")


def _trades(delays_ms: list[int], sent_after_ms: int | None = None) -> pl.DataFrame:
    frame = pl.DataFrame({
        "time": at(len(delays_ms), timedelta(seconds=1)),
        "trade_id": [str(each) for each in range(len(delays_ms))],
        "price": 1.0, "size": 1.0, "delay": delays_ms,
    })  # fmt: skip
    later = pl.duration(milliseconds=pl.col("delay"))
    frame = frame.with_columns(local_time=pl.col("time") + later)
    if sent_after_ms is not None:
        frame = frame.with_columns(sent_time=pl.col("time").dt.offset_by(f"{sent_after_ms}ms"))
    return frame.drop("delay")


def test_a_recorder_behind_the_exchange_is_told_with_the_number() -> None:
    fault = found(TRADES, _trades([-1300, -1270, -1250, -1270, -1200]))["clock"]
    assert fault.severity == "warning"
    assert fault.what == (
        "the recorder's clock is about 1.27 s behind the exchange's: median -1.270 s, "
        "from -1.300 to -1.200 s"
    )


def test_the_clock_is_held_against_the_sending() -> None:
    faults = found(TRADES, _trades([10, 10, 10], sent_after_ms=30))
    assert "median -0.020 s" in faults["clock"].what


def test_a_usual_delay_is_a_note() -> None:
    faults = found(TRADES, _trades([40, 55, 90]))
    assert list(faults) == ["delay"]
    assert (
        faults["delay"].what
        == "received after it was sent: median +0.055 s, from +0.040 to +0.090 s"
    )


@pytest.mark.parametrize(("usual", "early"), [(50, -1_100), (-1_270, -2_500), (-1_270, -60_000)])
def test_a_row_received_before_it_happened_is_look_ahead(usual: int, early: int) -> None:
    faults = found(TRADES, _trades([usual] * 20 + [early] + [usual] * 20))
    assert (faults["look-ahead"].severity, faults["look-ahead"].count) == ("error", 1)
    assert faults["look-ahead"].first == START + timedelta(seconds=20)
    assert "look-ahead" not in found(TRADES, _trades([usual] * 20 + [min(usual, 0) - 900]))


def test_a_bar_that_closes_by_its_open_is_look_ahead() -> None:
    frame = good_bars(MINUTES, 50)
    spoilt = frame.with_columns(open_time="time")
    fault = found(MINUTES, spoilt)["look-ahead"]
    assert (fault.severity, fault.count) == ("error", 50)


def test_a_bar_recorded_before_it_closed_is_look_ahead() -> None:
    open_ones = good_bars(MINUTES, 50).with_row_index()
    early = pl.when(pl.col("index") == 49).then(pl.col("time").dt.offset_by("-20s"))
    local = early.otherwise(pl.col("time").dt.offset_by("1s"))
    faults = found(MINUTES, open_ones.with_columns(local_time=local).drop("index"))
    assert faults["look-ahead"].count == 1
