"""Recorded BitMEX tables against counts and sums taken straight from the files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.series import Part, checked
from obverse.market.sources.registry import format_of

SATOSHI = 10**8


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The recorded BitMEX tables beside the checkout."""
    folder = Path(__file__).parents[3].parent / "shared" / "data" / "bitmex"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    return folder


def parts(path: Path, name: str) -> list[Part]:
    found = format_of(path)
    assert found is not None
    assert found.name == name
    return [checked(part) for part in found.read(path)]


def test_minutes_are_by_their_close_and_their_prices_are_exact(recordings: Path) -> None:
    raw = pl.read_parquet(recordings / "xbtusd_1m_2018.parquet")
    (minutes,) = parts(recordings / "xbtusd_1m_2018.parquet", "bitmex-minutes")
    frame = minutes.frame
    assert (minutes.venue, minutes.instrument, minutes.kind.name) == ("bitmex", "XBTUSD", "bars_1m")
    assert minutes.findings == ()
    assert len(frame) == len(raw) == 525_600
    assert frame["time"].to_list()[:2] == raw["close_time"].to_list()[:2]
    assert (frame["time"] - frame["open_time"]).unique().to_list() == [timedelta(minutes=1)]
    exact = [price / 100 for price in raw["close_x100"].to_list()]
    assert frame["close"].to_list() == exact
    assert round(frame["volume_coin"].sum() * SATOSHI) == pytest.approx(
        raw["turnover_xbt_sat"].sum(), abs=1000
    )
    assert frame["volume_contracts"].sum() == raw["volume_usd"].sum()


def test_a_contract_is_worth_one_over_its_price_rounded_half_up_a_satoshi(
    recordings: Path,
) -> None:
    """All 80,254 minutes that traded at one price, 2016-05 to 2020-06."""
    years = [
        parts(recordings / f"xbtusd_1m_{year}.parquet", "bitmex-minutes")[0].frame
        for year in range(2016, 2021)
    ]
    single = pl.concat(years).filter(pl.col("high") == pl.col("low"), pl.col("trades") > 0)
    assert len(single) == 80_254
    for price, contracts, coin in single.select("close", "volume_contracts", "volume_coin").rows():
        each = (Decimal(SATOSHI) / Decimal(repr(price))).to_integral_value(ROUND_HALF_UP)
        assert round(coin * SATOSHI) == each * int(contracts)


def test_an_open_repeats_the_close_before_and_may_lie_outside(recordings: Path) -> None:
    (minutes,) = parts(recordings / "xbtusd_1m_2020.parquet", "bitmex-minutes")
    frame = minutes.frame
    assert (frame["open"][1:] == frame["close"][:-1]).mean() > 0.999
    outside = frame.filter(~pl.col("open").is_between(pl.col("low"), pl.col("high")))
    assert len(outside) > 1_000


def test_hours_and_days_are_by_their_open_in_the_file_and_by_their_close_here(
    recordings: Path,
) -> None:
    raw = pl.read_parquet(recordings / "xbtusd_1h.parquet")
    (hours,) = parts(recordings / "xbtusd_1h.parquet", "bitmex-resampled")
    assert hours.kind.name == "bars_1h"
    assert hours.frame["time"][0] == raw["open_time"][0] + timedelta(hours=1)
    (days,) = parts(recordings / "xbtusd_1d.parquet", "bitmex-resampled")
    assert days.kind.name == "bars_1d"
    assert len(days.frame) == 1509
    assert "cover a part of their span" in str(days.findings[0])


def test_the_minutes_of_an_hour_are_its_bar(recordings: Path) -> None:
    """Two files of one series reconcile: minutes by their close, hours by their open."""
    (minutes,) = parts(recordings / "xbtusd_1m_2019.parquet", "bitmex-minutes")
    (hours,) = parts(recordings / "xbtusd_1h.parquet", "bitmex-resampled")
    made = (
        minutes.frame.with_columns(pl.col("open_time").dt.truncate("1h").alias("hour"))
        .group_by("hour", maintain_order=True)
        .agg(
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume_contracts").sum(),
            pl.len().alias("n"),
        )
        .filter(pl.col("n") == 60)
    )
    both = made.join(hours.frame, left_on="hour", right_on="open_time", suffix="_hour")
    assert len(both) == 8760
    for name in ("high", "low", "close", "volume_contracts"):
        assert (both[name] == both[f"{name}_hour"]).all(), name


def test_the_stress_days_are_the_minutes_of_those_days_to_the_last_bit(recordings: Path) -> None:
    (days,) = parts(recordings / "xbtusd_1m_stress_days.parquet", "bitmex-full-minutes")
    assert days.kind.name == "bars_1m"
    assert len(days.frame) == 10_080
    (year,) = parts(recordings / "xbtusd_1m_2016.parquet", "bitmex-minutes")
    names = ["open", "high", "low", "close", "volume_contracts", "volume_coin", "volume_quote"]
    both = days.frame.join(year.frame, on="time", suffix="_year")
    assert len(both) == 1440
    for name in names:
        assert (both[name] == both[f"{name}_year"]).all(), name
    assert days.frame["average_price"].null_count() < 10_080


def test_quanto_bars_have_their_turnover_in_coin_and_no_dollar_value(recordings: Path) -> None:
    (bars,) = parts(recordings / "bchusd_quanto_5m.parquet", "bitmex-full-5m")
    assert (bars.instrument, bars.kind.name, len(bars.frame)) == ("BCHUSD", "bars_5m", 18_000)
    assert bars.frame["volume_quote"].null_count() == 18_000
    single = bars.frame.filter(pl.col("high") == pl.col("low"), pl.col("trades") > 0)
    assert len(single) > 100
    for price, contracts, coin in single.select("close", "volume_contracts", "volume_coin").rows():
        assert round(coin * SATOSHI) == round(contracts * price * 100)


def test_funding_is_a_day_in_the_first_weeks_and_eight_hours_after(recordings: Path) -> None:
    (funding,) = parts(recordings / "xbtusd_funding.parquet", "bitmex-funding")
    frame = funding.frame
    assert len(frame) == 4484
    assert frame["interval_hours"].to_list()[:22] == [24.0] * 22
    assert set(frame["interval_hours"].to_list()[22:]) == {8.0}
    assert frame["time"][0] == datetime(2016, 5, 14, 12, tzinfo=UTC)


def test_settled_contracts_say_what_they_were(recordings: Path) -> None:
    raw = pl.read_parquet(recordings / "settled_futures.parquet")
    found = parts(recordings / "settled_futures.parquet", "bitmex-settled")
    assert len(found) == len(raw) == 197
    by_name = {part.instrument: part.frame.row(0, named=True) for part in found}
    assert by_name["XBTZ14"]["payoff"] == "quanto"
    assert by_name["XBTZ16"]["payoff"] == "inverse"
    assert by_name["XBTM19"]["settlement_price"] == 11918.3
    assert by_name["XBTM19"]["time"] == by_name["XBTM19"]["expiry"]
    kinds = {part.frame["contract"][0] for part in found}
    assert kinds == {"future", "option", "perpetual"}


def test_first_trades_are_worth_what_the_venue_says(recordings: Path) -> None:
    (trades,) = parts(recordings / "xbtusd_first_trade_after_funding.parquet", "bitmex-trades")
    assert len(trades.frame) == 2274
    assert set(trades.frame["side"].to_list()) == {"buy", "sell"}
    for price, size, coin in trades.frame.select("price", "size", "value_coin").rows():
        each = (Decimal(SATOSHI) / Decimal(repr(price))).to_integral_value(ROUND_HALF_UP)
        assert round(coin * SATOSHI) == each * int(size)


def test_a_truncated_file_is_of_no_format_and_its_reader_names_it(
    recordings: Path, tmp_path: Path
) -> None:
    content = (recordings / "xbtusd_funding.parquet").read_bytes()
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(content[: len(content) // 2])
    assert format_of(cut) is None
    whole = format_of(recordings / "xbtusd_funding.parquet")
    assert whole is not None
    with pytest.raises(MarketDataError, match=r"cut\.parquet"):
        list(whole.read(cut))
