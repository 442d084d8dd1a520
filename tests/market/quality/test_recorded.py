"""Facts of the recorded data that the checks must find, and none that are not there."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from obverse.market.quality import Fault, check, compare
from obverse.market.series import Part, bars, checked, kind_named
from obverse.market.sources.bar_csv import FORMATS as TABLES
from obverse.market.sources.binance_recordings import FORMAT as BINANCE
from obverse.market.sources.perpetuals_8h import FORMATS as PERPETUALS

DATA = Path(__file__).parents[3].parent / "shared" / "data"
MINUTES = bars(timedelta(minutes=1))
HOURS = bars(timedelta(hours=1))
YEAR = "perpetuals_8h/binance_bybit_okx_2023.parquet"


def _path(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no recorded data at {path}")
    return path


def _parts(name: str, read: Callable[[Path], object]) -> dict[str, Part]:
    parts = read(_path(name))
    return {part.name: checked(part) for part in parts}  # type: ignore[attr-defined]


def _found(part: Part) -> dict[str, Fault]:
    return {fault.check: fault for fault in check(part.kind, part.name, part.frame)}


def _minutes(year: int) -> pl.DataFrame:
    """BitMEX minutes as the file has them, by their close."""
    raw = pl.read_parquet(_path(f"bitmex/xbtusd_1m_{year}.parquet"))
    prices = {name: pl.col(f"{name}_x100") / 100 for name in ("open", "high", "low", "close")}
    return raw.select(
        pl.col("close_time").cast(pl.Datetime("ns", "UTC")).alias("time"),
        pl.col("close_time").dt.offset_by("-1m").alias("open_time"),
        pl.col("volume_usd").alias("volume_contracts"),
        "trades",
        **prices,
    )


def test_a_year_of_bitmex_minutes_has_no_gaps_and_no_errors() -> None:
    frame = _minutes(2019)
    faults = {fault.check: fault for fault in check(MINUTES, "XBTUSD", frame)}
    assert frame.height == 365 * 1440
    assert set(faults) == {"spikes", "opens", "no volume"}
    outside = frame.filter(~pl.col("open").is_between(pl.col("low"), pl.col("high")))
    assert faults["opens"].count == outside.height
    assert f"{outside.height:,} at the close before" in faults["opens"].what
    assert faults["no volume"].count == frame.filter(pl.col("trades") == 0).height
    cut = frame.filter(~pl.col("time").dt.date().is_in([datetime(2019, 5, 5, tzinfo=UTC).date()]))
    gap = {fault.check: fault for fault in check(MINUTES, "XBTUSD", cut)}["gaps"]
    assert (gap.count, len(gap.details)) == (1440, 1)


def test_four_years_of_minutes_are_checked_in_seconds() -> None:
    frame = pl.concat([_minutes(year) for year in range(2016, 2021)])
    assert frame.height == 2_173_679
    started = time.perf_counter()
    faults = check(MINUTES, "XBTUSD", frame)
    assert time.perf_counter() - started < 5
    assert not [fault for fault in faults if fault.severity == "error" or fault.check == "gaps"]


def test_two_hours_of_deribits_funding_are_missing_in_2020_08() -> None:
    raw = pl.read_parquet(_path("deribit/btc_perpetual_funding_1h.parquet"))
    (time_column,) = (name for name, type_ in raw.schema.items() if type_.is_temporal())
    frame = raw.select(
        pl.col(time_column).cast(pl.Datetime("ns", "UTC")).alias("time"),
        pl.col("interest_1h").alias("rate"),
        pl.lit(1.0).alias("interval_hours"),
    )
    (fault,) = check(kind_named("funding"), "BTC-PERPETUAL", frame.sort("time"))
    assert (fault.check, fault.severity, fault.count) == ("gaps", "warning", 2)
    assert fault.details == ("2020-08-27T05:00:00Z to 2020-08-27T08:00:00Z: 2 payments",)


@pytest.mark.parametrize("stream", ["depth", "bookticker", "trades"])
def test_the_coin_m_recorders_clock_is_behind_and_nothing_else_is_wrong(stream: str) -> None:
    (part,) = _parts(f"binance_coinm_l2/cm_btcusd_perp_{stream}.parquet", BINANCE.read).values()
    faults = _found(part)
    assert set(faults) == {"clock"}
    assert "clock is about 1.27 s behind" in faults["clock"].what


def test_spot_quotes_without_times_of_their_own_pass() -> None:
    (part,) = _parts("binance_coinm_l2/spot_btcusdt_bookticker.parquet", BINANCE.read).values()
    assert set(_found(part)) == {"clock"}


def test_coinbase_and_bitstamp_reconcile() -> None:
    """Two venues' hours of 2018-05 to 2019-06: median 4.3 bp apart, and never shifted."""
    coinbase, bitstamp = (
        next(iter(_parts(f"spot/{name}.parquet", TABLES[0].read).values()))
        for name in ("coinbase_btcusd_1h_2017_2019", "bitstamp_btcusd_1h_2018_2021")
    )
    faults = {
        fault.check: fault
        for fault in compare(HOURS, coinbase.name, coinbase.frame, bitstamp.name, bitstamp.frame)
    }
    assert set(faults) == {"agreement", "outliers"}
    both = coinbase.frame.join(bitstamp.frame, on="open_time", suffix="_b")
    apart = ((both["close"] / both["close_b"] - 1) * 1e4).abs().median()
    assert apart == pytest.approx(4.26, abs=0.005)
    assert "over 9,236 bars the median difference is 4.26 bp" in faults["agreement"].what
    # Coinbase halted on 2018-08-10 from 01:00 to 16:00: its price stood while Bitstamp's fell.
    assert faults["outliers"].count < 20
    assert all(day.startswith("2018-08-10T") for day in faults["outliers"].details[:4])
    halt = _found(coinbase)["stale"]
    assert halt.details == ("2018-08-10T02:00:00Z to 2018-08-10T16:00:00Z",)


@pytest.mark.parametrize("hours", [-1, 1])
def test_real_bars_labelled_wrongly_by_one_interval_are_found(hours: int) -> None:
    coinbase, bitstamp = (
        next(iter(_parts(f"spot/{name}.parquet", TABLES[0].read).values())).frame
        for name in ("coinbase_btcusd_1h_2017_2019", "bitstamp_btcusd_1h_2018_2021")
    )
    wrong = coinbase.with_columns(pl.col("time", "open_time").dt.offset_by(f"{hours}h"))
    fault = compare(HOURS, "coinbase", wrong, "bitstamp", bitstamp)[0]
    early = "coinbase" if hours < 0 else "bitstamp"
    assert (fault.severity, fault.check) == ("error", "look-ahead")
    assert fault.what.startswith(f"{early} is labelled 1 interval early")
    assert "in 14 months" in fault.what


def test_coinbases_hours_by_new_york_clocks_would_be_found() -> None:
    """As its file has them, October 2017 is labelled four hours early."""
    raw = pl.read_parquet(_path("spot/coinbase_btcusd_1h_2017_2019.parquet")).select(
        "open_time", time=pl.col("open_time").dt.offset_by("1h"), close="Close"
    )
    minutes = _minutes(2017)
    faults = compare(HOURS, "coinbase", raw, "bitmex", minutes)
    assert [fault.check for fault in faults if fault.severity == "error"] == ["look-ahead"]
    assert faults[0].what.startswith("coinbase is labelled 4 intervals early")
    assert faults[0].details == ("2017-10",)


def test_bybit_and_okx_of_2023_sit_four_hours_off_binance() -> None:
    parts = _parts(YEAR, PERPETUALS[1].read)
    binance, bybit, okx = (
        parts[f"{name} bars_8h"]
        for name in ("binance BTCUSD_PERP", "bybit BTCUSD", "okx BTC-USD-SWAP")
    )
    for other in (bybit, okx):
        (fault,) = compare(binance.kind, binance.name, binance.frame, other.name, other.frame)
        assert (fault.check, fault.severity) == ("grids", "warning")
        assert "never close together but 4 h 0 min apart" in fault.what
    (near,) = compare(okx.kind, okx.name, okx.frame, bybit.name, bybit.frame)
    assert "over 1,095 bars the median difference is 4.29 bp" in near.what


def test_binances_two_files_are_one_and_bybits_two_overlap() -> None:
    year = _parts(YEAR, PERPETUALS[1].read)
    binance = _parts("perpetuals_8h/binance_btcusd_perp_8h.parquet", PERPETUALS[0].read)
    name = "binance BTCUSD_PERP bars_8h"
    kind = year[name].kind
    (same,) = compare(kind, "year", year[name].frame, "all", binance[name].frame)
    assert "over 1,094 bars the median difference is 0.00 bp" in same.what
    bybit = _parts("perpetuals_8h/bybit_btcusd_8h.parquet", PERPETUALS[0].read)
    name = "bybit BTCUSD bars_8h"
    mixed = pl.concat([year[name].frame, bybit[name].frame]).sort("time")
    fault = check(kind, name, mixed)[0]
    assert (fault.check, fault.severity, fault.count) == ("overlaps", "error", 2_189)
