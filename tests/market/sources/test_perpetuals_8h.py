"""Recorded 8-hour bars: what their times mean is tested against other recordings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.series import Part, checked
from obverse.market.sources.perpetuals_8h import FORMATS

DATA = Path(__file__).parents[3].parent / "shared" / "data"
BINANCE = "binance_btcusd_perp_8h.parquet"
BYBIT = "bybit_btcusd_8h.parquet"
YEAR = "binance_bybit_okx_2023.parquet"
CLOSES, OPENS = FORMATS


@pytest.fixture(scope="module")
def folder() -> Path:
    folder = DATA / "perpetuals_8h"
    if not folder.exists():
        pytest.skip(f"no recorded 8-hour bars at {folder}")
    return folder


@pytest.fixture(scope="module")
def parts(folder: Path) -> dict[str, dict[str, Part]]:
    return {
        name: {part.name: checked(part) for part in form.read(folder / name)}
        for name, form in ((BINANCE, CLOSES), (BYBIT, CLOSES), (YEAR, OPENS))
    }


def test_each_file_is_recognised_by_one_format(folder: Path) -> None:
    for name, own in ((BINANCE, CLOSES), (BYBIT, CLOSES), (YEAR, OPENS)):
        assert [form for form in FORMATS if form.recognises(folder / name)] == [own]


def test_every_row_becomes_a_bar_and_nothing_is_dropped(
    parts: dict[str, dict[str, Part]],
) -> None:
    assert {name: part.frame.height for name, part in parts[BINANCE].items()} == {
        "binance BTCUSD_PERP bars_8h": 3_713,
        "binance BTCUSD_PERP funding": 3_713,
        "binance_spot BTCUSDT bars_8h": 3_713,
    }
    assert {name: part.frame.height for name, part in parts[BYBIT].items()} == {
        "bybit BTCUSD bars_8h": 5_618,
        "bybit BTCUSD funding": 5_618,
        "binance_spot BTCUSDT bars_8h": 2_891,
        "bybit_spot BTCUSDT bars_8h": 5_618 - 2_891,
    }
    year = parts[YEAR]
    assert len(year) == 18 + 12
    assert {part.frame.height for part in year.values()} == {1_095}
    assert sum(part.kind.name == "funding" for part in year.values()) == 12
    findings = [
        str(found) for own in parts.values() for part in own.values() for found in part.findings
    ]
    assert findings == [
        f"flagged {BYBIT}: 2,891 of its spot bars are Binance's, and stored as such"
    ]


def test_bybits_file_borrows_its_spot_from_binance_up_to_2021_07_05(
    parts: dict[str, dict[str, Part]],
) -> None:
    prices = ["open", "high", "low", "close"]
    spot = "binance_spot BTCUSDT bars_8h"
    borrowed, binance = parts[BYBIT][spot].frame, parts[BINANCE][spot].frame
    same = borrowed.join(binance, on=["time", *prices])
    assert same.height == borrowed.join(binance, on="time").height == 986
    own = parts[BYBIT]["bybit_spot BTCUSDT bars_8h"].frame
    assert own["time"][0] == datetime(2021, 7, 6, tzinfo=UTC)
    assert own.join(binance, on="time").height == own.height
    assert own.join(binance, on=["time", *prices]).height == 0


def test_a_row_of_the_closes(parts: dict[str, dict[str, Part]]) -> None:
    bar = parts[BINANCE]["binance BTCUSD_PERP bars_8h"].frame.row(0, named=True)
    assert bar["time"] == datetime(2020, 8, 11, 8, tzinfo=UTC)
    assert bar["open_time"] == datetime(2020, 8, 11, tzinfo=UTC)
    assert (bar["open"], bar["high"], bar["low"], bar["close"]) == (
        11785.0,
        11785.0,
        11735.0,
        11751.4,
    )
    assert bar["volume_coin"] is None
    spot = parts[BINANCE]["binance_spot BTCUSDT bars_8h"].frame.row(0, named=True)
    assert (spot["close"], spot["volume_coin"]) == (11748.05, 19923.693054)
    paid = parts[BINANCE]["binance BTCUSD_PERP funding"].frame.row(0, named=True)
    assert (paid["time"], paid["rate"], paid["interval_hours"]) == (bar["time"], 0.0001, 8.0)


def test_instruments_of_2023_have_the_venues_names(parts: dict[str, dict[str, Part]]) -> None:
    for venue, symbols in {
        "binance": {"BTCUSD_PERP", "ETHUSD_PERP"},
        "binance_usdm": {"BTCUSDT", "ETHUSDT"},
        "binance_spot": {"BTCUSDT", "ETHUSDT"},
        "bybit": {"BTCUSD", "ETHUSD", "BTCUSDT", "ETHUSDT"},
        "bybit_spot": {"BTCUSDT", "ETHUSDT"},
        "okx": {
            "BTC-USD-SWAP", "ETH-USD-SWAP", "BTC-USDT-SWAP", "ETH-USDT-SWAP", "BTC-USDT",
            "ETH-USDT",
        },
    }.items():  # fmt: skip
        own = {part.instrument for part in parts[YEAR].values() if part.venue == venue}
        assert own == symbols


def test_two_recordings_of_binance_are_the_same_bars(parts: dict[str, dict[str, Part]]) -> None:
    """One labelled by the close, one by the open: normalised they agree to the last digit."""
    for series in ("binance BTCUSD_PERP bars_8h", "binance_spot BTCUSDT bars_8h"):
        ours, theirs = (parts[name][series].frame for name in (YEAR, BINANCE))
        both = ours.join(theirs, on=["time", "open_time", "open", "high", "low", "close"])
        assert both.height == 1_094
    spot = parts[YEAR]["binance_spot BTCUSDT bars_8h"].frame
    again = spot.join(parts[BINANCE]["binance_spot BTCUSDT bars_8h"].frame, on="time")
    assert (again["volume_coin"] - again["volume_coin_right"]).abs().max() < 1e-6  # type: ignore[operator]


@pytest.mark.parametrize(
    ("own", "series"), [(BINANCE, "binance BTCUSD_PERP"), (BYBIT, "bybit BTCUSD")]
)
def test_two_recordings_of_funding_are_the_same(
    parts: dict[str, dict[str, Part]], own: str, series: str
) -> None:
    ours, theirs = (parts[name][f"{series} funding"].frame for name in (YEAR, own))
    assert ours.join(theirs, on=["time", "rate"]).height == ours.height == 1_095


def test_bybits_bars_of_2023_straddle_their_label_all_year(
    parts: dict[str, dict[str, Part]],
) -> None:
    straddling = parts[YEAR]["bybit BTCUSD bars_8h"].frame.with_columns(
        at=pl.col("open_time").dt.offset_by("4h")
    )
    grid = parts[BYBIT]["bybit BTCUSD bars_8h"].frame
    both = straddling.join(grid, left_on="at", right_on="time", suffix="_up_to").join(
        grid, left_on="at", right_on="open_time", suffix="_from"
    )
    assert both.height == 1_094
    assert both["open"].is_between(both["low_up_to"], both["high_up_to"]).all()
    assert both["close"].is_between(both["low_from"], both["high_from"]).all()
    assert both["open_from"].is_between(both["low"], both["high"]).all()


@pytest.mark.parametrize("series", ["binance BTCUSD_PERP", "bybit BTCUSD", "okx BTC-USD-SWAP"])
def test_closes_fit_the_minutes_of_march_best_where_they_stand(
    parts: dict[str, dict[str, Part]], series: str
) -> None:
    file = DATA / "spot" / "binanceus_btcusd_1m_2023_03.parquet"
    if not file.exists():
        pytest.skip(f"no recorded minutes at {file}")
    minutes = pl.read_parquet(file).select(
        time=pl.col("open_time").str.to_datetime(time_unit="ns", time_zone="UTC"), minute="open"
    )
    bars = parts[YEAR][f"{series} bars_8h"].frame

    def scatter_bp(minutes_later: int) -> float:
        both = bars.with_columns(pl.col("time").dt.offset_by(f"{minutes_later}m")).join(
            minutes, on="time"
        )
        premium = (both["close"] / both["minute"]).log()
        return float((premium - premium.median()).abs().median() * 1e4)  # type: ignore[operator]

    shifts = {half: scatter_bp(30 * half) for half in range(-20, 21)}
    assert min(shifts, key=lambda half: shifts[half]) == 0
    assert shifts[0] < 4 < 12 < min(value for half, value in shifts.items() if half)


def test_broken_and_strange_files_are_named(folder: Path, tmp_path: Path) -> None:
    for name, form in ((BINANCE, CLOSES), (BYBIT, CLOSES), (YEAR, OPENS)):
        broken = tmp_path / name
        broken.write_bytes((folder / name).read_bytes()[:5_000])
        assert not any(each.recognises(broken) for each in FORMATS)
        with pytest.raises(MarketDataError, match=f"{name} is no whole Parquet file"):
            form.read(broken)
    pl.DataFrame({"time_utc": [1]}).write_parquet(tmp_path / BYBIT)
    with pytest.raises(MarketDataError, match="lacks the columns Open_spot"):
        CLOSES.read(tmp_path / BYBIT)
    with pytest.raises(MarketDataError, match="is none of"):
        CLOSES.read(tmp_path / "other.parquet")
    year = pl.read_parquet(folder / YEAR).head(1).with_columns(pair=pl.lit("XRPUSDT"))
    year.write_parquet(tmp_path / YEAR)
    with pytest.raises(MarketDataError, match="XRPUSDT of binance is none"):
        OPENS.read(tmp_path / YEAR)
