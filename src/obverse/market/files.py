"""The documented simple form of market data, in CSV, JSON and Parquet: read and written.

A file holds instants of one or more underlyings; reading picks, for each underlying, the last
instant not after the one asked for, and only those rows are checked; or, for a history, every
instant of one instrument. See `docs/market-files.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from obverse.contracts.instants import iso
from obverse.errors import Fault, LocatedError, MarketDataError, SymbolError, nearest
from obverse.market.formats import FORMATS, Cells, read_whole, write_rows
from obverse.market.forms import MARKET, Row, raise_faults, read_cells
from obverse.market.histories import QuoteHistory
from obverse.market.observations import Finding, Quote
from obverse.market.printing import listing
from obverse.market.snapshots import Market, Snapshot
from obverse.market.validation import gather, validate

_KEYS = ("at", "underlying", "venue")
_PER_SNAPSHOT = ("index", "index_low", "index_high", "quote", "simulated")
_PER_QUOTE = tuple(name for name in MARKET.columns if name not in (*_KEYS, *_PER_SNAPSHOT))


@dataclass(frozen=True)
class _Keyed:
    """A row and what it is of."""

    row: Row
    at: datetime
    underlying: str
    venue: str


def read_file(path: Path, until: datetime | None = None, venue: str | None = None) -> Market:
    """Read a market from a file of the simple form, as known at an instant (None: at its end)."""
    reader, _ = FORMATS[path.suffix.lower()]
    rows = _of_venue(_keyed(path.name, reader(MARKET, path, until)), path.name, venue)
    known = [row for row in rows if until is None or row.at <= until]
    if not known and until is not None:
        instants = [row.at for row in rows]
        raise MarketDataError(
            f"{path.name} has nothing at or before {iso(until)}; "
            f"it runs from {iso(min(instants))} to {iso(max(instants))}."
        )
    own: dict[str, list[_Keyed]] = {}
    for row in known:
        own.setdefault(row.underlying, []).append(row)
    parts = {underlying: _maker(path.name, rows) for underlying, rows in own.items()}
    return gather(parts, asked=until, venue=known[0].venue, source=path.name)


def read_history(path: Path, symbol: str, venue: str | None = None) -> QuoteHistory:
    """Read every instant of one instrument; an instant that the door refuses is a finding."""
    rows = _of_venue(_keyed(path.name, read_whole(MARKET, path)), path.name, venue)
    own = [row for row in rows if row.row.cells.get("symbol") == symbol]
    if not own:
        known = dict.fromkeys(str(row.row.cells.get("symbol")) for row in rows)
        raise SymbolError(symbol, f"in {path.name}", known)
    instants: dict[datetime, list[_Keyed]] = {}
    for row in own:
        instants.setdefault(row.at, []).append(row)
    snapshots: list[Snapshot] = []
    findings: list[Finding] = []
    for at, group in sorted(instants.items()):
        try:
            snapshots.append(_maker(path.name, group)())
        except LocatedError:
            raise
        except MarketDataError as error:
            findings.append(Finding("refused", f"{symbol} at {iso(at)}", str(error)))
    return QuoteHistory(symbol, own[0].venue, path.name, tuple(snapshots), tuple(findings))


def read_snapshots(path: Path) -> Iterator[Snapshot]:
    """Read every instant of every underlying and venue of a file, each through the door.

    Raises `MarketDataError` at an instant that the door refuses.
    """
    groups: dict[tuple[str, str, datetime], list[_Keyed]] = {}
    for row in _keyed(path.name, read_whole(MARKET, path)):
        groups.setdefault((row.venue, row.underlying, row.at), []).append(row)
    for _, rows in sorted(groups.items()):
        yield _maker(path.name, rows)()


def write(market: Market, path: str | Path) -> None:
    """Write a market to a file of the simple form; its ending says which format.

    Reading it back gives the same market, but for the sources' names and the findings.
    """
    snapshots = market.snapshots.values()
    rows = [_cells(snapshot, quote) for snapshot in snapshots for quote in snapshot.quotes]
    write_rows(MARKET, path, rows)


def _keyed(name: str, rows: Sequence[Row]) -> list[_Keyed]:
    faults: list[Fault] = []
    keyed = []
    for row in rows:
        before = len(faults)
        keys: dict[str, Any] = read_cells(MARKET, row, _KEYS, faults)
        if len(faults) == before:
            keyed.append(_Keyed(row, **keys))
    if not rows:
        faults.append(Fault(name, None, "", "no rows; there must be one an instrument"))
    raise_faults(faults)
    return keyed


def _of_venue(rows: list[_Keyed], name: str, venue: str | None) -> list[_Keyed]:
    venues = list(dict.fromkeys(row.venue for row in rows))
    if venue is None:
        if len(venues) > 1:
            raise MarketDataError(f"{name} holds {listing(venues)}; say which venue to read.")
        return rows
    if venue not in venues:
        close = nearest(venue, venues)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise MarketDataError(f"{name} has no venue {venue!r}, but {listing(venues)}.{hint}")
    return [row for row in rows if row.venue == venue]


def _maker(name: str, rows: Sequence[_Keyed]) -> Callable[[], Snapshot]:
    """Read one underlying's rows of its last instant; faults are raised now, the door is later."""
    at = max(row.at for row in rows)
    last = [row.row for row in rows if row.at == at]
    faults: list[Fault] = []
    shared = _shared(last, faults)
    quotes = [quote for row in last if (quote := _quote(row, at, faults))]
    raise_faults(faults)
    low, high = shared.get("index_low"), shared.get("index_high")
    return partial(
        validate,
        quotes,
        underlying=rows[0].underlying,
        venue=rows[0].venue,
        at=at,
        index=shared.get("index", Decimal("NaN")),
        source=name,
        quote=shared.get("quote", "USD"),
        index_range=None if low is None or high is None else (low, high),
        simulated=shared.get("simulated", False),
    )


def _shared(rows: Sequence[Row], faults: list[Fault]) -> dict[str, Any]:
    """Collect what all rows of a snapshot must say alike, where they say it."""
    shared: dict[str, Any] = {}
    first: dict[str, Row] = {}
    for row in rows:
        for name, value in read_cells(MARKET, row, _PER_SNAPSHOT, faults).items():
            earlier = first.setdefault(name, row)
            if str(shared.setdefault(name, value)) != str(value):
                reason = f"{value}, but {shared[name]} at {earlier.place}: one instant has one"
                faults.append(row.fault(name, reason))
    if ("index_low" in shared) != ("index_high" in shared):
        name = "index_low" if "index_low" in shared else "index_high"
        faults.append(first[name].fault(name, "index_low and index_high go together"))
    return shared


def _quote(row: Row, at: datetime, faults: list[Fault]) -> Quote | None:
    before = len(faults)
    values: dict[str, Any] = read_cells(MARKET, row, _PER_QUOTE, faults)
    if len(faults) > before:
        return None
    values = {"expiry": None, "mark": Decimal("NaN"), "observed_at": at} | values
    return Quote(**values, place=row.place)


def _cells(snapshot: Snapshot, quote: Quote) -> Cells:
    """Turn a quote into a row; what is not known is left out."""
    low, high = snapshot.index_range or (None, None)
    own = {name: getattr(quote, name) for name in _PER_QUOTE}
    cells = {
        "at": snapshot.at,
        "underlying": snapshot.underlying,
        "venue": snapshot.venue,
        "index": snapshot.index,
        "quote": snapshot.quote,
        "index_low": low,
        "index_high": high,
        "simulated": snapshot.simulated,
        **own,
        "kind": quote.kind.value,
    }
    return {name: cells[name] for name in MARKET.columns if cells[name] not in (None, "")}
