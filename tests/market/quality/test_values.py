"""Prices that stand, leap or cross, on series spoilt on purpose."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_series import HOURS, MINUTES, START, at, found, good_bars

from obverse.market.series import kind_named

TOPS = kind_named("book_tops")
LEVELS = kind_named("book_levels")
TICKERS = kind_named("tickers")
TRADES = kind_named("trades")


def _standing(frame: pl.DataFrame, first: int, count: int, volume: float | None) -> pl.DataFrame:
    """Bars of which some repeat the close before."""
    price = frame["close"][first - 1]
    within = pl.int_range(pl.len()).is_between(first, first + count - 1)
    prices = [
        pl.when(within).then(price).otherwise(name).alias(name)
        for name in ("open", "high", "low", "close")
    ]
    traded = pl.when(within).then(volume).otherwise("volume_contracts").alias("volume_contracts")
    after = pl.when(pl.int_range(pl.len()) == first + count).then(price).otherwise("open")
    return (
        frame.with_columns(*prices, traded)
        .with_columns(open=after)
        .with_columns(low=pl.min_horizontal("low", "open"), high=pl.max_horizontal("high", "open"))
    )


@pytest.mark.parametrize(("count", "volume", "stale"), [
    (60, 0.0, False), (61, 0.0, True), (61, 1.0, False), (61, None, True),
])  # fmt: skip
def test_bars_that_stand_for_over_an_hour_are_stale(
    count: int, volume: float | None, stale: bool
) -> None:
    faults = found(MINUTES, _standing(good_bars(MINUTES), 100, count, volume))
    assert ("stale" in faults) is stale
    assert ("no volume" in faults) is (volume == 0)
    if stale:
        assert (faults["stale"].severity, faults["stale"].count) == ("warning", 61)
        assert faults["stale"].first == START + timedelta(minutes=101)
        assert "in 1 run of over 60, the longest 1 h 1 min" in faults["stale"].what


def test_hours_are_stale_from_four_on() -> None:
    assert "stale" not in found(HOURS, _standing(good_bars(HOURS), 100, 3, 0.0))
    assert found(HOURS, _standing(good_bars(HOURS), 100, 4, 0.0))["stale"].count == 4


def test_bars_in_which_nothing_traded_are_noted() -> None:
    fault = found(MINUTES, _standing(good_bars(MINUTES), 100, 5, 0.0))["no volume"]
    assert (fault.severity, fault.count) == ("note", 5)
    assert fault.what == "nothing traded in 5 bars, 1.00% of all"


@pytest.mark.parametrize(("seconds", "stale"), [(15, False), (40, True)])
def test_a_top_of_book_that_does_not_change_is_stale(seconds: int, stale: bool) -> None:
    quotes = [1.0, 2.0, 2.0, 2.0, 2.0, 3.0]
    frame = pl.DataFrame({
        "time": at(6, timedelta(seconds=seconds)), "update_id": range(6),
        "bid": quotes, "ask": [quote + 1 for quote in quotes],
    })  # fmt: skip
    faults = found(TOPS, frame)
    assert ("stale" in faults) is stale
    if stale:
        assert faults["stale"].count == 3
        assert faults["stale"].details == ("2024-01-01T00:00:40Z to 2024-01-01T00:02:40Z",)


def test_tickers_without_quotes_are_not_stale() -> None:
    plain = {"time": at(20, timedelta(hours=1)), "underlying": "BTC", "contract": "future"}
    assert found(TICKERS, pl.DataFrame(plain)) == {}
    assert found(TICKERS, pl.DataFrame(plain | {"mark": 1.0}))["stale"].count == 19


@settings(max_examples=30, deadline=None)
@given(place=st.integers(1, 498), leap=st.sampled_from([-0.3, -0.05, 0.05, 0.3]))
def test_a_leap_that_is_taken_back_is_a_spike(place: int, leap: float) -> None:
    frame = good_bars(MINUTES)
    leaping = pl.int_range(pl.len()) == place
    close = pl.when(leaping).then(pl.col("close") * (1 + leap)).otherwise("close")
    spoilt = frame.with_columns(close=close).with_columns(
        high=pl.max_horizontal("high", "close"), low=pl.min_horizontal("low", "close")
    )
    fault = found(MINUTES, spoilt)["spikes"]
    assert (fault.severity, fault.count) == ("warning", 1)
    assert fault.first == fault.last == START + timedelta(minutes=place + 1)
    lasting = pl.int_range(pl.len()) >= place
    moved = [
        pl.when(lasting).then(pl.col(name) * (1 + leap)).otherwise(name).alias(name)
        for name in ("open", "high", "low", "close")
    ]
    assert "spikes" not in found(MINUTES, frame.with_columns(moved))


def test_spikes_of_trades_and_marks() -> None:
    prices = [100.0, 100.1, 100.0, 90.0, 100.0, 100.1, 100.0, 100.1]
    trades = pl.DataFrame({
        "time": at(8, timedelta(seconds=1)), "trade_id": [str(each) for each in range(8)],
        "price": prices, "size": 1.0,
    })  # fmt: skip
    assert found(TRADES, trades)["spikes"].details == ("2024-01-01T00:00:03Z -1,054 bp to 90.00",)
    tickers = trades.select("time", mark="price", underlying=pl.lit("BTC"), contract=pl.lit("spot"))
    assert found(TICKERS, tickers)["spikes"].count == 1


def test_crossed_tops_are_errors_and_locked_ones_notes() -> None:
    frame = pl.DataFrame({
        "time": at(4, timedelta(seconds=1)), "update_id": range(4),
        "bid": [99.0, 101.0, 100.0, None], "ask": [100.0, 100.0, 100.0, 100.0],
    })  # fmt: skip
    faults = found(TOPS, frame)
    assert (faults["crossed"].severity, faults["crossed"].count) == ("error", 1)
    assert faults["crossed"].what == "1 best bid above the best ask, by up to 100.0 bp"
    assert (faults["locked"].severity, faults["locked"].count) == ("note", 1)


def test_crossed_snapshots_of_books() -> None:
    def level(second: int, is_bid: bool, price: float, size: float = 1.0) -> dict[str, object]:
        return {
            "time": START + timedelta(seconds=second), "update_id": second, "snapshot": second < 2,
            "is_bid": is_bid, "price": price, "size": size,
        }  # fmt: skip

    rows = [
        level(0, True, 99), level(0, True, 102, 0), level(0, False, 100),
        level(1, True, 101), level(1, False, 100), level(1, False, 105),
        level(2, True, 200), level(2, False, 100),
    ]  # fmt: skip
    faults = found(LEVELS, pl.DataFrame(rows))
    assert faults["crossed"].count == 1
    assert faults["crossed"].first == START + timedelta(seconds=1)


def test_opens_outside_the_range_are_notes() -> None:
    frame = good_bars(MINUTES, 50)
    outside = pl.int_range(pl.len()).is_in([10, 20])
    spoilt = frame.with_columns(
        low=pl.when(outside).then("close").otherwise("low"),
        high=pl.when(outside).then("close").otherwise("high"),
    )
    fault = found(MINUTES, spoilt)["opens"]
    assert (fault.severity, fault.count) == ("note", 2)
    assert fault.what == "2 opens outside the range, 2 at the close before"
