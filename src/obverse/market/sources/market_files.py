"""Files of the simple form (docs/market-files.md) as tickers.

A row is an instrument at one instant, which becomes the snapshot's; its own `observed_at` is the
ticker's time. Every instant passes the door of a market first. Simulated rows are left out and
told: a store holds what was recorded.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from obverse.market.files import read_snapshots
from obverse.market.formats import FORMATS
from obverse.market.forms import MARKET
from obverse.market.observations import Finding, Quote
from obverse.market.series.kinds import TICKERS
from obverse.market.series.parts import Part
from obverse.market.snapshots import Snapshot
from obverse.market.sources.file_formats import FileFormat
from obverse.market.sources.parquet_files import has_columns

if TYPE_CHECKING:
    import polars

_NEEDED = tuple(column.name for column in MARKET.order if column.required)
_SIZES = ("open_interest_usd", "volume_24h_usd", "funding_rate_8h")
_TELLING = ("at", "underlying", "venue", "symbol", "index", "mark")
_BEGINNING = 1 << 16

Row = dict[str, object]


def recognises(path: Path) -> bool:
    """Whether a file has the columns of the simple form."""
    if path.suffix.lower() not in FORMATS:
        return False
    if path.suffix.lower() == ".parquet":
        return has_columns(path, _NEEDED)
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            beginning = opened.read(_BEGINNING)
    except (OSError, UnicodeDecodeError):
        return False
    names = _json_names(beginning) if path.suffix.lower() == ".json" else _csv_names(beginning)
    return names.issuperset(_TELLING)


def read(path: Path) -> Iterator[Part]:
    """Read the file. Raises `MarketDataError` and `LocatedError` as `obverse.market.read` does."""
    rows: dict[tuple[str, str], list[Row]] = {}
    findings: list[Finding] = []
    for snapshot in read_snapshots(path):
        if snapshot.simulated:
            reason = f"the instant {snapshot.at:%Y-%m-%d %H:%M} is simulated and is not kept"
            findings.append(Finding("dropped", f"{snapshot.venue} {snapshot.underlying}", reason))
            continue
        findings += snapshot.findings
        for quote in snapshot.quotes:
            rows.setdefault((snapshot.venue, quote.symbol), []).append(_row(snapshot, quote))
    if not rows and findings:
        yield Part("simulated", "none", TICKERS, _frame([]), tuple(findings))
    for place, ((venue, symbol), own) in enumerate(rows.items()):
        yield Part(venue, symbol, TICKERS, _frame(own), tuple(findings) if place == 0 else ())


def _frame(rows: list[Row]) -> polars.DataFrame:
    import polars as pl

    return pl.DataFrame(rows, schema=TICKERS.schema(), strict=False)


def _row(snapshot: Snapshot, quote: Quote) -> Row:
    low, high = snapshot.index_range or (None, None)
    prices = {name: getattr(quote, name) for name in ("mark", "bid", "ask", "last", *_SIZES)}
    prices |= {"index": snapshot.index, "index_low": low, "index_high": high}
    return {
        "time": quote.observed_at,
        "snapshot_time": snapshot.at,
        "underlying": snapshot.underlying,
        "quote": snapshot.quote,
        "contract": quote.kind.value,
        "expiry": quote.expiry,
        "listed": quote.listed,
        "note": quote.source or None,
        **{name: None if value is None else float(value) for name, value in prices.items()},
    }


def _csv_names(beginning: str) -> set[str]:
    lines = beginning.splitlines()
    return {name.strip() for name in next(csv.reader(lines[:1]), [])} if lines else set()


def _json_names(beginning: str) -> set[str]:
    """Names in the first object of a list."""
    text = beginning.lstrip().removeprefix("[").lstrip()
    try:
        first, _ = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError:
        return set()
    return set(first) if isinstance(first, dict) else set()


FORMAT = FileFormat(
    name="market-file",
    meaning="the simple form of docs/market-files.md, in CSV, JSON or Parquet",
    label="event",
    recognises=recognises,
    read=read,
)
