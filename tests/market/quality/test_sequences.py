"""Order, keys and gaps, on series spoilt on purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_series import HOURS, MINUTES, START, at, found, good_bars

from obverse.errors import MarketDataError
from obverse.market.quality import check
from obverse.market.series import bars, kind_named

FUNDING = kind_named("funding")
TICKERS = kind_named("tickers")
TRADES = kind_named("trades")
TOPS = kind_named("book_tops")


def test_good_bars_have_no_fault() -> None:
    assert check(MINUTES, "s", good_bars(MINUTES)) == ()
    assert check(HOURS, "s", good_bars(HOURS)) == ()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_series_of_hardly_any_rows_have_no_fault(count: int) -> None:
    assert check(MINUTES, "s", good_bars(MINUTES).head(count)) == ()
    for name in ("funding", "trades", "book_tops", "book_levels", "tickers", "options"):
        empty = pl.DataFrame(schema=kind_named(name).schema())
        assert check(kind_named(name), "s", empty) == ()


@settings(max_examples=40, deadline=None)
@given(dropped=st.sets(st.integers(1, 198), max_size=60))
def test_every_missing_bar_is_counted(dropped: set[int]) -> None:
    frame = good_bars(MINUTES, 200).with_row_index().filter(~pl.col("index").is_in(list(dropped)))
    faults = found(MINUTES, frame.drop("index"))
    assert ("gaps" in faults) is bool(dropped)
    if dropped:
        fault = faults["gaps"]
        assert (fault.severity, fault.count) == ("warning", len(dropped))
        runs = sum(place - 1 not in dropped for place in dropped)
        assert f"in {runs} gap" in fault.what
        assert len(fault.details) == min(runs, 10)
        assert fault.first == START + timedelta(minutes=min(dropped))
        assert fault.last == START + timedelta(minutes=max(dropped) + 2)


def test_the_longest_gaps_come_first() -> None:
    frame = good_bars(HOURS, 100).with_row_index()
    frame = frame.filter(~pl.col("index").is_in([5, 20, 21, 22, 50, 51])).drop("index")
    fault = found(HOURS, frame)["gaps"]
    assert fault.what == "6 bars missing in 3 gaps, 6.000% of all"
    assert fault.details == (
        "2024-01-01T20:00:00Z to 2024-01-02T00:00:00Z: 3 bars",
        "2024-01-03T02:00:00Z to 2024-01-03T05:00:00Z: 2 bars",
        "2024-01-01T05:00:00Z to 2024-01-01T07:00:00Z: 1 bar",
    )


def test_bars_that_mostly_stand_alone_are_a_sample() -> None:
    fault = found(MINUTES, good_bars(MINUTES, 600).gather_every(60))["samples"]
    assert (fault.severity, fault.count) == ("note", 10)
    assert fault.what == "a sample: 10 rows, mostly alone, 1 h 0 min apart (median)"


def test_missing_payments_follow_each_ones_interval() -> None:
    times = [START + timedelta(hours=hours) for hours in (0, 24, 48, 56, 64, 88, 96)]
    frame = pl.DataFrame(
        {"time": times, "rate": 0.0001, "interval_hours": [24.0, 24, 24, 8, 8, 8, 8]},
        schema_overrides={"time": pl.Datetime("ns", "UTC")},
    )
    faults = found(FUNDING, frame)
    assert list(faults) == ["gaps"]
    assert faults["gaps"].count == 2
    assert faults["gaps"].details == ("2024-01-03T16:00:00Z to 2024-01-04T16:00:00Z: 2 payments",)
    late = frame.head(5).with_columns(pl.col("time").dt.offset_by("17ms"))
    assert found(FUNDING, late) == {}


def test_rows_out_of_order_are_an_error() -> None:
    frame = good_bars(MINUTES, 50)
    swapped = pl.concat([frame[:20], frame[21:22], frame[20:21], frame[22:]])
    faults = found(MINUTES, swapped)
    assert list(faults) == ["order"]
    assert (faults["order"].severity, faults["order"].count) == ("error", 1)
    assert faults["order"].first == START + timedelta(minutes=21)


def test_order_books_keep_their_sources_order_and_are_told_of() -> None:
    frame = pl.DataFrame({"time": at(5, timedelta(seconds=1)), "bid": [1.0, 2, 3, 4, 5]})
    faults = found(TOPS, frame.gather([0, 2, 1, 3, 4]))
    assert faults["backwards"].severity == "warning"
    assert "order" not in faults


def test_keys_that_come_twice() -> None:
    frame = good_bars(MINUTES, 50)
    again = pl.concat([frame, frame[10:13]]).sort("time")
    faults = found(MINUTES, again)
    assert list(faults) == ["repeats"]
    assert (faults["repeats"].severity, faults["repeats"].count) == ("warning", 3)
    other = frame[10:13].with_columns(volume_contracts=pl.Series([1.0, 100.0, 1.0]))
    faults = found(MINUTES, pl.concat([frame, other]).sort("time"))
    assert (faults["duplicates"].severity, faults["duplicates"].count) == ("error", 4)
    assert faults["repeats"].count == 1
    assert faults["duplicates"].first == START + timedelta(minutes=11)


def test_two_recorders_of_one_event_see_the_same_row() -> None:
    row = {"time": START, "trade_id": "1", "price": 1.0, "size": 1.0}
    frame = pl.DataFrame(
        [row | {"local_time": START}, row | {"local_time": START.replace(second=1)}]
    )
    faults = found(TRADES, frame)
    assert faults["repeats"].count == 1
    assert "duplicates" not in faults
    assert "duplicates" in found(TRADES, frame.with_columns(price=pl.Series([1.0, 2.0])))


def test_two_grids_in_one_series_overlap() -> None:
    kind = bars(timedelta(hours=8))
    one = good_bars(kind, 30)
    late = one.with_columns(pl.col("time", "open_time").dt.offset_by("4h"))
    fault = found(kind, pl.concat([one, late]).sort("time"))["overlaps"]
    assert (fault.severity, fault.count) == ("error", 59)
    assert "keep one of them" in fault.what


def test_bars_of_another_length() -> None:
    frame = good_bars(HOURS, 20).with_row_index()
    first = pl.when(pl.col("index") == 3).then(pl.col("open_time").dt.offset_by("20m"))
    short = frame.with_columns(open_time=first.otherwise("open_time")).drop("index")
    fault = found(HOURS, short)["lengths"]
    assert fault.what == "1 bar of another length than 1 h 0 min"
    assert fault.severity == "warning"


def test_silences_of_tickers_and_streams() -> None:
    times = pl.concat([
        at(50, timedelta(minutes=1)), at(50, timedelta(minutes=1), START + timedelta(hours=2)),
    ])  # fmt: skip
    frame = pl.DataFrame({"time": times, "underlying": "BTC", "contract": "perpetual"})
    fault = found(TICKERS, frame)["silences"]
    assert (fault.severity, fault.count) == ("note", 1)
    assert fault.details == ("2024-01-01T00:49:00Z to 2024-01-01T02:00:00Z",)
    assert fault.what.endswith("the median step of 60.000 s, the longest 1 h 11 min")
    trades = pl.DataFrame({"time": times, "trade_id": [str(each) for each in range(100)]})
    assert "silences" not in found(TRADES, trades)


def test_series_that_are_none_are_refused() -> None:
    with pytest.raises(MarketDataError, match="s has rows without a time"):
        check(MINUTES, "s", pl.DataFrame({"close": [1.0]}))
    untimed = pl.DataFrame({"time": [None, datetime(2024, 1, 1, tzinfo=UTC)]})
    with pytest.raises(MarketDataError, match="s has rows without a time"):
        check(MINUTES, "s", untimed)
    with pytest.raises(MarketDataError, match="s: a column has the wrong type"):
        check(MINUTES, "s", good_bars(MINUTES, 3).with_columns(close=pl.lit("dear")))
