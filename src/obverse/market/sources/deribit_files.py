"""Recorded Deribit tables as series; `deribit_curves` reads the same curves without a store.

- `forward_curve.parquet`: a row an expiry and snapshot, at the snapshot's instant. Its index is
  the poll's first, `index_first_row`; see `deribit_curves`. Expiries recorded without a forward are
  left out and told.
- `perpetual_prices.parquet`, `futures_marks.parquet`: the 1-minute candle around each snapshot,
  labelled by its **open**, becomes a bar at its close. The perpetual's open, a trade price of up to
  a minute before the snapshot, is also its ticker there, as `deribit_curves` has it. The futures'
  marks repeat the forwards of the curve and are not read twice.
- `btc_perpetual_funding_1h.parquet`: the hour that ends at `time_utc`; `interest_1h` is what it
  paid, `interest_8h` the rate of 8 hours at that moment.
- `funding_rate_value_monthly.csv`: the venue's sum of each calendar month; it ends with the
  month's last millisecond, which is written as the next month's start.
- `options_chain_5_snapshots.parquet`: whole chains, filed under their coin.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.errors import MarketDataError
from obverse.market.observations import Finding
from obverse.market.series.kinds import FUNDING, FUNDING_SUMS, OPTIONS, TICKERS, bars
from obverse.market.series.parts import Part
from obverse.market.sources.deribit_curves import PERPETUAL_SOURCE, VENUE
from obverse.market.sources.file_formats import FileFormat
from obverse.market.sources.parquet_files import has_columns, read_table

if TYPE_CHECKING:
    import polars as pl

MINUTE = timedelta(minutes=1)
_CURVE = ("ts", "currency", "expiry", "futures_instrument_name", "forward", "imin", "imax")
_PERPETUAL = ("obs_datetime", "coin", "candle_open_time_ms", "candle_open")
_FUTURES = ("timestamp", "futures_instrument_name", "term_candle_open_time_ms")
_FUNDING = ("time_utc", "interest_1h", "interest_8h", "index_price", "prev_index_price")
_OPTIONS = ("instrument_name", "option_type", "strike", "underlying_name", "implied_volatility")
_SUMS_HEAD = "month,start_timestamp_ms,end_timestamp_ms,"


def _curves(path: Path) -> Iterator[Part]:
    import polars as pl

    table = read_table(path)
    without = table.filter(pl.col("forward").is_null())
    known = table.filter(pl.col("forward").is_not_null())
    first = "index_first_row" if "index_first_row" in table.columns else "index"
    rows = known.select(
        pl.col("futures_instrument_name").alias("symbol"),
        pl.col("ts").alias("time"),
        pl.col("ts").alias("snapshot_time"),
        pl.col("currency").alias("underlying"),
        pl.lit("USD").alias("quote"),
        pl.lit("future").alias("contract"),
        "expiry",
        (~pl.col("synthetic")).alias("listed"),
        pl.col("forward").alias("mark"),
        pl.col(first).alias("index"),
        pl.col("imin").alias("index_low"),
        pl.col("imax").alias("index_high"),
    )
    findings = _left_out(without)
    for symbol, own in _by(rows, "symbol"):
        yield Part(VENUE, symbol, TICKERS, own, findings)
        findings = ()


def _left_out(rows: pl.DataFrame) -> tuple[Finding, ...]:
    if rows.is_empty():
        return ()
    reason = f"{len(rows):,} rows were recorded without a forward"
    return (Finding("dropped", f"{VENUE} tickers", reason),)


def _perpetuals(path: Path) -> Iterator[Part]:
    import polars as pl

    table = read_table(path)
    for symbol, own in _by(table, "instrument_name"):
        opened = own.filter(pl.col("candle_open").is_not_null())
        tickers = opened.select(
            pl.from_epoch("candle_open_time_ms", "ms").dt.replace_time_zone("UTC").alias("time"),
            pl.col("obs_datetime").str.to_datetime(time_zone="UTC").alias("snapshot_time"),
            pl.col("coin").alias("underlying"),
            pl.lit("USD").alias("quote"),
            pl.lit("perpetual").alias("contract"),
            pl.col("candle_open").alias("mark"),
            pl.lit(PERPETUAL_SOURCE).alias("note"),
        )
        yield Part(VENUE, symbol, TICKERS, tickers)
        yield Part(VENUE, symbol, bars(MINUTE), _candles(own, "candle"))


def _futures(path: Path) -> Iterator[Part]:
    table = read_table(path)
    for symbol, own in _by(table, "futures_instrument_name"):
        yield Part(VENUE, symbol, bars(MINUTE), _candles(own, "term_candle"))


def _candles(table: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Bars of the candles; cost is in dollars, volume in coin."""
    import polars as pl

    opened = pl.from_epoch(f"{prefix}_open_time_ms", "ms").dt.replace_time_zone("UTC")
    found = table.filter(pl.col(f"{prefix}_open").is_not_null())
    return found.select(
        (opened + MINUTE).alias("time"),
        opened.alias("open_time"),
        *(pl.col(f"{prefix}_{name}").alias(name) for name in ("open", "high", "low", "close")),
        pl.col(f"{prefix}_cost").alias("volume_quote"),
        pl.col(f"{prefix}_volume").alias("volume_coin"),
    )


def _funding(path: Path) -> Iterator[Part]:
    import polars as pl

    table = read_table(path)
    rows = table.select(
        pl.col("time_utc").alias("time"),
        pl.col("interest_1h").alias("rate"),
        pl.lit(1.0).alias("interval_hours"),
        pl.col("interest_8h").alias("rate_8h"),
        pl.col("index_price").alias("index"),
        pl.col("prev_index_price").alias("previous_index"),
    )
    yield Part(VENUE, "BTC-PERPETUAL", FUNDING, rows)


def _sums(path: Path) -> Iterator[Part]:
    import polars as pl

    try:
        table = pl.read_csv(path)
    except pl.exceptions.PolarsError as error:
        raise MarketDataError(f"{path.name} is no CSV: {error}") from None
    start = pl.from_epoch("start_timestamp_ms", "ms").dt.replace_time_zone("UTC")
    end = pl.from_epoch(pl.col("end_timestamp_ms") + 1, "ms").dt.replace_time_zone("UTC")
    for symbol in table.columns[3:]:
        rows = table.select(end.alias("time"), start.alias("start_time"), value=pl.col(symbol))
        yield Part(VENUE, symbol, FUNDING_SUMS, rows.filter(pl.col("value").is_not_null()))


def _options(path: Path) -> Iterator[Part]:
    import polars as pl

    table = read_table(path)
    rows = table.select(
        "currency",
        pl.col("timestamp").str.to_datetime(time_zone="UTC").alias("time"),
        pl.col("instrument_name").alias("symbol"),
        pl.col("option_type").alias("right"),
        "strike",
        pl.col("expiry_datetime").str.to_datetime(time_zone="UTC").alias("expiry"),
        pl.col("futures_price").alias("forward"),
        pl.col("futures_instrument_name").alias("forward_symbol"),
        pl.col("index_price").alias("index"),
        pl.col("bid_price").alias("bid"),
        pl.col("ask_price").alias("ask"),
        pl.col("mark_price").alias("mark"),
        "implied_volatility",
        "delta",
        "vega",
        "open_interest",
        pl.col("volume").alias("volume_24h"),
    )
    for coin, own in _by(rows, "currency"):
        yield Part(VENUE, coin, OPTIONS, own)


def _by(table: pl.DataFrame, column: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """Rows of each instrument, without the column that named it."""
    for (name,), own in table.group_by(column, maintain_order=True):
        yield str(name), own.drop(column)


def _is_sums(path: Path) -> bool:
    if path.suffix != ".csv":
        return False
    try:
        with path.open(encoding="utf-8") as opened:
            return opened.read(len(_SUMS_HEAD)) == _SUMS_HEAD
    except (OSError, UnicodeDecodeError):
        return False


FORMATS = (
    FileFormat(
        "deribit-curves", "recorded forwards of every expiry, and the index", "event",
        lambda path: has_columns(path, _CURVE), _curves,
    ),
    FileFormat(
        "deribit-perpetual-candles", "1-minute candles of the perpetuals around snapshots", "open",
        lambda path: has_columns(path, _PERPETUAL), _perpetuals,
    ),
    FileFormat(
        "deribit-future-candles", "1-minute candles of the futures around snapshots", "open",
        lambda path: has_columns(path, _FUTURES), _futures,
    ),
    FileFormat(
        "deribit-funding", "hourly funding of the perpetual", "close",
        lambda path: has_columns(path, _FUNDING), _funding,
    ),
    FileFormat(
        "deribit-funding-sums", "the venue's own funding value a month", "close", _is_sums, _sums
    ),
    FileFormat(
        "deribit-options", "option chains", "event",
        lambda path: has_columns(path, _OPTIONS), _options,
    ),
)  # fmt: skip
