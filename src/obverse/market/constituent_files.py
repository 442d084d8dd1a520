"""Source prices in the documented simple form: who made an index, in CSV, JSON and Parquet.

A file holds instants of one or more underlyings. At one instant the last one not after it is read,
and only its rows are checked; over a range every instant in it. See `docs/market-files.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from obverse.contracts.instants import iso
from obverse.errors import Fault, LocatedError, MarketDataError, nearest
from obverse.market.constituents import (
    Constituent,
    ConstituentHistory,
    Constituents,
    checked,
    seconds_between,
)
from obverse.market.formats import FORMATS, Cells, read_whole, write_rows
from obverse.market.forms import CONSTITUENTS, Row, raise_faults, read_cells
from obverse.market.observations import Finding
from obverse.market.printing import listing

_KEYS = ("at", "underlying", "venue")
_OWN = ("source", "price", "weight", "age_seconds", "observed_at", "simulated")


@dataclass(frozen=True)
class _Keyed:
    """A row and what it is of."""

    row: Row
    at: datetime
    underlying: str
    venue: str | None = None


def read_instant(
    path: Path, until: datetime | None = None, venue: str | None = None
) -> dict[str, Constituents]:
    """Read the sources of every underlying, as known at an instant (None: at the file's end)."""
    reader, _ = FORMATS[path.suffix.lower()]
    rows = _of_venue(_keyed(path.name, reader(CONSTITUENTS, path, until)), path.name, venue)
    known = [row for row in rows if until is None or row.at <= until]
    if not known:
        raise MarketDataError(_nothing(path.name, rows, _span(None, until)))
    found = {}
    for underlying in dict.fromkeys(row.underlying for row in known):
        own = [row for row in known if row.underlying == underlying]
        last = max(row.at for row in own)
        found[underlying] = _instant(path.name, [row for row in own if row.at == last])
    return found


def read_range(
    path: Path,
    underlying: str,
    start: datetime | None = None,
    until: datetime | None = None,
    venue: str | None = None,
) -> ConstituentHistory:
    """Read the sources of one underlying at every instant from `start` to `until`."""
    rows = _of_venue(_keyed(path.name, read_whole(CONSTITUENTS, path)), path.name, venue)
    own = [row for row in rows if row.underlying == underlying]
    if not own:
        raise MarketDataError(unknown_underlying(underlying, path.name, _underlyings(rows)))
    groups: dict[datetime, list[_Keyed]] = {}
    for row in own:
        if (start is None or row.at >= start) and (until is None or row.at <= until):
            groups.setdefault(row.at, []).append(row)
    if not groups:
        raise MarketDataError(_nothing(path.name, own, _span(start, until)))
    instants: list[Constituents] = []
    findings: list[Finding] = []
    for at, group in sorted(groups.items()):
        try:
            instants.append(_instant(path.name, group))
        except LocatedError:
            raise
        except MarketDataError as error:
            findings.append(Finding("refused", f"{underlying} at {iso(at)}", str(error)))
    return ConstituentHistory(underlying, path.name, tuple(instants), tuple(findings))


def write_constituents(instants: Sequence[Constituents], path: str | Path) -> None:
    """Write source prices to a file of the simple form; its ending says which format."""
    rows = [_cells(each, source) for each in instants for source in each.sources]
    write_rows(CONSTITUENTS, path, rows)


def unknown_underlying(underlying: str, name: str, known: Sequence[str]) -> str:
    """Say that a file has no sources of an underlying, and which it has."""
    close = nearest(underlying, known)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"{name} has no sources of {underlying!r}, but of {listing(known)}.{hint}"


def _keyed(name: str, rows: Sequence[Row]) -> list[_Keyed]:
    faults: list[Fault] = []
    keyed = []
    for row in rows:
        before = len(faults)
        keys: dict[str, Any] = read_cells(CONSTITUENTS, row, _KEYS, faults)
        if len(faults) == before:
            keyed.append(_Keyed(row, **keys))
    if not rows:
        faults.append(Fault(name, None, "", "no rows; there must be one a source"))
    some = any(row.venue is not None for row in keyed)
    faults += [
        row.row.fault("venue", "empty, but other rows have one; give every row its venue, or none")
        for row in keyed
        if some and row.venue is None
    ]
    raise_faults(faults)
    return keyed


def _of_venue(rows: list[_Keyed], name: str, venue: str | None) -> list[_Keyed]:
    venues = [each for each in dict.fromkeys(row.venue for row in rows) if each is not None]
    if not venues:
        return rows
    if venue is None:
        if len(venues) > 1:
            raise MarketDataError(f"{name} holds {listing(venues)}; say which venue to read.")
        return rows
    if venue not in venues:
        close = nearest(venue, venues)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise MarketDataError(f"{name} has no venue {venue!r}, but {listing(venues)}.{hint}")
    return [row for row in rows if row.venue == venue]


def _instant(name: str, rows: Sequence[_Keyed]) -> Constituents:
    """Read the rows of one instant, and take them through the door."""
    faults: list[Fault] = []
    cells = [read_cells(CONSTITUENTS, row.row, _OWN, faults) for row in rows]
    _judge(rows, faults)
    raise_faults(faults)
    first = rows[0]
    return checked(
        [_constituent(row, values) for row, values in zip(rows, cells, strict=True)],
        underlying=first.underlying,
        at=first.at,
        source=name,
        venue=first.venue,
        simulated=any(values.get("simulated") for values in cells),
    )


def _judge(rows: Sequence[_Keyed], faults: list[Fault]) -> None:
    """Judge what a row may say once, an age, and what all of an instant say or none, weights."""
    weighed = any("weight" in row.row.cells for row in rows)
    for row in (each.row for each in rows):
        if "age_seconds" in row.cells and "observed_at" in row.cells:
            faults.append(row.fault("age_seconds", "give this or observed_at, not both"))
        if weighed and "weight" not in row.cells:
            reason = "empty, but other sources of this instant have one; give all or none"
            faults.append(row.fault("weight", reason))


def _constituent(row: _Keyed, values: dict[str, Any]) -> Constituent:
    age = values.get("age_seconds", Decimal(0))
    if "observed_at" in values:
        age = seconds_between(values["observed_at"], row.at)
    return Constituent(
        values["source"], values.get("price"), values.get("weight"), age, row.row.place
    )


def _cells(found: Constituents, source: Constituent) -> Cells:
    """Turn a source's price into a row; what is not known is left out."""
    cells = {
        "at": found.at,
        "underlying": found.underlying,
        "source": source.name,
        "price": source.price,
        "weight": source.weight,
        "age_seconds": source.age_seconds,
        "venue": found.venue,
        "simulated": found.simulated,
    }
    return {name: cell for name, cell in cells.items() if cell is not None}


def _underlyings(rows: Sequence[_Keyed]) -> list[str]:
    return list(dict.fromkeys(row.underlying for row in rows))


def _nothing(name: str, rows: Sequence[_Keyed], where: str) -> str:
    instants = [row.at for row in rows]
    return f"{name} has nothing {where}; it runs from {iso(min(instants))} to {iso(max(instants))}."


def _span(start: datetime | None, until: datetime | None) -> str:
    after = f" at or after {iso(start)}" if start else ""
    before = f" at or before {iso(until)}" if until else ""
    return " and".join(part for part in (after, before) if part).strip()
