"""Recorded Deribit tables against counts taken straight from the files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.series import Part, checked
from obverse.market.sources.registry import format_of


def parts(path: Path, name: str) -> list[Part]:
    found = format_of(path)
    assert found is not None
    assert found.name == name
    return [checked(part) for part in found.read(path)]


def test_every_expiry_is_an_instrument_and_rows_without_a_forward_are_told(
    deribit_recordings: Path,
) -> None:
    raw = pl.read_parquet(deribit_recordings / "forward_curve.parquet")
    found = parts(deribit_recordings / "forward_curve.parquet", "deribit-curves")
    assert len(raw) == 11_412
    assert sum(len(part.frame) for part in found) == raw["forward"].drop_nulls().len() == 10_668
    assert len(found) == raw["futures_instrument_name"].drop_nulls().n_unique() == 300
    assert "744 rows were recorded without a forward" in str(found[0].findings[0])
    listed = {part.instrument for part in found if part.frame["listed"][0]}
    assert all(name.startswith("SYN.") for name in {p.instrument for p in found} - listed)


def test_the_futures_marks_are_the_forwards_of_the_curve(deribit_recordings: Path) -> None:
    """Two recordings of one series reconcile: to the float's last bits, all 4,058."""
    marks = pl.read_parquet(deribit_recordings / "futures_marks.parquet").with_columns(
        pl.col("timestamp").str.to_datetime(time_zone="UTC").cast(pl.Datetime("ns", "UTC"))
    )
    rows = pl.concat(
        part.frame.with_columns(pl.lit(part.instrument).alias("symbol"))
        for part in parts(deribit_recordings / "forward_curve.parquet", "deribit-curves")
    )
    both = marks.join(
        rows, left_on=["timestamp", "futures_instrument_name"], right_on=["time", "symbol"]
    )
    assert len(both) == len(marks) == 4058
    gap = (both["mark"] / both["snapshot_term_mark_price"] - 1).abs()
    assert gap.max() < 1e-15
    assert (gap > 0).sum() == 5


def test_candles_are_by_their_open_in_the_file_and_by_their_close_here(
    deribit_recordings: Path,
) -> None:
    raw = pl.read_parquet(deribit_recordings / "perpetual_prices.parquet")
    found = parts(deribit_recordings / "perpetual_prices.parquet", "deribit-perpetual-candles")
    candles = [part for part in found if part.kind.name == "bars_1m"]
    tickers = [part for part in found if part.kind.name == "tickers"]
    assert sum(len(part.frame) for part in candles) == len(raw) == 582
    assert {part.instrument for part in tickers} == {"BTC-PERPETUAL", "ETH-PERPETUAL"}
    for candle, ticker in zip(candles, tickers, strict=True):
        opened = candle.frame["open_time"]
        assert (candle.frame["time"] - opened).unique().to_list() == [timedelta(minutes=1)]
        assert ticker.frame["time"].to_list() == opened.to_list()
        assert ticker.frame["mark"].to_list() == candle.frame["open"].to_list()
        assert (ticker.frame["snapshot_time"] > ticker.frame["time"]).all()
        assert (candle.frame["time"] > ticker.frame["snapshot_time"]).all(), "look-ahead"
    futures = parts(deribit_recordings / "futures_marks.parquet", "deribit-future-candles")
    assert sum(len(part.frame) for part in futures) == 4058


def test_hourly_funding_ends_its_hour_and_two_hours_are_missing(deribit_recordings: Path) -> None:
    raw = pl.read_parquet(deribit_recordings / "btc_perpetual_funding_1h.parquet")
    (funding,) = parts(deribit_recordings / "btc_perpetual_funding_1h.parquet", "deribit-funding")
    frame = funding.frame
    assert len(frame) == len(raw) == 12_468
    assert frame["rate"].to_list() == raw["interest_1h"].to_list()
    span = frame["time"][-1] - frame["time"][0]
    assert span // timedelta(hours=1) + 1 - len(frame) == 2
    steps = frame.filter(frame["time"].diff() > timedelta(hours=1))["time"]
    assert {(moment.year, moment.month) for moment in steps} == {(2020, 8)}
    joined = frame.with_columns(pl.col("index").shift(1).alias("before"))
    same = joined.filter(pl.col("before").is_not_null(), frame["time"].diff() == timedelta(hours=1))
    assert (same["before"] == same["previous_index"]).mean() > 0.99


def test_sums_are_a_month_an_instrument(deribit_recordings: Path) -> None:
    found = parts(deribit_recordings / "funding_rate_value_monthly.csv", "deribit-funding-sums")
    assert len(found) == 20
    (bitcoin,) = [part.frame for part in found if part.instrument == "BTC-PERPETUAL"]
    assert len(bitcoin) == 84
    assert bitcoin["start_time"][0] == datetime(2019, 3, 1, tzinfo=UTC)
    assert bitcoin["time"][:-1].to_list() == bitcoin["start_time"][1:].to_list()


def test_chains_are_filed_under_their_coin(deribit_recordings: Path) -> None:
    found = parts(deribit_recordings / "options_chain_5_snapshots.parquet", "deribit-options")
    assert sorted(part.instrument for part in found) == ["BTC", "ETH"]
    assert sum(len(part.frame) for part in found) == 8322
    for part in found:
        assert part.frame["time"].n_unique() == 5
        assert set(part.frame["right"].to_list()) == {"call", "put"}
        assert (part.frame["expiry"] > part.frame["time"]).all()


@pytest.mark.parametrize("name", ["forward_curve.parquet", "perpetual_prices.parquet"])
def test_a_cut_file_is_named(deribit_recordings: Path, tmp_path: Path, name: str) -> None:
    whole = format_of(deribit_recordings / name)
    assert whole is not None
    cut = tmp_path / name
    cut.write_bytes((deribit_recordings / name).read_bytes()[:-100])
    assert not whole.recognises(cut)
    with pytest.raises(MarketDataError, match=name):
        list(whole.read(cut))
