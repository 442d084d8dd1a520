"""One evening at four venues, 2021-07-22: where their captures meet in time, prices agree.

BitMEX was recorded at 22:36 (XBTUSD, and its list of instruments), Deribit at 22:42 (options, which
tell index and forwards), Kraken at 23:02, with trades from before that reach back to the other two.
The perpetuals of Deribit and Kraken were not recorded, nor Binance's; Binance was recorded 21 hours
earlier and meets none. Differences are in basis points, as found; a factor of 10 in a size or a
wrong clock would show as hundreds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from obverse.market.series.parts import checked
from obverse.market.sources.captures import binance, bitmex, deribit, kraken

if TYPE_CHECKING:
    from obverse.market.series.parts import Part

BP = 1e4
SEPTEMBER = {"bitmex": "XBTU21", "deribit": "BTC-24SEP21", "kraken": "FI_XBTUSD_210924"}
DECEMBER = {"bitmex": "XBTZ21", "deribit": "BTC-31DEC21"}
Series = dict[tuple[str, str, str], pl.DataFrame]
Read = Callable[[Path], "list[Part]"]


def gap_bp(price: float, other: float) -> float:
    return (price / other - 1) * BP


def mid(row: dict[str, float]) -> float:
    return (row["bid"] + row["ask"]) / 2


@pytest.fixture(scope="module")
def evening(venue_captures: Path) -> Series:
    files: tuple[tuple[Read, str], ...] = (
        (bitmex.read, "BITMEX.0.gz"),
        (bitmex.read, "BITMEX.ws.1.0.gz"),
        (deribit.read, "DERIBIT.ws.1.0.gz"),
        (kraken.read, "KRAKEN_FUTURES.ws.1.0.gz"),
        (binance.read, "BINANCE_DELIVERY.ws.1.0.gz"),
    )
    parts = [checked(part) for read, name in files for part in read(venue_captures / name)]
    return {(part.venue, part.instrument, part.kind.name): part.frame for part in parts}


@pytest.fixture(scope="module")
def chain(evening: Series) -> pl.DataFrame:
    return evening["deribit", "BTC", "options"].sort("time")


def listed(evening: Series, symbol: str) -> dict[str, float]:
    return evening["bitmex", symbol, "tickers"].row(0, named=True)


def trade_nearest(evening: Series, symbol: str, at: datetime) -> dict[str, float]:
    trades = evening["kraken", symbol, "trades"]
    nearest = trades.sort((pl.col("time") - at).abs()).row(0, named=True)
    assert abs(nearest["time"] - at) < timedelta(seconds=20)
    return nearest


def test_the_perpetual_is_near_its_index_and_near_a_future_of_a_week(evening: Series) -> None:
    quotes = evening["bitmex", "XBTUSD", "book_tops"].row(0, named=True)
    index = listed(evening, "XBTUSD")["index"]
    assert gap_bp(mid(quotes), index) == pytest.approx(-0.8, abs=0.1)
    week = trade_nearest(evening, "FI_XBTUSD_210730", quotes["time"])
    assert gap_bp(week["price"], mid(quotes)) == pytest.approx(2.6, abs=0.1)


def test_indices_six_minutes_apart(evening: Series, chain: pl.DataFrame) -> None:
    ours, theirs = listed(evening, "XBTUSD"), chain.row(0, named=True)
    apart = theirs["time"] - ours["time"]  # type: ignore[operator]
    assert timedelta(minutes=5) < apart < timedelta(minutes=7)
    assert gap_bp(theirs["index"], ours["index"]) == pytest.approx(5.9, abs=0.1)


def test_september_over_the_index_at_two_venues(evening: Series, chain: pl.DataFrame) -> None:
    """Over each venue's own index at its own moment, the minutes between do not matter."""
    ours = listed(evening, SEPTEMBER["bitmex"])
    theirs = chain.filter(pl.col("forward_symbol") == SEPTEMBER["deribit"]).row(0, named=True)
    assert gap_bp(ours["mark"], ours["index"]) == pytest.approx(52.2, abs=0.1)
    assert gap_bp(mid(ours), ours["index"]) == pytest.approx(48.3, abs=0.1)
    assert gap_bp(theirs["forward"], theirs["index"]) == pytest.approx(51.3, abs=0.1)


def test_december_over_the_index_is_further_apart(evening: Series, chain: pl.DataFrame) -> None:
    """BitMEX marks December at a rate of 3 %, below its own best bid."""
    ours = listed(evening, DECEMBER["bitmex"])
    theirs = chain.filter(pl.col("forward_symbol") == DECEMBER["deribit"]).row(0, named=True)
    assert ours["mark"] < ours["bid"]
    assert gap_bp(mid(ours), ours["index"]) == pytest.approx(143.4, abs=0.1)
    assert gap_bp(theirs["forward"], theirs["index"]) == pytest.approx(168.7, abs=0.1)


def test_kraken_s_september_trades_below_the_others(evening: Series, chain: pl.DataFrame) -> None:
    """By 27 bp below BitMEX's mid and 37 bp below Deribit's forward, within seconds."""
    quoted = listed(evening, SEPTEMBER["bitmex"])
    at = datetime(2021, 7, 22, 22, 36, 5, tzinfo=UTC)
    traded = trade_nearest(evening, SEPTEMBER["kraken"], at)
    assert gap_bp(traded["price"], mid(quoted)) == pytest.approx(-27.2, abs=0.1)
    told = chain.filter(pl.col("forward_symbol") == SEPTEMBER["deribit"])
    at = datetime(2021, 7, 22, 22, 42, 11, tzinfo=UTC)
    forward = told.filter(pl.col("time") <= at).row(-1, named=True)
    traded = trade_nearest(evening, SEPTEMBER["kraken"], at)
    assert gap_bp(traded["price"], forward["forward"]) == pytest.approx(-37, abs=1)


def test_kraken_s_quotes_of_a_week_twenty_minutes_later(
    evening: Series, chain: pl.DataFrame
) -> None:
    quoted = evening["kraken", "FI_XBTUSD_210730", "tickers"].row(0, named=True)
    told = chain.filter(pl.col("forward_symbol") == "BTC-30JUL21").row(0, named=True)
    assert timedelta(minutes=19) < quoted["time"] - told["time"] < timedelta(minutes=21)
    assert gap_bp(mid(quoted), told["forward"]) == pytest.approx(-1.3, abs=0.1)


def test_binance_was_recorded_at_another_time(evening: Series) -> None:
    last = evening["binance", "BTCUSD_211231", "book_tops"]["time"].max()
    first = evening["bitmex", "XBTUSD", "book_tops"]["time"].min()
    assert first - last > timedelta(hours=21)  # type: ignore[operator]
