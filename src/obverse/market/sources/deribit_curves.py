"""Recorded Deribit curves: every expiry's forward and the index, a few snapshots a day.

A directory holds `forward_curve.parquet` and, where it is there, `perpetual_prices.parquet`.

- A forward becomes the mark of a future exactly as the file has it. Expiries without a listed
  future carry names such as `SYN.BTC-1FEB26` and `listed=False`; rows without a forward are
  dropped and told.
- The index was polled over some seconds, for each expiry anew; `index_range` is the widest bounds.
  The poll starts at the snapshot's instant, so index and forwards are of the moments just after it.
- The snapshot's index is the file's `index_first_row`, the poll's first, since the forwards are of
  that moment too. Against it the nearest forward, under 3 days from delivery, is off by 0.84 bp
  (median of 830), against the median over the poll by 2.75 bp; the perpetual by 3.6 bp instead of
  5.1 bp (median of 582). Where the column or its price is missing, the index is the median of the
  rows' `index`.
- The perpetual is the open of the 1-minute candle that holds the snapshot's instant: a trade
  price of up to a minute before. The candle's close lies after the instant and is never used.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from obverse.contracts.instants import iso
from obverse.contracts.instruments import Kind
from obverse.errors import MarketDataError
from obverse.market.floats import decimal_of_float
from obverse.market.observations import Finding, Quote, is_price
from obverse.market.snapshots import Market, Snapshot
from obverse.market.validation import gather, validate

if TYPE_CHECKING:
    import polars

VENUE = "deribit"
CURVES = "forward_curve.parquet"
PERPETUALS = "perpetual_prices.parquet"
SOURCE = "recorded Deribit curves"
PERPETUAL_SOURCE = "1-minute candle open, not a venue mark"

_CURVE_COLUMNS = (
    "ts", "currency", "expiry", "futures_instrument_name", "forward", "index", "imin", "imax",
    "synthetic",
)  # fmt: skip
_FIRST_INDEX = "index_first_row"
_CANDLE_COLUMNS = (
    "coin", "instrument_name", "snapshot_timestamp_ms", "candle_open_time_ms", "candle_open",
)  # fmt: skip
_ROUNDING_MS = 1


def read_curves(directory: Path, until: datetime | None = None) -> Market:
    """Read the last recorded snapshot of each coin not after an instant (None: the last of all)."""
    rows = _last_rows(directory / CURVES, until)
    parts = {}
    for coin in dict.fromkeys(row["currency"] for row in rows):
        own = [row for row in rows if row["currency"] == coin]
        perpetuals = _perpetuals(directory / PERPETUALS, coin, own[0]["ts"])
        parts[coin] = partial(_snapshot, coin, own, perpetuals)
    return gather(parts, asked=until, venue=VENUE, source=SOURCE)


def _last_rows(path: Path, until: datetime | None) -> list[dict[str, Any]]:
    import polars as pl

    curves = _scan(path, _CURVE_COLUMNS, optional=(_FIRST_INDEX,))
    known = curves if until is None else curves.filter(pl.col("ts") <= until)
    last = known.filter(pl.col("ts") == pl.col("ts").max().over("currency"))
    rows = last.sort("currency", "expiry").collect().to_dicts()
    if rows:
        return rows
    ends = curves.select(pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last"))
    first, final = ends.collect().row(0)
    if until is None or first is None:
        raise MarketDataError(f"{path.name} has no rows.")
    raise MarketDataError(
        f"{path.name} has nothing at or before {iso(until)}; "
        f"it runs from {iso(first)} to {iso(final)}."
    )


def _scan(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> polars.LazyFrame:
    import polars as pl

    try:
        table = pl.scan_parquet(path, glob=False)
        there = table.collect_schema().names()
    except pl.exceptions.PolarsError as error:
        raise MarketDataError(f"{path} is not Parquet: {error}") from None
    missing = [name for name in columns if name not in there]
    if missing:
        raise MarketDataError(f"{path} lacks {', '.join(missing)}: not recorded Deribit curves.")
    return table.select(*columns, *(name for name in optional if name in there))


def _snapshot(coin: str, rows: Sequence[dict[str, Any]], perpetuals: Sequence[Quote]) -> Snapshot:
    at = rows[0]["ts"]
    index = _index(rows)
    without = [row["expiry"] for row in rows if row["forward"] is None]
    findings = []
    if without:
        days = ", ".join(expiry.date().isoformat() for expiry in without)
        findings.append(Finding("dropped", coin, f"expiries recorded without a forward: {days}"))
    return validate(
        [*perpetuals, *(_future(row) for row in rows if row["forward"] is not None)],
        underlying=coin,
        venue=VENUE,
        at=at,
        index=index,
        index_range=_index_range(rows, index),
        source=SOURCE,
        findings=findings,
    )


def _index(rows: Sequence[dict[str, Any]]) -> Decimal:
    """The poll's first, which every row repeats; else the median over the poll."""
    prices = _prices(rows, _FIRST_INDEX)[:1] or _prices(rows, "index")
    return median(prices) if prices else Decimal("NaN")


def _prices(rows: Sequence[dict[str, Any]], name: str) -> list[Decimal]:
    return [price for row in rows if is_price(price := _exact(row.get(name)))]


def _index_range(rows: Sequence[dict[str, Any]], index: Decimal) -> tuple[Decimal, Decimal] | None:
    """Widest bounds of the poll, and the index within them."""
    lows, highs = ([_exact(row[name]) for row in rows] for name in ("imin", "imax"))
    usable = all(map(is_price, [index, *lows, *highs]))
    return (min(index, *lows), max(index, *highs)) if usable else None


def _future(row: dict[str, Any]) -> Quote:
    return Quote(
        symbol=row["futures_instrument_name"],
        kind=Kind.FUTURE,
        expiry=row["expiry"],
        mark=_exact(row["forward"]),
        observed_at=row["ts"],
        listed=not row["synthetic"],
    )


def _perpetuals(path: Path, coin: str, at: datetime) -> list[Quote]:
    """Read the perpetual's quote of one snapshot, if its candle was recorded."""
    import polars as pl

    if not path.exists():
        return []
    at_ms = int(at.timestamp() * 1000)
    candles = _scan(path, _CANDLE_COLUMNS).filter(
        pl.col("coin") == coin,
        (pl.col("snapshot_timestamp_ms") - at_ms).abs() <= _ROUNDING_MS,
        pl.col("candle_open_time_ms") <= at_ms,
        pl.col("candle_open").is_not_null(),
    )
    return [
        Quote(
            symbol=row["instrument_name"],
            kind=Kind.PERPETUAL,
            expiry=None,
            mark=_exact(row["candle_open"]),
            observed_at=datetime.fromtimestamp(row["candle_open_time_ms"] / 1000, UTC),
            source=PERPETUAL_SOURCE,
        )
        for row in candles.collect().to_dicts()
    ]


def _exact(value: float | None) -> Decimal:
    return Decimal("NaN") if value is None else decimal_of_float(value)
