"""Recorded 8-hour bars of perpetuals and spot, each with the funding rates.

- `binance_btcusd_perp_8h.parquet`, `bybit_btcusd_8h.parquet`: a row holds an inverse perpetual's
  bar, the spot's, and the rate paid at the row's time, which is the bars' **close**. `Volume` is
  spot's, in coin; Bybit has none. Bybit's file borrows its spot from **Binance** up to the close of
  2021-07-05 16:00: all 986 of its bars that Binance's file has too are the same to the last digit,
  and no later one. They are given to Binance.
- `binance_bybit_okx_2023.parquet`: a row an instrument and bar, labelled by `time_utc`
  (`time_london_local` is the same by the clocks of London). The funding rate is that **paid at the
  label**. Volumes are in coin.

Of the last, Binance's bars are labelled by their **open**: they are those of Binance's own file to
the last digit. Bybit's and OKX's are not, though the file says so: each **straddles its label**,
from 4 hours before to 4 after. Against Binance.US minutes of 2023-03 their opens fit best 4 hours
before the label and their closes 4 after (median 3 bp, and 15 half an hour off); over all of 2023,
1,094 of 1,094 Bybit bars open within the range of the 8 hours up to the label, close within that of
the 8 after, and hold the price at the label. They are given the times that they have, so they never
share one with Binance's.

Bybit's BTCUSD and spot are therefore in two files on two grids: in one store their bars overlap,
which `obverse data check` tells. Import one of the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.errors import MarketDataError
from obverse.market.observations import Finding
from obverse.market.printing import listing
from obverse.market.series.kinds import FUNDING, TIME, bars
from obverse.market.series.parts import Part
from obverse.market.sources.file_formats import FileFormat
from obverse.market.sources.parquet_files import has_columns, read_table

if TYPE_CHECKING:
    import polars as pl

INTERVAL = timedelta(hours=8)
BARS = bars(INTERVAL)
STRADDLING = timedelta(hours=4)
"""How long after its label a bar of Bybit or OKX closes in the file of 2023."""

_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class _Pair:
    """A file of one venue's perpetual and spot."""

    venue: str
    perpetual: str
    spot: str
    has_volume: bool
    spot_is_binances_until: datetime | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        sides = ("spot", "futures")
        prices = [f"{price.capitalize()}_{side}" for side in sides for price in _PRICES]
        return ("time_utc", *prices, "funding_rate", *(["Volume"] if self.has_volume else []))


_PAIRS = {
    "binance_btcusd_perp_8h.parquet": _Pair("binance", "BTCUSD_PERP", "BTCUSDT", True),
    "bybit_btcusd_8h.parquet": _Pair(
        "bybit", "BTCUSD", "BTCUSDT", False, datetime(2021, 7, 5, 16, tzinfo=UTC)
    ),
}

_YEAR = "binance_bybit_okx_2023.parquet"
_YEAR_COLUMNS = ("time_utc", "exchange", "pair", *_PRICES, "volume", "funding_rate")
_CLOSES_AFTER_LABEL = {"binance": INTERVAL, "bybit": STRADDLING, "okx": STRADDLING}
_INSTRUMENTS = {
    ("binance", "{}USDCM"): ("binance", "{}USD_PERP"),
    ("binance", "{}USDT"): ("binance_usdm", "{}USDT"),
    ("binance", "{}/USDT"): ("binance_spot", "{}USDT"),
    ("bybit", "{}USDCM"): ("bybit", "{}USD"),
    ("bybit", "{}USDT"): ("bybit", "{}USDT"),
    ("bybit", "{}/USDT"): ("bybit_spot", "{}USDT"),
    ("okx", "{}USDCM"): ("okx", "{}-USD-SWAP"),
    ("okx", "{}USDT"): ("okx", "{}-USDT-SWAP"),
    ("okx", "{}/USDT"): ("okx", "{}-USDT"),
}
_NAMES = {
    (exchange, pair.format(coin)): (venue, symbol.format(coin))
    for (exchange, pair), (venue, symbol) in _INSTRUMENTS.items()
    for coin in ("BTC", "ETH")
}
"""Venue and instrument of each exchange and pair of the file of 2023."""


def _recogniser(columns: dict[str, tuple[str, ...]]) -> Callable[[Path], bool]:
    return lambda path: has_columns(path, columns.get(path.name, ()))


def _read_pair(path: Path) -> tuple[Part, ...]:
    """Read a file of one venue's perpetual and spot."""
    import polars as pl

    pair = _PAIRS.get(path.name)
    if pair is None:
        raise MarketDataError(f"{path.name} is none of {listing([*_PAIRS])}.")
    table = read_table(path, pair.columns)
    ends = _ns(pl.col("time_utc"))

    def own(side: str) -> pl.DataFrame:
        prices = {price: pl.col(f"{price.capitalize()}_{side}") for price in _PRICES}
        volume = {"volume_coin": pl.col("Volume")} if side == "spot" and pair.has_volume else {}
        return table.select(ends.alias(TIME), _opens(ends), **prices, **volume)

    return (
        Part(pair.venue, pair.perpetual, BARS, own("futures")),
        Part(pair.venue, pair.perpetual, FUNDING, _funding(table)),
        *_spot(pair, own("spot"), path.name),
    )


def _spot(pair: _Pair, frame: pl.DataFrame, name: str) -> tuple[Part, ...]:
    """Spot bars, of the venue whose they are."""
    import polars as pl

    venue = f"{pair.venue}_spot"
    if pair.spot_is_binances_until is None:
        return (Part(venue, pair.spot, BARS, frame),)
    borrowed = pl.col(TIME) <= pair.spot_is_binances_until
    others = frame.filter(borrowed)
    reason = f"{len(others):,} of its spot bars are Binance's, and stored as such"
    told = (Finding("flagged", name, reason),)
    return (
        Part("binance_spot", pair.spot, BARS, others, told),
        Part(venue, pair.spot, BARS, frame.filter(~borrowed)),
    )


def _read_year(path: Path) -> tuple[Part, ...]:
    """Read the file of 2023."""
    table = read_table(path, _YEAR_COLUMNS)
    parts = []
    for (exchange, pair), rows in table.partition_by(
        "exchange", "pair", as_dict=True, maintain_order=True
    ).items():
        if (exchange, pair) not in _NAMES:
            raise MarketDataError(
                f"{path.name}: {pair} of {exchange} is none of the instruments it is known to "
                f"have, such as {', '.join(' of '.join(reversed(key)) for key in [*_NAMES][:3])}."
            )
        venue, instrument = _NAMES[exchange, pair]
        parts.append(Part(venue, instrument, BARS, _bars(rows, _CLOSES_AFTER_LABEL[exchange])))
        funding = _funding(rows)
        if len(funding):
            parts.append(Part(venue, instrument, FUNDING, funding))
    return tuple(parts)


def _bars(rows: pl.DataFrame, closes_after_label: timedelta) -> pl.DataFrame:
    import polars as pl

    ends = _ns(pl.col("time_utc")) + closes_after_label
    return rows.select(
        ends.alias(TIME), _opens(ends), *_PRICES, pl.col("volume").alias("volume_coin")
    )


def _funding(rows: pl.DataFrame) -> pl.DataFrame:
    """Rates at the row's time; spot has none."""
    import polars as pl

    return rows.filter(pl.col("funding_rate").is_not_null()).select(
        _ns(pl.col("time_utc")).alias(TIME),
        pl.col("funding_rate").alias("rate"),
        pl.lit(INTERVAL.total_seconds() / 3600).alias("interval_hours"),
    )


def _opens(ends: pl.Expr) -> pl.Expr:
    return (ends - INTERVAL).alias("open_time")


def _ns(moment: pl.Expr) -> pl.Expr:
    import polars as pl

    return moment.cast(pl.Datetime("ns", "UTC"))


FORMATS = (
    FileFormat(
        name="perpetuals-8h",
        meaning="8-hour bars of an inverse perpetual and spot with funding, by their close",
        label="close",
        recognises=_recogniser({name: pair.columns for name, pair in _PAIRS.items()}),
        read=_read_pair,
        licence="MIT (AHA-HH/optimising-funding-rate-arbitrage)",
    ),
    FileFormat(
        name="perpetuals-8h-2023",
        meaning="8-hour bars of Binance, Bybit and OKX in 2023 with funding, by their open",
        label="open",
        recognises=_recogniser({_YEAR: _YEAR_COLUMNS}),
        read=_read_year,
        licence="MIT (AHA-HH/optimising-funding-rate-arbitrage)",
    ),
)
