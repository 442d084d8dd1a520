"""Recorded BitMEX tables: bars, funding, settled contracts, trades after funding.

- `xbtusd_1m_YYYY.parquet`: XBTUSD minutes labelled by their **close**, prices times 100 as whole
  numbers, volume in contracts of one dollar, turnover in satoshi. A minute without a trade repeats
  the close before. `open` is the close before, so it may lie outside the range.
- `xbtusd_1m_stress_days.parquet`: seven days of the same with all of the venue's fields.
- `xbtusd_1h.parquet`, `xbtusd_1d.parquet`: the same resampled, labelled by their **open**.
- `bchusd_quanto_5m.parquet`: five minutes of the quanto BCHUSD, labelled by their **close**; volume
  in contracts, turnover in satoshi.
- `xbtusd_funding.parquet`: the rate of the payment at the stamp itself; the interval is the venue's
  own, a day in the first weeks.
- `settled_futures.parquet`: the venue's own description of contracts, as of each one's settlement.
- `xbtusd_first_trade_after_funding.parquet`: single trades, without the venue's number; the
  place in the file stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from obverse.market.observations import Finding
from obverse.market.series.kinds import FUNDING, INSTRUMENTS, TRADES, bars
from obverse.market.series.parts import Part
from obverse.market.sources.file_formats import FileFormat, TimeLabel
from obverse.market.sources.parquet_files import has_columns, read_table
from obverse.market.sources.ratios import ratio

VENUE = "bitmex"
SATOSHI = 100_000_000
MINUTE = timedelta(minutes=1)
_TICKED = ("close_time", "turnover_xbt_sat", "volume_usd", "open_x100", "close_x100")
_RESAMPLED = ("open_time", "turnover_xbt_sat", "volume_usd", "minutes")
_WHOLE_CLOSED = ("close_time", "symbol", "turnover", "homeNotional", "foreignNotional", "lastSize")
_WHOLE_STAMPED = ("timestamp", *_WHOLE_CLOSED[1:])
_FUNDING = ("timestamp", "symbol", "fundingInterval", "fundingRate", "fundingRateDaily")
_SETTLED = ("symbol", "state", "typ", "isInverse", "isQuanto", "settledPrice", "fairBasisRate")
_TRADES = ("timestamp", "symbol", "side", "grossValue", "tickDirection")
_RANGE = ("open", "high", "low", "close")


def _minutes(path: Path) -> Iterator[Part]:
    import polars as pl

    table = read_table(path)
    yield Part(
        VENUE,
        "XBTUSD",
        bars(MINUTE),
        table.select(
            pl.col("close_time").alias("time"),
            (pl.col("close_time") - MINUTE).alias("open_time"),
            *(ratio(f"{name}_x100", 100).alias(name) for name in _RANGE),
            pl.col("volume_usd").alias("volume_contracts"),
            pl.col("volume_usd").alias("volume_quote"),
            ratio("turnover_xbt_sat", SATOSHI).alias("volume_coin"),
            pl.col("trades"),
        ),
    )


def _resampled(path: Path) -> Iterator[Part]:
    import polars as pl

    table = read_table(path)
    steps = table["open_time"].diff().drop_nulls()
    interval = steps.mode().min() if len(steps) else MINUTE * 60
    assert isinstance(interval, timedelta)
    kind = bars(interval)
    whole = table.filter(pl.col("minutes") == interval // MINUTE)
    yield Part(
        VENUE,
        "XBTUSD",
        kind,
        whole.select(
            (pl.col("open_time") + interval).alias("time"),
            "open_time",
            *_RANGE,
            pl.col("volume_usd").alias("volume_contracts"),
            pl.col("volume_usd").alias("volume_quote"),
            ratio("turnover_xbt_sat", SATOSHI).alias("volume_coin"),
            "trades",
        ),
        _unfinished(len(table) - len(whole), kind.name),
    )


def _whole_fields(path: Path, label: str, interval: timedelta) -> Iterator[Part]:
    import polars as pl

    table = read_table(path).rename({label: "time"})
    for (symbol,), own in table.group_by("symbol", maintain_order=True):
        inverse = pl.lit(symbol) == "XBTUSD"
        yield Part(
            VENUE,
            str(symbol),
            bars(interval),
            own.select(
                "time",
                (pl.col("time") - interval).alias("open_time"),
                *_RANGE,
                pl.col("volume").alias("volume_contracts"),
                pl.when(inverse).then(pl.col("foreignNotional")).alias("volume_quote"),
                ratio("turnover", SATOSHI).alias("volume_coin"),
                "trades",
                pl.col("vwap").alias("average_price"),
            ),
        )


def _funding(path: Path) -> Iterator[Part]:
    import polars as pl

    table = read_table(path)
    epoch = pl.datetime(2000, 1, 1, time_zone="UTC")
    length = pl.col("fundingInterval").str.to_datetime(time_zone="UTC") - epoch
    for (symbol,), own in table.group_by("symbol", maintain_order=True):
        yield Part(
            VENUE,
            str(symbol),
            FUNDING,
            own.select(
                pl.col("timestamp").alias("time"),
                pl.col("fundingRate").alias("rate"),
                (length.dt.total_seconds() // 3600).alias("interval_hours"),
            ),
        )


def _settled(path: Path) -> Iterator[Part]:
    import polars as pl

    def stamp(name: str) -> pl.Expr:
        return pl.col(name).str.to_datetime(time_zone="UTC")

    table = read_table(path)
    payoff = (
        pl.when(pl.col("isInverse")).then(pl.lit("inverse"))
        .when(pl.col("isQuanto")).then(pl.lit("quanto"))
        .otherwise(pl.lit("linear"))
    )  # fmt: skip
    contract = (
        pl.when(pl.col("typ") == "FFWCSX").then(pl.lit("perpetual"))
        .when(pl.col("typ").str.starts_with("O")).then(pl.lit("option"))
        .otherwise(pl.lit("future"))
    )  # fmt: skip
    described = table.select(
        stamp("settle").alias("time"),
        "symbol",
        contract.alias("contract"),
        payoff.alias("payoff"),
        pl.col("underlying").replace("XBT", "BTC"),
        pl.col("quoteCurrency").alias("quote"),
        pl.col("settlCurrency").alias("settlement"),
        "state",
        stamp("listing"),
        stamp("expiry"),
        pl.col("multiplier").alias("contract_size"),
        pl.col("tickSize").alias("tick_size"),
        pl.col("lotSize").alias("lot_size"),
        pl.col("makerFee").alias("maker_fee"),
        pl.col("takerFee").alias("taker_fee"),
        pl.col("initMargin").alias("initial_margin"),
        pl.col("maintMargin").alias("maintenance_margin"),
        pl.col("settledPrice").alias("settlement_price"),
        pl.col("markPrice").alias("mark"),
        pl.col("fairBasisRate").alias("basis_rate"),
    )
    for (symbol,), own in described.group_by("symbol", maintain_order=True):
        yield Part(VENUE, str(symbol), INSTRUMENTS, own)


def _trades(path: Path) -> Iterator[Part]:
    import polars as pl

    table = read_table(path).with_row_index("place")
    for (symbol,), own in table.group_by("symbol", maintain_order=True):
        yield Part(
            VENUE,
            str(symbol),
            TRADES,
            own.select(
                pl.col("timestamp").alias("time"),
                pl.format("{} row {}", pl.lit(path.stem), pl.col("place")).alias("trade_id"),
                pl.col("side").str.to_lowercase(),
                "price",
                "size",
                ratio("grossValue", SATOSHI).alias("value_coin"),
            ),
        )


def _unfinished(count: int, kind: str) -> tuple[Finding, ...]:
    if not count:
        return ()
    reason = f"{count:,} cover a part of their span only and are left out"
    return (Finding("dropped", f"{VENUE} XBTUSD {kind}", reason),)


def _format(
    name: str,
    meaning: str,
    label: TimeLabel,
    columns: Sequence[str],
    read: Callable[[Path], Iterator[Part]],
    licence: str = "not stated",
) -> FileFormat:
    return FileFormat(name, meaning, label, partial(has_columns, names=columns), read, licence)


FORMATS = (
    _format("bitmex-minutes", "XBTUSD minutes", "close", _TICKED, _minutes, "ISC"),
    _format("bitmex-resampled", "XBTUSD hours and days", "open", _RESAMPLED, _resampled, "ISC"),
    _format(
        "bitmex-full-minutes", "minutes with all of the venue's fields", "close", _WHOLE_CLOSED,
        partial(_whole_fields, label="close_time", interval=MINUTE),
    ),
    _format(
        "bitmex-full-5m", "five minutes with all of the venue's fields", "close", _WHOLE_STAMPED,
        partial(_whole_fields, label="timestamp", interval=5 * MINUTE),
    ),
    _format("bitmex-funding", "funding rates", "event", _FUNDING, _funding),
    _format("bitmex-settled", "settled contracts with their prices", "event", _SETTLED, _settled),
    _format("bitmex-trades", "single trades", "event", _TRADES, _trades),
)  # fmt: skip
