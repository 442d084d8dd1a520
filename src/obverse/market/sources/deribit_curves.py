"""Recorded Deribit curves: every expiry's forward and the index, a few snapshots a day.

A directory holds `forward_curve.parquet` and, where it is there, `perpetual_prices.parquet`.

- A forward becomes the mark of a future exactly as the file has it. Expiries without a listed
  future carry names such as `SYN.BTC-1FEB26` and `listed=False`; rows without a forward are
  dropped and told.
- The index was polled over some seconds, for each expiry anew. The snapshot's index is the median
  over its expiries, its `index_range` the widest bounds. The poll starts at the snapshot's
  instant, so index and forwards are of the moments just after it.
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

    curves = _scan(path, _CURVE_COLUMNS)
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


def _scan(path: Path, columns: Sequence[str]) -> polars.LazyFrame:
    import polars as pl

    try:
        table = pl.scan_parquet(path, glob=False)
        missing = [name for name in columns if name not in table.collect_schema()]
    except pl.exceptions.PolarsError as error:
        raise MarketDataError(f"{path} is not Parquet: {error}") from None
    if missing:
        raise MarketDataError(f"{path} lacks {', '.join(missing)}: not recorded Deribit curves.")
    return table.select(columns)


def _snapshot(coin: str, rows: Sequence[dict[str, Any]], perpetuals: Sequence[Quote]) -> Snapshot:
    at = rows[0]["ts"]
    polled = [_exact(row["index"]) for row in rows]
    usable = [price for price in polled if is_price(price)]
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
        index=median(usable) if usable else Decimal("NaN"),
        index_range=_index_range(rows),
        source=SOURCE,
        findings=findings,
    )


def _index_range(rows: Sequence[dict[str, Any]]) -> tuple[Decimal, Decimal] | None:
    lows, highs = ([_exact(row[name]) for row in rows] for name in ("imin", "imax"))
    usable = all(map(is_price, lows + highs))
    return (min(lows), max(highs)) if usable else None


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
