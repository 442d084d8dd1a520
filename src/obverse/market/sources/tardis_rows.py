"""Rows of Tardis.dev's CSV files, column by column: read strictly, and put in our kinds' columns.

A cell that is there and cannot be read is an error with its line, as is a word for a side or a flag
that Tardis does not write: taken for its opposite, it would turn a book upside down.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from obverse.contracts import instruments
from obverse.errors import MarketDataError, ObverseError
from obverse.market.observations import Finding
from obverse.market.series.kinds import Type
from obverse.market.sources.column_cells import WANTED, read_cells
from obverse.market.sources.column_maps import TimeColumn
from obverse.rulebooks import rulebook

if TYPE_CHECKING:
    import polars as pl

VENUES = {
    "binance": "binance_spot",
    "binance-delivery": "binance",
    "binance-futures": "binance_usdm",
    "binance-us": "binanceus",
    "bitmex": "bitmex",
    "bybit": "bybit",
    "bybit-spot": "bybit_spot",
    "coinbase": "coinbase",
    "cryptofacilities": "kraken",
    "deribit": "deribit",
    "huobi-dm": "huobi",
    "huobi-dm-swap": "huobi",
    "okex": "okx",
    "okex-futures": "okx",
    "okex-swap": "okx",
}
"""Names of ours for those of Tardis; others keep theirs."""

_EIGHT_HOURLY = ("binance", "binance_usdm", "bitmex", "bybit", "huobi", "okx")
LEVEL = re.compile(r"(asks|bids)\[(\d+)\]\.price")
"""Columns of the prices of whole books."""

_TIME = TimeColumn("timestamp", unit="us")
_TYPES: dict[str, Type] = {
    "timestamp": "time",
    "local_timestamp": "time",
    "is_snapshot": "flag",
    **dict.fromkeys(("price", "amount"), "float"),
    **dict.fromkeys(("ask_amount", "ask_price", "bid_price", "bid_amount"), "float"),
    **dict.fromkeys(("funding_rate", "open_interest"), "float"),
    **dict.fromkeys(("last_price", "index_price", "mark_price"), "float"),
}
_LEVEL_CELL = re.compile(r"(?:asks|bids)\[\d+\]\.(?:price|amount)")
_SIDES = ("buy", "sell", "unknown")
_BOOK_SIDES = ("bid", "ask")

Made: TypeAlias = "tuple[pl.DataFrame, tuple[Finding, ...]]"


def typed(table: pl.DataFrame, file: str) -> pl.DataFrame:
    """Read the cells of a table of text.

    Raises `MarketDataError` for the first that cannot be read, with its line.
    """
    for name in table.columns:
        type_ = "float" if _LEVEL_CELL.fullmatch(name) else _TYPES.get(name)
        if type_ is None:
            continue
        made, bad = read_cells(table[name], type_, _TIME)
        if bad is not None:
            wanted = WANTED[type_] if type_ != "time" else "number of microseconds since 1970"
            raise MarketDataError(
                f"{file} line {bad + 2}: {name} {table[name][bad]!r} is no {wanted}."
            )
        table = table.with_columns(made.alias(name))
    if "side" in table.columns:
        _check_sides(table, file)
    return table


def _check_sides(table: pl.DataFrame, file: str) -> None:
    """Only a trade may lack a side."""
    of_book = "is_snapshot" in table.columns
    allowed = _BOOK_SIDES if of_book else _SIDES
    bad = (~table["side"].is_in(allowed)).fill_null(of_book).arg_true()
    if len(bad):
        raise MarketDataError(
            f"{file} line {bad[0] + 2}: side {table['side'][bad[0]]!r} is none of "
            f"{', '.join(allowed)}."
        )


def _times() -> list[pl.Expr]:
    import polars as pl

    return [pl.col("timestamp").alias("time"), pl.col("local_timestamp").alias("local_time")]


def trades(venue: str, symbol: str, table: pl.DataFrame) -> Made:
    """Trades; one without a number is given that of its row."""
    import polars as pl

    side = pl.col("side")
    known = pl.when(side != "unknown").then(side).alias("side")
    number = pl.format("{} row {}", pl.lit(symbol), pl.int_range(pl.len()))
    frame = table.select(
        *_times(),
        pl.coalesce("id", number).alias("trade_id"),
        known,
        "price",
        pl.col("amount").alias("size"),
    )
    return frame, ()


def incremental(venue: str, symbol: str, table: pl.DataFrame) -> Made:
    """Changes and snapshots of an order book."""
    import polars as pl

    frame = table.select(
        *_times(),
        pl.col("is_snapshot").alias("snapshot"),
        (pl.col("side") == "bid").alias("is_bid"),
        "price",
        pl.col("amount").alias("size"),
    )
    return frame, ()


def snapshots(venue: str, symbol: str, table: pl.DataFrame) -> Made:
    """Rows of whole books laid out level by level, bids before asks."""
    import polars as pl

    levels = [found for name in table.columns if (found := LEVEL.fullmatch(name))]
    pieces = [
        table.with_row_index("row").select(
            "row",
            *_times(),
            pl.lit(True).alias("snapshot"),
            pl.lit(found[1] == "bids").alias("is_bid"),
            pl.lit(int(found[2])).alias("level"),
            pl.col(found[0]).alias("price"),
            pl.col(f"{found[1]}[{found[2]}].amount").alias("size"),
        )
        for found in levels
    ]
    whole = pl.concat(pieces).filter(pl.col("price").is_not_null())
    ordered = whole.sort("row", pl.col("is_bid").not_(), "level", maintain_order=True)
    return ordered.drop("row", "level"), ()


def quotes(venue: str, symbol: str, table: pl.DataFrame) -> Made:
    """Best prices."""
    import polars as pl

    frame = table.select(
        *_times(),
        pl.col("bid_price").alias("bid"),
        pl.col("bid_amount").alias("bid_size"),
        pl.col("ask_price").alias("ask"),
        pl.col("ask_amount").alias("ask_size"),
    )
    return frame, ()


def tickers(venue: str, symbol: str, table: pl.DataFrame) -> Made:
    """Tickers, where a rule book says what the symbol is."""
    import polars as pl

    frame = table.select(
        *_times(),
        pl.col("mark_price").alias("mark"),
        pl.col("index_price").alias("index"),
        pl.col("last_price").alias("last"),
        pl.col("open_interest").alias("open_interest_contracts"),
        pl.col("funding_rate").alias("funding_rate_8h"),
    )
    if venue not in _EIGHT_HOURLY:
        frame = frame.with_columns(funding_rate_8h=None)
    found = _instrument(venue, symbol, frame)
    if found is None:
        reason = f"no rule book of {venue} says what {symbol} is; it is left out"
        return frame.clear(), (Finding("dropped", f"{venue} {symbol} tickers", reason),)
    perpetual = found.kind is instruments.Kind.PERPETUAL
    described = frame.with_columns(
        pl.lit(found.underlying).alias("underlying"),
        pl.lit(found.quote).alias("quote"),
        pl.lit("perpetual" if perpetual else "future").alias("contract"),
        pl.lit(found.expiry, pl.Datetime("us", "UTC")).alias("expiry"),
    )
    return described, ()


def _instrument(venue: str, symbol: str, frame: pl.DataFrame) -> instruments.Instrument | None:
    try:
        return rulebook(venue, as_of=frame["time"].drop_nulls()[0]).instrument(symbol)
    except (ObverseError, IndexError):
        return None
