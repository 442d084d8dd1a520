"""The recorded Deribit curves against their file; the adapter's edges on a small one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market import read
from obverse.market.sources.deribit_curves import (
    CURVES,
    PERPETUAL_SOURCE,
    PERPETUALS,
    read_curves,
)

ASKED = datetime(2026, 2, 1, tzinfo=UTC)
TAKEN = datetime(2026, 1, 31, 21, 21, 33, 904273, tzinfo=UTC)


def test_the_snapshot_before_february(deribit_recordings: Path) -> None:
    market = read(deribit_recordings, at="2026-02-01T00:00Z")
    assert market.underlyings == ("BTC", "ETH")
    assert market.asked == ASKED
    btc, eth = market["BTC"], market["ETH"]
    assert btc.at == eth.at == TAKEN
    assert btc["BTC-27MAR26"].mark == Decimal("77723.48")
    assert eth["ETH-25DEC26"].mark == Decimal("2462.27")
    assert not btc["SYN.BTC-1FEB26"].listed
    assert btc["BTC-27MAR26"].listed
    assert (btc.index, eth.index) == (Decimal("77365.24"), Decimal("2382.04"))
    assert btc.index_range == (Decimal("77288.81"), Decimal("77412.06"))
    assert [str(found) for found in btc.findings] == [
        "flagged index: moved 15.9 bp (77288.81 to 77412.06) while the snapshot was taken"
    ]


def test_the_index_is_the_polls_first(deribit_recordings: Path) -> None:
    file = pl.read_parquet(deribit_recordings / CURVES)
    for at in file["ts"].unique().sort().gather_every(10):
        market = read(deribit_recordings, at=at)
        for coin in market:
            rows = file.filter(pl.col("ts") == at, pl.col("currency") == coin)
            assert {float(market[coin].index)} == set(rows["index_first_row"])


def test_the_polls_first_index_is_nearer_to_forwards_and_perpetual_than_its_median(
    deribit_recordings: Path,
) -> None:
    """The docstring's numbers: 0.84 for 2.75 bp, of the perpetual 3.6 for 5.1 bp."""
    of_one = ("ts", "currency")
    rows = pl.read_parquet(deribit_recordings / CURVES).with_columns(
        pl.col("index").median().over(of_one).alias("median")
    )
    near = (
        rows.filter(pl.col("forward").is_not_null(), pl.col("expiry") > pl.col("ts"))
        .sort("expiry")
        .group_by(of_one)
        .first()
        .filter(pl.col("expiry") - pl.col("ts") <= timedelta(days=3))
    )
    assert near.height == 830
    assert _gap_bp(near, "forward", "index_first_row") == pytest.approx(0.84, abs=0.005)
    assert _gap_bp(near, "forward", "median") == pytest.approx(2.75, abs=0.005)
    candles = pl.read_parquet(deribit_recordings / PERPETUALS).with_columns(
        ts=pl.from_epoch("snapshot_timestamp_ms", "ms").dt.replace_time_zone("UTC"),
        currency="coin",
    )
    index = rows.unique(of_one).sort("ts").drop("forward")
    both = candles.sort("ts").join_asof(
        index, on="ts", by="currency", strategy="nearest", tolerance="2ms"
    )
    both = both.drop_nulls(["index", "candle_open"])
    assert both.height == 582
    assert _gap_bp(both, "candle_open", "index_first_row") == pytest.approx(3.6, abs=0.05)
    assert _gap_bp(both, "candle_open", "median") == pytest.approx(5.1, abs=0.05)


def _gap_bp(rows: pl.DataFrame, price: str, index: str) -> float:
    """Median distance of a price from an index."""
    return float(((rows[price] / rows[index] - 1).abs() * 1e4).median())  # type: ignore[arg-type]


def test_forwards_are_exactly_the_files(deribit_recordings: Path) -> None:
    file = pl.read_parquet(deribit_recordings / CURVES).filter(pl.col("ts") == TAKEN)
    market = read(deribit_recordings, at=ASKED)
    assert file.height == sum(len(market[coin].futures) for coin in market) == 26
    for row in file.iter_rows(named=True):
        quote = market[row["currency"]][row["futures_instrument_name"]]
        assert float(quote.mark) == row["forward"]
        assert quote.expiry == row["expiry"]
        assert quote.listed is not row["synthetic"]


def test_the_perpetual_is_the_candles_open_and_says_so(deribit_recordings: Path) -> None:
    snapshot = read(deribit_recordings, at=ASKED)["BTC"]
    (perpetual,) = snapshot.perpetuals
    candle = pl.read_parquet(deribit_recordings / PERPETUALS).row(
        by_predicate=(pl.col("coin") == "BTC")
        & (pl.col("snapshot_timestamp_ms") == int(TAKEN.timestamp() * 1000)),
        named=True,
    )
    assert float(perpetual.mark) == candle["candle_open"] != candle["candle_close"]
    assert perpetual.observed_at == datetime(2026, 1, 31, 21, 21, tzinfo=UTC)
    assert perpetual.observed_at <= snapshot.at < perpetual.observed_at + timedelta(minutes=1)
    assert perpetual.source == PERPETUAL_SOURCE


def test_without_an_instant_the_last_snapshot_is_read(deribit_recordings: Path) -> None:
    market = read(deribit_recordings)
    assert market.asked == datetime(2026, 4, 30, 22, 4, 22, 288212, tzinfo=UTC)
    assert market["BTC"].perpetuals == ()  # candles end on 2026-03-14
    assert market["BTC"].findings[0].subject == "BTC"
    assert "without a forward" in market["BTC"].findings[0].reason


def test_before_the_first_snapshot_the_recording_says_where_it_runs(
    deribit_recordings: Path,
) -> None:
    expected = r"from 2025-12-30T17:31:15.944181Z to 2026-04-30T22:04:22.288212Z"
    with pytest.raises(MarketDataError, match=expected):
        read(deribit_recordings, at="2025-12-30")


@pytest.mark.parametrize("at", [TAKEN, ASKED, datetime(2026, 3, 1, 3, tzinfo=UTC)])
def test_reading_as_of_an_instant_is_reading_a_file_that_ends_there(
    deribit_recordings: Path, tmp_path: Path, at: datetime
) -> None:
    curves = pl.scan_parquet(deribit_recordings / CURVES)
    curves.filter(pl.col("ts") <= at).collect().write_parquet(tmp_path / CURVES)
    candles = pl.read_parquet(deribit_recordings / PERPETUALS)
    seen = candles.filter(pl.col("candle_open_time_ms") <= at.timestamp() * 1000)
    seen.with_columns(candle_close=None).write_parquet(tmp_path / PERPETUALS)
    truncated = read(tmp_path)
    assert replace(truncated, asked=at) == read(deribit_recordings, at=at)


def test_every_snapshot_of_the_recording_passes_the_door(deribit_recordings: Path) -> None:
    instants = pl.read_parquet(deribit_recordings / CURVES)["ts"].unique().sort()
    for at in instants.gather_every(10):
        market = read(deribit_recordings, at=at)
        assert market.underlyings == ("BTC", "ETH")
        assert not market.findings
        assert {snapshot.at for snapshot in market.snapshots.values()} == {at}


def test_forwards_converge_to_the_index(deribit_recordings: Path) -> None:
    """Measured: median gap within 3 h of expiry 1.55 bp listed (6), 2.47 bp synthetic (10).

    Against the index polled with the forward itself. The README's "under 2 bp" holds for listed
    expiries; over all 16 it is 2.06 bp. All of the excess is ETH, whose index moved up to 39 bp
    while those snapshots were taken: the 5 synthetic BTC forwards have 0.79 bp.
    """
    curves = pl.scan_parquet(deribit_recordings / CURVES).filter(
        pl.col("expiry") - pl.col("ts") <= timedelta(hours=3), pl.col("forward").is_not_null()
    )
    gaps: dict[tuple[bool, str], list[float]] = {}
    for row in curves.collect().iter_rows(named=True):
        snapshot = read(deribit_recordings, at=row["ts"])[row["currency"]]
        quote = snapshot[row["futures_instrument_name"]]
        gap_bp = abs(float(quote.mark) / row["index"] - 1) * 1e4
        gaps.setdefault((quote.listed, row["currency"]), []).append(gap_bp)
    listed = gaps[True, "BTC"] + gaps[True, "ETH"]
    synthetic = gaps[False, "BTC"] + gaps[False, "ETH"]
    assert (len(listed), len(synthetic)) == (6, 10)
    assert median(listed) == pytest.approx(1.55, abs=0.01)
    assert median(synthetic) == pytest.approx(2.47, abs=0.01)
    assert median(gaps[False, "BTC"]) == pytest.approx(0.79, abs=0.01)


def _recording(folder: Path, **changes: Any) -> Path:
    row = {
        "ts": TAKEN,
        "currency": "BTC",
        "expiry": datetime(2026, 3, 27, 8, tzinfo=UTC),
        "futures_instrument_name": "BTC-27MAR26",
        "forward": 101.0,
        "index": 100.0,
        "imin": 99.99,
        "imax": 100.01,
        "synthetic": False,
    }
    pl.DataFrame([row | changes]).write_parquet(folder / CURVES)
    return folder


def test_a_recording_without_perpetuals_is_read(tmp_path: Path) -> None:
    snapshot = read_curves(_recording(tmp_path))["BTC"]
    assert snapshot.perpetuals == ()
    assert snapshot.findings == ()


@pytest.mark.parametrize("index", [float("nan"), None, 0.0])
def test_a_recording_without_a_usable_index_is_refused(tmp_path: Path, index: float | None) -> None:
    with pytest.raises(MarketDataError, match="index NaN"):
        read_curves(_recording(tmp_path, index=index))


@pytest.mark.parametrize(
    ("first", "index"), [(100.02, "100.02"), (None, "100"), (float("nan"), "100"), (-1.0, "100")]
)
def test_the_polls_first_index_comes_before_the_median(
    tmp_path: Path, first: float | None, index: str
) -> None:
    snapshot = read_curves(_recording(tmp_path, index_first_row=first))["BTC"]
    assert snapshot.index == Decimal(index)
    assert snapshot.findings == ()


@pytest.mark.parametrize(
    ("first", "low", "high"),
    [(100.02, "99.99", "100.02"), (99.98, "99.98", "100.01"), (100.0, "99.99", "100.01")],
)
def test_the_range_is_widened_to_hold_the_index(
    tmp_path: Path, first: float, low: str, high: str
) -> None:
    snapshot = read_curves(_recording(tmp_path, index_first_row=first))["BTC"]
    assert snapshot.index_range == (Decimal(low), Decimal(high))


def test_without_the_polls_first_the_index_is_the_median_of_the_rows(tmp_path: Path) -> None:
    path = _recording(tmp_path) / CURVES
    row = pl.read_parquet(path)
    more = [
        row.with_columns(index=price, futures_instrument_name=pl.lit(name))
        for price, name in ((99.99, "F1"), (100.01, "F2"), (None, "F3"), (100.005, "F4"))
    ]
    pl.concat([row, *more]).write_parquet(path)
    # 99.99, 100, 100.005, 100.01: halfway between the middle two.
    assert read_curves(tmp_path)["BTC"].index == Decimal("100.0025")


def test_an_unusable_range_is_left_out(tmp_path: Path) -> None:
    assert read_curves(_recording(tmp_path, imin=float("nan")))["BTC"].index_range is None


def test_other_files_are_told(tmp_path: Path) -> None:
    pl.DataFrame({"ts": [TAKEN]}).write_parquet(tmp_path / CURVES)
    with pytest.raises(MarketDataError, match="lacks currency, expiry"):
        read_curves(tmp_path)
    (tmp_path / CURVES).write_text("text", encoding="utf-8")
    with pytest.raises(MarketDataError, match="is not Parquet"):
        read_curves(tmp_path)
    pl.read_parquet(_recording(tmp_path) / CURVES).clear().write_parquet(tmp_path / CURVES)
    with pytest.raises(MarketDataError, match="has no rows"):
        read_curves(tmp_path)
